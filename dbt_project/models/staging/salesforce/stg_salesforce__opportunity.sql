with

landed as (

    select * from {{ source('landed', 'salesforce__opportunity') }}

),

-- 15 and 18 characters are one record, and a replicated table may carry its history.
latest as (

    select *
    from landed
    where coalesce(is_current_version, true)
    qualify row_number() over (
        partition by {{ record_id('opportunity_id') }}
        order by
            last_modified_at desc nulls last,
            opportunity_id desc nulls last,
            _row_number desc nulls last
    ) = 1

),

renamed as (

    select
        -- ids
        opportunity_id as deal_id,
        account_id,
        {{ record_id('account_id') }} as account_record_id,
        owner_id,

        -- strings
        {{ filled('stage_name') }} as stage,
        {{ filled('region') }} as region,
        -- An organisation with one currency does not export the column.
        coalesce({{ currency_code('currency_code') }}, '{{ var("reporting_currency") }}')
            as currency_code,

        -- amounts
        amount,

        -- numbers
        {{ chance_of_percent('probability') }} as probability,

        -- booleans
        is_closed and is_won as is_won,
        is_closed and not is_won as is_lost,
        not is_closed as is_open,

        -- dates
        {{ business_date('created_at') }} as created_date,
        close_date,

        -- lineage
        _landing_id,
        _row_number

    from latest
    where not coalesce(is_deleted, false)

)

select * from renamed
