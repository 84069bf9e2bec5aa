with

landed as (

    select * from {{ source('landed', 'salesforce__opportunity_report') }}

),

-- What a data export says of a deal goes before any report: else it would count twice.
counted as (

    select
        *,
        {{ deal_state(
            'stage_name', 'is_closed', 'is_won', 'coalesce(probability in (0, 100), false)'
        ) }} as state

    from landed
    where
        not exists (select 1 from {{ source('landed', 'salesforce__opportunity') }})
    -- 15 and 18 characters are one record.
    qualify row_number() over (
        partition by {{ record_id('opportunity_id') }}
        order by
            _exported_at desc nulls last,
            _landing_id desc nulls last,
            _row_number desc nulls last
    ) = 1

),

renamed as (

    select
        -- ids
        opportunity_id as deal_id,
        account_id,
        {{ record_id('account_id') }} as account_record_id,
        owner_name as owner_id,

        -- strings
        {{ filled('stage_name') }} as stage,
        state,
        {{ filled('region') }} as region,
        -- An organisation with one currency does not export the column.
        coalesce({{ currency_code('currency_code') }}, '{{ var("reporting_currency") }}')
            as currency_code,

        -- amounts
        amount,

        -- numbers
        {{ chance_of_percent('probability') }} as probability,

        -- booleans
        state = 'won' as is_won,
        state = 'lost' as is_lost,
        state not in ('won', 'lost') as is_open,

        -- dates
        -- Without the column, an open deal is known since the export, a closed one since it closed.
        coalesce(
            created_date,
            case
                when state in ('won', 'lost') then close_date
                else least(close_date, cast(_exported_at as date))
            end
        ) as created_date,
        close_date,

        -- lineage
        _landing_id,
        _row_number

    from counted

)

select * from renamed
