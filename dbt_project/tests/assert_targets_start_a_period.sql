with

stated as (

    select
        kpi,
        grain,
        period_start,
        slice,
        slice_value
    from {{ ref('kpi_targets_stated') }}

),

periods as (
    {%- for grain in kpi_grains() %}

    select
        '{{ grain }}' as grain,
        {{ kpi_period_columns(grain)[0] }} as period_start
    from {{ ref('dim_date') }}
    where {{ kpi_period_columns(grain)[0] }} = date_day
    {{ "union all" if not loop.last }}
    {%- endfor %}

),

calendar as (

    select
        min(date_day) as first_day,
        max(date_day) as last_day
    from {{ ref('dim_date') }}

)

select
    stated.kpi,
    stated.grain,
    stated.period_start,
    stated.slice,
    stated.slice_value

from stated

inner join calendar
    on stated.period_start between calendar.first_day and calendar.last_day

left join periods
    on stated.grain = periods.grain and stated.period_start = periods.period_start

where periods.period_start is null
