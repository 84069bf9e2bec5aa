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
        lower(coalesce({{ filled('level') }}, 'company')) as level,
        coalesce({{ filled('holder') }}, '') as holder,
        coalesce({{ filled('part_of') }}, '') as part_of,
        lower({{ filled('spread') }}) as spread,

        -- numbers
        target_value,
        lower_value,
        upper_value,
        tolerance,
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
