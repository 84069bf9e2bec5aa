"""The data export of Salesforce: whole objects with API names, deleted rows included."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, datetime
from decimal import Decimal

from pipelines.demo.company import Company
from pipelines.demo.crm import OPEN_STAGES, Account, Deal, Lead, salesforce_id
from pipelines.demo.exports.files import Export, Row, csv_text, evening_of, header
from pipelines.demo.exports.schedule import Schedule
from pipelines.demo.touches import Campaign, Member, campaigns_until, contact_id

SOURCE = "salesforce"
ACCOUNT_HEADER = header(
    "Id IsDeleted Name Type Industry BillingCountry Region__c Segment__c Website OwnerId "
    "CreatedDate LastModifiedDate"
)
LEAD_HEADER = header(
    "Id IsDeleted Name Company Email Country Region__c LeadSource Status OwnerId CreatedDate "
    "Qualified_Date__c IsConverted ConvertedDate ConvertedAccountId ConvertedOpportunityId "
    "LastModifiedDate"
)
OPPORTUNITY_HEADER = header(
    "Id IsDeleted AccountId Name Type StageName Amount CurrencyIsoCode CloseDate CreatedDate "
    "IsWon IsClosed LeadSource Region__c OwnerId LastModifiedDate"
)
CONTACT_HEADER = header(
    "Id IsDeleted AccountId LastName FirstName Email MailingCountry LeadSource OwnerId "
    "CreatedDate LastModifiedDate"
)
CAMPAIGN_HEADER = header("Id IsDeleted Name Type Status StartDate EndDate IsActive OwnerId")
MEMBER_HEADER = header(
    "Id IsDeleted CampaignId LeadId ContactId Status HasResponded FirstRespondedDate CreatedDate"
)


def salesforce(company: Company, schedule: Schedule) -> Iterator[Export]:
    """Accounts, leads and deals at the end of each quarter, then daily as all objects are."""
    paying = [one for one in company.subscriptions if one.ever_paid()]
    customers = {one.customer.account_id: one.paid_from for one in reversed(paying)}
    for day in [*schedule.quarter_ends, *schedule.daily]:
        accounts = [
            _account(lead.account, day, customers.get(lead.account.account_id))
            for lead in company.leads
            if lead.account and lead.account.created.date() <= day
        ]
        leads = [_lead(lead, day) for lead in company.leads if lead.created.date() <= day]
        opportunities = [_deal(deal, day) for deal in company.deals if deal.created.date() <= day]
        yield from _export("Account", day, ACCOUNT_HEADER, accounts)
        yield from _export("Lead", day, LEAD_HEADER, leads)
        yield from _export("Opportunity", day, OPPORTUNITY_HEADER, opportunities)
    for day in schedule.daily:
        yield from _campaigns(company, day)


def _campaigns(company: Company, day: date) -> Iterator[Export]:
    """Campaigns, who is on their lists, and the contacts among them."""
    begun = campaigns_until(company.first_day, day)
    contacts = [
        _contact(lead, day)
        for lead in company.leads
        if lead.account and lead.account.created.date() <= day
    ]
    members = [_member(member, day) for member in company.members if member.added <= day]
    yield from _export("Campaign", day, CAMPAIGN_HEADER, [_campaign(one, day) for one in begun])
    yield from _export("Contact", day, CONTACT_HEADER, contacts)
    yield from _export("CampaignMember", day, MEMBER_HEADER, members)


def _export(name: str, day: date, titles: Row, rows: list[Row]) -> Iterator[Export]:
    if rows:
        text = csv_text([titles, *rows], quote_all=True)
        yield Export(SOURCE, f"{name} {day}.csv", evening_of(day), text.encode(), len(rows))


def _account(account: Account, day: date, paying_from: date | None) -> Row:
    person = account.contact
    kind = "Customer" if paying_from and paying_from <= day else "Prospect"
    changed = [account.created.date(), *([paying_from] if paying_from else [])]
    return [
        account.account_id,
        "false",
        person.company,
        kind,
        person.industry,
        person.country,
        person.region,
        person.segment,
        f"https://{person.domain}",
        account.owner,
        _moment(account.created),
        _modified(account.created, changed, day),
    ]


def _lead(lead: Lead, day: date) -> Row:
    def by_now(when: date | None) -> str:
        return when.isoformat() if when and when <= day else ""

    converted = bool(by_now(lead.converted))
    account_id = lead.account.account_id if converted and lead.account else ""
    person = lead.contact
    steps = [lead.working, lead.qualified, lead.given_up, lead.converted, lead.deleted]
    return [
        lead.lead_id,
        _flag(bool(by_now(lead.deleted))),
        person.name,
        person.company,
        person.email,
        person.country,
        person.region,
        lead.source,
        _status(lead, day),
        lead.owner,
        _moment(lead.created),
        by_now(lead.qualified),
        _flag(converted),
        by_now(lead.converted),
        account_id,
        lead.deal.deal_id if converted and lead.deal else "",
        _modified(lead.created, [step for step in steps if step], day),
    ]


def _status(lead: Lead, day: date) -> str:
    statuses = (
        (lead.converted, "Closed - Converted"),
        (lead.given_up, "Closed - Not Converted"),
        (lead.qualified, "Qualified"),
        (lead.working, "Working - Contacted"),
    )
    reached = (name for when, name in statuses if when and when <= day)
    return next(reached, "Open - Not Contacted")


def _deal(deal: Deal, day: date) -> Row:
    closed = deal.closed <= day
    reached = sum(step <= day for step in deal.stage_days)
    stage = OPEN_STAGES[reached - 1]
    if closed:
        stage = "Closed Won" if deal.won else "Closed Lost"
    amount = deal.amount_on(day)
    return [
        deal.deal_id,
        _flag(deal.deleted is not None and deal.deleted <= day),
        deal.account_id,
        deal.name,
        "New Business",
        stage,
        "" if amount is None else str(amount.quantize(Decimal("0.01"))),
        deal.currency,
        (deal.closed if closed else deal.expected_close).isoformat(),
        _moment(deal.created),
        _flag(closed and deal.won),
        _flag(closed),
        deal.source,
        deal.region,
        deal.owner,
        _modified(
            deal.created,
            [*deal.stage_days, deal.closed, *([deal.deleted] if deal.deleted else [])],
            day,
        ),
    ]


def _contact(lead: Lead, day: date) -> Row:
    person, account = lead.contact, lead.account
    if account is None:
        raise ValueError(f"lead {lead.lead_id} has become no contact")
    first, last = person.name.split(" ", 1)
    return [
        contact_id(lead),
        "false",
        account.account_id,
        last,
        first,
        person.email,
        person.country,
        lead.source,
        lead.owner,
        _moment(account.created),
        _modified(account.created, [], day),
    ]


def _campaign(campaign: Campaign, day: date) -> Row:
    is_over = campaign.end < day
    return [
        campaign.campaign_id,
        "false",
        campaign.name,
        campaign.kind.type,
        "Completed" if is_over else "In Progress",
        campaign.start.isoformat(),
        campaign.end.isoformat(),
        _flag(not is_over),
        salesforce_id("005", 1),
    ]


def _member(member: Member, day: date) -> Row:
    responded = member.responded if member.responded and member.responded <= day else None
    lead = member.lead
    return [
        member.member_id,
        _flag(lead.deleted is not None and lead.deleted <= day),
        member.campaign.campaign_id,
        "" if member.is_contact else lead.lead_id,
        contact_id(lead) if member.is_contact else "",
        "Responded" if responded else "Sent",
        _flag(responded is not None),
        responded.isoformat() if responded else "",
        f"{member.added}T09:00:00.000Z",
    ]


def _flag(value: bool) -> str:
    return "true" if value else "false"


def _moment(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%S}.000Z"


def _modified(created: datetime, steps: Iterable[date], day: date) -> str:
    latest = max((step for step in steps if step <= day), default=created.date())
    if latest <= created.date():
        return _moment(created)
    return f"{latest}T{created:%H:%M:%S}.000Z"
