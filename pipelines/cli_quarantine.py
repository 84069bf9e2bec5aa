"""`kpi quarantine`: what was set aside, why, how much money it is, and what to do about it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from pipelines.serve.answer import AsJson, ToCsv, ToXlsx, give, hand_on
from pipelines.settings import Settings

if TYPE_CHECKING:
    from pipelines.replay import Replay

quarantine = typer.Typer(no_args_is_help=True, help="What was set aside, why, and what to do.")

Wanted = Annotated[
    str, typer.Argument(metavar="FILE_OR_ID", help="Its name, the end of it, or its number.")
]
ROWS_ON_SCREEN = 20


@quarantine.command("list")
def list_(
    source: Annotated[str | None, typer.Option(help="Only of this source.")] = None,
    code: Annotated[str | None, typer.Option(help="Only with this code, as NOT_A_NUMBER.")] = None,
    as_json: AsJson = False,
) -> None:
    """Every export of which something is set aside and not mended, newest first."""
    from pipelines.serve import screen_quarantine as screen
    from pipelines.serve.aside import in_quarantine

    items = in_quarantine(Settings.from_environment(), source, code)
    give(items, as_json, screen.show_list)


@quarantine.command()
def show(
    wanted: Wanted,
    rows: Annotated[
        int | None,
        typer.Option(min=1, help=f"How many rows; all if left out, {ROWS_ON_SCREEN} on screen."),
    ] = None,
    personal: Annotated[
        bool, typer.Option("--personal", help="Personal data too, which is masked else.")
    ] = False,
    csv: ToCsv = None,
    xlsx: ToXlsx = None,
    as_json: AsJson = False,
) -> None:
    """One export: why it, or which of its rows, was set aside, and the records themselves."""
    from pipelines.serve import screen_quarantine as screen
    from pipelines.serve.aside import look_closely
    from pipelines.serve.sheets import of_quarantine

    on_screen = not (as_json or csv or xlsx)
    most = rows or (ROWS_ON_SCREEN if on_screen else None)
    found = look_closely(Settings.from_environment(), wanted, most=most, personal=personal)
    if not hand_on(lambda: of_quarantine(found), csv, xlsx):
        give(found, as_json, screen.show_closely)


@quarantine.command()
def replay(
    wanted: Annotated[
        str | None,
        typer.Argument(metavar="[FILE_OR_ID]", help="Its name, the end of it, or its number."),
    ] = None,
    all_: Annotated[bool, typer.Option("--all", help="Everything in quarantine.")] = False,
    as_json: AsJson = False,
) -> None:
    """Read it again from the archive, as after a contract was mended; `kpi run` then uses it."""
    from pipelines import flow
    from pipelines.replay import replay as read_again
    from pipelines.serve import screen_quarantine as screen
    from pipelines.serve.aside import find, in_quarantine

    if (wanted is None) is not all_:
        raise typer.BadParameter("name one export, or say --all", param_hint="FILE_OR_ID")
    pipeline = flow.open_pipeline(Settings.from_environment())
    with flow.alone(pipeline):
        chosen = [find(pipeline.settings, wanted)] if wanted else in_quarantine(pipeline.settings)
        # Of what was never read, as a link in the inbox, there is nothing to read again.
        done = read_again(pipeline, [each for each in chosen if each.landing_id or wanted])
    give([_said(each) for each in done], as_json, lambda _: screen.show_replays(done))


@quarantine.command()
def accept(
    wanted: Wanted,
    reason: Annotated[str, typer.Option(help="How you know that it is right.")],
    as_json: AsJson = False,
) -> None:
    """Say that a held export is right; it is read again without that hold."""
    from pipelines import flow
    from pipelines.replay import accept as take_word
    from pipelines.serve import screen_quarantine as screen
    from pipelines.serve.aside import find

    pipeline = flow.open_pipeline(Settings.from_environment())
    with flow.alone(pipeline):
        done = take_word(pipeline, find(pipeline.settings, wanted), reason)
    give(_said(done), as_json, lambda _: screen.show_replays([done]))


def _said(done: Replay) -> dict[str, object]:
    return {**vars(done), "changed": done.changed}
