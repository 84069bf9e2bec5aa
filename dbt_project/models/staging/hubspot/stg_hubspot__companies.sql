with

landed as (

    select * from {{ source('landed', 'hubspot__companies') }}

),

renamed as (

    select
        -- ids
        company_id as account_id,
        company_id as account_record_id,

        -- strings
        {{ filled('company_name') }} as account_name,
        {{ filled('country') }} as country,
        {{ filled('region') }} as region,
        {{ filled('segment') }} as segment,
        {{ filled('industry') }} as industry,
        {{ filled('company_domain') }} as company_domain,
        {{ site_domain('company_domain') }} as account_domain,
        {{ filled('lifecycle_stage') }} as lifecycle_stage,

        -- lineage
        _landing_id,
        _row_number

    from landed
    where not coalesce(is_deleted, false)

)

select * from renamed
