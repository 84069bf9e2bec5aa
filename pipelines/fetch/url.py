"""An inbox that is elsewhere, as KPI_INBOX writes it: `s3://bucket/prefix`, `sftp://user@host/path`.

Text only: nothing is connected here. No password belongs into it, because it is shown.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import unquote

SCHEME = re.compile(r"(?P<scheme>[a-z][a-z0-9+.-]*)://(?P<rest>.*)", re.IGNORECASE | re.DOTALL)
SECRET = re.compile(r"://[^/@]*:[^/]*@")
BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
SFTP_HOST = re.compile(
    r"(?:(?P<user>[^@/:]+)@)?(?P<host>\[[0-9A-Fa-f:.]+\]|[^@/:\[\]]+)(?::(?P<port>\d{1,5}))?"
)
HIGHEST_PORT = 65535


@dataclass(frozen=True)
class InboxUrl:
    """Where exports arrive on another machine."""

    scheme: Literal["s3", "sftp"]
    host: str
    """The bucket, or the server."""
    path: str
    """Without a slash at its end; for a bucket also without one at its beginning."""
    user: str | None = None
    port: int | None = None

    def __str__(self) -> str:
        user = f"{self.user}@" if self.user else ""
        host = f"[{self.host}]" if ":" in self.host else self.host
        port = f":{self.port}" if self.port else ""
        path = self.path if self.scheme == "sftp" or not self.path else f"/{self.path}"
        return f"{self.scheme}://{user}{host}{port}{path}"

    def mirror(self, home: Path) -> Path:
        """The folder below the home that its exports are downloaded into."""
        return home / "remote" / hashlib.sha256(str(self).encode()).hexdigest()[:16]


def holds_secret(text: str) -> bool:
    """Whether a text is a URL with a password in it, which must not be shown."""
    return bool(SECRET.search(text))


def read_inbox_url(text: str) -> InboxUrl | None:
    """The place that a text names, or None where it is no URL but a folder of this machine.

    Raises:
        ValueError: it is a URL that is of no use, with what is wrong.
    """
    found = SCHEME.fullmatch(text)
    if not found:
        return None
    if holds_secret(text):
        raise ValueError(
            "has a password in it (not shown here). Take it out: a bucket's credentials come from"
            " AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY or ~/.aws, a server's from KPI_SFTP_KEY,"
            " KPI_SFTP_PASSWORD or an SSH agent"
        )
    place, slash, path = found["rest"].partition("/")
    match found["scheme"].lower():
        case "s3":
            return _bucket(place, path)
        case "sftp":
            return _server(place, slash + path)
        case other:
            raise ValueError(f"begins with {other}://, where only s3:// and sftp:// are known")


def _bucket(bucket: str, prefix: str) -> InboxUrl:
    if not BUCKET.fullmatch(bucket):
        raise ValueError("names no bucket: s3://bucket/prefix, with 3 to 63 of a-z 0-9 . -")
    return InboxUrl("s3", bucket, prefix.strip("/"))


def _server(place: str, path: str) -> InboxUrl:
    found = SFTP_HOST.fullmatch(place)
    port = int(found["port"]) if found and found["port"] else None
    if not found or (port is not None and not 0 < port <= HIGHEST_PORT):
        raise ValueError("names no server: sftp://user@host:port/path")
    if not path.strip("/"):
        raise ValueError("names no folder of the server: sftp://user@host/path, or /~/path at home")
    user = unquote(found["user"]) if found["user"] else None
    return InboxUrl("sftp", found["host"].strip("[]"), unquote(path.rstrip("/")), user, port)
