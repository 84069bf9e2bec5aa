with

landed as (

    select * from {{ source('landed', 'salesforce__lead') }}

),

-- 15 and 18 characters are one record, and a replicated table may carry its history.
latest as (

    select *
    from landed
    where coalesce(is_current_version, true)
    qualify row_number() over (
        partition by {{ record_id('lead_id') }}
        order by
            last_modified_at desc nulls last,
            lead_id desc nulls last,
            _row_number desc nulls last
    ) = 1

),

renamed as (

    select
        -- ids
        lead_id,
        {{ record_id('converted_account_id') }} as converted_account_record_id,
        owner_id,

        -- strings
        {{ lead_channel('lead_source') }} as channel,
        {{ filled('lead_status') }} as lead_status,
        {{ filled('region') }} as region,

        -- booleans
        coalesce(is_converted, false) as is_converted,

        -- dates
        {{ business_date('created_at') }} as created_date,
        qualified_date,
        converted_date,

        -- lineage
        _landing_id,
        _row_number

    from latest
    where not coalesce(is_deleted, false)

)

select * from renamed
