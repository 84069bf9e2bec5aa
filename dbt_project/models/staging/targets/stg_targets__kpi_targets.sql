with

landed as (

    select * from {{ source('landed', 'targets__kpi_targets') }}

),

renamed as (

    select
        -- strings
        trim(kpi) as kpi,
        lower(trim(grain)) as grain,
        coalesce({{ filled('slice') }}, 'total') as slice,
        coalesce({{ filled('slice_value') }}, '') as slice_value,
        coalesce({{ filled('level') }}, 'company') as level,

        -- numbers
        target_value,
        coalesce(version, 1) as version,

        -- dates
        period_start,
        valid_from,

        -- lineage
        _landing_id,
        _row_number

    from landed

)

select * from renamed
