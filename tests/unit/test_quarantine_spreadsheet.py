"""What is handed on to spreadsheets: no text of an export is computed, no number is changed."""

import csv
import io
import itertools
from datetime import UTC, date, datetime
from decimal import Decimal

import openpyxl
import pytest

from pipelines.serve.spreadsheet import Sheet, as_csv, as_xlsx, harmless, write_sheets

LEADS = {
    "equals": "=",
    "plus": "+",
    "minus": "-",
    "at": "@",
    "tab": "\t",
    "carriage return": "\r",
    "line feed": "\n",
    "wide equals": "＝",
    "wide plus": "＋",
    "wide minus": "－",
    "wide at": "＠",
    "small equals": "﹦",
    "small plus": "﹢",
    "small minus": "﹣",
    "small at": "﹫",
}
BEFORE = {
    "nothing": "",
    "blank": " ",
    "blanks": "   ",
    "double quote": '"',
    "single quote": "'",
    "both": "' \"",
    "no-break blank": "\u00a0",
    "wide blank": "\u3000",
    "byte-order mark": "\ufeff",
    "no-width blank": "\u200b",
    "curly quote": "“",
}
PAYLOADS = ("cmd|' /C calc'!A0", "1+1", 'HYPERLINK("http://x.example","a")', "SUM(A1:A9)")
FORMULAS = [
    f"{before}{lead}{payload}"
    for before, lead, payload in itertools.product(BEFORE.values(), LEADS.values(), PAYLOADS)
]
COMPUTED_AT = set("=+-@\t\r\n＝＋－＠﹦﹢﹣﹫")
PASSED_OVER = ' "\u00a0\u3000\ufeff\u200b“'
"""The apostrophe is not among them: it is what tells a spreadsheet that a text follows."""


def would_be_computed(cell: str) -> bool:
    """A spreadsheet of the worst kind: takes off blanks and quotes, looks at the first sign."""
    bare = cell.lstrip(PASSED_OVER)
    return bool(bare) and bare[0] in COMPUTED_AT


def csv_cells(values: list[object], **reader: str) -> list[str]:
    text = as_csv(Sheet("s", ["h"], [[value] for value in values]))
    rows = list(csv.reader(io.StringIO(text, newline=""), **reader))
    return [row[0] for row in rows[1:]]


def xlsx_cells(values: list[object]) -> list[object]:
    book = openpyxl.load_workbook(io.BytesIO(as_xlsx(Sheet("s", ["h"], [[v] for v in values]))))
    return [row[0] for row in book["s"].iter_rows(min_row=2)]


def test_f113_no_lead_behind_no_blank_or_quote_is_a_formula_in_csv():
    cells = csv_cells(list(FORMULAS))

    assert len(cells) == len(FORMULAS) == len(LEADS) * len(BEFORE) * len(PAYLOADS)
    for formula, cell in zip(FORMULAS, cells, strict=True):
        assert cell.startswith("'"), (formula, cell)
        assert not would_be_computed(cell), (formula, cell)
        assert cell.replace("'", "") == formula.replace("'", ""), "nothing else may change"


def test_f113_no_lead_behind_no_blank_or_quote_is_a_formula_in_a_workbook():
    cells = xlsx_cells(list(FORMULAS))

    for formula, cell in zip(FORMULAS, cells, strict=True):
        assert cell.data_type == "s", formula
        assert cell.quotePrefix, formula
        assert cell.value == formula.replace("\r", "\\r")


@pytest.mark.parametrize("lead", ["=", "+", "-", "@", "＝"])
@pytest.mark.parametrize("parted_by", [";", "\t", "\n", "\r\n"])
@pytest.mark.parametrize("before", ["", " ", '"', "\ufeff"])
def test_f113_a_spreadsheet_that_parts_cells_otherwise_finds_no_formula_either(
    lead, parted_by, before
):
    (cell,) = csv_cells([f"harmless{parted_by}{before}{lead}1+1"])

    for part in cell.replace("\r", "\n").replace("\t", "\n").replace(";", "\n").split("\n"):
        assert not would_be_computed(part)


def test_f113_headers_are_from_outside_too():
    text = as_csv(Sheet("s", ["=1+1", "Net"], []))
    book = openpyxl.load_workbook(io.BytesIO(as_xlsx(Sheet("s", ["=1+1"], []))))

    assert next(csv.reader(io.StringIO(text))) == ["'=1+1", "Net"]
    assert book["s"]["A1"].data_type == "s"


def test_f113_numbers_stay_numbers():
    values = [Decimal("-12.50"), -3, Decimal("1E+3"), Decimal("0.000001"), "-12.50", "-1234"]

    text = as_csv(Sheet("s", ["h"], [[value] for value in values]))

    assert text.split("\r\n")[1:-1] == [
        "-12.50",
        "-3",
        "1000",
        "0.000001",
        '"-12.50"',
        '"-1234"',
    ]
    cells = xlsx_cells(values[:4])
    assert [(cell.data_type, Decimal(str(cell.value))) for cell in cells] == [
        ("n", Decimal("-12.5")),
        ("n", Decimal("-3")),
        ("n", Decimal("1000")),
        ("n", Decimal("0.000001")),
    ]


def test_a_figure_with_more_digits_than_a_spreadsheet_keeps_is_written_as_text():
    figure = Decimal("12345678901234.567890")

    (cell,) = xlsx_cells([figure])

    assert (cell.data_type, cell.value) == ("s", "12345678901234.567890")


@pytest.mark.parametrize("text", ["-1+1", "-1,2,3", "-1 000", "--1", "-2-3", "-A1", "-1e5"])
def test_f113_what_only_begins_like_a_negative_number_is_no_number(text):
    assert harmless(text) == f"'{text}"


@pytest.mark.parametrize(
    "text", ["Müller; Söhne", "a-b", "x=y", "mail@example.com", "1,234.50", "", "売上", "a\nb"]
)
def test_what_no_spreadsheet_computes_stays_as_it_is(text):
    assert harmless(text) == text
    assert csv_cells([text]) == [text]


def test_dates_truth_and_nothing_are_what_they_are():
    moment = datetime(2026, 3, 1, 6, 30, tzinfo=UTC)

    assert csv_cells([date(2026, 3, 1), True, None]) == ["2026-03-01", "true", ""]
    cells = [cell.value for cell in xlsx_cells([moment, None, True])]
    assert cells == [datetime(2026, 3, 1, 6, 30), None, True]  # noqa: DTZ001


def test_what_a_workbook_cannot_hold_is_written_as_its_code_and_what_is_too_long_is_cut():
    long = "x" * 40_000

    cells = [cell.value for cell in xlsx_cells(["a\x00b\x1bc\ud800", long])]

    assert cells[0] == "a\\x00b\\x1bc\\ud800"
    assert len(cells[1]) == 32_767
    assert cells[1].endswith("(cut: a cell holds no more)")


def test_f113_a_text_made_to_keep_the_search_busy_is_written_like_any_other():
    # A search that began anew at every sign would not come to an end here.
    lines, blanks = "\n" * 200_000, " " * 200_000

    assert harmless(f"x{lines};{blanks}=1") == f"x{lines};'{blanks}=1"


def test_both_files_are_written_and_replaced(tmp_path):
    one, two = tmp_path / "out.csv", tmp_path / "out.xlsx"
    one.write_text("old")

    write_sheets(Sheet("s", ["a"], iter([["ü"], [1]])), one, two)

    assert one.read_bytes() == b'\xef\xbb\xbf"a"\r\n"\xc3\xbc"\r\n1\r\n'
    assert openpyxl.load_workbook(two)["s"]["A3"].value == 1
