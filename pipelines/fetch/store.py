"""The other side as far as an inbox needs it: what is there, and the bytes of an export."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib.util import find_spec
from typing import Literal, Protocol

from pipelines.settings import Settings

CONNECT_SECONDS = 20
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
Kind = Literal["file", "link", "other", "closed"]


class RemoteInboxError(Exception):
    """The inbox cannot be looked into, which is something else than an empty one."""


class ReadFailed(Exception):
    """An export could not be read to its end this time; nothing is known to be wrong with it."""


class ReadRefused(Exception):
    """The other side does not let this program read an export."""


class Replaced(Exception):
    """An export is not any more what the listing said it was."""


@dataclass(frozen=True)
class Remote:
    """An object or a file on the other side, as it was listed."""

    name: str
    """Its path below the inbox, with `/`."""
    size: int
    mtime_ns: int
    etag: str = ""
    """What a bucket calls these bytes; empty where the server has no such name."""
    kind: Kind = "file"
    """`closed`: a folder that may not be listed."""


class Store(Protocol):
    """The other side."""

    appears_whole: bool
    """Whether a file is there only when all of it is: in a bucket, but not on a server."""

    def list_all(self) -> list[Remote]:
        """Everything below the inbox but folders.

        Raises:
            RemoteInboxError: it cannot be listed.
        """

    def read(self, remote: Remote, start: int) -> Iterator[bytes]:
        """The bytes of an export from a position on.

        Raises:
            ReadFailed, ReadRefused, Replaced
        """

    def confirm(self, remote: Remote, md5: str) -> None:
        """Ask whether the export is still what was listed, and whether its bytes have this MD5.

        Raises:
            ReadFailed, ReadRefused, Replaced
        """

    def reconnect(self) -> None:
        """Begin anew after a failure; what then fails shows at the next call."""


def open_store(settings: Settings) -> Store:
    """Connect to where exports arrive.

    Raises:
        RemoteInboxError: with what to do.
    """
    url = settings.remote
    if url is None:
        raise ValueError("the inbox is a folder of this machine")
    library, extra = {"s3": ("s3fs", "s3"), "sftp": ("sshfs", "sftp")}[url.scheme]
    if find_spec(library) is None:
        raise RemoteInboxError(
            f"KPI_INBOX is {url}, and {library}, which reads {url.scheme}://, is not installed."
            f" Run `make remote`, or install kpi-mart[{extra}]."
        )
    from pipelines.fetch.bucket import Bucket
    from pipelines.fetch.server import Server

    return Bucket(url) if url.scheme == "s3" else Server(url, settings)


def nanoseconds(moment: datetime) -> int:
    """A moment as files have it; exact, which a float is not."""
    return (moment - EPOCH) // timedelta(microseconds=1) * 1000
