{%- set account_classes = [
    'income', 'other income', 'cost of sales', 'expense', 'depreciation', 'amortisation', 'interest',
    'income tax', 'receivable', 'payable', 'cash', 'inventory', 'other current asset', 'fixed asset',
    'other current liability', 'long term liability', 'equity',
] -%}

with

landed as (

    select * from {{ source('landed', 'ledger__chart_of_accounts') }}

),

renamed as (

    select
        -- ids
        account_id,

        -- strings
        {{ filled('account_name') }} as account_name,
        -- A class that is not one of these is no class: it is never guessed.
        case
            when
                {{ folded('account_class') }} in (
                    {%- for account_class in account_classes %}
                    '{{ account_class }}'{{ "," if not loop.last }}
                    {%- endfor %}
                )
                then replace({{ folded('account_class') }}, ' ', '_')
        end as account_class,
        replace({{ folded(filled('account_function')) }}, ' ', '_') as account_function,
        replace({{ folded(filled('cash_flow_class')) }}, ' ', '_') as cash_flow_class,

        -- lineage
        _landing_id,
        _row_number

    from landed

)

select * from renamed
