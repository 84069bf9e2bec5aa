"""KPI_INBOX as a URL."""

from pathlib import Path

import pytest

from pipelines.fetch.url import InboxUrl, read_inbox_url
from pipelines.settings import Settings, SettingsError

ROOM = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("s3://acme-exports", InboxUrl("s3", "acme-exports", "")),
        ("S3://acme-exports/kpi/in/", InboxUrl("s3", "acme-exports", "kpi/in")),
        ("s3://acme/a b#c?d", InboxUrl("s3", "acme", "a b#c?d")),
        ("sftp://host/in", InboxUrl("sftp", "host", "/in")),
        ("sftp://kpi@h.example:2222/a/b/", InboxUrl("sftp", "h.example", "/a/b", "kpi", 2222)),
        ("sftp://a%40b@host/~/in%20box", InboxUrl("sftp", "host", "/~/in box", "a@b")),
        ("sftp://kpi@[::1]:22/in", InboxUrl("sftp", "::1", "/in", "kpi", 22)),
        ("/srv/exports", None),
        ("exports", None),
    ],
)
def test_a_url_is_taken_apart_and_anything_else_is_a_folder(text: str, url: InboxUrl | None):
    assert read_inbox_url(text) == url


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("s3:///prefix", "names no bucket"),
        ("s3://A_B/x", "names no bucket"),
        ("sftp://host", "names no folder"),
        ("sftp://host/", "names no folder"),
        ("sftp://host:99999/x", "names no server"),
        ("sftp://a b@@host/x", "names no server"),
        ("ftp://host/x", "only s3:// and sftp://"),
        ("https://bucket.s3.amazonaws.com/x", "only s3:// and sftp://"),
    ],
)
def test_a_url_of_no_use_is_refused_with_what_is_wrong(text: str, complaint: str):
    with pytest.raises(SettingsError, match=complaint) as refusal:
        Settings.from_environment(inbox=text)

    assert text in str(refusal.value)


@pytest.mark.parametrize("text", ["sftp://kpi:hunter2@host/in", "s3://AKIA:hunter2@bucket/in"])
def test_a_password_in_the_url_is_refused_and_not_shown(text: str):
    with pytest.raises(SettingsError, match="password") as refusal:
        Settings.from_environment(inbox=text)

    assert "hunter2" not in str(refusal.value)


def test_a_password_for_sftp_is_never_shown(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("KPI_SFTP_PASSWORD", "hunter2")

    settings = Settings.from_environment(inbox="sftp://kpi@host/in")

    assert settings.sftp_password == "hunter2"
    assert "hunter2" not in repr(settings)


def test_each_place_has_a_folder_of_its_own_below_the_home():
    places = ["s3://acme/a", "s3://acme/b", "sftp://acme/a", "sftp://kpi@acme/a"]
    found = [Settings.from_environment(home="/h", inbox=place) for place in places]

    assert len({settings.inbox for settings in found}) == 4
    assert all(settings.inbox.parent == Path("/h/remote") for settings in found)
    assert [settings.inbox_shown for settings in found] == places
    assert Settings.from_environment(home="/h", inbox="s3://acme/a/").inbox == found[0].inbox


def test_the_extras_are_what_is_locked_for_them():
    import tomllib

    project = tomllib.loads((ROOM / "pyproject.toml").read_text())["project"]
    lines = (ROOM / "requirements" / "remote.in").read_text().splitlines()

    extras = [need for needs in project["optional-dependencies"].values() for need in needs]
    assert sorted(extras) == sorted(line for line in lines if line and not line.startswith("#"))
