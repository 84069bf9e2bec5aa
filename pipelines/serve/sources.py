"""Which exports are known here: every declared stream, who answers for it, and how fresh it is."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from models.contract import load_contracts
from pipelines.ledger import Ledger
from pipelines.serve.state import Freshness, look_from, source_state
from pipelines.settings import Settings


@dataclass(frozen=True)
class KnownStream:
    """One declared stream."""

    source: str
    stream: str
    table: str
    family: str
    owner: str
    owner_email: str
    description: str
    rests_on: str
    contract: Path
    newest_export: str | None
    hours: int | None
    freshness: Freshness
    landings: int


class UnknownSource(Exception):
    """No contract is of that source."""

    def __init__(self, source: str, known: list[str]) -> None:
        self.source, self.known = source, known
        super().__init__(
            f"There is no source {source!r}. Known: {', '.join(known)}. `kpi contract new FILE`"
            " drafts the contract of another."
        )


def known_streams(settings: Settings, source: str | None = None) -> list[KnownStream]:
    """Every declared stream, or those of one source, by table.

    Raises:
        UnknownSource: there is no such source.
    """
    streams = load_contracts(settings.project / "models" / "contracts")
    names = sorted({stream.source for stream in streams.values()})
    if source is not None and source not in names:
        raise UnknownSource(source, names)
    landed, now = Ledger(settings.ledger_url).events("landed"), look_from(settings)
    found = []
    for stream in streams.values():
        if source not in (None, stream.source):
            continue
        state = source_state(stream, landed, now)
        found.append(
            KnownStream(
                source=stream.source,
                stream=stream.stream,
                table=stream.table,
                family=stream.family,
                owner=stream.owner.team,
                owner_email=stream.owner.email,
                description=stream.description,
                rests_on=stream.rests_on,
                contract=stream.file.relative_to(settings.project),
                newest_export=state.newest_export,
                hours=state.hours,
                freshness=state.freshness,
                landings=state.landings,
            )
        )
    return found
