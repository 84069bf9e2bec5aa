with

landed as (

    select * from {{ source('landed', 'salesforce__campaign_member') }}

),

-- 15 and 18 characters are one record, and a replicated table may carry its history.
latest as (

    select *
    from landed
    where coalesce(is_current_version, true)
    qualify row_number() over (
        partition by {{ record_id('campaign_member_id') }}
        order by
            last_modified_at desc nulls last,
            campaign_member_id desc nulls last,
            _row_number desc nulls last
    ) = 1

),

renamed as (

    select
        -- ids
        campaign_member_id,
        {{ record_id('campaign_member_id') }} as campaign_member_record_id,
        {{ record_id('campaign_id') }} as campaign_record_id,
        {{ record_id('lead_id') }} as lead_record_id,
        {{ record_id('contact_id') }} as contact_record_id,

        -- strings
        {{ filled('member_status') }} as member_status,

        -- booleans
        coalesce(has_responded, first_responded_date is not null) as has_responded,

        -- dates
        {{ business_date('created_at') }} as created_date,
        first_responded_date,

        -- lineage
        _landing_id,
        _row_number

    from latest
    where not coalesce(is_deleted, false)

)

select * from renamed
