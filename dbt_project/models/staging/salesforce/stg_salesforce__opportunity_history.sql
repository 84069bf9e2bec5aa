with

landed as (

    select * from {{ source('landed', 'salesforce__opportunity_history') }}

),

renamed as (

    select
        -- ids
        history_id,
        {{ record_id('opportunity_id') }} as opportunity_record_id,
        changed_by_id,

        -- strings
        {{ filled('stage_name') }} as stage,
        {{ filled('forecast_category') }} as forecast_category,
        coalesce({{ currency_code('currency_code') }}, '{{ var("reporting_currency") }}')
            as currency_code,

        -- numbers
        probability,
        -- The file is in no order of time.
        row_number() over (
            partition by {{ record_id('opportunity_id') }}
            order by created_at nulls last, history_id nulls last
        ) as change_number,

        -- amounts
        amount,

        -- dates
        close_date,

        -- timestamps
        created_at as changed_at,

        -- lineage
        _landing_id,
        _row_number

    from landed
    where not coalesce(is_deleted, false)

)

select * from renamed
