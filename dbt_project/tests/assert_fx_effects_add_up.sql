-- Three figures, each computed by itself: one that differs is of rows that the others have not, or
-- of an amount that is not the original one at the rate that stands beside it.
with

effects as (

    select * from {{ ref('kpi_fx_effects') }}

)

select
    kpi,
    grain,
    period_start,
    value,
    constant_currency_value,
    fx_effect
from effects
where
    value is null
    or value <> constant_currency_value + fx_effect
