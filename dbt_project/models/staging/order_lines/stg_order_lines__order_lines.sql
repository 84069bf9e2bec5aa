with

landed as (

    select * from {{ source('landed', 'order_lines__order_lines') }}

),

-- Goods that came back take away what their sale brought; a line that says nothing is a sale.
signed as (

    select
        *,
        case
            when {{ filled('line_kind') }} is null then 'sale'
            else {{ map_words('line_kind', {
                'sale': ['sale', 'order'],
                'return': ['return', 'refund'],
            }) }}
        end as kind,
        case when {{ folded('line_kind') }} in ('return', 'refund') then -1 else 1 end as direction

    from landed

),

renamed as (

    select
        -- ids
        {{ joined_key(["'order_lines'", 'order_line_id']) }} as order_line_id,
        {{ joined_key(["'order_lines'", 'order_id']) }} as order_id,
        {{ filled('customer_id') }} as source_customer_id,
        {{ filled('invoice_id') }} as invoice_id,

        -- strings
        kind as line_kind,
        {{ filled('product') }} as product,
        {{ filled('region') }} as region,
        {{ filled('channel') }} as channel,
        {{ currency_code('currency_code') }} as currency_code,

        -- amounts
        cast(direction * net_amount as decimal(18, 6)) as net_amount,
        cast(direction * quantity * unit_cost_amount as decimal(18, 6)) as cost_amount,

        -- numbers
        cast(direction * quantity as decimal(18, 6)) as quantity,

        -- dates
        order_date,

        -- lineage
        _landing_id,
        _row_number

    from signed

)

select * from renamed
