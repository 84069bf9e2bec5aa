with

landed as (

    select * from {{ source('landed', 'salesforce__contact_report') }}

),

renamed as (

    select
        -- ids
        coalesce(
            {{ filled('contact_id') }},
            {{ joined_key(["'salesforce report'", "_landing_id", "_row_number"]) }}
        ) as contact_id,
        {{ record_id('account_id') }} as account_record_id,

        -- strings
        {{ filled('account_name') }} as account_name,
        {{ filled('country') }} as country,

        -- dates
        created_date,

        -- lineage
        _landing_id,
        _row_number

    from landed

)

select * from renamed
