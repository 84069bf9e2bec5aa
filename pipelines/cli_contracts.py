"""`kpi contract` and `kpi sources`: first contracts, trial landings, and what is known."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pipelines.serve.answer import AsJson, give, print_json
from pipelines.settings import Settings

EXIT_WOULD_NOT_LAND = 5

contract = typer.Typer(
    no_args_is_help=True, help="A first contract from a file, and whether a file would land."
)

Export = Annotated[Path, typer.Argument(metavar="FILE", help="An export, as the vendor writes it.")]
OfSource = Annotated[str, typer.Option("--source", help="Whose it is: the folder in the inbox.")]


@contract.command()
def new(
    file: Export,
    source: OfSource = "",
    stream: Annotated[str, typer.Option(help="Which kind of its exports it is.")] = "",
    family: Annotated[
        str, typer.Option(help="ads, crm, finance, marketing, people, projects or planning.")
    ] = "",
    write: Annotated[
        bool, typer.Option("--write", help="Write it where it belongs; nothing is overwritten.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """A first contract from a file, each guess marked `# review:`, tried on the file itself."""
    from pipelines.contracts.draft import draft_contract, write_draft
    from pipelines.serve import screen_contracts

    settings = Settings.from_environment()
    draft = draft_contract(settings, file, source, stream, family)
    written = write_draft(settings, draft, file) if write else None
    if as_json:
        print_json({"draft": draft, "written": written})
    else:
        screen_contracts.show_draft(draft, written)
    if not draft.checked.lands:
        raise typer.Exit(EXIT_WOULD_NOT_LAND)


@contract.command()
def check(file: Export, source: OfSource = "", as_json: AsJson = False) -> None:
    """Would this file land, and if not, why; nothing is written, and no run sees it."""
    from models.contract import load_contracts
    from pipelines.contracts.check import check_file
    from pipelines.serve import screen_contracts

    settings = Settings.from_environment()
    streams = load_contracts(settings.project / "models" / "contracts")
    checked = check_file(settings, streams, file, source)
    give(checked, as_json, screen_contracts.show_checked)
    if not checked.lands:
        raise typer.Exit(EXIT_WOULD_NOT_LAND)


def sources(
    source: Annotated[str | None, typer.Argument(help="Only this one, in full.")] = None,
    as_json: AsJson = False,
) -> None:
    """Which exports are known: family, owner, newest export, and what the contract rests on."""
    from pipelines.serve import screen_contracts
    from pipelines.serve.sources import known_streams

    give(known_streams(Settings.from_environment(), source), as_json, screen_contracts.show_sources)
