"""What people say of the company, by the generic templates: history once, then every Sunday.

The panel's answers come as CSV; reviews are copied into a workbook, in which an edited one shows
its new stars.
"""

from __future__ import annotations

from collections.abc import Iterator

from pipelines.demo.company import Company
from pipelines.demo.exports.files import Cell, Export, csv_text, evening_of, header, workbook
from pipelines.demo.exports.schedule import Schedule

SURVEYS, REVIEWS = "surveys", "reviews"
RESPONSES_HEADER = header(
    "response_id respondent_id survey question_kind answered_date score campaign_phase channel"
)
REVIEWS_HEADER = ["Review ID", "Platform", "Date", "Stars", "Product"]


def brand(company: Company, schedule: Schedule) -> Iterator[Export]:
    """The panel's answers and the reviews that are new or were edited."""
    for first, last in schedule.weekly:
        answers = [
            [
                f"r{one.number}", f"p{one.number}", one.survey, one.kind, one.day.isoformat(),
                "" if one.yes is None else f"{one.yes}", one.phase, "web",
            ]
            for one in company.brand.answers
            if first <= one.day <= last
        ]  # fmt: skip
        if answers:
            text = csv_text([RESPONSES_HEADER, *answers])
            yield Export(
                SURVEYS, f"responses {last}.csv", evening_of(last), text.encode(), len(answers)
            )
        reviews: list[list[Cell]] = [
            [f"{one.number}", one.platform, one.day.isoformat(), one.rating_on(last), "Team plan"]
            for one in company.brand.reviews
            if first <= one.day <= last or (one.edited and first <= one.edited <= last)
        ]
        if reviews:
            moment = evening_of(last)
            content = workbook("Reviews", [REVIEWS_HEADER, *reviews], moment)
            yield Export(REVIEWS, f"reviews {last}.xlsx", moment, content, len(reviews))
