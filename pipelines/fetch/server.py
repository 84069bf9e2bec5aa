"""An inbox on an SFTP server."""

from __future__ import annotations

import contextlib
import posixpath
import re
from collections.abc import Iterator
from typing import Any

from pipelines.fetch.store import (
    CONNECT_SECONDS,
    EPOCH,
    Kind,
    ReadFailed,
    ReadRefused,
    Remote,
    RemoteInboxError,
    Replaced,
    nanoseconds,
)
from pipelines.fetch.url import InboxUrl
from pipelines.inbox import is_unfinished
from pipelines.settings import Settings

KEEPALIVE_SECONDS = 15
CHUNK = 1 << 20
"""What is lost when a link breaks, and still dozens of requests under way at once."""
DEEPEST = 50


class Server:
    """An SFTP server whose key is known; hosts, keys and jumps as ~/.ssh/config says."""

    appears_whole = False

    def __init__(self, url: InboxUrl, settings: Settings) -> None:
        self._url = url
        # `~` is a word of URLs: for the server, what does not begin with a slash is at home.
        self._root = posixpath.normpath(re.sub(r"^/~(/|$)", "./", url.path))
        key, known_hosts = settings.sftp_key, settings.sftp_known_hosts
        for variable, file in (("KPI_SFTP_KEY", key), ("KPI_SFTP_KNOWN_HOSTS", known_hosts)):
            if file and not file.is_file():
                raise RemoteInboxError(f"{variable} is {file}, and there is no such file.")
        # Without any of its own, asyncssh takes what ~/.ssh has.
        self._options: dict[str, Any] = {"known_hosts": str(known_hosts) if known_hosts else ()}
        if key:
            self._options["client_keys"] = [str(key)]
        given = {"username": url.user, "port": url.port, "password": settings.sftp_password}
        self._options |= {key: value for key, value in given.items() if value}
        self._connection: Any = None

    def reconnect(self) -> None:
        """Begin anew."""
        self._connection = None

    def list_all(self) -> list[Remote]:
        """Folder by folder; links are named and not followed."""
        import asyncssh

        listed: list[Remote] = []
        folders = [""]
        with self._reached():
            while folders:
                folder = folders.pop()
                try:
                    entries = self._fs.ls(posixpath.join(self._root, folder), detail=True)
                except asyncssh.SFTPPermissionDenied:
                    if not folder:
                        raise
                    listed.append(Remote(folder, 0, 0, kind="closed"))
                    continue
                except FileNotFoundError:
                    if not folder:
                        raise
                    continue
                for entry in entries:
                    name = posixpath.join(folder, posixpath.basename(entry["name"]))
                    if entry["type"] == "directory" and _may_be_entered(name):
                        folders.append(name)
                    else:
                        listed.append(_remote(name, entry))
        return listed

    def read(self, remote: Remote, start: int) -> Iterator[bytes]:
        """Read piece by piece, many requests at once."""
        with self._reading(), self._fs.open(self._path(remote), "rb") as file:
            file.seek(start)
            while chunk := file.read(CHUNK):
                yield chunk

    def confirm(self, remote: Remote, md5: str) -> None:
        """By size and time alone: a server knows no hash that could be asked for."""
        with self._reading():
            now = _remote(remote.name, self._fs.info(self._path(remote)))
        if now != remote:
            raise Replaced

    @property
    def _fs(self) -> Any:
        if self._connection is None:
            import sshfs

            self._connection = sshfs.SSHFileSystem(
                self._url.host,
                **self._options,
                connect_timeout=CONNECT_SECONDS,
                login_timeout=CONNECT_SECONDS,
                keepalive_interval=KEEPALIVE_SECONDS,
                # A name that is not UTF-8 is one file's trouble, not that of the listing.
                sftp_client_kwargs={"path_errors": "surrogateescape"},
                skip_instance_cache=True,
            )
        return self._connection

    def _path(self, remote: Remote) -> str:
        return posixpath.join(self._root, remote.name)

    @contextlib.contextmanager
    def _reached(self) -> Iterator[None]:
        import asyncssh

        try:
            yield
        except FileNotFoundError as error:
            raise RemoteInboxError(
                f"{self._url.host} has no folder {self._root}. Mend KPI_INBOX, or make the folder."
            ) from error
        except asyncssh.HostKeyNotVerifiable as error:
            where = self._options["known_hosts"] or "~/.ssh/known_hosts"
            raise RemoteInboxError(
                f"{error}: its key is not in {where}. Ask whoever runs the server for its"
                f" fingerprint, compare it with what `ssh-keyscan` answers, and add that line."
            ) from error
        except asyncssh.SFTPPermissionDenied as error:
            raise RemoteInboxError(
                f"{self._url} may not be listed by its user. Let whoever runs the server give the"
                " right to."
            ) from error
        except (PermissionError, asyncssh.KeyImportError) as error:
            raise RemoteInboxError(
                f"{self._url} lets nobody in: {error}. Give it a user in KPI_INBOX and one of"
                " KPI_SFTP_KEY, KPI_SFTP_PASSWORD, a key in ~/.ssh or an SSH agent."
            ) from error
        except (OSError, asyncssh.Error) as error:
            raise RemoteInboxError(
                f"{self._url} cannot be reached: {error}. See that host, port and network are as"
                " they should be; then run again."
            ) from error

    @contextlib.contextmanager
    def _reading(self) -> Iterator[None]:
        import asyncssh

        try:
            yield
        except FileNotFoundError as error:
            raise Replaced from error
        except (PermissionError, asyncssh.SFTPPermissionDenied) as error:
            raise ReadRefused(str(error)) from error
        except (OSError, asyncssh.Error) as error:
            raise ReadFailed(str(error) or type(error).__name__) from error


def _remote(name: str, info: dict[str, Any]) -> Remote:
    kinds: dict[str, Kind] = {"file": "file", "link": "link"}
    mtime = nanoseconds(info["mtime"] or EPOCH)
    return Remote(name, int(info["size"] or 0), mtime, kind=kinds.get(info["type"], "other"))


def _may_be_entered(folder: str) -> bool:
    """Neither up again nor down for ever, whatever a server answers, nor into what is hidden."""
    last = posixpath.basename(folder)
    return bool(last) and not is_unfinished(last) and folder.count("/") < DEEPEST
