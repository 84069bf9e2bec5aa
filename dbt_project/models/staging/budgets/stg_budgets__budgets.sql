with

landed as (

    select * from {{ source('landed', 'budgets__budgets') }}

),

renamed as (

    select
        -- strings
        replace(lower(trim(account_group)), ' ', '_') as account_group,
        lower(trim(grain)) as grain,
        coalesce({{ filled('region') }}, '') as region,
        coalesce({{ filled('channel') }}, '') as channel,
        {{ currency_code('currency_code') }} as currency_code,

        -- amounts
        budget_amount,

        -- numbers
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
