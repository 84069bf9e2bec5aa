-- Reports of several days that could not be taken, for some of whose days there is no other report.
select
    platform,
    account_id,
    stream as table_name,
    period_start as first_date,
    period_end as last_date,
    days_left_out as day_count,
    row_count,
    spend_amount

from {{ ref('int_ads__report_choices') }}
where
    not is_feed
    and days_left_out > 0
    and spend_amount <> 0
