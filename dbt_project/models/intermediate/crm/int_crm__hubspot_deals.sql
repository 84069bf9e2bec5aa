with

deals as (

    select * from {{ ref('stg_hubspot__deals') }}

),

stages as (

    select * from {{ ref('stg_hubspot__deal_pipeline_stage') }}

),

-- An export names the stage; a replicated table gives its id, and what that means in another table.
named as (

    select
        deals.*,
        coalesce(stages.stage, deals.stage_id) as stage,
        coalesce(deals.probability, stages.probability) as known_probability,
        case
            when stages.is_won then 'won'
            when stages.is_closed then 'lost'
            when stages.stage_id is not null then 'open'
            -- A bare id says nothing without the table that explains it.
            when deals.state = 'open' and translate(deals.stage_id, '0123456789', '') = ''
                then 'other'
            else deals.state
        end as stage_state

    from deals
    left join stages on deals.stage_id = stages.stage_id

)

select
    deal_id,
    account_id,
    account_record_id,
    created_date,
    close_date,
    stage,
    stage_state,
    stage_state = 'won' as is_won,
    stage_state = 'lost' as is_lost,
    stage_state not in ('won', 'lost') as is_open,
    {{ as_text('null') }} as region,
    owner_id,
    currency_code,
    amount,
    known_probability as probability,
    _landing_id,
    _row_number

from named
