with

leads as (

    select * from {{ ref('int_crm__leads_unioned') }}

),

salesforce_leads as (

    select * from {{ ref('stg_salesforce__lead') }}

),

contacts as (

    select * from {{ ref('stg_salesforce__contact') }}

),

campaigns as (

    select * from {{ ref('stg_salesforce__campaign') }}

),

members as (

    select * from {{ ref('stg_salesforce__campaign_member') }}

),

performance as (

    select * from {{ ref('fct_ad_performance') }}

),

channels as (

    select * from {{ ref('dim_channel') }}
    where channel_group = 'paid'

),

-- How somebody came in. A source that nobody wrote down is no touch.
first_heard as (

    select
        'lead|' || lead_id as touch_id,
        'lead' as touch_kind,
        created_date as touch_date,
        converted_account_record_id as account_record_id,
        lead_id,
        channel,
        {{ as_text('null') }} as campaign_id,
        {{ as_text('null') }} as campaign_name,
        _landing_id,
        _row_number

    from leads
    where channel <> 'unknown'

),

-- Being on a campaign's list is no touch: a person has to respond.
responses as (

    select
        'campaign|' || members.campaign_member_record_id as touch_id,
        'campaign_response' as touch_kind,
        coalesce(members.first_responded_date, members.created_date) as touch_date,
        coalesce(contacts.account_record_id, salesforce_leads.converted_account_record_id)
            as account_record_id,
        salesforce_leads.lead_id,
        {{ campaign_channel('campaigns.campaign_type') }} as channel,
        campaigns.campaign_id,
        campaigns.campaign_name,
        members._landing_id,
        members._row_number

    from members
    inner join campaigns on members.campaign_record_id = campaigns.campaign_record_id
    left join contacts on members.contact_record_id = contacts.contact_record_id
    left join salesforce_leads
        on members.lead_record_id = {{ record_id('salesforce_leads.lead_id') }}
    where members.has_responded

),

touches as (

    select * from first_heard
    union all
    select * from responses

),

platforms as (

    select
        performance.platform,
        performance.channel,
        min(performance.period_start) as first_day

    from performance
    inner join channels on performance.channel = channels.channel
    group by performance.platform, performance.channel

),

-- The CRM says the channel. Whose ad it was is known where only one platform had run any by then.
told as (

    select
        touches.touch_id,
        min(platforms.platform) as platform

    from touches
    inner join platforms
        on
            touches.channel = platforms.channel
            and touches.touch_date >= platforms.first_day
    group by touches.touch_id
    having count(*) = 1

)

select
    touches.touch_id,
    touches.touch_kind,
    touches.touch_date,
    touches.account_record_id,
    touches.lead_id,
    touches.channel,
    told.platform,
    touches.campaign_id,
    touches.campaign_name,
    touches._landing_id,
    touches._row_number

from touches
left join told on touches.touch_id = told.touch_id
where touches.touch_date is not null and touches.channel <> 'unknown'
