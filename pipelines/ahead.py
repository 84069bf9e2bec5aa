"""What a run needs of dbt, made ready while it waits for its exports to be read.

Belongs here: parsing the project in a process of its own, loading dbt in this one. Does not belong
here: what is done with them (`transform.py`). Without all this a run only takes longer.
"""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from models.contract import Stream, load_contracts
from pipelines.land.confine import settings_document
from pipelines.settings import REPOSITORY, Settings

COMMAND = (sys.executable, "-m", "pipelines.ahead")


@contextmanager
def dbt_made_ready(
    settings: Settings, streams: Mapping[str, Stream]
) -> Iterator[Callable[[], None]]:
    """Begin to parse the project, if that is to be done, and to load dbt.

    Yields:
        What waits until both are done. Should parsing have failed, whoever needs the project parses
        it again and is told why.
    """
    from pipelines.transform import is_parsed

    parsing = None if is_parsed(settings, streams) else _parse_in_its_own_process(settings)
    # Its import takes seconds, and this process mostly waits for others until it needs it.
    loading = threading.Thread(target=importlib.import_module, args=("dbt.cli.main",))
    loading.start()

    def wait() -> None:
        if parsing is not None:
            parsing.wait()
        loading.join()

    try:
        yield wait
    finally:
        if parsing is not None:
            parsing.kill()
            parsing.wait()
        loading.join()


def _parse_in_its_own_process(settings: Settings) -> subprocess.Popen[bytes]:
    process = subprocess.Popen(  # noqa: S603  (our own module)
        COMMAND,
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd=REPOSITORY,
    )
    if process.stdin is not None:
        process.stdin.write(json.dumps(settings_document(settings)).encode())
        process.stdin.close()
    return process


def main() -> None:
    """Parse the project of the settings that come by standard input."""
    from pipelines.land.confined import settings_of
    from pipelines.transform import parsed_manifest_file

    settings = settings_of(json.load(sys.stdin))
    parsed_manifest_file(settings, load_contracts(settings.project / "models" / "contracts"))


if __name__ == "__main__":
    main()
