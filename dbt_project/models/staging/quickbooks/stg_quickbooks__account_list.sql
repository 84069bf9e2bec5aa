-- A class that QuickBooks' type does not say is none: `Other asset` may be of any kind. The
-- ledger's chart of accounts says it, and goes before this one.
with

landed as (

    select * from {{ source('landed', 'quickbooks__account_list') }}

),

renamed as (

    select
        -- ids
        case
            when {{ filled('account_number') }} is not null
                then {{ joined_key(["'quickbooks'", filled('account_number')]) }}
            else {{ account_of_path('quickbooks', 'account_name') }}
        end as account_id,

        -- strings
        company,
        {{ filled('account_name') }} as account_name,
        {{ filled('account_type') }} as account_type,
        {{ quickbooks_account_class() }} as account_class,
        {{ known_word('detail_type', {
            'sales_marketing': ['advertising/promotional', 'advertising', 'advertisingpromotional'],
        }) }} as account_function,
        {{ as_text('null') }} as cash_flow_class,

        -- lineage
        _landing_id,
        _row_number

    from landed

)

select * from renamed
