with

landed as (

    select * from {{ source('landed', 'salesforce__opportunity_history_report') }}

),

renamed as (

    select
        -- ids
        {{ joined_key(["'salesforce report'", "_landing_id", "_row_number"]) }} as history_id,
        {{ record_id('opportunity_id') }} as opportunity_record_id,

        -- strings
        {{ filled('opportunity_name') }} as opportunity_name,
        {{ filled('from_stage') }} as from_stage,
        {{ filled('to_stage') }} as stage,
        coalesce({{ currency_code('currency_code') }}, '{{ var("reporting_currency") }}')
            as currency_code,

        -- numbers
        probability,
        -- The file is in no order of time.
        row_number() over (
            partition by coalesce({{ record_id('opportunity_id') }}, opportunity_name)
            order by changed_at nulls last, _row_number nulls last
        ) as change_number,

        -- amounts
        amount,

        -- timestamps
        changed_at,

        -- lineage
        _landing_id,
        _row_number

    from landed

)

select * from renamed
