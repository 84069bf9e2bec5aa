"""The exports of HubSpot: tickets and feedback submissions that changed since the last one."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from pipelines.demo.company import Company
from pipelines.demo.dirt import Dirt
from pipelines.demo.exports.files import Export, Row, csv_text, evening_of
from pipelines.demo.exports.schedule import Schedule
from pipelines.demo.support import Response, Ticket

SOURCE = "hubspot"
TICKET_HEADER = [
    "Ticket ID",
    "Ticket name",
    "Pipeline",
    "Ticket status",
    "Category",
    "Priority",
    "Source",
    "Create date",
    "First agent email response date",
    "Close date",
    "Number of times reopened",
    "Ticket owner",
    "Associated Company Domain",
]
FEEDBACK_HEADER = [
    "Response ID",
    "Survey name",
    "Survey type",
    "Survey channel",
    "Response date",
    "Rating",
    "Response",
    "Contact email",
    "Associated Company Domain",
]


def hubspot(company: Company, schedule: Schedule, dirt: Dirt) -> Iterator[Export]:
    """Tickets and answers: the whole history once, then the changes of the trailing week."""
    for first, last in schedule.changes():
        begin = datetime.combine(first, datetime.min.time())
        end = evening_of(last).replace(tzinfo=None, hour=23, minute=59, second=59)
        tickets = [
            _ticket(ticket, end)
            for ticket in company.tickets
            if any(
                moment and begin <= moment <= end
                for moment in (ticket.created, ticket.replied, ticket.closed)
            )
            and ticket.created <= end
        ]
        name = f"tickets {last}.csv"
        tickets = dirt.impossible_date(
            f"{SOURCE}/{name}", last, tickets, TICKET_HEADER.index("Create date")
        )
        yield from _export(name, last_rows=tickets, header=TICKET_HEADER, exported=end)
        answers = [_answer(one) for one in company.responses if begin <= one.answered <= end]
        yield from _export(
            f"feedback-submissions {last}.csv",
            last_rows=answers,
            header=FEEDBACK_HEADER,
            exported=end,
        )
    yield from dirt.unknown_file(SOURCE)


def _export(
    name: str, *, last_rows: list[Row], header: Row, exported: datetime
) -> Iterator[Export]:
    if last_rows:
        text = csv_text([header, *last_rows], quote_all=True)
        moment = evening_of(exported.date())
        yield Export(SOURCE, name, moment, text.encode("utf-8-sig"), len(last_rows))


def _ticket(ticket: Ticket, end: datetime) -> Row:
    def by_now(moment: datetime | None) -> str:
        return f"{moment:%Y-%m-%d %H:%M}" if moment and moment <= end else ""

    return [
        ticket.ticket_id,
        ticket.name,
        "Support Pipeline",
        ticket.status_on(end.date()),
        ticket.category,
        ticket.priority,
        ticket.source,
        by_now(ticket.created),
        by_now(ticket.replied),
        by_now(ticket.closed),
        str(ticket.reopened) if by_now(ticket.closed) else "0",
        ticket.owner,
        ticket.domain,
    ]


def _answer(answer: Response) -> Row:
    return [
        answer.response_id,
        answer.survey,
        answer.kind,
        answer.channel,
        f"{answer.answered:%Y-%m-%d %H:%M}",
        str(answer.rating),
        answer.comment,
        answer.email,
        answer.domain,
    ]
