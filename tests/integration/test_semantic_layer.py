"""MetricFlow and the mart answer alike from the same definitions, but for what is listed here."""

import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest
from semantic_layer import GRAINS, CannotAsk, Cells, Kpi, SemanticLayer

pytestmark = pytest.mark.slow

PAGE = Path(__file__).resolve().parents[2] / "docs" / "semantic-layer.md"
MILLION = 10**6
Published = dict[tuple[date, str], Decimal | None]


@dataclass(frozen=True)
class Unlike:
    """KPIs that MetricFlow cannot answer, or answers otherwise, at some grains; and why."""

    kpis: tuple[str, ...]
    reason: str
    grains: tuple[str, ...] = GRAINS
    only_sliced: bool = False

    def holds_for(self, kpi: str, grain: str, slice_: str) -> bool:
        sliced_enough = slice_ != "total" or not self.only_sliced
        return kpi in self.kpis and grain in self.grains and sliced_enough

    def documented(self) -> str:
        """Its row of the table in docs/semantic-layer.md."""
        names = ", ".join(f"`{kpi}`" for kpi in self.kpis)
        grains = "all" if self.grains == GRAINS else ", ".join(self.grains)
        return f"| {names} | {grains}{', by slices' * self.only_sliced} | {self.reason} |"


UNLIKE = (
    Unlike(
        ("revenue_growth", "sales_growth"),
        "`offset_window: 1 month` is a month at every grain; in the mart a period of the grain",
        ("day", "week", "quarter", "year"),
    ),
    Unlike(
        (
            *("clv", "clv_to_cac", "customer_churn_rate", "customer_retention_rate"),
            "employee_turnover_rate",
        ),
        "a balance of the period before: MetricFlow goes a month back from the last day, from "
        "30 November to 30 October; the mart takes the end of October",
    ),
    Unlike(
        ("cac_payback_months",),
        "`per_month`: of a quarter or year, the mart takes the mean over its months",
        ("quarter", "year"),
    ),
    Unlike(("dso",), "`days_in_period` is a word of the mart's expressions only"),
    Unlike(
        ("budget_variance", "employee_retention_rate"),
        "one expression of a fact per grain and of one per day: a condition on the grain would "
        "hold for both",
    ),
    Unlike(
        ("sales_velocity",),
        "one expression of two semantic models: the slice has another name in each",
        only_sliced=True,
    ),
    Unlike(
        ("cycle_time_hours", "first_response_hours"),
        "the mean of the two middle rows of a median: DuckDB's `median` cuts what is beyond six "
        "decimals, the mart rounds it",
    ),
)


@dataclass(frozen=True)
class Answer:
    """How many figures of a KPI, grain and slice were compared, and which were not alike."""

    kpi: str
    grain: str
    slice: str
    compared: int
    differs: tuple[str, ...]

    @property
    def listed(self) -> list[Unlike]:
        return [each for each in UNLIKE if each.holds_for(self.kpi, self.grain, self.slice)]


@pytest.fixture(scope="module")
def layer(company) -> Iterator[SemanticLayer]:
    release = company.outcome.release
    folder = company.settings.home / "runs" / release.run_id / "dbt"
    asked = SemanticLayer.of_run(folder, release.folder / "mart.duckdb")
    yield asked
    asked.connection.close()


@pytest.fixture(scope="module")
def answers(layer) -> list[Answer]:
    """Every KPI, grain and slice by MetricFlow, held against the mart's."""
    kpis = layer.definitions.kpis()
    layer.ask_together(kpis)
    published, complete = figures_of_the_mart(layer)
    found = []
    for kpi in kpis:
        variants = (kpi.variants_slice,) if kpi.variants else ()
        for slice_ in ("total", *kpi.slices, *variants):
            for grain in kpi.grains:
                figures = published.get((kpi.name, grain, slice_), {})
                periods = complete.get((kpi.name, grain), set())
                found.append(held_against(layer, kpi, grain, slice_, figures, periods))
    return found


def figures_of_the_mart(layer):
    published: dict[tuple[str, str, str], Published] = {}
    complete: dict[tuple[str, str], set[date]] = {}
    rows = layer.connection.execute(
        """select kpi, grain, slice, period_start, slice_value, value, is_complete
        from candidate.kpi_mart.kpi_values"""
    )
    for kpi, grain, slice_, start, slice_value, value, is_complete in rows.fetchall():
        published.setdefault((kpi, grain, slice_), {})[start, slice_value] = value
        if is_complete and slice_ == "total":
            complete.setdefault((kpi, grain), set()).add(start)
    return published, complete


def held_against(
    layer: SemanticLayer,
    kpi: Kpi,
    grain: str,
    slice_: str,
    published: Published,
    complete: set[date],
) -> Answer:
    try:
        above, below = layer.figures(kpi, grain, slice_)
    except CannotAsk as refused:
        return Answer(kpi.name, grain, slice_, 0, (f"cannot be asked: {refused}",))
    differs = []
    cells = {cell for cell in {*published, *above, *(below or ())} if cell[0] in complete}
    for cell in sorted(cells):
        value = published.get(cell)
        stands = None if value is None else Fraction(value)
        answered = answered_in(cell, kpi, above, below)
        # Where nothing happened one of them may have no row; a figure that is 0 says the same.
        if stands != answered and not (
            kpi.kind != "stat" and cell not in published and not answered
        ):
            differs.append(f"{cell[0]} {cell[1]}: {value} in the mart, {answered} by MetricFlow")
    return Answer(kpi.name, grain, slice_, len(cells), tuple(differs))


def answered_in(
    cell: tuple[date, str], kpi: Kpi, above: Cells, below: Cells | None
) -> Fraction | None:
    """The value in six decimals, divided exactly and rounded half away from zero."""
    if below is None:
        return above.get(cell, None if kpi.kind == "stat" else Fraction(0))
    under = below.get(cell, Fraction(0))
    if not under:
        return None
    ratio = above.get(cell, Fraction(0)) / under
    rounded = int(abs(ratio) * MILLION + Fraction(1, 2))
    return Fraction(rounded if ratio > 0 else -rounded, MILLION)


def test_metricflow_answers_like_the_mart_to_the_digit(answers):
    differs = {
        (answer.kpi, answer.grain, answer.slice): answer.differs[:3]
        for answer in answers
        if answer.differs and not answer.listed
    }
    compared = sum(answer.compared for answer in answers if not answer.listed)
    print(f"{compared} figures compared in {len(answers)} KPIs by grain and slice")

    assert differs == {}
    assert compared > 100_000


def test_every_kpi_has_figures_that_were_compared_or_is_listed(answers):
    compared = {answer.kpi for answer in answers if answer.compared and not answer.listed}
    listed = {kpi for unlike in UNLIKE for kpi in unlike.kpis}

    assert {answer.kpi for answer in answers} - compared - listed == set()
    assert len(compared - listed) >= 90


@pytest.mark.parametrize(
    ("unlike", "kpi"), [(unlike, kpi) for unlike in UNLIKE for kpi in unlike.kpis]
)
def test_what_is_listed_as_unlike_is_unlike(answers, unlike, kpi):
    concerned = [answer for answer in answers if answer.kpi == kpi and unlike in answer.listed]

    assert concerned, f"there is no {kpi} at {unlike.grains}"
    assert any(answer.differs for answer in concerned), f"{kpi} is answered: take it off the list"


def test_the_page_has_every_kpi_that_is_unlike_with_the_reason():
    rows = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if "| `" in line]

    assert rows == [unlike.documented() for unlike in UNLIKE]


def test_the_program_of_the_page_answers_like_the_mart(company, layer, monkeypatch):
    program = PAGE.read_text(encoding="utf-8").split("```python\n")[1].split("```")[0]
    monkeypatch.setenv("KPI_HOME", str(company.settings.home))
    names: dict[str, object] = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        exec(compile(program, str(PAGE), "exec"), names)
    figures = layer.connection.execute(
        """select clicks.period_start, clicks.slice_value, clicks.value, spend.value
        from candidate.kpi_mart.kpi_values as clicks
        inner join candidate.kpi_mart.kpi_values as spend
            using (grain, period_start, slice, slice_value)
        where clicks.kpi = 'clicks' and spend.kpi = 'ad_spend'
            and clicks.grain = 'month' and clicks.slice = 'channel'
        order by all"""
    ).fetchall()

    assert [(day.date(), *others) for day, *others in names["rows"]] == figures


def test_metricflow_finds_nothing_wrong_with_the_definitions(company):
    from metricflow_semantic_interfaces.validations.semantic_manifest_validator import (
        SemanticManifestValidator,
    )
    from metricflow_semantics.model.dbt_manifest_parser import (
        parse_manifest_from_dbt_generated_manifest,
    )

    folder = company.settings.home / "runs" / company.outcome.release.run_id / "dbt"
    text = (folder / "semantic_manifest.json").read_text(encoding="utf-8")
    manifest = parse_manifest_from_dbt_generated_manifest(text)
    found = SemanticManifestValidator().validate_semantic_manifest(manifest)

    assert [issue.as_readable_str() for issue in found.errors] == []
