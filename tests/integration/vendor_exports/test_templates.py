"""This project's own templates: every form of each lands to the values of its example."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from models.contract import Stream, load_contracts
from pipelines.settings import Settings
from tests.landed_exports import House, workbook_of

REPOSITORY = Path(__file__).resolve().parents[3]
FIXTURES = REPOSITORY / "tests" / "fixtures" / "exports"
PAGE = (REPOSITORY / "docs" / "templates.md").read_text(encoding="utf-8")
STREAMS = load_contracts(REPOSITORY / "models" / "contracts")

# By landed table: the example, its data rows, and one column with its sum, added up on paper.
ON_PAPER: dict[str, tuple[str, int, str, str]] = {
    "subscriptions__subscriptions": ("subscriptions_2026-06-30", 6, "unit_price_amount", "2683.50"),
    "order_lines__order_lines": ("order_lines_2026-06-30", 6, "net_amount", "2203.45"),
    "payments__payments": ("payments_2026-06-30", 6, "amount", "3359.50"),
    "budgets__budgets": ("budgets_2026-01-15", 7, "budget_amount", "707000.50"),
    "market_size__market_size": (
        "market_size_2026-02-01", 5, "market_revenue_amount", "3356000000",
    ),
    "email_campaigns__statistics": ("statistics_2026-06-30", 6, "delivered", "12378"),
    "web_analytics__pages": ("pages_2026-06-30", 7, "page_views", "1972"),
    "web_analytics__search_positions": ("search_positions_2026-06-30", 5, "position", "16.70"),
    "content__posts": ("posts_2026-06-30", 5, "hours", "46.50"),
    "content__downloads": ("downloads_2026-06-30", 5, "downloads", "71"),
    "social__followers": ("followers_2026-06-30", 5, "followers", "26267"),
    "social__posts": ("posts_2026-06-30", 4, "shares", "58"),
    "employees__employees": ("employees_2026-06-30", 6, "salary_amount", "287300"),
    "market_salaries__market_salaries": (
        "market_salaries_2026-01-31", 5, "market_salary_amount", "277800",
    ),
    "employee_surveys__answers": ("answers_2026-06-30", 6, "score", "19"),
    "projects__tasks": ("tasks_2026-06-30", 5, "earned_value_amount", "29800"),
    "support_desk__tickets": ("tickets_2026-06-30", 4, "reopens", "1"),
    "surveys__responses": ("responses_2026-06-30", 6, "score", "15"),
    "reviews__reviews": ("reviews_2026-06-30", 3, "rating", "11"),
}  # fmt: skip
EVERY_TEMPLATE = pytest.mark.parametrize("table", ON_PAPER)


def example(table: str) -> Path:
    """The example file of a template."""
    return FIXTURES / STREAMS[table].source / f"{ON_PAPER[table][0]}.csv"


def cells(table: str) -> list[list[str]]:
    """The example as plain Python reads it, the header first."""
    return list(csv.reader(io.StringIO(example(table).read_text(encoding="utf-8"))))


def expected(table: str) -> list[dict[str, Any]]:
    """The example's values, converted by Python alone."""
    header, *rows = cells(table)
    columns = [column_of(STREAMS[table], name) for name in header]
    convert: dict[str, Callable[[str], Any]] = {
        "text": str, "integer": int, "date": date.fromisoformat, "decimal": Decimal,
    }  # fmt: skip
    return [
        {
            name: convert[kind](value) if value else None
            for (name, kind), value in zip(columns, row, strict=True)
        }
        for row in rows
    ]


def column_of(stream: Stream, header: str) -> tuple[str, str]:
    """The contract's column of a header, and its kind."""
    [column] = [each for each in stream.columns if each.header_for(header)]
    return column.name, column.type.partition("(")[0]


def as_people_write_it(text: str, kind: str) -> str:
    """A cell with a decimal comma, points between thousands, and days before months."""
    if kind == "date" and text:
        return datetime.strptime(text, "%Y-%m-%d").strftime("%d.%m.%Y")  # noqa: DTZ007
    if kind == "decimal" and text:
        return f"{Decimal(text):,}".replace(",", "_").replace(".", ",").replace("_", ".")
    return text


def as_excel_holds_it(text: str, kind: str) -> Any:
    """A cell with a type of its own; ids stay text."""
    if not text:
        return None
    if kind == "date":
        return date.fromisoformat(text)
    return {"integer": int, "decimal": float}.get(kind, str)(text)


def with_decimal_comma(table: str) -> bytes:
    header, *rows = cells(table)
    kinds = [column_of(STREAMS[table], name)[1] for name in header]
    target = io.StringIO()
    writer = csv.writer(target, delimiter=";", lineterminator="\r\n")
    writer.writerow(header)
    for row in rows:
        writer.writerow(map(as_people_write_it, row, kinds))
    return b"\xef\xbb\xbf" + target.getvalue().encode()


def as_workbook(table: str) -> bytes:
    header, *rows = cells(table)
    kinds = [column_of(STREAMS[table], name)[1] for name in header]
    return workbook_of([header, *(list(map(as_excel_holds_it, row, kinds)) for row in rows)])


def under_other_headers(table: str) -> bytes:
    """The same under the last of each column's names, without those that no row needs."""
    header, *rows = cells(table)
    others = []
    for name in header:
        [column] = [each for each in STREAMS[table].columns if each.header_for(name)]
        others.append(column.headers[-1].name)
    target = io.StringIO()
    csv.writer(target).writerows([others, *rows])
    return target.getvalue().encode()


FORMS: dict[str, tuple[str, Callable[[str], bytes]]] = {
    "csv": (".csv", lambda table: example(table).read_bytes()),
    "decimal comma": (".csv", with_decimal_comma),
    "workbook": (".xlsx", as_workbook),
    "other headers": (".csv", under_other_headers),
}


def test_every_template_that_is_a_source_of_its_own_has_a_case_here() -> None:
    own = "own template (docs/templates.md)"
    documented = {table for table, stream in STREAMS.items() if own in stream.rests_on}
    assert set(ON_PAPER) <= documented


@EVERY_TEMPLATE
@pytest.mark.parametrize("form", FORMS)
def test_every_form_of_a_template_lands_to_the_same_values(
    settings: Settings, table: str, form: str
) -> None:
    house = House.of(settings, *STREAMS.values())
    suffix, write = FORMS[form]
    name, rows, column, total = ON_PAPER[table]

    landing = house.land(f"{STREAMS[table].source}/{name}{suffix}", write(table))

    assert (landing.table, landing.status, landing.drift) == (table, "accepted", [])
    assert (landing.rows_landed, landing.rows_quarantined) == (rows, 0)
    assert landing.rows_skipped == {"header": 1}
    assert f"{landing.exported_at:%Y-%m-%d}" == name[-10:]
    landed = house.rows(landing)
    assert sum(row[column] or 0 for row in landed) == Decimal(total)
    assert [{name: row[name] for name in wanted} for row, wanted in zip(
        landed, expected(table), strict=True
    )] == expected(table)  # fmt: skip


@EVERY_TEMPLATE
def test_the_same_export_twice_counts_once(settings: Settings, table: str) -> None:
    house = House.of(settings, *STREAMS.values())
    name, rows, column, total = ON_PAPER[table]
    source = STREAMS[table].source

    house.land(f"{source}/{name}.csv", example(table).read_bytes())
    later = f"{name[:-10]}2026-07-31"
    house.land(f"{source}/{later}.csv", example(table).read_bytes())

    counted = house.view(table)
    assert len(counted) == rows
    assert sum(row[column] or 0 for row in counted) == Decimal(total)


@EVERY_TEMPLATE
def test_every_column_of_a_template_is_on_its_page(table: str) -> None:
    section = PAGE.partition(f"`inbox/{STREAMS[table].source}/`")[2]
    assert section, f"no section of {table}"
    for name in cells(table)[0]:
        assert f"| `{name}` |" in PAGE, name


@EVERY_TEMPLATE
def test_the_first_lines_of_the_example_are_on_the_page(table: str) -> None:
    first = example(table).read_text(encoding="utf-8").splitlines()[:4]
    assert "\n".join(first) in PAGE


def test_a_later_list_of_staff_without_a_person_keeps_the_person(settings: Settings) -> None:
    """Lists of those who are here forget who left; turnover must not."""
    table = "employees__employees"
    house = House.of(settings, STREAMS[table])
    lines = example(table).read_text(encoding="utf-8").splitlines(keepends=True)
    house.land("employees/employees_2026-06-30.csv", "".join(lines))
    without = "".join(line for line in lines if not line.startswith("0009"))
    house.land("employees/employees_2026-07-31.csv", without)

    kept = [row for row in house.view(table) if row["employee_id"] == "0009"]
    assert [row["left_date"] for row in kept] == [date(2026, 5, 1)]


def test_a_score_that_is_no_number_is_quarantined_and_not_read_as_nothing(
    settings: Settings,
) -> None:
    table = "employee_surveys__answers"
    house = House.of(settings, STREAMS[table])
    content = example(table).read_text(encoding="utf-8").replace("Sales,4,", "Sales,good,")

    landing = house.land("employee_surveys/answers_2026-06-30.csv", content)

    assert (landing.rows_landed, landing.rows_quarantined) == (5, 1)
    [broken] = house.quarantine(landing)
    assert (broken["_row_number"], broken["column_name"], broken["value"]) == (3, "score", "good")


def test_a_pages_day_of_tomorrow_is_quarantined(settings: Settings) -> None:
    table = "web_analytics__pages"
    house = House.of(settings, STREAMS[table])
    content = example(table).read_text(encoding="utf-8")
    content = content.replace("2026-06-02,,/contact", "2026-07-02,,/contact")

    landing = house.land("web_analytics/pages_2026-06-30.csv", content)

    [broken] = house.quarantine(landing)
    assert (broken["_row_number"], broken["value"]) == (8, "2026-07-02")
