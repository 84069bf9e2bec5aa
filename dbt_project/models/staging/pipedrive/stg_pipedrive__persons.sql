with

landed as (

    select * from {{ source('landed', 'pipedrive__persons') }}

),

renamed as (

    select
        -- ids
        person_id,
        'pd|' || {{ filled('organization_id') }} as account_id,

        -- strings
        {{ filled('organization_name') }} as account_name,

        -- dates
        {{ business_date('created_at') }} as created_date,

        -- lineage
        _landing_id,
        _row_number

    from landed

)

select * from renamed
