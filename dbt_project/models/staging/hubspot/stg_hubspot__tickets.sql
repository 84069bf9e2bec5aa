with

landed as (

    select * from {{ source('landed', 'hubspot__tickets') }}

),

renamed as (

    select
        -- ids
        ticket_id,

        -- strings
        -- A ticket of several kinds is a complaint if one of them is.
        case
            when {{ folded('category') }} like '%complaint%' then 'complaint'
            else {{ map_words("split_part(category, ';', 1)", {
                'product_issue': ['product issue'],
                'billing_issue': ['billing issue'],
                'feature_request': ['feature request'],
                'general_inquiry': ['general inquiry', 'general enquiry'],
            }) }}
        end as kind,
        {{ map_words('ticket_status', {
            'new': ['new'],
            'waiting_on_contact': ['waiting on contact'],
            'waiting_on_us': ['waiting on us'],
            'closed': ['closed'],
        }) }} as status,
        {{ map_words('priority', {
            'low': ['low'],
            'medium': ['medium'],
            'high': ['high'],
            'urgent': ['urgent'],
        }) }} as priority,
        {{ map_words('ticket_source', {
            'email': ['email', 'e mail'],
            'chat': ['chat'],
            'form': ['form', 'web form'],
            'phone': ['phone'],
        }) }} as channel,

        -- numbers
        reopens,
        {{ hours_between('created_at', 'first_replied_at') }} as first_response_hours,
        {{ hours_between('created_at', 'closed_at') }} as resolution_hours,

        -- dates
        {{ business_date('created_at') }} as created_date,
        {{ business_date('first_replied_at') }} as first_replied_date,
        {{ business_date('closed_at') }} as closed_date,

        -- timestamps
        created_at,
        closed_at,
        first_replied_at,

        -- lineage
        _landing_id,
        _row_number

    from landed
    where not coalesce(is_deleted, false)

)

select * from renamed
