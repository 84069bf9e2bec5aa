"""Marketing of the example company beside advertising: mailings, website, content, social networks.

Belongs here: what was sent, visited, written and followed, and how much of it was known on a day.
Does not belong here: how a tool writes it (`exports/marketing.py`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from pipelines.demo.chance import Chance, days_between, rounded

SITE = "www.example.com"
OPENED_BY_AGE = (55, 72, 83, 90, 94, 97, 99)
"""Percent of the opens, clicks and replies that are in the statistics so many days later."""
COUNTED_BY_AGE = (90, 97)
"""Percent of a day's visits that the analytics tool has counted so many days later."""
POST_EVERY, POST_LIVES = 14, 90
FORMATS = {"article": 62.0, "video": 16.0, "case study": 22.0}
SUBJECTS = (
    "Month-end without tears", "Why averages of ratios lie", "A board report in an hour",
    "Churn, counted twice", "What a click is worth", "Budgets that hold", "Clean exports",
)  # fmt: skip
# Sessions of a day at the beginning, pages per session, share that bounces, and of forms.
PAGES = {
    "/": (64.0, 1.5, 0.38, 0.0, 0.0),
    "/pricing": (23.0, 2.6, 0.24, 0.7, 0.06),
    "/demo": (9.0, 1.9, 0.21, 0.95, 0.17),
    "/webinar": (6.0, 1.4, 0.42, 0.8, 0.22),
}
# As the analytics tool words them; the last one it knows nothing of.
SOURCES = {"Organic Search": 0.5, "Direct": 0.27, "Paid Search": 0.15, "": 0.08}
ASSETS = {"kpi-guide.pdf": 5.2, "price-list.pdf": 2.1, "board-report-template.xlsx": 3.3}
TERMS = {
    "kpi software": ("/", 14.0),
    "kpi dashboard": ("/", 19.0),
    "reporting tool": ("/", 31.0),
    "kpi software price": ("/pricing", 6.0),
    "board report template": ("/demo", 9.0),
    "kpi webinar": ("/webinar", 4.0),
    "average of ratios": ("/blog/2", 11.0),
}
PROFILES = {("LinkedIn", "Example Ltd"): 1_900, ("YouTube", "example"): 240, ("X", "@example"): 610}


@dataclass(frozen=True)
class Send:
    """A message to many, and what its recipients will have done in the end."""

    campaign_id: str
    name: str
    day: date
    channel: str
    sent: int
    delivered: int
    opened: int
    clicked: int
    replied: int
    unsubscribed: int

    def known(self, count: int, on: date) -> int:
        """How much of a count the tool knows at the end of a day."""
        age = (on - self.day).days
        return count * OPENED_BY_AGE[age] // 100 if age < len(OPENED_BY_AGE) else count


@dataclass(frozen=True)
class Visits:
    """What happened on a page on a day, by where its visitors came from."""

    day: date
    page: str
    source: str
    sessions: int
    page_views: int
    bounces: int
    forms_viewed: int
    forms_submitted: int

    def known(self, count: int, on: date) -> int:
        """How much of a count the tool has at the end of a day."""
        age = (on - self.day).days
        return count * COUNTED_BY_AGE[age] // 100 if age < len(COUNTED_BY_AGE) else count


@dataclass(frozen=True)
class Post:
    """A piece of content; work on it begins before it is published."""

    number: int
    title: str
    format: str
    begun: date
    published: date
    keywords: int
    links: int
    later_links: int
    hours: Decimal

    @property
    def page(self) -> str:
        """Its path on the website."""
        return f"/blog/{self.number}"

    def links_on(self, day: date) -> int:
        """Links are added a week after it was published."""
        return self.later_links if day >= self.published + timedelta(days=7) else self.links


@dataclass(frozen=True)
class Shared:
    """A post on a social network, and how often it was passed on in the end."""

    post_id: str
    platform: str
    profile: str
    day: date
    shares: int
    reactions: int

    def known(self, count: int, on: date) -> int:
        """How much of a count the network shows at the end of a day."""
        age = (on - self.day).days
        return count * OPENED_BY_AGE[age] // 100 if age < len(OPENED_BY_AGE) else count


class Marketing:
    """Everything of marketing until the last day, in order of day."""

    def __init__(self, seed: int, first_day: date, last_day: date, scale: float) -> None:
        self.seed, self.first_day, self.scale = seed, first_day, scale
        self.sends: list[Send] = []
        self.visits: list[Visits] = []
        self.posts: list[Post] = []
        self.downloads: list[tuple[date, str, str, int]] = []
        self.positions: list[tuple[date, str, str, Decimal]] = []
        self.followers: list[tuple[date, str, str, int]] = []
        self.shared: list[Shared] = []
        following = dict(PROFILES)
        for day in days_between(first_day, last_day):
            grown = 1 + 0.0016 * (day - first_day).days
            self._send(day, grown)
            self._write(day)
            self._visit(day, grown)
            self._download(day, grown)
            self._share(day)
            if day.weekday() == 0:
                self._search(day)
            if day.weekday() == 6:  # noqa: PLR2004  (Sunday)
                self._follow(day, following)

    def _send(self, day: date, grown: float) -> None:
        due = []
        if day.toordinal() % 14 == 1:
            due.append(("Newsletter", "Email", 1_450.0))
        if day.day == 9:  # noqa: PLR2004  (once a month)
            due.append(("Product news", "email", 880.0))
        if day.day == 17:  # noqa: PLR2004
            due.append(("Trial ends", "SMS", 64.0))
        if day.day == 21 and day.month % 3 == 0:  # noqa: PLR2004  (once a quarter)
            due.append(("Invitation", "Letter", 210.0))
        for name, channel, many in due:
            chance = Chance(self.seed, "send", name, day)
            sent = max(1, round(chance.around(many, 0.1) * grown * self.scale))
            delivered = sent - round(sent * chance.around(0.025, 0.8))
            digital = channel.lower() == "email"
            opened = round(delivered * chance.around(0.37, 0.3)) if digital else 0
            clicked = round(opened * chance.around(0.09, 0.5)) if digital else 0
            replied = round(delivered * chance.around(0.008 if digital else 0.05, 0.7))
            left = round(delivered * chance.around(0.002, 0.9)) if digital else 0
            self.sends.append(
                Send(f"{name[:2].upper()}-{day:%Y%m%d}", f"{name} {day:%B %Y}", day, channel,
                     sent, delivered, opened, clicked, replied, left)
            )  # fmt: skip

    def _write(self, day: date) -> None:
        if day.toordinal() % POST_EVERY != 3:  # noqa: PLR2004
            return
        number = len(self.posts) + 1
        chance = Chance(self.seed, "post", number, day)
        links = chance.randint(2, 9)
        self.posts.append(
            Post(
                number, f"{SUBJECTS[number % len(SUBJECTS)]}, part {number // len(SUBJECTS) + 1}",
                chance.pick(FORMATS), day, day + timedelta(days=chance.randint(2, 11)),
                chance.randint(1, 6), links, links + chance.randint(0, 3),
                rounded(Decimal(repr(chance.around(7.5, 0.8))), 2),
            )
        )  # fmt: skip

    def _visit(self, day: date, grown: float) -> None:
        chance = Chance(self.seed, "visits", day)
        season = (0.55 if day.weekday() >= 5 else 1.15) * grown * self.scale  # noqa: PLR2004
        for page, (many, pages, bounced, seen, sent) in PAGES.items():
            for source, share in SOURCES.items():
                self._count(
                    chance, day, page, source, many * share * season, pages, bounced, seen, sent
                )
        for post in reversed(self.posts):
            age = (day - post.published).days
            if age > POST_LIVES:
                break
            if age >= 0:
                many = 16 * season * (1 - age / (POST_LIVES + 1))
                self._count(chance, day, post.page, "Organic Search", many, 1.2, 0.55, 0.0, 0.0)

    def _count(
        self, chance: Chance, day: date, page: str, source: str, mean: float,
        pages: float, bounced: float, seen: float, sent: float,
    ) -> None:  # fmt: skip
        sessions = round(chance.around(mean, 0.5))
        if not sessions:
            return
        bounces = round(sessions * chance.around(bounced, 0.3))
        views = bounces + round((sessions - bounces) * chance.around(pages, 0.2) / (1 - bounced))
        forms = round(sessions * chance.around(seen, 0.1)) if seen else 0
        done = round(forms * chance.around(sent, 0.7)) if seen else 0
        self.visits.append(
            Visits(day, page, source, sessions, max(views, sessions), bounces, forms, done)
        )

    def _download(self, day: date, grown: float) -> None:
        chance = Chance(self.seed, "downloads", day)
        for asset, many in ASSETS.items():
            for source, share in (("Email", 0.4), ("Organic Search", 0.45), ("", 0.15)):
                count = chance.count(many * share * grown * self.scale)
                if count:
                    self.downloads.append((day, asset, source, count))

    def _search(self, day: date) -> None:
        chance = Chance(self.seed, "positions", day)
        better = 1 - 0.0006 * (day - self.first_day).days
        for term, (page, place) in TERMS.items():
            position = max(1.0, chance.around(place * max(better, 0.3), 0.35))
            self.positions.append((day, page, term, rounded(Decimal(repr(position)), 1)))

    def _follow(self, day: date, following: dict[tuple[str, str], int]) -> None:
        chance = Chance(self.seed, "followers", day)
        for (platform, profile), before in following.items():
            after = max(0, before + round(chance.around(0.006, 1.6) * before))
            following[platform, profile] = after
            self.followers.append((day, platform, profile, after))

    def _share(self, day: date) -> None:
        if day.weekday() not in (1, 3):
            return
        chance = Chance(self.seed, "shared", day)
        for platform, profile in PROFILES:
            if chance.happens(0.6):
                many = chance.count({"LinkedIn": 6.0, "YouTube": 1.5, "X": 4.0}[platform])
                post_id = f"{platform[:1]}{day:%y%m%d}"
                reactions = many * 7 + chance.randint(0, 30)
                self.shared.append(Shared(post_id, platform, profile, day, many, reactions))
