-- Staged, and in no family: a label has no class.
with

landed as (

    select * from {{ source('landed', 'datev__account_labels') }}

),

renamed as (

    select
        -- ids
        {{ joined_key(["'datev'", 'consultant_id', 'client_id', "ltrim(account_id, '0')"]) }}
            as account_id,

        -- strings
        {{ filled('account_name') }} as account_name,
        {{ filled('language') }} as language,

        -- lineage
        _landing_id,
        _row_number

    from landed

)

select * from renamed
