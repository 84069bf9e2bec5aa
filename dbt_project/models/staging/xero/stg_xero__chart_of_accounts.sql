-- Xero's types know no interest and no income tax: such accounts are expenses, until the ledger's
-- chart of accounts, which goes before this one, says what they are.
with

landed as (

    select * from {{ source('landed', 'xero__chart_of_accounts') }}

),

renamed as (

    select
        -- ids
        {{ joined_key(["'xero'", 'account_code']) }} as account_id,
        account_code,

        -- strings
        {{ filled('account_name') }} as account_name,
        {{ filled('account_type') }} as account_type,
        {{ known_word('account_type', {
            'cash': ['bank', 'cash'],
            'receivable': ['accounts receivable'],
            'payable': ['accounts payable'],
            'other_current_asset': ['current asset', 'prepayment'],
            'inventory': ['inventory'],
            'fixed_asset': ['fixed asset', 'non current asset'],
            'other_current_liability': ['current liability', 'liability', 'credit card'],
            'long_term_liability': ['non current liability', 'term liability'],
            'equity': ['equity', 'retained earnings'],
            'income': ['revenue', 'sales'],
            'other_income': ['other income'],
            'cost_of_sales': ['direct costs', 'cost of sales'],
            'depreciation': ['depreciation'],
            'expense': ['expense', 'overhead', 'wages expense', 'superannuation', 'other expense'],
        }) }} as account_class,
        {{ as_text('null') }} as account_function,
        {{ as_text('null') }} as cash_flow_class,

        -- lineage
        _landing_id,
        _row_number

    from landed

)

select * from renamed
