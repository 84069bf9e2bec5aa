with

landed as (

    select * from {{ source('landed', 'salesforce__lead_report') }}

),

renamed as (

    select
        -- ids
        coalesce(
            {{ filled('lead_id') }},
            {{ joined_key(["'salesforce report'", "_landing_id", "_row_number"]) }}
        ) as lead_id,
        {{ record_id('converted_account_id') }} as converted_account_record_id,
        owner_name as owner_id,

        -- strings
        {{ lead_channel('lead_source') }} as channel,
        {{ filled('lead_status') }} as lead_status,
        {{ filled('region') }} as region,

        -- booleans
        coalesce(is_converted, false) as is_converted,

        -- dates
        created_date,
        cast(null as date) as qualified_date,
        converted_date,

        -- lineage
        _landing_id,
        _row_number

    from landed
    -- What a data export says of a lead goes before any report: else it would count twice.
    where not exists (select 1 from {{ source('landed', 'salesforce__lead') }})

)

select * from renamed
