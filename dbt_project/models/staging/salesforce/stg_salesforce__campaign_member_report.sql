with

landed as (

    select * from {{ source('landed', 'salesforce__campaign_member_report') }}

),

renamed as (

    select
        -- ids
        {{ joined_key(["'salesforce report'", "_landing_id", "_row_number"]) }}
            as campaign_member_id,
        {{ record_id('campaign_id') }} as campaign_record_id,

        -- strings
        {{ filled('campaign_name') }} as campaign_name,
        {{ filled('member_status') }} as member_status,

        -- booleans
        coalesce(has_responded, first_responded_date is not null) as has_responded,

        -- dates
        first_responded_date,

        -- lineage
        _landing_id,
        _row_number

    from landed

)

select * from renamed
