"""`kpi lint` names what makes a scorecard hard to use, and every reason that one cannot be used."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest
from declared_project import OWNER, metric, project, scorecard
from rendered_sql import rendered_model

from models.kpi import load_kpis
from models.periods import GRAINS, Calendar
from models.scorecard import ScorecardError, load_scorecards
from models.scorecard_findings import Declarations, scorecard_findings
from models.smart import read_definitions
from pipelines.flow import run
from pipelines.serve.lint import lint
from pipelines.settings import Settings

TODAY = date(2026, 11, 22)
GREGORIAN = Calendar()


def declared_in(folder: Path, calendar: Calendar = GREGORIAN) -> Declarations:
    dbt_project = folder / "dbt_project"
    return Declarations(load_kpis(dbt_project), read_definitions(dbt_project), calendar)


def problems(
    folder: Path, *kpis: dict[str, Any], calendar: Calendar = GREGORIAN, **card: Any
) -> list[tuple[int, str, str]]:
    """Line, problem and remedy of each finding of a scorecard of clicks."""
    declared = declared_in(project(folder, metric("clicks"), *kpis), calendar)
    cards = load_scorecards(scorecard(folder, ["clicks"], "1", **card))
    return [(one.line, one.problem, one.remedy) for one in scorecard_findings(cards, declared)]


def objective(*kpis: str, ends: date, starts: date = date(2026, 1, 1)) -> dict[str, Any]:
    """An objective with these key results, the weights of which sum to 1."""
    return {
        "name": "more",
        "label": "More",
        "description": "More of it.",
        "owner": OWNER,
        "starts": starts,
        "ends": ends,
        "key_results": [
            {"kpi": kpi, "baseline": 1, "target": 2, "weight": 1 / len(kpis)} for kpi in kpis
        ],
    }


def test_a_scorecard_of_more_than_seven_kpis_and_a_team_of_more_than_five_are_named(
    tmp_path: Path,
) -> None:
    names = [f"k{n}" for n in range(8)]
    declared = declared_in(project(tmp_path, *map(metric, names)))
    cards = load_scorecards(scorecard(tmp_path, names, "0.125"))
    said = [one.problem for one in scorecard_findings(cards, declared)]
    assert said[0].startswith("8 KPIs: nobody steers by more than 7")
    assert said[1].startswith("team Marketing answers for 8 key KPIs: k0, k1")
    assert len(said) == 2

    cards = load_scorecards(scorecard(tmp_path, names[:5], "0.2"))
    assert scorecard_findings(cards, declared) == []


def test_weights_that_do_not_sum_to_one_and_unknown_kpis_are_named(tmp_path: Path) -> None:
    declared = declared_in(project(tmp_path, metric("clicks")))
    aim = objective("clocks", ends=date(2026, 12, 31))
    aim["key_results"][0]["weight"] = 0.9
    folder = scorecard(tmp_path, ["clicks", "sales"], "0.4", objectives=[aim])
    assert [one.problem for one in scorecard_findings(load_scorecards(folder), declared)] == [
        "the weights of its KPIs sum to 0.8",
        "there is no KPI 'sales'",
        "the weights of objective 'more' sum to 0.9",
        "objective 'more' names 'clocks', which is no KPI",
    ]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"grain": "fortnight"}, r"shop\.yml:\d+: `grain`.*Allowed: 'day'"),
        ({"measures": []}, "measures"),
        ({"wieght": 1}, "wieght"),
        (
            {"measures": [{"perspective": "growth", "kpi": "a", "weight": 0.5}] * 2},
            "stands 2 times",
        ),
    ],
)
def test_a_scorecard_that_cannot_be_used_is_refused_by_file_and_line(
    tmp_path: Path, changes: dict[str, Any], said: str
) -> None:
    with pytest.raises(ScorecardError, match=said):
        load_scorecards(scorecard(tmp_path, ["a"], "1", **changes))


RATE = {"kind": "ratio", "type": "ratio", "unit": "percent"} | {
    "type_params": {"numerator": "clicks", "denominator": "clicks"}
}


@pytest.mark.parametrize(
    ("limits", "grain", "smallest", "exists_by"),
    [
        ({"smallest_grain": "month"}, "week", "month", "month, quarter, year"),
        ({"smallest_grain": "quarter"}, "month", "quarter", "quarter, year"),
        ({"per_month": True} | RATE, "day", "month", "month, quarter, year"),
    ],
)
def test_a_grain_that_a_kpi_does_not_exist_in_is_named_with_those_that_it_does(
    tmp_path: Path, limits: dict[str, Any], grain: str, smallest: str, exists_by: str
) -> None:
    """Such a measure would never be scored, and such a key result never have a progress."""
    measures = [
        {"perspective": "growth", "kpi": "clicks", "weight": 0.5},
        {"perspective": "growth", "kpi": "plan", "weight": 0.5},
    ]
    said = f"it is scored by {grain}, and KPI 'plan' has no figure of a {grain}: it exists by "
    remedy = f"Make its grain {smallest} or longer, or take the KPI out."
    # 31 January 2027 is the last day of a month, and a Sunday.
    aim = objective("plan", ends=date(2027, 1, 31))

    found = problems(
        tmp_path / "a", metric("plan", **limits), grain=grain, measures=measures, objectives=[aim]
    )
    assert [(one, two) for _, one, two in found] == [(said + exists_by, remedy)] * 2
    text = (tmp_path / "a/models/scorecards/shop.yml").read_text("utf-8").splitlines()
    measure, key_result = (line for line, _, _ in found)
    assert text[measure - 1 : measure + 1] == ["- perspective: growth", "  kpi: plan"]
    assert text[key_result - 1] == "  - kpi: plan"

    well = problems(tmp_path / "b", metric("plan", **limits), grain=smallest, measures=measures)
    assert well == []


def test_an_objective_that_ends_inside_a_period_is_named_with_the_day_it_could_end(
    tmp_path: Path,
) -> None:
    rate = metric("rate", **RATE)
    inside = problems(tmp_path / "a", rate, objectives=[objective("rate", ends=date(2026, 6, 29))])
    (found,) = inside
    line, problem, remedy = found
    assert problem == (
        "objective 'more' ends on 2026-06-29, inside a month that ends on 2026-06-30:"
        " the figure of rate is of the whole month"
    )
    assert remedy == "Let it end with a month, such as on 2026-06-30."
    text = (tmp_path / "a/models/scorecards/shop.yml").read_text("utf-8").splitlines()
    assert text[line - 1].strip() == "ends: 2026-06-29"

    with_it = [objective("rate", ends=date(2026, 6, 30), starts=date(2026, 1, 9))]
    assert problems(tmp_path / "b", rate, objectives=with_it) == []
    assert problems(tmp_path / "c", rate, objectives=with_it, grain="year") != []


def test_an_objective_of_what_days_add_up_to_may_end_on_any_day(tmp_path: Path) -> None:
    """Its value is the sum of the days up to then; not of what has no days, or counts by grain."""
    ends = [objective("clicks", ends=date(2026, 6, 29))]
    assert problems(tmp_path / "days", objectives=ends) == []

    other = [objective("clicks", "other", ends=date(2026, 6, 29))]
    of_months = metric("other", smallest_grain="month")
    ((_, problem, _),) = problems(tmp_path / "months", of_months, objectives=other)
    assert problem.endswith("the figure of other is of the whole month")

    folder = project(tmp_path / "per_grain", metric("clicks"), metric("other"))
    file = folder / "dbt_project" / "models" / "kpis" / "ads.yml"
    text = file.read_text("utf-8")
    file.write_text(
        text.replace("- name: ads\n", "- name: ads\n  config: {meta: {grain_column: g}}\n")
    )
    cards = load_scorecards(scorecard(folder, ["clicks"], "1", objectives=other))
    (finding,) = scorecard_findings(cards, declared_in(folder))
    assert finding.problem.endswith("the figure of clicks, other is of the whole month")


def test_where_a_month_ends_is_what_the_calendar_of_the_figures_says(tmp_path: Path) -> None:
    """In whole weeks 2026 begins on 29 December; its quarters end on 29 March and 28 June."""
    weeks = Calendar("4-4-5")
    aims = [objective("rate", ends=date(2026, 3, 31))]
    ((_, problem, remedy),) = problems(
        tmp_path, metric("rate", **RATE), calendar=weeks, objectives=aims, grain="quarter"
    )
    assert "inside a quarter that ends on 2026-06-28" in problem
    assert remedy.endswith("such as on 2026-06-28.")


@pytest.mark.parametrize("name", ["gregorian", "fiscal", "4-4-5", "4-5-4", "5-4-4"])
@pytest.mark.parametrize(("week_start", "first"), [("monday", 1), ("sunday", 2), ("monday", 9)])
def test_a_period_ends_where_dim_date_says(name: str, week_start: str, first: int) -> None:
    settings = {"calendar": name, "week_start": week_start, "fiscal_year_start": first}
    ends = "week_end_date, month_end_date, quarter_end_date, year_end_date"
    days = rendered_model("core/dim_date", as_of="2034-12-31", **settings)
    with duckdb.connect() as connection:
        rows = connection.execute(
            f"select date_day, date_day, {ends} from ({days})"
            " where year(date_day) between 2018 and 2034 order by 1"
        ).fetchall()
    assert len(rows) == 6209  # 17 years, four of them leap years
    said = Calendar(name, week_start, first)
    differ = [
        (day, grain, said.period_end(grain, day), end)
        for day, *of_day in rows
        for grain, end in zip(GRAINS, of_day, strict=True)
        if said.period_end(grain, day) != end
    ]
    assert differ == []


UNUSABLE = """\
scorecard: shop
label: Shop
owner: {team: Shop, email: shop@example.com}
grain: fortnight
measures:
  - {perspective: growth, kpi: clicks, weight: 2}
  - {perspective: growth, kpi: clicks, wieght: 1}
"""


def linted(folder: Path) -> list[tuple[str, int, str, str]]:
    """File, line, problem and remedy of all that `kpi lint` finds in a project."""
    settings = Settings.from_environment(project=folder, home=folder, as_of=TODAY.isoformat())
    return [(one.file.name, one.line, one.problem, one.remedy) for one in lint(settings)]


def test_every_reason_why_a_scorecard_cannot_be_used_is_a_finding_with_its_line(
    tmp_path: Path,
) -> None:
    """And what else there is to mend is named all the same, in KPIs and in other scorecards."""
    folder = project(tmp_path, metric("clicks", goal="Growth"))
    scorecards = scorecard(folder, ["clicks"], "0.4")
    (scorecards / "a.yml").write_text(UNUSABLE, encoding="utf-8")
    found = linted(folder)

    see = "See docs/scorecards.md for what a scorecard declares."
    said = {(line, p): remedy for name, line, p, remedy in found if name == "a.yml"}
    assert all(problem.startswith("it cannot be used: ") for _, problem in said)
    assert {(line, problem.split("`")[1]): remedy for (line, problem), remedy in said.items()} == {
        (1, "description"): see,
        (4, "grain"): "Allowed: 'day', 'week', 'month', 'quarter' or 'year'.",
        (6, "measures.0.weight"): see,
        (7, "measures.1.weight"): see,
        (7, "measures.1.wieght"): "Allowed: kpi, perspective, weight.",
    }
    grain, weight = (next(p for n, p in said if n == line) for line in (4, 6))
    assert "'fortnight'" in grain
    assert "less than or equal to 1" in weight
    assert [(name, p) for name, _, p, _ in found if name != "a.yml"] == [
        ("ads.yml", "the goal 'Growth' does not say what is to be reached"),
        ("shop.yml", "the weights of its KPIs sum to 0.4"),
    ]


@pytest.mark.parametrize(
    ("content", "line", "said"),
    [
        (b"scorecard: shop\nlabel: a: b\n", 2, "not readable as YAML"),
        (b"scorecard: shop\nlabel: a\nlabel: b\n", 3, "`label` stands twice"),
        (b"- scorecard\n", 1, "it holds no keys"),
        (b"scorecard: b\nobjectives:\n  - starts: 2026-02-30\n", 3, "a date that there is not"),
        ("label: Übersicht".encode("latin-1"), 0, "not readable as UTF-8"),
    ],
    ids=["no YAML", "a key twice", "a list", "30 February", "Latin-1"],
)
def test_a_file_that_cannot_be_read_is_a_finding_and_a_refusal_of_the_run(
    tmp_path: Path, content: bytes, line: int, said: str
) -> None:
    scorecards = scorecard(project(tmp_path, metric("clicks")), ["clicks"], "1")
    (scorecards / "broken.yml").write_bytes(content)
    ((name, found, problem, remedy),) = linted(tmp_path)
    assert (name, found, bool(remedy)) == ("broken.yml", line, True)
    assert problem.startswith(f"it cannot be used: {said}")
    with pytest.raises(ScorecardError, match=rf"broken\.yml.*{said}"):
        load_scorecards(scorecards)


def test_a_file_with_another_ending_is_not_passed_over(tmp_path: Path) -> None:
    scorecards = scorecard(project(tmp_path, metric("clicks")), ["clicks"], "1")
    (scorecards / "shop.yml").rename(scorecards / "shop.yaml")
    ((name, _, problem, remedy),) = linted(tmp_path)
    assert (name, remedy) == ("shop.yaml", "Rename it.")
    assert "files here end in .yml, not .yaml" in problem
    with pytest.raises(ScorecardError, match=r"shop\.yaml: it would not be read"):
        load_scorecards(scorecards)


def test_a_run_with_an_unusable_scorecard_stops_before_it_lands(tmp_path: Path) -> None:
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    scorecards = tmp_path / "project" / "models" / "scorecards"
    scorecards.mkdir(parents=True)
    (scorecards / "shop.yaml").write_text("scorecard: shop\n", encoding="utf-8")
    settings = Settings.from_environment(
        home=tmp_path / "home", project=tmp_path / "project", inbox=inbox, as_of="2026-07-01"
    )
    with pytest.raises(ScorecardError, match=r"shop\.yaml"):
        run(settings)


def test_a_second_scorecard_of_one_name_is_a_finding_with_the_first(tmp_path: Path) -> None:
    scorecards = scorecard(project(tmp_path, metric("clicks")), ["clicks"], "1")
    (scorecards / "team.yml").write_text((scorecards / "shop.yml").read_text("utf-8"), "utf-8")
    ((name, _, problem, remedy),) = linted(tmp_path)
    assert name == "team.yml"
    assert "'shop' is also declared in" in problem
    assert "shop.yml" in problem
    assert remedy == "Keep one of the two."
