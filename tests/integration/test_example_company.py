"""The mart against the truth that the generator computed from its own state, to the digit."""

from decimal import Decimal

import pytest

from pipelines import flow
from pipelines.serve import mart

pytestmark = pytest.mark.slow

KPIS = """
    revenue invoiced_revenue sales_growth cost gross_margin profit net_profit_margin ebitda
    cash_flow mrr arr paying_customers new_customers customer_churn_rate cac
    impressions clicks ad_spend ctr cpc cvr roas
    leads qualified_leads lead_conversion_rate won_amount win_rate average_deal_size pipeline_value
    tickets_opened csat nps
    complaints resolution_rate first_response_hours cycle_time_hours first_time_right
    accounts_receivable cac_payback_months churned_mrr clv clv_to_cac contraction_mrr cost_per_lead
    cpa cpm customer_retention_rate dso efficiency_ratio expansion_mrr grr new_mrr nrr
    ad_budget_used budget_variance market_penetration market_share profit_per_sale
    operating_cash_flow reactivation_mrr repeat_purchase_rate revenue_growth revenue_per_customer
    sales_cycle_days sales_velocity social_new_customers working_capital
    emails_sent email_open_rate email_ctr response_rate sessions page_views bounce_rate form_cvr
    content_downloads social_followers social_shares
    traffic_per_post traffic_value_per_post keywords_per_post links_per_post hours_per_asset
    video_views video_view_rate
    search_rank average_review_rating positive_review_share brand_favourability brand_recall_lift
    headcount employee_turnover_rate employee_retention_rate employee_satisfaction
    salary_competitiveness_ratio earned_value planned_value actual_cost cost_performance_index
    schedule_performance_index critical_path_days
    marketing_roi roas_attributed won_deals lost_amount pipeline_created_amount
    churned_customers ad_conversions ad_conversion_value
""".split()


def monthly(company, kpi, slice_="total"):
    with mart.open_mart(mart.release_folder(company.settings)) as connection:
        rows = connection.execute(
            """select strftime(period_start, '%Y-%m'), slice_value, value
            from kpi_mart.kpi_values where kpi = ? and grain = 'month' and slice = ?""",
            [kpi, slice_],
        ).fetchall()
    return {(slice_value, month): value for month, slice_value, value in rows}


def exact(text):
    return None if text is None else Decimal(text)


def test_the_truth_covers_every_kpi_over_24_months(company):
    assert set(KPIS) <= set(company.truth["kpis"])
    for kpi in KPIS:
        assert len(company.truth["kpis"][kpi]) >= 24


def test_the_company_is_released_although_dirt_was_planted(company):
    assert company.outcome.status == "released", company.outcome.reasons
    assert company.truth["planted"]


@pytest.mark.parametrize("kpi", KPIS)
def test_every_month_is_true_to_the_digit(company, kpi):
    true = {month: exact(text) for month, text in company.truth["kpis"][kpi].items()}
    published = {month: value for (_, month), value in monthly(company, kpi).items()}

    # A KPI begins with its first row: before that the mart has no period where the truth has 0.
    first = min(published)
    differs = {
        month: (value, published.get(month))
        for month, value in true.items()
        if published.get(month) != value and not (month < first and not value)
    }
    assert differs == {}


def test_every_slice_is_true_to_the_digit(company):
    differs = []
    for kpi, slices in company.truth["slices"].items():
        for slice_, by_value in slices.items():
            published = monthly(company, kpi, slice_)
            for value, months in by_value.items():
                for month, text in months.items():
                    found = published.get((value, month))
                    true = exact(text)
                    # A slice without any row in a month has no row in the mart.
                    if found != true and not (found is None and true in (None, 0)):
                        differs.append((kpi, slice_, value, month, true, found))
    assert differs == []


SUMS_THAT_DIFFER = """
    with parts as (
        select kpi, grain, period_start, slice, sum(value) as value
        from kpi_mart.kpi_values
        where slice <> 'total'
        group by all
    )
    select total.kpi, total.grain, total.period_start, parts.slice, total.value, parts.value
    from kpi_mart.kpi_values as total
    inner join kpi_mart.dim_kpi using (kpi)
    inner join parts using (kpi, grain, period_start)
    where total.slice = 'total' and dim_kpi.additive <> 'none' and total.value <> parts.value
"""


def test_slices_of_a_sum_add_up_to_the_total_in_every_period(company):
    with mart.open_mart(mart.release_folder(company.settings)) as connection:
        assert connection.execute(SUMS_THAT_DIFFER).fetchall() == []


MOVEMENTS = "new_mrr expansion_mrr contraction_mrr churned_mrr reactivation_mrr".split()
MRR_THAT_DOES_NOT_MOVE = """
    with totals as (
        select grain, period_start,
               coalesce(sum(value) filter (where kpi = 'mrr'), 0) as closing,
               coalesce(sum(value) filter (where list_contains($movements, kpi)), 0) as moved
        from kpi_mart.kpi_values
        where slice = 'total'
        group by all
    ),
    opened as (
        select *, lag(closing, 1, 0) over (partition by grain order by period_start) as opening
        from totals
    )
    select * from opened where opening + moved <> closing
"""


def test_opening_mrr_and_the_five_movements_are_closing_mrr_in_every_period(company):
    with mart.open_mart(mart.release_folder(company.settings)) as connection:
        found = connection.execute(MRR_THAT_DOES_NOT_MOVE, {"movements": MOVEMENTS}).fetchall()
        kinds = connection.execute(
            """select count(distinct kpi) from kpi_mart.kpi_values
            where list_contains($movements, kpi) and value <> 0""",
            {"movements": MOVEMENTS},
        ).fetchone()
    assert found == []
    assert kinds == (5,), "each kind of movement happens"


CONSTANT_MRR_THAT_DOES_NOT_MOVE = """
    with totals as (
        select effects.grain, effects.period_start, days.year_start_date,
               sum(constant_currency_value) filter (where kpi = 'mrr') as closing,
               sum(fx_effect) filter (where kpi = 'mrr') as closing_effect,
               sum(constant_currency_value) filter (where kpi <> 'mrr') as moved,
               sum(fx_effect) filter (where kpi <> 'mrr') as moved_effect
        from kpi_mart.kpi_fx_effects as effects
        inner join kpi_mart.dim_date as days on effects.period_start = days.date_day
        where kpi = 'mrr' or list_contains($movements, kpi)
        group by all
    ),
    opened as (
        select *, lag(closing) over in_turn as opening,
               lag(closing_effect) over in_turn as opening_effect
        from totals
        window in_turn as (partition by grain, year_start_date order by period_start)
    )
    select count(*), count_if(moved_effect <> 0),
           count_if(opening + moved <> closing or opening_effect + moved_effect <> closing_effect)
    from opened where opening is not null
"""


def test_within_a_year_mrr_moves_at_constant_rates_and_in_its_effect_alike(company):
    with mart.open_mart(mart.release_folder(company.settings)) as connection:
        periods, moved_by_rates, wrong = connection.execute(
            CONSTANT_MRR_THAT_DOES_NOT_MOVE, {"movements": MOVEMENTS}
        ).fetchone()
    assert wrong == 0
    assert periods > moved_by_rates > 0


ATTRIBUTION_MODELS = ["first_touch", "last_touch", "linear"]


@pytest.mark.parametrize("model", ATTRIBUTION_MODELS)
def test_attributed_and_unattributed_are_the_won_amount_of_every_month(company, model):
    with mart.open_mart(mart.release_folder(company.settings)) as connection:
        given = connection.execute(
            """select strftime(close_date, '%Y-%m'),
                      sum(attributed_amount_reporting) filter (where is_attributed),
                      sum(attributed_amount_reporting) filter (where channel = 'unattributed')
            from kpi_mart.fct_deal_attribution where attribution_model = ? group by 1""",
            [model],
        ).fetchall()
    sums = {month: (known or 0, unknown or 0) for month, known, unknown in given}
    won = {month: exact(text) for month, text in company.truth["kpis"]["won_amount"].items()}
    assert {month: sum(both) for month, both in sums.items()} == {m: v for m, v in won.items() if v}
    assert any(unknown for _, unknown in sums.values())


@pytest.mark.parametrize("model", ATTRIBUTION_MODELS)
def test_what_is_verified_of_all_platforms_is_what_paid_channels_are_given(company, model):
    with mart.open_mart(mart.release_folder(company.settings)) as connection:
        verified = connection.execute(
            f"""select period_start, sum(verified_amount_reporting_{model})
            from kpi_mart.ad_conversion_claims where grain = 'month' group by 1 order by 1"""
        ).fetchall()
        numerators = connection.execute(
            """select period_start, numerator from kpi_mart.kpi_values
            where kpi = 'roas_attributed' and grain = 'month' and slice_value = ? order by 1""",
            [model],
        ).fetchall()
    assert dict(verified) == dict(numerators)
    assert sum(amount for _, amount in verified) > 0


def test_running_again_with_nothing_new_makes_no_release(company):
    outcome = flow.run(company.settings)

    assert outcome.status == "nothing_new"
    assert outcome.landed.landings == ()
    assert mart.release_folder(company.settings).name == "1"


def test_rows_are_conserved_for_every_landing(company):
    with mart.open_mart(mart.release_folder(company.settings)) as connection:
        rows_in, rows_out = connection.execute(
            """select sum(rows_in_file), sum(rows_landed + rows_quarantined + rows_skipped)
            from kpi_mart.landings"""
        ).fetchone()

    assert rows_in == rows_out > 0
