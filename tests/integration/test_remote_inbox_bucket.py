"""An inbox in a bucket, over real HTTP."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from pipelines import flow
from pipelines.demo import write_demo
from pipelines.fetch.bucket import Bucket
from pipelines.fetch.fetching import Fetched, fetch
from pipelines.fetch.store import Remote, RemoteInboxError
from pipelines.ledger import Ledger
from pipelines.orchestrate.sensors import inbox_sensor
from pipelines.serve.doctor import examine
from pipelines.settings import Settings
from tests.integration.conftest import REPOSITORY, settings_for
from tests.remote_sides import breaking_link, free_port

pytest.importorskip("s3fs", reason="s3fs is not installed: make remote")
moto = pytest.importorskip("moto.server", reason="moto is not installed: make test installs it")

pytestmark = pytest.mark.slow
NAME = "acme-exports"
PREFIX = "kpi/in"
URL = f"s3://{NAME}/{PREFIX}"
UNTIL = date(2026, 6, 30)


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    server = moto.ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    yield server.get_host_and_port()[1]
    server.stop()


@pytest.fixture
def bucket(port: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """An empty bucket, as its owner sees it; what a run needs is in the environment."""
    import boto3

    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", f"http://127.0.0.1:{port}")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "tester")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "hunter2")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    bucket = boto3.resource("s3").Bucket(NAME)
    bucket.create()
    bucket.objects.delete()
    return bucket


def put(bucket: Any, name: str, content: bytes) -> None:
    bucket.put_object(Key=f"{PREFIX}/{name}", Body=content)


def remote_settings(home: Path, **others: object) -> Settings:
    given: dict[str, object] = {"as_of": "2026-07-01", "settle_seconds": 0, **others}
    return Settings.from_environment(home=home, inbox=URL, **given)


def fetched(settings: Settings) -> Fetched:
    return fetch(
        settings, Ledger(settings.ledger_url), lambda step, text: None, wait=lambda _: None
    )


def here(settings: Settings) -> dict[str, bytes]:
    files = (path for path in settings.inbox.rglob("*") if path.is_file())
    return {str(path.relative_to(settings.inbox)): path.read_bytes() for path in files}


def state_of(bucket: Any) -> list[tuple[str, str, Any]]:
    return [(o.key, o.e_tag, o.last_modified) for o in bucket.objects.all()]


def test_objects_below_the_prefix_come_with_names_bytes_and_times(bucket: Any, tmp_path: Path):
    names = ["google_ads/2026/a.csv", "shop/ü #1?=*&+%41.csv", "shop/empty.csv"]
    for name in names:
        put(bucket, name, b"" if "empty" in name else name.encode())
    put(bucket, "shop/", b"")
    bucket.put_object(Key="kpi/inner/shop/not-ours.csv", Body=b"x")
    settings = remote_settings(tmp_path)

    done = fetched(settings)

    assert sorted(done.downloaded) == sorted(names)
    assert here(settings) == {n: b"" if "empty" in n else n.encode() for n in names}
    modified = bucket.Object(f"{PREFIX}/{names[0]}").last_modified
    assert (settings.inbox / names[0]).stat().st_mtime == modified.timestamp()
    assert fetched(settings) == Fetched()


def test_a_whole_bucket_may_be_the_inbox(bucket: Any, tmp_path: Path):
    bucket.put_object(Key="shop/a.csv", Body=b"a")
    settings = Settings.from_environment(home=tmp_path, inbox=f"s3://{NAME}", settle_seconds=0)

    assert fetched(settings).downloaded == ("shop/a.csv",)


def test_more_objects_than_one_page_of_a_listing_are_all_seen(bucket: Any, tmp_path: Path):
    for number in range(1003):
        put(bucket, f"shop/.hidden-{number}", b"")
    put(bucket, "shop/z.csv", b"z")

    done = fetched(remote_settings(tmp_path))

    assert done.downloaded == ("shop/z.csv",)
    assert len(done.unsettled) == 1003


def test_hostile_keys_are_refused_and_stay_inside(bucket: Any, tmp_path: Path):
    for name in ["../escaped.csv", "shop/../../escaped.csv", "shop//escaped.csv", "/escaped.csv"]:
        put(bucket, name, b"x")
    put(bucket, "shop/good.csv", b"good")
    settings = remote_settings(tmp_path / "home")

    done = fetched(settings)

    assert [problem.code for problem in done.problems] == ["NAME_REFUSED"] * 4
    assert here(settings) == {"shop/good.csv": b"good"}
    assert not list(tmp_path.rglob("escaped.csv"))


def test_f004_other_bytes_under_a_key_come_as_a_new_version(bucket: Any, tmp_path: Path):
    settings = remote_settings(tmp_path)
    put(bucket, "shop/a.csv", b"one")
    fetched(settings)
    before = (settings.inbox / "shop/a.csv").stat().st_mtime_ns
    put(bucket, "shop/a.csv", b"two")

    assert fetched(settings).downloaded == ("shop/a.csv",)
    assert here(settings) == {"shop/a.csv": b"two"}
    assert (settings.inbox / "shop/a.csv").stat().st_mtime_ns > before


def test_an_object_of_several_parts_comes_though_its_etag_is_no_md5(bucket: Any, tmp_path: Path):
    settings = remote_settings(tmp_path)
    parts = [os.urandom(5 << 20), os.urandom(1000)]
    upload = bucket.Object(f"{PREFIX}/shop/big.csv").initiate_multipart_upload()
    tags = [upload.Part(n).upload(Body=part)["ETag"] for n, part in enumerate(parts, 1)]
    finished = [{"PartNumber": n, "ETag": tag} for n, tag in enumerate(tags, 1)]
    upload.complete(MultipartUpload={"Parts": finished})
    assert "-" in bucket.Object(f"{PREFIX}/shop/big.csv").e_tag

    assert fetched(settings).downloaded == ("shop/big.csv",)
    assert here(settings) == {"shop/big.csv": b"".join(parts)}


def test_f019_a_link_that_breaks_every_600_kb_brings_5_mb_whole_and_only_reads(
    bucket: Any, port: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("pipelines.fetch.bucket.CHUNK", 256 << 10)
    content = os.urandom(5 << 20)
    put(bucket, "shop/big.csv", content)
    put(bucket, "shop/small.csv", b"small")
    before = state_of(bucket)
    settings = remote_settings(tmp_path)

    with breaking_link(port, breaks_after=600_000) as link:
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", f"http://127.0.0.1:{link.port}")
        done = fetched(settings)

    assert sorted(done.downloaded) == ["shop/big.csv", "shop/small.csv"]
    assert here(settings) == {"shop/big.csv": content, "shop/small.csv": b"small"}
    assert link.broken >= 5 * 2**20 // 600_000
    # What had come before a break is not asked for again.
    assert link.answered < 2 * len(content)
    asked = {line.split()[0] for line in bytes(link.asked).split(b"\r\n") if b" HTTP/1.1" in line}
    assert asked == {b"GET", b"HEAD"}
    assert state_of(bucket) == before


def test_f019_a_link_that_never_brings_an_object_whole_leaves_it_and_takes_the_others(
    bucket: Any, port: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    put(bucket, "shop/big.csv", bytes(3 << 20))
    put(bucket, "shop/small.csv", b"small")
    settings = remote_settings(tmp_path)

    with breaking_link(port, breaks_after=1 << 20) as link:
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", f"http://127.0.0.1:{link.port}")
        # One piece is longer than the link holds.
        monkeypatch.setattr("pipelines.fetch.fetching.FRUITLESS_TRIES", 1)
        done = fetched(settings)

    assert done.downloaded == ("shop/small.csv",)
    assert [file.name for file in done.unsettled] == ["shop/big.csv"]
    assert done.unsettled[0].reason.startswith("It did not arrive whole")
    assert here(settings) == {"shop/small.csv": b"small"}
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", f"http://127.0.0.1:{port}")
    assert fetched(settings).downloaded == ("shop/big.csv",)


def test_f019_bytes_that_were_damaged_on_the_way_are_found_by_their_md5(
    bucket: Any, tmp_path: Path
):
    put(bucket, "shop/a.csv", b"2,250.00")
    settings = remote_settings(tmp_path)
    assert settings.remote

    class Damaging(Bucket):
        damaged = 0

        def read(self, remote: Remote, start: int) -> Iterator[bytes]:
            for chunk in super().read(remote, start):
                self.damaged += 1
                yield chunk.replace(b"250", b"950") if self.damaged == 1 else chunk

    store = Damaging(settings.remote)
    ledger = Ledger(settings.ledger_url)
    done = fetch(settings, ledger, lambda step, text: None, store=store, wait=lambda _: None)

    assert done.downloaded == ("shop/a.csv",)
    assert store.damaged == 2
    assert here(settings) == {"shop/a.csv": b"2,250.00"}


def test_f001_an_object_that_is_replaced_while_it_is_read_is_left_for_the_next_run(
    bucket: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("pipelines.fetch.bucket.CHUNK", 4)
    put(bucket, "shop/a.csv", b"01234567")
    settings = remote_settings(tmp_path)
    assert settings.remote

    class Replacing(Bucket):
        def read(self, remote: Remote, start: int) -> Iterator[bytes]:
            for chunk in super().read(remote, start):
                put(bucket, "shop/a.csv", b"76543210")
                yield chunk

    store, ledger = Replacing(settings.remote), Ledger(settings.ledger_url)
    done = fetch(settings, ledger, lambda step, text: None, store=store, wait=lambda _: None)

    assert (done.downloaded, done.unsettled[0].name) == ((), "shop/a.csv")
    assert fetched(settings).downloaded == ("shop/a.csv",)
    assert here(settings) == {"shop/a.csv": b"76543210"}


def kpi(home: Path, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    ours = {name: text for name, text in os.environ.items() if name.startswith("AWS_")}
    given = {**ours, "KPI_HOME": str(home), "KPI_INBOX": URL, "COLUMNS": "160", **environment}
    command = [sys.executable, "-m", "pipelines.cli", *words]
    return subprocess.run(
        command, cwd=REPOSITORY, env=given, capture_output=True, text=True, check=False
    )


def test_a_bucket_that_cannot_be_reached_is_an_error_with_the_remedy(bucket: Any, tmp_path: Path):
    done = kpi(tmp_path, "run", AWS_ENDPOINT_URL_S3=f"http://127.0.0.1:{free_port()}")

    assert done.returncode == 1
    assert f"{URL} cannot be reached" in done.stderr
    assert "AWS_ENDPOINT_URL_S3" in done.stderr
    assert "Traceback" not in done.stderr
    assert "hunter2" not in done.stderr + done.stdout


def test_a_bucket_that_is_not_there_is_an_error(bucket: Any, tmp_path: Path):
    settings = Settings.from_environment(home=tmp_path, inbox="s3://no-such-bucket/in")

    with pytest.raises(RemoteInboxError, match=r"no bucket no-such-bucket.*KPI_INBOX"):
        fetched(settings)


def test_without_credentials_it_says_where_they_may_come_from(
    bucket: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")

    with pytest.raises(RemoteInboxError, match=r"AWS_ACCESS_KEY_ID"):
        fetched(remote_settings(tmp_path))


def test_without_the_extra_it_says_how_to_install_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("pipelines.fetch.store.find_spec", lambda name: None)

    with pytest.raises(RemoteInboxError, match=r"s3fs.*make remote.*kpi-mart\[s3\]"):
        fetched(remote_settings(tmp_path))


def test_the_doctor_says_whether_the_bucket_is_reached_and_holds_anything(
    bucket: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    def finding() -> Any:
        found = examine(remote_settings(tmp_path))
        return next(finding for finding in found if finding.subject == "inbox")

    empty = finding()
    put(bucket, "shop/a.csv", b"a")
    filled = finding()
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", f"http://127.0.0.1:{free_port()}")
    away = finding()

    assert (empty.well, filled.well, away.well) == (False, True, False)
    assert "1 files" in filled.found
    assert "cannot be reached" in away.remedy


def test_the_sensor_requests_the_job_for_what_is_new_and_writes_nothing(
    bucket: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("KPI_HOME", str(tmp_path))
    monkeypatch.setenv("KPI_INBOX", URL)
    monkeypatch.setenv("KPI_SETTLE_SECONDS", "0")

    def tick(cursor: str | None = None) -> Any:
        with dg.DagsterInstance.ephemeral() as instance:
            return inbox_sensor(dg.build_sensor_context(instance=instance, cursor=cursor))

    nothing = tick()
    put(bucket, "shop/a.csv", b"a")
    before = sorted(tmp_path.rglob("*"))
    requested = tick()
    too_soon = tick(cursor="99999999999")

    assert isinstance(nothing, dg.SkipReason)
    assert URL in (nothing.skip_message or "")
    assert isinstance(requested, dg.RunRequest)
    assert requested.tags["kpi/new_files"] == "1"
    assert isinstance(too_soon, dg.SkipReason)
    assert sorted(tmp_path.rglob("*")) == before
    fetched(remote_settings(tmp_path))
    assert isinstance(tick(), dg.RunRequest), "it is here, but has not landed"


# Three runs of everything.
@pytest.mark.timeout(1800)
def test_a_run_on_the_bucket_releases_the_figures_of_a_run_on_the_folder(
    bucket: Any, tmp_path: Path
):
    local = settings_for(tmp_path / "local", UNTIL + timedelta(days=1))
    write_demo(local.inbox, until=UNTIL, days=45)
    exports = sorted(path for path in local.inbox.rglob("*") if path.is_file())
    for path in exports:
        put(bucket, str(path.relative_to(local.inbox)), path.read_bytes())
        # Where a name has no date in it, the time counts.
        key = f"{PREFIX}/{path.relative_to(local.inbox)}"
        moment = bucket.Object(key).last_modified.timestamp()
        os.utime(path, (moment, moment))
    before = state_of(bucket)
    elsewhere = remote_settings(tmp_path / "elsewhere")

    ours, theirs = flow.run(local), flow.run(elsewhere)
    again = flow.run(elsewhere)

    assert len(exports) > 5
    assert ours.release
    assert theirs.release
    assert again.status == "nothing_new"
    # The run is named after the bytes that it is computed from.
    assert theirs.run_id == ours.run_id
    assert theirs.release.figures_sha256 == ours.release.figures_sha256
    assert state_of(bucket) == before
    copies = {name: hashlib.sha256(content).digest() for name, content in here(elsewhere).items()}
    assert copies == {
        str(path.relative_to(local.inbox)): hashlib.sha256(path.read_bytes()).digest()
        for path in exports
    }
