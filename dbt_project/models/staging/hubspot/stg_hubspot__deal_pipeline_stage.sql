with

landed as (

    select * from {{ source('landed', 'hubspot__deal_pipeline_stage') }}

),

renamed as (

    select
        -- ids
        stage_id,
        pipeline_id,

        -- strings
        {{ filled('stage_label') }} as stage,

        -- numbers
        probability,

        -- booleans
        is_won,
        -- Older tables do not say it: a stage that is certain or hopeless is closed.
        coalesce(is_closed, is_won or probability in (0, 1)) as is_closed,

        -- lineage
        _landing_id,
        _row_number

    from landed
    where not coalesce(is_deleted, false)

)

select * from renamed
