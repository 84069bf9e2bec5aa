with

landed as (

    select * from {{ source('landed', 'hubspot__deals') }}

),

renamed as (

    select
        -- ids
        {{ joined_key(["'hubspot'", "deal_id"]) }} as deal_id,
        -- The primary company, else the first that it is associated with.
        coalesce({{ first_of_list('company_ids') }}, {{ first_of_list('all_company_ids') }})
            as account_id,
        coalesce({{ first_of_list('company_ids') }}, {{ first_of_list('all_company_ids') }})
            as account_record_id,
        owner_name as owner_id,

        -- strings
        {{ filled('deal_stage') }} as stage_id,
        {{ deal_state(
            'deal_stage', 'is_closed', 'is_won', 'coalesce(probability in (0, 1), false)'
        ) }} as state,
        {{ filled('pipeline') }} as pipeline,
        {{ filled('company_domain') }} as company_domain,
        -- An account with one currency does not export the column.
        coalesce({{ currency_code('currency_code') }}, '{{ var("reporting_currency") }}')
            as currency_code,

        -- amounts
        amount,
        company_currency_amount,

        -- numbers
        probability,

        -- dates
        {{ business_date('created_at') }} as created_date,
        {{ business_date('closed_at') }} as close_date,

        -- lineage
        _landing_id,
        _row_number

    from landed
    where not coalesce(is_deleted, false)

)

select * from renamed
