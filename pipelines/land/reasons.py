"""Why a cell was refused: the code, the reason, the expected form and the remedy, in SQL.

Asked only of the few cells that `convert.py` has refused; it decides nothing.
"""

from __future__ import annotations

from pipelines.land import sql
from pipelines.land.convert import FIRST_DAY, Cell

REMEDY_CELL = "Correct it in the source and export again."
REMEDY_FORM = f"{REMEDY_CELL} If the vendor now writes it so, change the contract."
REMEDY_ORDER = (
    "No file says whether 03/04 is in March or in April: put it into the folder day-first or"
    " month-first below its source's, where the contract has these (`day_first` in"
    " docs/contracts.md), or export dates as 2026-04-03."
)


def faults(cells: list[Cell]) -> str:
    """A list of structs, one per broken cell of a record."""
    each = [fault for cell in cells if (fault := _fault(cell))]
    return f"list_filter([{', '.join(each)}], fault -> fault IS NOT NULL)"


def _fault(broken: Cell) -> str | None:
    condition = broken.is_broken
    if condition is None:
        return None
    cases = _cases(broken)
    code = " ".join(f"WHEN {when} THEN {sql.text(code)}" for when, code, _ in cases[:-1])
    why = " ".join(f"WHEN {when} THEN {sql.text(reason)}" for when, _, reason in cases[:-1])
    _, last_code, last_reason = cases[-1]
    return (
        f"CASE WHEN {condition} THEN {{"
        f"'code': CASE {code} ELSE {sql.text(last_code)} END,"
        f" 'column_name': {sql.text(broken.column.name)},"
        f" 'value': {broken.text},"
        f" 'reason': CASE {why} ELSE {sql.text(last_reason)} END,"
        f" 'expected': {sql.text(expected(broken))},"
        f" 'remedy': {_remedy(broken)}}} END"
    )


def _remedy(broken: Cell) -> str:
    if broken.column.type == "text":
        return sql.text(REMEDY_CELL)
    is_day = broken.column.type in ("date", "timestamp")
    if not is_day or broken.shape.day_first is not None:
        return sql.text(REMEDY_FORM)
    in_numbers = f"regexp_matches({broken.text}, '^\\s*\\d{{1,2}}[/-]\\d{{1,2}}[/-]')"
    return f"CASE WHEN {in_numbers} THEN {sql.text(REMEDY_ORDER)} ELSE {sql.text(REMEDY_FORM)} END"


def _cases(broken: Cell) -> list[tuple[str, str, str]]:
    """Condition, code and reason; the last one holds of all that is left."""
    column = broken.column
    cases = [(broken.is_empty, "MISSING_VALUE", f"{column.name} is empty, which it may not be")]
    if column.type == "text":
        return [*cases, ("", "EXCEL_DAMAGE", "Excel has made a rounded number of this identifier")]
    if column.type == "boolean":
        return [*cases, ("", "NOT_A_BOOLEAN", "it is neither a declared yes nor a declared no")]
    if broken.cannot_have_happened:
        day = f"CAST({sql.identifier(column.name)} AS DATE)"
        late = f"it lies after {broken.latest}, the day of the export and one more for time zones"
        cases.append((f"{day} > DATE '{broken.latest}'", "FUTURE_DATE", late))
        cases.append((f"{day} < DATE '{FIRST_DAY}'", "TOO_EARLY", f"it lies before {FIRST_DAY}"))
    if column.type == "date":
        return [*cases, ("", "NOT_A_DATE", "it is no day of the calendar in a declared form")]
    if column.type == "timestamp":
        zone = f" in {column.time_zone}" if column.time_zone != "UTC" else ""
        return [*cases, ("", "NOT_A_TIMESTAMP", f"it is no time{zone} in a declared form")]
    if column.minor_units:
        without = f"coalesce({broken.currency}, '') = ''"
        cases.append((without, "MISSING_CURRENCY", "without its currency nobody knows its unit"))
    as_number = broken.number
    return [
        *cases,
        (
            f"({as_number.plain}) IS NULL",
            "NOT_A_NUMBER",
            "it is no number as the contract says that numbers are written",
        ),
        (
            f"NOT regexp_full_match({as_number.plain}, {sql.text(as_number.exact)})",
            "NOT_EXACT",
            f"it has more decimals than {column.type} keeps; rounding would change it",
        ),
        ("", "OUT_OF_RANGE", f"it is too large for {column.type}"),
    ]


def expected(cell: Cell) -> str:
    """What should have stood there, with an example."""
    column, shape = cell.column, cell.shape
    if column.type == "text":
        return "the identifier as text" if cell.is_id else "a text"
    if column.type == "boolean":
        return " or ".join(dict.fromkeys((*column.true_values, *column.false_values)))
    if column.type in ("date", "timestamp") and not cell.formats:
        return "a date in an order of day and month that the contract's shape says"
    if column.type in ("date", "timestamp"):
        return "written as " + " or ".join(dict.fromkeys(cell.formats))
    thousand = f"1{shape.thousands}234"
    if column.type == "integer":
        return f"a whole number such as {thousand}"
    example = f"12{shape.decimal}5%" if column.percent else f"{thousand}{shape.decimal}50"
    return f"a number such as {example}"
