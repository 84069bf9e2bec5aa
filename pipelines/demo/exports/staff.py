"""The exports of the people department by the generic templates, once a month.

The list of staff comes from a German payroll: semicolons, decimal commas, days before months. It is
a list of versions; who has left stays in it, and is marked some days late.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

from pipelines.demo.company import Company
from pipelines.demo.exports.files import Export, Row, csv_text, evening_of, header
from pipelines.demo.exports.schedule import Schedule
from pipelines.demo.people import FIRST_NAMES, LAST_NAMES
from pipelines.demo.staff import Employee, Version, market_salaries

EMPLOYEES, SURVEYS, MARKET = "employees", "employee_surveys", "market_salaries"
EMPLOYEES_HEADER = [
    "Personnel number", "Valid from", "Name", "Job title", "Department", "Location", "Hire date",
    "Leaving date", "FTE", "Annual salary", "Currency",
]  # fmt: skip
ANSWERS_HEADER = header("answer_id survey question answered_date team score comment")
MARKET_HEADER = header("role region valid_from market_salary_amount currency_code publication")


def staff(company: Company, schedule: Schedule) -> Iterator[Export]:
    """The list of staff, the answers to surveys, and what the market pays."""
    for day in schedule.monthly:
        rows = [
            _version(one, version, day)
            for one in company.staff.employees
            for version in one.versions
            if version.valid_from <= day
        ]
        text = csv_text([EMPLOYEES_HEADER, *rows], delimiter=";")
        yield Export(
            EMPLOYEES, f"employees {day}.csv", evening_of(day), text.encode("utf-8-sig"), len(rows)
        )
        answers = [
            [
                f"a{one.number}", one.survey, one.question, one.day.isoformat(), one.team,
                "" if one.score is None else f"{one.score}", "",
            ]
            for one in company.staff.answers
            if one.day <= day
        ]  # fmt: skip
        if answers:
            text = csv_text([ANSWERS_HEADER, *answers])
            yield Export(
                SURVEYS, f"answers {day}.csv", evening_of(day), text.encode(), len(answers)
            )
    if schedule.monthly:
        day = schedule.monthly[0]
        rows = [
            [role, region, from_day.isoformat(), f"{salary}.00", currency, "Salary survey"]
            for from_day, role, region, salary, currency in market_salaries(company.first_day, day)
        ]
        text = csv_text([MARKET_HEADER, *rows])
        yield Export(
            MARKET, f"market_salaries {day}.csv", evening_of(day), text.encode(), len(rows)
        )


def _version(one: Employee, version: Version, day: date) -> Row:
    left = one.left_as_known_on(day)
    number = int(one.employee_id)
    first, last = FIRST_NAMES.split(), LAST_NAMES.split()
    return [
        one.employee_id,
        f"{version.valid_from:%d.%m.%Y}",
        f"{first[number % len(first)]} {last[number * 7 % len(last)]}",
        version.role,
        version.team,
        version.region,
        f"{one.hired:%d.%m.%Y}",
        f"{left:%d.%m.%Y}" if left else "",
        german(version.share),
        german(version.salary),
        version.currency,
    ]


def german(number: Decimal) -> str:
    """With points between thousands and a decimal comma."""
    return f"{number:,}".replace(",", " ").replace(".", ",").replace(" ", ".")
