with

landed as (

    select * from {{ source('landed', 'meta_ads__basic_ad_actions') }}

),

renamed as (

    select
        -- ids
        ad_id,

        -- strings
        'meta_ads' as platform,
        action_type,

        -- numbers
        actions,

        -- dates
        performance_date as action_date,

        -- lineage
        _landing_id,
        _row_number

    from landed

)

select * from renamed
