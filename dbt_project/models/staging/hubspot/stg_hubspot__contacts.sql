with

landed as (

    select * from {{ source('landed', 'hubspot__contacts') }}

),

renamed as (

    select
        -- ids
        {{ joined_key(["'hubspot'", "contact_id"]) }} as lead_id,
        coalesce({{ first_of_list('company_ids') }}, {{ first_of_list('all_company_ids') }})
            as converted_account_record_id,
        owner_name as owner_id,

        -- strings
        {{ lead_channel('original_source') }} as channel,
        {{ filled('lead_status') }} as lead_status,
        {{ filled('lifecycle_stage') }} as lifecycle_stage,
        {{ as_text('null') }} as region,

        -- dates
        {{ business_date('coalesce(became_lead_at, created_at)') }} as created_date,
        {{ business_date('became_qualified_at') }} as qualified_date,

        -- lineage
        _landing_id,
        _row_number

    from landed
    where
        not coalesce(is_deleted, false)
        -- A contact is a lead once it has become one; a subscriber is none yet.
        and (
            became_lead_at is not null
            or {{ folded('lifecycle_stage') }} in (
                'lead', 'marketing qualified lead', 'marketingqualifiedlead', 'salesqualifiedlead',
                'sales qualified lead', 'opportunity', 'customer'
            )
        )

)

select * from renamed
