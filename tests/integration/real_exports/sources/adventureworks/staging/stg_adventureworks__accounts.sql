with

landed as (

    select * from {{ source('landed', 'adventureworks__accounts') }}

),

named as (

    select
        account_key,
        account_name,
        -- The source's own types: what is an expenditure there is one here, depreciation and tax too.
        case
            when account_code in ('5000', '5020', '5050') then 'cost_of_sales'
            when account_type = 'Expenditures' then 'expense'
            when account_type = 'Revenue' then 'income'
        end as account_class,
        _landing_id,
        _row_number

    from landed

    union all

    select
        'clearing' as account_key,
        'Clearing account of one-sided entries' as account_name,
        'other_current_asset' as account_class,
        cast(null as {{ dbt.type_string() }}) as _landing_id,
        cast(null as bigint) as _row_number

),

renamed as (

    select
        -- ids
        {{ joined_key(["'adventureworks'", "account_key"]) }} as account_id,

        -- strings
        account_name,
        account_class,
        cast(null as {{ dbt.type_string() }}) as account_function,
        cast(null as {{ dbt.type_string() }}) as cash_flow_class,

        -- lineage
        _landing_id,
        _row_number

    from named

)

select * from renamed
