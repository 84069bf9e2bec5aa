with

landed as (

    select * from {{ source('landed', 'hubspot__deal_stage') }}

),

renamed as (

    select
        -- ids
        {{ joined_key(["'hubspot'", "deal_id"]) }} as deal_id,
        {{ filled('stage_id') }} as stage_id,

        -- numbers
        -- The file is in no order of time.
        row_number() over (
            partition by deal_id order by entered_at nulls last, stage_id nulls last
        ) as change_number,

        -- timestamps
        entered_at as changed_at,

        -- lineage
        _landing_id,
        _row_number

    from landed

)

select * from renamed
