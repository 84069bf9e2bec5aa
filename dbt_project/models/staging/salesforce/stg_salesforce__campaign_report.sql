with

landed as (

    select * from {{ source('landed', 'salesforce__campaign_report') }}

),

renamed as (

    select
        -- ids
        coalesce(
            {{ filled('campaign_id') }},
            {{ joined_key(["'salesforce report'", "_landing_id", "_row_number"]) }}
        ) as campaign_id,

        -- strings
        {{ filled('campaign_name') }} as campaign_name,
        {{ filled('campaign_type') }} as campaign_type,
        {{ filled('campaign_status') }} as campaign_status,
        coalesce({{ currency_code('currency_code') }}, '{{ var("reporting_currency") }}')
            as currency_code,

        -- numbers
        leads,
        responses,

        -- amounts
        budgeted_amount,
        actual_amount,

        -- dates
        start_date,
        end_date,

        -- lineage
        _landing_id,
        _row_number

    from landed

)

select * from renamed
