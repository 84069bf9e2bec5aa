with

landed as (

    select * from {{ source('landed', 'salesforce__campaign') }}

),

-- 15 and 18 characters are one record, and a replicated table may carry its history.
latest as (

    select *
    from landed
    where coalesce(is_current_version, true)
    qualify row_number() over (
        partition by {{ record_id('campaign_id') }}
        order by
            last_modified_at desc nulls last,
            campaign_id desc nulls last,
            _row_number desc nulls last
    ) = 1

),

renamed as (

    select
        -- ids
        campaign_id,
        {{ record_id('campaign_id') }} as campaign_record_id,
        owner_id,

        -- strings
        {{ filled('campaign_name') }} as campaign_name,
        {{ filled('campaign_type') }} as campaign_type,
        {{ filled('campaign_status') }} as campaign_status,
        -- An organisation with one currency does not export the column.
        coalesce({{ currency_code('currency_code') }}, '{{ var("reporting_currency") }}')
            as currency_code,

        -- numbers
        leads,
        contacts,
        responses,

        -- amounts
        budgeted_amount,
        actual_amount,
        expected_revenue_amount,

        -- booleans
        is_active,

        -- dates
        start_date,
        end_date,

        -- lineage
        _landing_id,
        _row_number

    from latest
    where not coalesce(is_deleted, false)

)

select * from renamed
