"""`kpi contract new`: what is guessed of a file, what is left to a person, and that it lands."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from ruamel.yaml import YAML

from models.contract import Stream, load_contract
from pipelines.contracts.draft import Draft, draft_contract, write_draft
from pipelines.contracts.errors import ContractWorkError
from pipelines.settings import Settings

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures" / "exports"
EXPORTS = sorted(file for file in FIXTURES.rglob("*") if file.is_file())
EXCEPT_FOR = 0.1
"""Exports that nobody can draft a contract of without knowing the vendor, at most."""


@pytest.fixture
def of(settings: Settings, tmp_path: Path) -> Any:
    """Draft the contract of a file of these bytes; it must land whole."""

    def drafted(content: bytes | str, name: str = "sales.csv") -> tuple[Stream, Draft]:
        file = tmp_path / name
        file.write_bytes(content.encode() if isinstance(content, str) else content)
        draft = draft_contract(settings, file)
        assert draft.checked.lands, draft.checked
        assert not draft.checked.rows_quarantined, draft.checked.faults
        written = tmp_path / "written" / f"{draft.source}.yml"
        written.parent.mkdir(exist_ok=True)
        written.write_text(draft.text, encoding="utf-8")
        [stream] = load_contract(written)
        return stream, draft

    return drafted


def types(stream: Stream) -> dict[str, str]:
    return {column.name: column.type for column in stream.columns}


def reviews(draft: Draft, about: str) -> str:
    return " | ".join(r for r in draft.reviews if r.startswith(f"{about}: "))


def test_of_nearly_every_export_in_the_repository_the_draft_lands_the_file(
    settings: Settings,
) -> None:
    failed = []
    for file in EXPORTS:
        try:
            draft = draft_contract(settings, file)
        except ContractWorkError as error:
            failed.append(str(error))
            continue
        if not draft.checked.lands:
            failed.append(f"{file.name}: {draft.checked.code} {draft.checked.reason}")

    assert len(EXPORTS) >= 15
    assert len(failed) <= EXCEPT_FOR * len(EXPORTS), failed


def test_a_german_report_with_preamble_total_and_decimal_comma(of: Any) -> None:
    stream, draft = of(
        "Umsatzbericht;;\n"
        "Zeitraum: 01.06.2026 - 30.06.2026;;\n"
        "Datum;Kunde;Umsatz in EUR\n"
        "02.06.2026;Müller & Söhne;1.250,00\n"
        "15.06.2026;Weiß;49,90\n"
        "28.06.2026;Weiß;100,10\n"
        "Summe;;1.400,00\n".encode("windows-1252"),
        "umsatz_2026-06-30.csv",
    )
    [shape] = stream.shapes

    assert (shape.encoding, shape.delimiter, shape.preamble_rows) == ("windows-1252", ";", 2)
    assert (shape.decimal, shape.thousands) == (",", ".")
    assert types(stream) == {
        "datum_date": "date",
        "kunde": "text",
        "umsatz_amount": "decimal(18,6)",
        "currency_code": "text",
    }
    assert [rule.rule for rule in stream.skip] == ["total"]
    assert stream.skip[0].totals is not None
    assert stream.skip[0].totals.columns == ("umsatz_amount",)
    assert draft.checked.rows_landed == 3
    assert [total["verdict"] for total in draft.checked.totals] == ["equal"]
    assert draft.checked.covered == ("2026-06-01", "2026-06-30")
    assert "windows-1252" in reviews(draft, "csv")


def test_which_number_is_the_day_is_said_and_never_guessed_silently(of: Any) -> None:
    stream, draft = of("Order ID,Date,Item\nA1,03/04/2026,tea\nA2,04/04/2026,cup\n")
    [shape] = stream.shapes

    assert set(stream.column("row_date").formats) == {"%m/%d/%Y", "%d/%m/%Y"}
    assert shape.day_first is not None
    assert "%d/%m" in reviews(draft, "csv")
    assert "%m/%d" in reviews(draft, "csv")
    assert "03/04/2026" in reviews(draft, "row_date")


def test_a_day_beyond_the_twelfth_tells_the_order(of: Any) -> None:
    stream, draft = of("Order ID,Date,Item\nA1,03/04/2026,tea\nA2,14/04/2026,cup\n")

    assert stream.column("row_date").formats == ("%d/%m/%Y",)
    assert stream.shapes[0].day_first is None
    assert not reviews(draft, "row_date")


def test_one_column_that_tells_the_order_tells_it_for_the_others(of: Any) -> None:
    stream, draft = of(
        "ID,Ordered date,Paid date\n1,03/04/2026,14/04/2026\n2,04/04/2026,05/04/2026\n"
    )

    assert stream.shapes[0].day_first is True
    assert "another column" in reviews(draft, "csv")


def test_what_has_leading_zeros_or_names_things_stays_text(of: Any) -> None:
    stream, draft = of("Branch,Customer ID,Pieces\n007,1001,3\n012,1002,4\n")

    assert types(stream) == {"branch": "text", "customer_id": "text", "pieces": "integer"}
    assert "leading zeros" in reviews(draft, "branch")


def test_a_mark_that_may_part_thousands_or_decimals_is_said(of: Any) -> None:
    stream, draft = of('Day,Visits\n2026-06-01,"1,234"\n2026-06-02,"2,345"\n')

    assert stream.shapes[0].thousands == ","
    assert "decimal mark" in reviews(draft, "csv")


def test_the_currency_is_taken_from_the_header_a_sign_or_left_to_a_person(of: Any) -> None:
    header, _ = of("Day,Amount spent (USD)\n2026-06-01,1.50\n2026-06-02,2\n", "a.csv")
    sign, _ = of("Day,Price\n2026-06-01,£1.50\n2026-06-02,£2\n", "b.csv")
    nobody, draft = of("Day,Price\n2026-06-01,1.50\n2026-06-02,2\n", "c.csv")

    taken = header.column("currency_code").taken_from
    assert taken is not None
    assert taken.header_of == "spent_amount"
    assert sign.column("price_amount").symbols == ("£",)
    constant = sign.column("currency_code").taken_from
    assert constant is not None
    assert constant.constant == "GBP"
    assert nobody.column("currency_code").taken_from is not None
    assert "NOBODY SAYS" in reviews(draft, "currency_code")


def test_utf_16_with_tabs_and_dashes_for_nothing(of: Any) -> None:
    text = "Day\tCampaign\tClicks\n2026-06-01\tA\t3\n2026-06-01\tB\t--\n2026-06-02\tA\t5\n"
    stream, _ = of(b"\xff\xfe" + text.encode("utf-16-le"))
    [shape] = stream.shapes

    assert (shape.encoding, shape.delimiter, shape.nulls) == ("utf-16", "\t", ("", "--"))
    assert types(stream)["clicks"] == "integer"
    assert stream.key == ("row_date", "campaign")
    assert (stream.load.rule, stream.load.date) == ("window", "row_date")


def test_a_dash_is_nothing_among_numbers_and_a_word_among_words(of: Any) -> None:
    stream, _ = of("ID,Grade,Price\n1,-,2.50\n2,A,-\n3,B,1\n")

    assert stream.column("price_amount").nulls == ("-",)
    assert stream.column("grade").nulls == ()


def test_a_workbook_names_its_sheet_where_it_has_several(of: Any, tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    assert book.active is not None
    book.active.title = "About"
    sheet = book.create_sheet("Bookings")
    for row in (["Booking ID", "Nights", "Rate"], ["B-1", 3, 99.5], ["B-2", 1, 120]):
        sheet.append(row)
    book.save(tmp_path / "made.xlsx")

    stream, draft = of((tmp_path / "made.xlsx").read_bytes(), "bookings.xlsx")

    assert stream.shapes[0].sheet == ("Bookings",)
    assert "About" in reviews(draft, "xlsx")
    assert draft.checked.rows_landed == 2


def test_a_file_without_header_is_known_by_its_name(of: Any) -> None:
    stream, draft = of("1|2026-06-01|10.5\n2|2026-06-02|11\n3|2026-06-02|7\n", "facts_202606.csv")
    [shape] = stream.shapes

    assert not shape.header
    assert shape.column_order == ("column_1", "column_2_date", "column_3")
    assert "no header" in reviews(draft, "csv")
    assert draft.checked.rows_landed == 3


def test_a_total_without_a_word_is_found_and_one_that_is_no_sum_is_not_declared(of: Any) -> None:
    stream, draft = of("Item,Pieces,Rate\ntea,3,0.5\ncup,4,0.7\npot,1,0.9\n,8,0.65\n")

    [rule] = stream.skip
    assert rule.totals is not None
    assert rule.totals.columns == ("pieces",)
    assert "rate (0.65" in reviews(draft, "total")


def test_a_product_whose_name_begins_like_a_total_is_no_total(of: Any) -> None:
    stream, draft = of("Item,Pieces\nTotal Care,3\ntea,4\nTotal,7\n")

    assert draft.checked.rows_landed == 2
    assert stream.skip[0].pattern == "Total"


def test_a_report_in_sections_keeps_the_titles_as_a_column(of: Any) -> None:
    stream, draft = of(
        "Account,Date,Text,Amount\nBank,,,\n,2026-06-01,a,10\n,2026-06-02,b,5\n"
        "Total for Bank,,,15\nRent,,,\n,2026-06-03,c,7\nTotal for Rent,,,7\n"
    )

    assert stream.sections is not None
    assert draft.checked.rows_landed == 3
    assert {total["verdict"] for total in draft.checked.totals} == {"equal"}
    assert stream.column("section_path").taken_from is not None


def test_people_are_marked_as_personal(of: Any) -> None:
    stream, _ = of("ID,Contact name,Reach at,Company name\n1,A B,a@example.com,Acme\n2,C D,,Bcme\n")

    assert {c.name for c in stream.columns if c.personal} == {"contact_name", "reach_at"}


def test_json_and_gzip_are_drafted_too(of: Any) -> None:
    document = {"data": {"items": [{"id": "a", "total": 1.5}, {"id": "b", "total": 2}]}}
    stream, _ = of(json.dumps(document), "orders.json")
    assert (stream.shapes[0].format, stream.shapes[0].records) == ("json", "data.items")

    _, draft = of(gzip.compress(b"ID,Pieces\n1,2\n2,3\n"), "orders.csv.gz")
    assert draft.checked.rows_landed == 2


def test_records_that_repeat_have_no_key_and_every_one_counts(of: Any) -> None:
    stream, draft = of("Date,Item,Pieces\n2026-06-01,tea,1\n2026-06-01,tea,1\n2026-06-02,cup,1\n")

    assert stream.key == ()
    assert "1 rows repeat" in reviews(draft, "load")
    assert draft.checked.rows_landed == 3


def test_a_header_that_would_act_on_the_terminal_is_written_in_codes(of: Any) -> None:
    _, draft = of("ID,Pieces\u202e\n1,2\n2,3\n")

    assert "\u202e" not in draft.text


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("ID,Item,Item\n1,a,b\n", "stands twice"),
        ("ID,Item\n", "no row of data"),
        ("<html><body>Sign in</body></html>", "web page"),
        (
            "名前,金額\n".encode("shift_jis")
            + "茶,100\n茶碗,200\n湯のみ,300\n".encode("shift_jis") * 9,
            "UTF-8",
        ),
    ],
)
def test_what_no_contract_can_describe_is_refused_with_the_remedy(
    settings: Settings, tmp_path: Path, content: bytes | str, says: str
) -> None:
    file = tmp_path / "sales.csv"
    file.write_bytes(content.encode() if isinstance(content, str) else content)

    with pytest.raises(ContractWorkError, match=says) as error:
        draft_contract(settings, file)
    assert error.value.remedy


def test_a_contract_that_is_there_is_never_overwritten(
    settings: Settings, tmp_path: Path, of: Any
) -> None:
    from dataclasses import replace

    elsewhere = replace(settings, project=tmp_path / "project")
    _, draft = of("ID,Pieces\n1,2\n2,3\n")
    written = write_draft(elsewhere, draft, Path("sales.csv"))
    written.write_text("mine", encoding="utf-8")

    with pytest.raises(ContractWorkError, match="already"):
        write_draft(elsewhere, draft, Path("sales.csv"))
    assert written.read_text(encoding="utf-8") == "mine"


def test_the_draft_is_yaml_with_a_comment_for_every_guess(of: Any) -> None:
    _, draft = of("Branch,Customer ID,Pieces\n007,1001,3\n012,1002,4\n")

    assert draft.text.count("# review: ") == len(draft.reviews) >= 6
    assert YAML(typ="safe").load(draft.text)["source"] == "sales"


@pytest.mark.parametrize(("yes", "no"), [("Yes", "No"), ("yes", "no"), ("on", "off")])
def test_a_yes_or_no_of_the_file_stays_a_text_in_its_contract(of: Any, yes: str, no: str) -> None:
    rows = "".join(f"A{n},2026-06-0{n},{yes if n % 2 else no},{n}.50\n" for n in range(1, 7))
    stream, _ = of(f"Order,Date,Posted,Amount\n{rows}")
    [column] = [column for column in stream.columns if column.name in ("posted", "is_posted")]
    said = {*column.true_values, *column.false_values} if column.type == "boolean" else {yes, no}
    assert said == {yes, no}
