"""Files that are held for a person's word: they can be read, and what they say is doubtful.

Belongs here: which codes are holds, and whose word the ledger has. Does not belong here: finding
out that a file is doubtful (`land/`, `intake.py`), and asking the person (`cli_quarantine.py`).
"""

from __future__ import annotations

from pipelines.ledger import Ledger

HOLDS = {
    "UNIT_JUMP": "its amounts are of another size than those of the exports before",
    "MISSING_COLUMN": "it lacks a column of figures that the exports before had",
    "REVERSION": "it is an older version of what a newer export has replaced",
    "OVERLAP": "another export speaks of the same rows and says something else",
    "PART_MISSING": "it is a list of which another part is set aside",
    "DATE_MISMATCH": "its name and its rows speak of different days",
}
"""By code: what a person's word (`kpi quarantine accept`) says is right all the same."""
WITHOUT_ROWS = frozenset({"UNIT_JUMP", "DATE_MISMATCH"})
"""Holds of an export by itself: until the word is given, no row of it is kept beside its bytes."""


def accepted_codes(ledger: Ledger) -> dict[str, frozenset[str]]:
    """By SHA-256 of an export's bytes: the holds that a person has lifted for just these bytes."""
    codes: dict[str, set[str]] = {}
    for event in ledger.events("accepted"):
        codes.setdefault(str(event.payload["sha256"]), set()).add(str(event.payload["code"]))
    return {sha256: frozenset(found) for sha256, found in codes.items()}
