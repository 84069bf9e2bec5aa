with

tickets as (

    select * from {{ ref('int_crm__tickets_unioned') }}

)

select
    ticket_id,
    created_date,
    first_replied_date,
    closed_date,
    cast(first_response_hours as decimal(18, 6)) as first_response_hours,
    cast(resolution_hours as decimal(18, 6)) as resolution_hours,
    reopens > 0 as is_reopened,
    kind,
    status,
    priority,
    channel,
    _landing_id,
    _row_number

from tickets
