{#- A new ad platform is one more line here. -#}
{%- set reports = [
    ref('stg_google_ads__account_performance'),
    ref('stg_google_ads__account_stats'),
    ref('stg_google_ads__campaign_performance'),
    ref('stg_google_ads__campaign_stats'),
    ref('stg_google_ads__ad_group_performance'),
    ref('stg_google_ads__ad_group_stats'),
    ref('stg_google_ads__ad_performance'),
    ref('stg_google_ads__ad_stats'),
    ref('stg_google_ads__keyword_performance'),
    ref('stg_google_ads__keyword_stats'),
    ref('stg_google_ads__placement_performance'),
    ref('stg_google_ads__search_term_performance'),
    ref('stg_google_ads__search_term_keyword_stats'),
    ref('stg_meta_ads__campaign_insights'),
    ref('stg_meta_ads__ad_set_insights'),
    ref('stg_meta_ads__ad_insights'),
    ref('stg_meta_ads__basic_ad'),
    ref('stg_microsoft_ads__account_performance'),
    ref('stg_microsoft_ads__campaign_performance'),
    ref('stg_microsoft_ads__ad_group_performance'),
    ref('stg_microsoft_ads__ad_performance'),
    ref('stg_microsoft_ads__keyword_performance'),
    ref('stg_microsoft_ads__search_query_performance'),
    ref('stg_linkedin_ads__campaign_performance'),
    ref('stg_linkedin_ads__ad_performance'),
    ref('stg_tiktok_ads__campaign_performance'),
    ref('stg_tiktok_ads__ad_group_performance'),
    ref('stg_tiktok_ads__ad_performance'),
    ref('stg_amazon_ads__sponsored_products_campaign'),
    ref('stg_amazon_ads__sponsored_products_advertised_product'),
    ref('stg_amazon_ads__sponsored_products_targeting'),
    ref('stg_amazon_ads__sponsored_products_placement'),
    ref('stg_amazon_ads__sponsored_products_search_term'),
    ref('stg_amazon_ads__sponsored_brands_campaign'),
    ref('stg_amazon_ads__sponsored_display_campaign'),
] -%}

with

unioned as (
    {{ family_union(reports, [
        'ad_performance_id', 'performance_date', 'period_start', 'period_end', 'platform', 'stream',
        'report_grain', 'channel', 'account_id', 'campaign_id', 'campaign_name', 'ad_group_id',
        'ad_group_name', 'ad_id', 'ad_name', 'currency_code', 'spend_amount', 'conversion_value_amount',
        'impressions', 'clicks', 'video_views', 'conversions', '_landing_id', '_row_number',
    ]) }}
)

select * from unioned
