with

landed as (

    select * from {{ source('landed', 'salesforce__account') }}

),

-- 15 and 18 characters are one record, and a replicated table may carry its history.
latest as (

    select *
    from landed
    where coalesce(is_current_version, true)
    qualify row_number() over (
        partition by {{ record_id('account_id') }}
        order by
            last_modified_at desc nulls last,
            account_id desc nulls last,
            _row_number desc nulls last
    ) = 1

),

renamed as (

    select
        -- ids
        account_id,
        {{ record_id('account_id') }} as account_record_id,

        -- strings
        {{ filled('account_name') }} as account_name,
        {{ filled('billing_country') }} as country,
        {{ filled('region') }} as region,
        {{ filled('segment') }} as segment,
        {{ filled('industry') }} as industry,
        {{ site_domain('website') }} as account_domain,

        -- lineage
        _landing_id,
        _row_number

    from latest
    where not coalesce(is_deleted, false)

)

select * from renamed
