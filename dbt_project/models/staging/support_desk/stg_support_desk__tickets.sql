with

landed as (

    select * from {{ source('landed', 'support_desk__tickets') }}

),

renamed as (

    select
        -- ids
        {{ joined_key(["'support_desk'", "ticket_id"]) }} as ticket_id,
        {{ filled('customer_id') }} as source_customer_id,

        -- strings
        {{ map_words('ticket_kind', {
            'complaint': ['complaint'],
            'product_issue': ['product issue'],
            'billing_issue': ['billing issue'],
            'feature_request': ['feature request'],
            'general_inquiry': ['general inquiry'],
        }) }} as kind,
        {{ ticket_status('ticket_status') }} as status,
        {{ ticket_priority('priority') }} as priority,
        {{ ticket_channel('ticket_channel') }} as channel,
        {{ filled('satisfaction') }} as satisfaction,

        -- numbers
        reopens,
        -- A day tells no hours.
        cast(null as decimal(38, 6)) as first_response_hours,
        cast(null as decimal(38, 6)) as resolution_hours,

        -- dates
        created_date,
        first_replied_date,
        case
            when {{ ticket_status('ticket_status') }} = 'closed' then closed_date
        end as closed_date,

        -- lineage
        _landing_id,
        _row_number

    from landed

)

select * from renamed
