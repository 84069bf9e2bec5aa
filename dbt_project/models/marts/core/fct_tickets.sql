with

tickets as (

    select * from {{ ref('int_crm__tickets_unioned') }}

)

select
    ticket_id,
    created_date,
    closed_date,
    kind,
    status,
    priority,
    channel,
    _landing_id,
    _row_number

from tickets
