with

landed as (

    select * from {{ source('landed', 'google_ads__account_history') }}

),

renamed as (

    select
        -- ids
        replace(account_id, '-', '') as account_id,

        -- strings
        'google_ads' as platform,
        {{ filled('account_name') }} as account_name,
        {{ currency_code('currency_code') }} as currency_code,

        -- timestamps
        updated_at,

        -- lineage
        _landing_id,
        _row_number

    from landed

)

select * from renamed
