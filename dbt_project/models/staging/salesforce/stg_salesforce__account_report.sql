with

landed as (

    select * from {{ source('landed', 'salesforce__account_report') }}

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

    from landed
    -- What a data export says of a company goes before any report.
    where not exists (select 1 from {{ source('landed', 'salesforce__account') }})

)

select * from renamed
