with

landed as (

    select * from {{ source('landed', 'salesforce__contact') }}

),

-- 15 and 18 characters are one record, and a replicated table may carry its history.
latest as (

    select *
    from landed
    where coalesce(is_current_version, true)
    qualify row_number() over (
        partition by {{ record_id('contact_id') }}
        order by
            last_modified_at desc nulls last,
            contact_id desc nulls last,
            _row_number desc nulls last
    ) = 1

),

renamed as (

    select
        -- ids
        contact_id,
        {{ record_id('contact_id') }} as contact_record_id,
        account_id,
        {{ record_id('account_id') }} as account_record_id,
        owner_id,

        -- strings
        {{ filled('country') }} as country,
        {{ lead_channel('lead_source') }} as channel,

        -- dates
        {{ business_date('created_at') }} as created_date,

        -- lineage
        _landing_id,
        _row_number

    from latest
    where not coalesce(is_deleted, false)

)

select * from renamed
