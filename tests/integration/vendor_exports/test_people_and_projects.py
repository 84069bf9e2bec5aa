"""Staff and projects from their exports to the facts: who came back, and what waits in a circle."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from models.contract import load_contracts
from pipelines.settings import Settings
from tests.landed_exports import House
from tests.staged_exports import Staged, built, stage

pytestmark = pytest.mark.slow
REPOSITORY = Path(__file__).resolve().parents[3]
STREAMS = load_contracts(REPOSITORY / "models" / "contracts")

# 1 stays, moves to Sales in March and is promoted in May; 2 leaves in February and is back in
# April; 3 leaves in March, before a raise that was entered for June, and only the newest row says
# so; 4 is hired after the run's day; 5 comes and leaves within February.
STAFF = """employee_id,valid_from,role,team,region,hired_date,left_date,salary_amount,currency_code
1,,Agent,Service,DACH,2025-12-01,,40000,EUR
1,2026-03-01,Agent,Sales,DACH,2025-12-01,,40000,EUR
1,2026-05-01,Lead,Sales,DACH,2025-12-01,,48000,EUR
2,,Agent,Service,DACH,2026-01-01,2026-02-10,40000,EUR
2,2026-04-15,Agent,Service,DACH,2026-04-15,,41000,EUR
3,,Agent,Service,DACH,2026-01-01,,40000,EUR
3,2026-06-01,Agent,Service,DACH,2026-01-01,2026-03-20,44000,EUR
4,,Agent,Service,DACH,2026-07-15,,40000,EUR
5,,Agent,Service,DACH,2026-02-02,2026-02-20,40000,EUR
"""
MARKET = """role,region,valid_from,market_salary_amount,currency_code
Agent,,2026-01-01,36000,EUR
Agent,DACH,2026-05-01,39000,EUR
"""
TASKS = (
    "project_id,task_id,status_date,status,duration_days,predecessors,planned_value_amount,"
    "earned_value_amount,actual_cost_amount,currency_code\n"
)
# Two ways of 12 and of 12.5 days to task 5 once 1 is done; 6 is given up and holds up nobody.
REPORTS = """SHOP,1,2026-05-29,in progress,10,,100,50,60,EUR
SHOP,2,2026-05-29,not started,4,1,0,0,0,EUR
SHOP,3,2026-05-29,not started,4.5,1,0,0,0,EUR
SHOP,5,2026-05-29,not started,8,2; 3;6,0,0,0,EUR
SHOP,6,2026-05-29,cancelled,90,,0,0,10,EUR
SHOP,1,2026-06-12,done,10,,100,100,130,EUR
SHOP,2,2026-06-12,in progress,4,1,40,20,20,EUR
SHOP,3,2026-06-12,not started,4.5,1,45,0,0,EUR
SHOP,5,2026-06-12,not started,8,2; 3;6,0,0,0,EUR
SHOP,6,2026-06-12,cancelled,90,,0,0,10,EUR
MOVE,1,2026-06-19,done,3,,30,30,30,EUR
"""
# 2, 3 and 4 wait for each other, 7 only for them; 5 leads into the circle and 6 stands apart.
CIRCLE = """LOOP,2,2026-06-26,not started,1,4;5,0,0,0,EUR
LOOP,3,2026-06-26,not started,1,2,0,0,0,EUR
LOOP,4,2026-06-26,not started,1,3,0,0,0,EUR
LOOP,5,2026-06-26,not started,1,,0,0,0,EUR
LOOP,6,2026-06-26,not started,2,,0,0,0,EUR
LOOP,7,2026-06-26,not started,1,4,0,0,0,EUR
SELF,1,2026-06-26,not started,0,1,0,0,0,EUR
"""
FACTS = ("+fct_employee_changes", "+fct_employee_churn", "+fct_salary_changes", "+dim_employee",
         "+fct_project_paths", "+fct_project_value_changes")  # fmt: skip
CIRCLES = "assert_tasks_wait_in_no_circle"


def house_with(folder: Path, tasks: str) -> House:
    folder.mkdir(exist_ok=True)
    (folder / "inbox").mkdir()
    settings = Settings.from_environment(home=folder, as_of="2026-07-01", settle_seconds=0)
    house = House.of(settings, *STREAMS.values())
    house.land("employees/employees_2026-06-30.csv", STAFF)
    house.land("market_salaries/market_salaries_2026-05-01.csv", MARKET)
    house.land("projects/tasks_2026-06-30.csv", TASKS + tasks)
    return house


@pytest.fixture(scope="module")
def staged(tmp_path_factory: pytest.TempPathFactory) -> Staged:
    folder = tmp_path_factory.mktemp("people")
    return stage(house_with(folder / "home", REPORTS), folder, *FACTS, CIRCLES)


def test_headcount_is_who_is_employed_at_the_end_of_a_day(staged: Staged) -> None:
    sql = (
        "select sum(headcount_change) from kpi_mart.fct_employee_changes where change_date <= '{}'"
    )
    days = ("2025-12-31", "2026-01-31", "2026-02-15", "2026-02-28", "2026-03-31", "2026-04-30")
    counted = [int(staged.rows(sql.format(day))[0][0]) for day in days]

    assert counted == [1, 3, 3, 2, 1, 2]


def test_who_moves_neither_comes_nor_leaves(staged: Staged) -> None:
    changes = staged.rows(
        """select change_date, change_kind, team, job_role from kpi_mart.fct_employee_changes
        where employee_key = md5('1')"""
    )
    assert changes == [
        (date(2025, 12, 1), "hired", "Service", "Agent"),
        (date(2026, 3, 1), "moved_in", "Sales", "Agent"),
        (date(2026, 3, 1), "moved_out", "Service", "Agent"),
        (date(2026, 5, 1), "moved_in", "Sales", "Lead"),
        (date(2026, 5, 1), "moved_out", "Sales", "Agent"),
    ]
    left = "select change_date from kpi_mart.fct_employee_changes where change_kind = 'left'"
    assert staged.rows(left) == [
        (date(2026, 2, 10),), (date(2026, 2, 20),), (date(2026, 3, 20),)
    ]  # fmt: skip


def test_who_is_back_at_the_end_of_a_period_was_not_lost_in_it(staged: Staged) -> None:
    """Of the quarter and the year nobody was there before but 1; 5 was there before no period."""
    lost = staged.rows(
        """select grain, period_start, count(*) from kpi_mart.fct_employee_churn
        where grain in ('month', 'quarter', 'year') group by all"""
    )
    assert lost == [("month", date(2026, 2, 1), 1), ("month", date(2026, 3, 1), 1)]


def test_no_name_number_or_salary_of_a_person_is_in_the_mart(staged: Staged) -> None:
    people = staged.rows("select employee_key, hired_date, left_date from kpi_mart.dim_employee")
    assert len(people) == 4, "4 is hired after the run's day"
    assert all(len(key) == 32 for key, *_ in people)
    columns = {
        name
        for (name,) in staged.rows(
            """select column_name from duckdb_columns() where schema_name = 'kpi_mart'
            and table_name in ('fct_salary_changes', 'dim_employee', 'fct_employee_changes')"""
        )
    }
    assert not columns & {"employee_id", "employee_name"}


def test_a_salary_is_cut_where_the_market_changes(staged: Staged) -> None:
    """At the end of April 1 and 2 compare with the row for all, in May with their region's."""
    sql = """select sum(salary_amount), sum(market_salary_amount)
             from kpi_mart.fct_salary_changes
             where change_date <= '{}' and market_salary_amount is not null"""
    assert staged.rows(sql.format("2026-04-30")) == [(Decimal(81000), Decimal(72000))]
    # 1 is a lead from May on, whose salary no survey has.
    assert staged.rows(sql.format("2026-05-31")) == [(Decimal(41000), Decimal(39000))]
    before = sql.format("2025-12-31").replace("sum(salary_amount)", "count(*)")
    assert staged.rows(before)[0][0] == 0, "no market salary was known yet"


def test_the_newest_report_takes_the_place_of_the_one_before(staged: Staged) -> None:
    sql = """select sum(planned_value_amount), sum(earned_value_amount), sum(actual_cost_amount)
             from kpi_mart.fct_project_value_changes where change_date <= '{}'"""
    assert staged.rows(sql.format("2026-06-01")) == [(100, 50, 70)]
    assert staged.rows(sql.format("2026-06-30")) == [(215, 150, 190)]


def test_the_path_is_the_longest_way_through_open_tasks(staged: Staged) -> None:
    paths = staged.rows(
        """select period_start, project_id, critical_path_days, last_task_id
        from kpi_mart.fct_project_paths where grain = 'month'"""
    )
    assert paths == [
        (date(2026, 5, 1), "SHOP", Decimal("22.5"), "5"),  # 10 + 4.5 + 8
        (date(2026, 6, 1), "MOVE", Decimal(0), None),  # nothing is open any more
        (date(2026, 6, 1), "SHOP", Decimal("12.5"), "5"),
    ]
    day = "select critical_path_days from kpi_mart.fct_project_paths where grain = 'day' and "
    assert staged.rows(day + "period_start = '2026-06-11'") == [(Decimal("22.5"),)]
    assert staged.rows(day + "period_start = '2026-06-12'") == [(Decimal("12.5"),)]


def test_a_circle_fails_a_check_that_names_its_tasks(tmp_path: Path) -> None:
    """Not those that lead into it or wait for it; and the run comes to an end."""
    house = house_with(tmp_path / "home", REPORTS + CIRCLE)
    done = built(house, tmp_path, "+int_projects__task_walks", CIRCLES)

    assert done.returncode != 0
    assert f"FAIL 4 {CIRCLES}" in done.stdout, done.stdout[-2000:]
    compiled = next((tmp_path / "target" / "compiled").rglob(f"{CIRCLES}.sql"))
    named = Staged(tmp_path / "candidate.duckdb", "").rows(compiled.read_text(encoding="utf-8"))
    assert named == [
        ("LOOP", date(2026, 6, 26), "2", 3),
        ("LOOP", date(2026, 6, 26), "3", 3),
        ("LOOP", date(2026, 6, 26), "4", 3),
        ("SELF", date(2026, 6, 26), "1", 1),
    ]
