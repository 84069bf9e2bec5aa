{# Reports of accounting products, which leave out what their reader knows. #}

{#
    The currency of a report's row: its own, else the one that the name of the folder ends in, as
    `acme USD`, else the company's. Reports are in the home currency and do not say which that is.
#}
{% macro report_currency(currency, company) -%}
    coalesce(
        {{ currency_code(currency) }},
        nullif(regexp_extract({{ company }}, '(^|[ _-])([A-Z]{3})$', 2), ''),
        '{{ var("reporting_currency") }}'
    )
{%- endmacro %}

{#
    The account that a report names: by its number, where the name begins with one (`4000 Sales`,
    `4000 · Sales`), else by its name, below those that it is part of (`Car:Fuel`).
#}
{% macro account_of_path(source, path) -%}
    '{{ source }}|' || coalesce(
        nullif(regexp_extract({{ path }}, '(^|:)([0-9][0-9.-]*) [^:]*$', 2), ''),
        trim({{ path }})
    )
{%- endmacro %}

{# What a ledger's line is known by, where the report has no id: the row of the export. #}
{% macro row_key() -%}
    {{ joined_key(['_landing_id', '_row_number']) }}
{%- endmacro %}

{# As `map_words`, but what is on no list is nothing: a class that nobody says is never guessed. #}
{% macro known_word(text, words) -%}
    case
        {%- for word, vendors in words.items() %}
        when {{ folded(text) }} in ('{{ vendors | join("', '") }}') then '{{ word }}'
        {%- endfor %}
    end
{%- endmacro %}

{# The class of an account of QuickBooks: by its detail type, where that says one, else by its type. #}
{% macro quickbooks_account_class() -%}
    coalesce(
        {{ known_word('detail_type', {
            'depreciation': ['depreciation', 'depreciation and amortization'],
            'amortisation': ['amortization', 'amortization expense', 'amortisation expense'],
            'interest': ['interest paid', 'interest expense', 'interestpaid'],
            'income_tax': ['income tax expense', 'taxation expense'],
            'inventory': ['inventory'],
        }) }},
        {{ known_word('account_type', {
            'cash': ['bank'],
            'receivable': ['accounts receivable', 'accounts receivable (a/r)'],
            'payable': ['accounts payable', 'accounts payable (a/p)'],
            'other_current_asset': ['other current asset', 'other current assets'],
            'fixed_asset': ['fixed asset', 'fixed assets'],
            'other_current_liability': [
                'credit card', 'credit cards', 'other current liability', 'other current liabilities',
            ],
            'long_term_liability': ['long term liability', 'long term liabilities'],
            'equity': ['equity'],
            'income': ['income'],
            'other_income': ['other income'],
            'cost_of_sales': ['cost of goods sold', 'cost of sales'],
            'expense': ['expense', 'expenses', 'other expense', 'other expenses'],
        }) }}
    )
{%- endmacro %}
