"""When an export was made, and which days it covers: by its name, its preamble, its facts."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import PurePosixPath
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from models.contract import Stream
from pipelines.land.bindings import first_group
from pipelines.land.recognise import Recognised
from pipelines.land.stated import stated_days

if TYPE_CHECKING:
    from pipelines.land.rows import Span

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def exported_at(recognised: Recognised, mtime_ns: int) -> datetime:
    """The moment of the export in UTC, by which later exports are told from earlier ones.

    Only where the contract names no place, or the file says nothing there, the file's own time of
    last change is taken: copying a file may change that.
    """
    rule = recognised.stream.exported_at
    said = None
    if rule.file_name is not None:
        said = first_group(rule.file_name, recognised.about.names)
    if said is None and rule.preamble is not None:
        said = first_group(rule.preamble, (recognised.about.preamble,))
    if said is not None:
        moment = _moment(said, rule.format, rule.time_zone)
        if moment is not None:
            return moment
    return by_its_time(mtime_ns)


def by_its_time(mtime_ns: int) -> datetime:
    """The moment of an export of which only its time of last change tells."""
    return EPOCH + timedelta(microseconds=mtime_ns // 1000)


def exported_by_name(stream: Stream, name: str) -> datetime | None:
    """The moment of the export as its name alone says it, if the contract takes it from there."""
    rule = stream.exported_at
    said = first_group(rule.file_name, (PurePosixPath(name).name,)) if rule.file_name else None
    return _moment(said, rule.format, rule.time_zone) if said else None


def _moment(said: str, form: str, zone: str) -> datetime | None:
    try:
        # The zone is put on below, unless the text has an offset of its own.
        moment = datetime.strptime(said, form)  # noqa: DTZ007
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=ZoneInfo(zone))
    return moment.astimezone(UTC)


def covered(
    recognised: Recognised, exported: datetime, span: Span
) -> tuple[date | None, date | None]:
    """The first and last day the export speaks of; None as first: from the beginning.

    Args:
        recognised: the export.
        exported: when it was made. Of a month that was not over then, stated or in a row, it speaks
            to that day.
        span: for load rule `window`, the days of its rows.
    """
    made_on = exported.date()
    if recognised.stream.load.rule != "window":
        return None, made_on
    period, about = recognised.stream.period, recognised.about
    spans = [(span.first, span.last_start, span.last)]
    if period and (said := stated_days(period, about.names, about.preamble)):
        spans.append((said[0], said[0], said[1]))
    firsts, lasts = [], []
    for first, last_start, last in spans:
        if first and last_start and last:
            firsts.append(first)
            lasts.append(max(last_start, min(last, made_on)))
    return (min(firsts), max(lasts)) if firsts else (None, None)
