"""The check of who is found in the CRM, asked of customers found once, not at all, or twice."""

from __future__ import annotations

import re
from pathlib import Path

import duckdb

PROJECT = Path(__file__).parents[2] / "dbt_project"
QUESTION = PROJECT / "tests" / "assert_customers_are_found_in_the_crm.sql"
ALLOWED = "0.1"


def asked(found: int, unmatched: int = 0, ambiguous: int = 0, accounts: int = 1) -> list[str]:
    """The reasons that the check gives, each customer one."""
    sql = re.sub(r"\{#.*?#\}", "", QUESTION.read_text("utf-8"), flags=re.DOTALL)
    sql = re.sub(r"\{\{ ref\('(\w+)'\) \}\}", r"\1", sql)
    sql = sql.replace("{{ var('identity')['most_unmatched'] }}", ALLOWED)
    rows = (
        [(True, None)] * found + [(False, None)] * unmatched + [(False, "email_domain")] * ambiguous
    )
    with duckdb.connect() as mart:
        mart.execute(f"create table int_crm__accounts_unioned as from range({accounts})")
        mart.execute(
            "create table customer_matches "
            "(source_customer_id varchar, is_matched boolean, ambiguous_rule varchar)"
        )
        for number, (is_matched, rule) in enumerate(rows):
            mart.execute(
                "insert into customer_matches values (?, ?, ?)", [number, is_matched, rule]
            )
        return sorted(reason for _, reason in mart.execute(sql).fetchall())


def test_a_few_without_an_account_are_no_finding() -> None:
    assert asked(found=90, unmatched=10) == []


def test_more_than_the_declared_share_are_each_named() -> None:
    assert asked(found=89, unmatched=11) == ["unmatched"] * 11


def test_one_customer_found_twice_is_named_however_few_they_are() -> None:
    assert asked(found=99, ambiguous=1) == ["email_domain"]


def test_nothing_is_asked_where_no_crm_is() -> None:
    assert asked(found=0, unmatched=20) == ["unmatched"] * 20
    assert asked(found=0, unmatched=20, accounts=0) == []
