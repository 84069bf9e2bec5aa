with

landed as (

    select * from {{ source('landed', 'pipedrive__deals') }}

),

renamed as (

    select
        -- ids
        {{ joined_key(["'pipedrive'", "deal_id"]) }} as deal_id,
        -- Ids are small numbers that another source may have too.
        'pd|' || {{ filled('organization_id') }} as account_id,
        'pd|' || {{ filled('organization_id') }} as account_record_id,
        owner_name as owner_id,

        -- strings
        {{ filled('stage_name') }} as stage,
        {{ filled('pipeline') }} as pipeline,
        {{ map_words('deal_status', {
            'won': ['won'],
            'lost': ['lost'],
            'open': ['open'],
        }) }} as state,
        {{ as_text('null') }} as region,
        -- A company with one currency may leave the column out.
        coalesce({{ currency_code('currency_code') }}, '{{ var("reporting_currency") }}')
            as currency_code,

        -- amounts
        amount,

        -- numbers
        coalesce(
            {{ chance_of_percent('probability') }},
            {{ chance_of_weighted('weighted_amount', 'amount') }}
        ) as probability,

        -- booleans
        {{ folded('deal_status') }} = 'won' as is_won,
        {{ folded('deal_status') }} = 'lost' as is_lost,
        {{ folded('deal_status') }} not in ('won', 'lost') as is_open,

        -- dates
        {{ business_date('created_at') }} as created_date,
        case
            when {{ folded('deal_status') }} = 'won'
                then {{ business_date('coalesce(won_at, closed_at)') }}
            when {{ folded('deal_status') }} = 'lost'
                then {{ business_date('coalesce(lost_at, closed_at)') }}
            else expected_close_date
        end as close_date,

        -- lineage
        _landing_id,
        _row_number

    from landed
    where not coalesce(is_deleted, false) and {{ folded('deal_status') }} <> 'deleted'

)

select * from renamed
