-- A report that shows more money than the one taken as spend: one of the two was filtered, or is
-- old.
select
    platform,
    account_id,
    report_grain,
    period_start as first_date,
    period_end as last_date,
    spend_amount

from {{ ref('fct_ad_breakdown') }}
where
    is_unallocated
    -- Vendors round each row.
    and spend_amount < -0.05
