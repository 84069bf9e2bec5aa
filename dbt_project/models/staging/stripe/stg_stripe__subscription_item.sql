with

landed as (

    select * from {{ source('landed', 'stripe__subscription_item') }}

),

renamed as (

    select
        -- ids
        subscription_item_id,
        subscription_id,
        {{ filled('plan_id') }} as plan_id,

        -- numbers
        coalesce(quantity, 1) as quantity,

        -- lineage
        _landing_id,
        _row_number

    from landed
    where not coalesce(is_deleted, false)

)

select * from renamed
