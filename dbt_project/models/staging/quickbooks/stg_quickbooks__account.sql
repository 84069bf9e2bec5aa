-- Staged, and in no family: the replicated tables have no ledger whose lines would need it.
with

landed as (

    select * from {{ source('landed', 'quickbooks__account') }}

),

renamed as (

    select
        -- ids
        account_id as replicated_account_id,
        case
            when {{ filled('account_number') }} is not null
                then {{ joined_key(["'quickbooks'", filled('account_number')]) }}
            else {{ account_of_path('quickbooks', 'account_name') }}
        end as account_id,

        -- strings
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
    where not coalesce(is_deleted, false)

)

select * from renamed
