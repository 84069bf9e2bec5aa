"""An inbox in an S3 bucket, Amazon's or one that speaks its language."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

from pipelines.fetch.store import (
    CONNECT_SECONDS,
    ReadFailed,
    ReadRefused,
    Remote,
    RemoteInboxError,
    Replaced,
    nanoseconds,
)
from pipelines.fetch.url import InboxUrl

READ_SECONDS = 60
CHUNK = 8 << 20
MD5_DIGITS = 32


class Bucket:
    """An S3 bucket; credentials, region and endpoint are found as AWS's own tools find them."""

    appears_whole = True

    def __init__(self, url: InboxUrl) -> None:
        self._url = url
        self._root = f"{url.host}/{url.path}" if url.path else url.host
        self.reconnect()

    def reconnect(self) -> None:
        """Begin anew."""
        import s3fs

        timeouts = {"connect_timeout": CONNECT_SECONDS, "read_timeout": READ_SECONDS}
        self._fs: Any = s3fs.S3FileSystem(
            config_kwargs={**timeouts, "retries": {"max_attempts": 2}},
            default_cache_type="none",
            use_listings_cache=False,
            skip_instance_cache=True,
        )

    def list_all(self) -> list[Remote]:
        """One listing of all that is below the prefix."""
        with self._reached():
            objects = self._fs.find(self._root, detail=True)
        listed = []
        for key, info in objects.items():
            name = key.removeprefix(f"{self._root}/")
            # A folder as consoles show one is an empty object whose name ends with a slash.
            if name != key and not (name.endswith("/") and info["size"] == 0):
                etag = str(info.get("ETag", "")).strip('"')
                listed.append(Remote(name, info["size"], nanoseconds(info["LastModified"]), etag))
        return listed

    def read(self, remote: Remote, start: int) -> Iterator[bytes]:
        """Read piece by piece; each is asked for as a piece of the version that was listed."""
        with self._reading(), self._fs.open(self._path(remote), "rb", block_size=CHUNK) as file:
            if file.details["ETag"].strip('"') != remote.etag or file.size != remote.size:
                raise Replaced
            file.seek(start)
            while chunk := file.read(CHUNK):
                yield chunk

    def confirm(self, remote: Remote, md5: str) -> None:
        """By the ETag, which is the MD5 unless it came in parts or under a key of KMS."""
        with self._reading():
            bucket, _, key = self._path(remote).partition("/")
            head = self._fs.call_s3("head_object", Bucket=bucket, Key=key)
        if (head["ETag"].strip('"'), head["ContentLength"]) != (remote.etag, remote.size):
            raise Replaced
        encrypted = "SSECustomerAlgorithm" in head
        encrypted |= head.get("ServerSideEncryption", "AES256") != "AES256"
        if len(remote.etag) == MD5_DIGITS and not encrypted and remote.etag != md5:
            raise ReadFailed(f"its bytes have the MD5 {md5} and not {remote.etag}, as the bucket's")

    def _path(self, remote: Remote) -> str:
        return f"{self._root}/{remote.name}"

    @contextlib.contextmanager
    def _reached(self) -> Iterator[None]:
        from aiohttp import ClientError as ConnectionBroke
        from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError

        try:
            yield
        except FileNotFoundError as error:
            raise RemoteInboxError(
                f"There is no bucket {self._url.host} ({error}). Mend KPI_INBOX, or"
                " AWS_ENDPOINT_URL_S3 if it is not Amazon's."
            ) from error
        except (NoCredentialsError, PermissionError) as error:
            raise RemoteInboxError(
                f"The bucket {self._url.host} cannot be listed: {error}. Give credentials that may"
                " s3:ListBucket and s3:GetObject there: AWS_ACCESS_KEY_ID and"
                " AWS_SECRET_ACCESS_KEY, AWS_PROFILE, or the machine's role."
            ) from error
        except (OSError, BotoCoreError, ClientError, ConnectionBroke) as error:
            raise RemoteInboxError(
                f"{self._url} cannot be reached: {error}. See that the network, AWS_REGION and"
                " AWS_ENDPOINT_URL_S3 are as they should be; then run again."
            ) from error

    @contextlib.contextmanager
    def _reading(self) -> Iterator[None]:
        from aiohttp import ClientError as ConnectionBroke
        from botocore.exceptions import BotoCoreError, ClientError
        from s3fs.utils import FileExpired

        try:
            yield
        except (FileExpired, FileNotFoundError) as error:
            raise Replaced from error
        except PermissionError as error:
            raise ReadRefused(str(error)) from error
        except (OSError, BotoCoreError, ClientError, ConnectionBroke) as error:
            raise ReadFailed(str(error) or type(error).__name__) from error
