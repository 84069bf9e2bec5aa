with

landed as (

    select * from {{ source('landed', 'hubspot__email_campaign') }}

),

renamed as (

    select
        -- ids
        campaign_id,

        -- strings
        {{ filled('title') }} as campaign_name,
        {{ filled('campaign_type') }} as campaign_type,

        -- numbers
        included,
        queued,

        -- lineage
        _landing_id,
        _row_number

    from landed

)

select * from renamed
