"""What people say of the example company: panels about the brand, and public reviews.

Belongs here: answers and reviews. Does not belong here: the columns of their exports
(`exports/brand.py`), and what customers are asked by the support desk (`support.py`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from pipelines.demo.chance import Chance, days_between

PLATFORMS = {"Google": 50.0, "Trustpilot": 30.0, "Capterra": 20.0}
REVIEWS_A_DAY, PANEL = 0.35, 22
STARS = {5: 46.0, 4: 27.0, 3: 11.0, 2: 7.0, 1: 9.0}


@dataclass(frozen=True)
class Answer:
    """An answer of the panel: 1 is yes, 0 is no, None was left out."""

    number: int
    day: date
    survey: str
    kind: str
    phase: str
    yes: int | None


@dataclass(frozen=True)
class Review:
    """A public review; a few people think better of it some days later."""

    number: int
    day: date
    platform: str
    rating: int
    edited: date | None
    edited_rating: int

    def rating_on(self, day: date) -> int:
        """The stars that are shown at the end of a day."""
        return self.edited_rating if self.edited and self.edited <= day else self.rating


class Brand:
    """All answers and reviews until the last day, in order of day."""

    def __init__(self, seed: int, first_day: date, last_day: date, scale: float) -> None:
        self.answers: list[Answer] = []
        self.reviews: list[Review] = []
        for day in days_between(first_day, last_day):
            chance = Chance(seed, "brand", day)
            months = (day - first_day).days / 30.4
            self._review(chance, day, scale)
            if day.day == 12:  # noqa: PLR2004  (the panel is asked once a month)
                self._ask(chance, day, "Brand panel", "recommend", "", 0.56 + 0.004 * months)
            if day.month % 3 == 2:  # noqa: PLR2004  (a campaign in the middle of each quarter)
                survey = f"Spot {day.year} Q{(day.month + 2) // 3}"
                if day.day == 3:  # noqa: PLR2004
                    self._ask(chance, day, survey, "recognition", "before", 0.21 + 0.003 * months)
                if day.day == 24:  # noqa: PLR2004
                    self._ask(chance, day, survey, "recognition", "after", 0.29 + 0.003 * months)

    def _ask(
        self, chance: Chance, day: date, survey: str, kind: str, phase: str, likely: float
    ) -> None:
        for _ in range(PANEL):
            said = None if chance.happens(0.06) else int(chance.happens(likely))
            self.answers.append(Answer(len(self.answers) + 1, day, survey, kind, phase, said))

    def _review(self, chance: Chance, day: date, scale: float) -> None:
        for _ in range(chance.count(REVIEWS_A_DAY * scale)):
            rating = chance.pick(STARS)
            edited = day + timedelta(days=chance.randint(2, 20)) if chance.happens(0.06) else None
            self.reviews.append(
                Review(
                    len(self.reviews) + 1, day, chance.pick(PLATFORMS), rating, edited,
                    min(5, rating + chance.randint(1, 2)),
                )
            )  # fmt: skip
