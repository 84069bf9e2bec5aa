"""Names and cells from outside on the terminal: shown, never obeyed."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from rich.console import Console

from pipelines.prove.explain import Explanation
from pipelines.prove.explanation import Component, LandingShare, Row
from pipelines.replay import Reading, Replay
from pipelines.serve import screen, screen_quarantine
from pipelines.serve.aside import BrokenRow, Closely
from pipelines.serve.doctor import Finding
from pipelines.serve.mart import Figure
from pipelines.serve.state import MoneyAside, State
from pipelines.serve.terminal import shown
from pipelines.set_aside import SetAside
from pipelines.set_aside_rows import Money

HOSTILE = {
    "ansi colour": "a\x1b[31mb",
    "ansi clears the screen": "\x1b[2J\x1b[H",
    "ansi title": "\x1b]0;owned\x07",
    "one byte csi": "\x9b31m",
    "new line": "june.csv\nRelease 9 is served",
    "carriage return": "june.csv\rRelease 9 is served",
    "markup": "[red]red[/red]",
    "closing markup": "[/]",
    "link": "[link=http://x.example]june.csv[/link]",
    "event": "[@click=app.quit]x[/]",
    "backslash at the end": "june\\",
    "backslashes": "\\\\\\[red]\\",
    "emoji": ":warning:.csv",
    "turned round": "\u202evsc.enuj",
    "isolated": "\u2066x\u2069",
    "line separator": "a\u2028b",
}


@contextmanager
def recorded() -> Iterator[io.StringIO]:
    """What a terminal with colours is sent."""
    target = io.StringIO()
    before = [module.console for module in (screen, screen_quarantine)]
    console = Console(
        file=target,
        force_terminal=True,
        color_system="standard",
        width=4000,
        emoji=False,
        highlight=False,
    )
    for module in (screen, screen_quarantine):
        module.console = console
    try:
        yield target
    finally:
        screen.console, screen_quarantine.console = before


def export(text: str) -> SetAside:
    return SetAside(
        id=text, what="file", file=text, source=text, table=text, landing_id=text,
        at=datetime(2026, 3, 1, tzinfo=UTC), codes={text: 2}, remedies={text: text}, rows=2,
        rows_in_file=3, reason=text, remedy=text, money=(Money(text, text, Decimal(1), 1),),
        money_unknown=text, conserved={text: {text: {text: text}}}, accepted=(text,),
        expected=text, row=1, column=text, value=text,
    )  # fmt: skip


def answers(text: str) -> list[object]:
    """Everything that the screens show of texts from outside."""
    day = date(2026, 3, 1)
    line = BrokenRow(text, text, 2, text, text, text, text, text, text, {text: text})
    read = Reading("quarantined", text, text, text)
    landed = Reading("landed", text, "", text, 1, 0)
    figure = Figure(
        "k", text, "month", day, day, text, text, Decimal(1), text, None, text, text, True, False
    )
    row = Row(text, "", 3, {text: text}, Decimal(1))
    share = LandingShare(text, "", None, 1, Decimal(1))
    component = Component(text, text, False, Decimal(1), text, (text,), text, (share,), (row,))
    explanation = Explanation(
        "k", text, text, "month", day, day, "total", "", Decimal(1), None, None, True, False,
        Decimal(0), (component,),
    )  # fmt: skip
    verdict = {
        "run_id": text, "decision": text,
        "results": [{
            "id": text, "asked": text, "verdict": "fail", "rows": 1, "sample": [text],
            "threshold": text, "evidence": {text: text}, "owner": text, "look": text,
        }],
    }  # fmt: skip
    money = MoneyAside(text, text, text, Decimal(1), Decimal(2), Decimal("0.5"))
    state = State(Path(text), None, None, None, None, True, (text,), (), 1, 1, 2, money)
    return [
        lambda: screen_quarantine.show_list([export(text)]),
        lambda: screen_quarantine.show_closely(Closely(export(text), text, (line,), 2)),
        lambda: screen_quarantine.show_replays([Replay(text, "", read, landed)]),
        lambda: screen.show_series([figure]),
        lambda: screen.show_explanation(explanation),
        lambda: screen.show_checks(verdict, everything=True),
        lambda: screen.show_state(state),
        lambda: screen.show_findings([Finding(text, False, text, text)]),
    ]


def plain_of(sent: str) -> str:
    """What was sent without the colours that we send ourselves."""
    from rich.text import Text

    return Text.from_ansi(sent).plain


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
@pytest.mark.parametrize("which", range(8))
def test_f114_a_text_from_outside_does_nothing_to_the_terminal_and_can_be_seen(text, which):
    with recorded() as harmless:
        answers("ABC")[which]()  # type: ignore[operator]
    with recorded() as target:
        answers(text)[which]()  # type: ignore[operator]
    sent = target.getvalue()

    # Not one command and not one line more than for a harmless text.
    assert sent.count("\x1b") == harmless.getvalue().count("\x1b")
    assert len(sent.splitlines()) == len(harmless.getvalue().splitlines())
    assert not set(sent) & set("\x07\x9b\r\u202e\u2066\u2069\u2028")
    seen = text.encode("unicode_escape").decode() if not text.isprintable() else text
    assert seen in plain_of(sent)


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_f114_our_own_markup_around_it_still_works(text):
    target = io.StringIO()
    console = Console(file=target, force_terminal=True, color_system="standard", width=400)

    console.print(f"[red]{shown(text)}[/red] after")

    assert target.getvalue().endswith("\x1b[0m after\n")


def test_f114_an_error_with_a_hostile_name_stays_one_line(monkeypatch, capsys):
    from pipelines import cli

    with pytest.raises(SystemExit):
        cli._stop("\x1b[2Jjune.csv\u202e is not there", 1)

    assert capsys.readouterr().err == "\\x1b[2Jjune.csv\\u202e is not there\n"
