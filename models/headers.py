"""When two headers are the same, and when they only look so.

Belongs here: comparing the texts. Does not belong here: which column a header is (`contract.py`).
"""

from __future__ import annotations

import unicodedata

LOOK_ALIKES = str.maketrans(
    # Cyrillic, then Greek letters that are drawn as Latin ones; small, as headers are compared.
    "аеорсухіјѕԁһԛԝвкмнтвαορνιτχγυκβε",
    "aeopcyxijsdhqwbkmhtbaopvitxyykbe",
)


def fold(header: str) -> str:
    """A header as it is compared: no case, needless blank, invisible mark, or form of a letter."""
    if not header.isascii():
        header = unicodedata.normalize("NFKC", header)
        # Byte-order marks, blanks of no width, marks of direction: nobody sees them.
        header = "".join(letter for letter in header if unicodedata.category(letter) != "Cf")
    return " ".join(header.split()).casefold()


def drawn(header: str) -> str:
    """A header as it looks, whatever the script of its letters: for finding look-alikes."""
    return fold(header).translate(LOOK_ALIKES)


def foreign_letters(header: str) -> str:
    """The names of the letters that are drawn like Latin ones and are none."""
    letters = dict.fromkeys(each for each in header if drawn(each) != fold(each))
    return ", ".join(f"{each!r} is {unicodedata.name(each, 'unknown').title()}" for each in letters)
