with

landed as (

    select * from {{ source('landed', 'pipedrive__organizations') }}

),

renamed as (

    select
        -- ids
        'pd|' || organization_id as account_id,
        'pd|' || organization_id as account_record_id,

        -- strings
        {{ filled('organization_name') }} as account_name,
        {{ filled('country') }} as country,
        {{ as_text('null') }} as region,
        {{ filled('segment') }} as segment,
        {{ filled('industry') }} as industry,
        {{ as_text('null') }} as account_domain,

        -- lineage
        _landing_id,
        _row_number

    from landed
    where not coalesce(is_deleted, false)

)

select * from renamed
