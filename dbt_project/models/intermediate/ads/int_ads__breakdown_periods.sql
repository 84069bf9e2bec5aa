{{ config(materialized='table') }}

with

choices as (

    select * from {{ ref('int_ads__report_choices') }}

),

feeds as (

    select
        platform,
        account_id,
        period_start,
        period_end

    from choices
    where is_feed

),

-- Of two exports that have the same level of the same days one is enough.
reported as (

    select *
    from choices
    qualify row_number() over (
        partition by platform, account_id, report_grain, period_start, period_end
        order by
            case when is_feed then 1 else 2 end asc nulls last,
            spend_rank asc nulls last,
            stream asc nulls last
    ) = 1

),

-- What a report is compared with: the feeding period that it lies in, else its own days.
compared as (

    select
        reported.platform,
        reported.account_id,
        reported.report_grain,
        reported.stream,
        reported.period_start,
        reported.period_end,
        reported.is_feed,
        reported.currency_code,
        reported.spend_amount,
        reported.conversion_value_amount,
        reported.impressions,
        reported.clicks,
        reported.conversions,
        reported.period_start = reported.period_end as is_day,
        containing.period_start is not null as is_in_a_feed,
        coalesce(containing.period_start, reported.period_start) as compared_start,
        coalesce(containing.period_end, reported.period_end) as compared_end

    from reported
    left join feeds as containing
        on
            reported.platform = containing.platform
            and reported.account_id = containing.account_id
            and reported.period_start >= containing.period_start
            and reported.period_end <= containing.period_end

),

-- A period that cuts a feeding one in two cannot be compared with anything.
cut as (

    select distinct
        compared.platform,
        compared.account_id,
        compared.report_grain,
        compared.period_start,
        compared.period_end

    from compared
    inner join feeds
        on
            compared.platform = feeds.platform
            and compared.account_id = feeds.account_id
            and feeds.period_start <> feeds.period_end
            and compared.period_start <= feeds.period_end
            and compared.period_end >= feeds.period_start
            and not (
                compared.period_start <= feeds.period_start
                and compared.period_end >= feeds.period_end
            )
    where not compared.is_in_a_feed

),

comparable as (

    select
        compared.*,
        case
            when
                compared.is_in_a_feed
                and compared.period_start = compared.compared_start
                and compared.period_end = compared.compared_end
                then 1
            when compared.is_in_a_feed and compared.is_day then 2
            when compared.is_in_a_feed then 3
            else 4
        end as preference,
        {{ days_between('compared.period_start', 'compared.period_end') }} as day_count

    from compared
    left join cut
        on
            compared.platform = cut.platform
            and compared.account_id = cut.account_id
            and compared.report_grain = cut.report_grain
            and compared.period_start = cut.period_start
            and compared.period_end = cut.period_end
    where cut.platform is null

),

periods as (

    select *
    from comparable
    where not is_day

),

days as (

    select *
    from comparable
    where is_day

),

-- Two that overlap would count days twice. Single days never overlap each other.
pairs as (
    {%- for weaker, stronger in [('comparable', 'periods'), ('periods', 'days')] %}

    select
        weaker.platform,
        weaker.account_id,
        weaker.report_grain,
        weaker.period_start,
        weaker.period_end

    from {{ weaker }} as weaker
    inner join {{ stronger }} as stronger
        on
            weaker.platform = stronger.platform
            and weaker.account_id = stronger.account_id
            and weaker.report_grain = stronger.report_grain
            and weaker.period_start <= stronger.period_end
            and weaker.period_end >= stronger.period_start
    where
        weaker.preference > stronger.preference
        or (
            weaker.preference = stronger.preference
            and (
                weaker.day_count < stronger.day_count
                or (
                    weaker.day_count = stronger.day_count
                    and weaker.period_start < stronger.period_start
                )
            )
        )
    {{ "union all" if not loop.last }}
    {%- endfor %}

),

beaten as (

    select distinct
        platform,
        account_id,
        report_grain,
        period_start,
        period_end

    from pairs

)

select
    comparable.platform,
    comparable.account_id,
    comparable.report_grain,
    comparable.stream,
    comparable.period_start,
    comparable.period_end,
    comparable.is_feed,
    comparable.is_in_a_feed,
    comparable.compared_start,
    comparable.compared_end,
    comparable.currency_code,
    comparable.spend_amount,
    comparable.conversion_value_amount,
    comparable.impressions,
    comparable.clicks,
    comparable.conversions

from comparable
left join beaten
    on
        comparable.platform = beaten.platform
        and comparable.account_id = beaten.account_id
        and comparable.report_grain = beaten.report_grain
        and comparable.period_start = beaten.period_start
        and comparable.period_end = beaten.period_end
where beaten.platform is null
