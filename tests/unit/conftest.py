"""What several modules of unit tests only read."""

from __future__ import annotations

import pytest

from pipelines.demo import write_demo
from tests.demo_inbox import UNTIL, Inbox


@pytest.fixture(scope="session")
def inbox(tmp_path_factory: pytest.TempPathFactory) -> Inbox:
    """400 days of the example company's exports, and the truth beside them."""
    folder = tmp_path_factory.mktemp("truth") / "inbox"
    write_demo(folder, until=UNTIL, days=400)
    return Inbox(folder)
