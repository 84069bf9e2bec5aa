"""The only reader of the environment: what an operator may set, and what each of it is for.

No file is opened and no library loaded here; every command imports this first.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any, Literal

from pipelines.fetch.url import InboxUrl, holds_secret, read_inbox_url

REPOSITORY = Path(__file__).resolve().parents[1]
FAULT_ACTIONS = ("kill", "fail")
CALENDARS = ("gregorian", "fiscal", "4-4-5", "4-5-4", "5-4-4")


class SettingsError(Exception):
    """A setting that cannot be used: which one, what it is for, what is wrong, an example."""

    def __init__(self, variable: str, problem: str, purpose: str, example: str) -> None:
        self.variable, self.problem, self.purpose = variable, problem, purpose
        self.example = example
        super().__init__(f"{variable} {problem}. It is {purpose}. Example: {variable}={example}")


@dataclass(frozen=True)
class Fault:
    """Where a test asks the program to break: see `fault_point` in `storage.py`."""

    name: str
    action: Literal["kill", "fail"] = "kill"
    passage: int | None = None
    """Only at the n-th passage of the point; None: at every one."""


@dataclass(frozen=True)
class Settings:
    """What may differ between two machines, or between two runs on one."""

    project: Path
    home: Path
    inbox: Path
    """The folder that is looked into; of a remote inbox, the one that it is downloaded to."""
    reporting_currency: str
    time_zone: str
    week_start: str
    fiscal_year_start: int
    calendar: str
    as_of: date
    memory_limit: str
    keep_releases: int
    settle_seconds: float
    landing_memory: int
    """In bytes."""
    landing_seconds: int
    landing_at_once: int
    postgres_url: str | None = field(default=None, repr=False)
    """Holds a password: never shown, never written into a run's record."""
    alerts: Path | None = None
    remote: InboxUrl | None = None
    """Where exports arrive, if KPI_INBOX is a URL."""
    sftp_key: Path | None = None
    sftp_password: str | None = field(default=None, repr=False)
    """Never shown, never written into a run's record."""
    sftp_known_hosts: Path | None = None
    fault: str | None = None
    """For the run's record only: `storage.py` asks `fault_from_environment` itself."""

    @classmethod
    def from_environment(cls, **overrides: object) -> Settings:
        """Read and judge every setting; an override that is not None stands before the environment.

        Raises:
            SettingsError: a value cannot be used.
            TypeError: an override names no setting.
        """
        unknown = sorted(set(overrides) - {setting.attribute for setting in SETTINGS})
        if unknown:
            raise TypeError(f"no setting {unknown[0]!r}")
        values: dict[str, Any] = {}
        for setting in SETTINGS:
            given = overrides.get(setting.attribute)
            text = os.environ.get(setting.variable, "") if given is None else str(given)
            values[setting.attribute] = setting.read(text.strip(), values)
        fault_from_environment()
        if isinstance(values["inbox"], InboxUrl):
            values["remote"] = values["inbox"]
            values["inbox"] = values["remote"].mirror(values["home"])
        return cls(**values, fault=os.environ.get("KPI_FAULT") or None)

    @property
    def inbox_shown(self) -> str:
        """The inbox as whoever set it would recognise it."""
        return str(self.remote or self.inbox)

    @property
    def archive(self) -> Path:
        """Every export's bytes, under their hash."""
        return self.home / "archive"

    @property
    def landed(self) -> Path:
        """One Parquet file per landing."""
        return self.home / "landed"

    @property
    def quarantine(self) -> Path:
        """The rows that broke their contract, one Parquet file per landing."""
        return self.home / "quarantine"

    @property
    def ledger_url(self) -> str:
        """Where the ledger is, as SQLAlchemy writes it."""
        return f"sqlite:///{self.home / 'ledger.db'}"

    @property
    def runs(self) -> Path:
        """One folder per run: its frozen inputs, dbt's artefacts, its verdict."""
        return self.home / "runs"

    @property
    def warehouse(self) -> Path:
        """One folder per run with its candidate."""
        return self.home / "warehouse"

    @property
    def releases(self) -> Path:
        """One immutable folder per release."""
        return self.home / "releases"

    @property
    def current(self) -> Path:
        """The pointer to the release that is served."""
        return self.home / "current"


@dataclass(frozen=True)
class Setting:
    """One line of `.env.example`, and how its text becomes a value."""

    attribute: str
    purpose: str
    example: str
    parse: Callable[[str], object]
    """Raises ValueError with what is wrong."""
    default: str | Callable[[dict[str, Any]], object] | None = None
    """As text, or from the settings read before it."""
    secret: bool = False

    @property
    def variable(self) -> str:
        """The variable of the environment."""
        return f"KPI_{self.attribute.upper()}"

    def read(self, text: str, before: dict[str, Any]) -> object:
        """The value of `text`, or the default where there is none.

        Raises:
            SettingsError: the text is no such value.
        """
        if not text and not isinstance(self.default, str):
            return self.default(before) if self.default else None
        text = text or str(self.default)
        try:
            return self.parse(text)
        except ValueError as error:
            shown = "" if self.secret or holds_secret(text) else f" is {text!r}, which"
            raise SettingsError(
                self.variable, f"{shown} {error}".strip(), self.purpose, self.example
            ) from None


def fault_from_environment() -> Fault | None:
    """The fault that KPI_FAULT asks for: `name`, `name:kill` or `name:fail`, then maybe `:N`.

    Raises:
        SettingsError: KPI_FAULT is written otherwise.
    """
    text = os.environ.get("KPI_FAULT")
    if not text:
        return None
    name, *rest = text.split(":")
    action = rest.pop(0) if rest and rest[0] in FAULT_ACTIONS else "kill"
    passage = rest.pop(0) if rest else None
    if not name or rest or (passage is not None and not re.fullmatch(r"[1-9]\d*", passage)):
        raise SettingsError(
            "KPI_FAULT",
            f"is {text!r}, which is not name[:kill|:fail][:N]",
            "where a test makes the program die or fail; leave it empty otherwise",
            "archive.before_rename:kill:2",
        )
    return Fault(
        name,
        "fail" if action == "fail" else "kill",
        int(passage) if passage is not None else None,
    )


def quiet_telemetry() -> None:
    """Switch off what libraries would send home, for this process and those it starts.

    What an operator has set stands. Dagster reads no variable for this: `dagster.yaml` says it.
    """
    for variable, value in (
        ("DO_NOT_TRACK", "1"),
        ("DBT_SEND_ANONYMOUS_USAGE_STATS", "false"),
        ("GX_ANALYTICS_ENABLED", "false"),
    ):
        os.environ.setdefault(variable, value)


def _folder(text: str) -> Path:
    return Path(text).expanduser().absolute()


def _inbox(text: str) -> Path | InboxUrl:
    return read_inbox_url(text) or _folder(text)


def _existing_folder(text: str) -> Path:
    folder = _folder(text)
    if not folder.is_dir():
        raise ValueError("is no folder on this machine")
    return folder


def _currency(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z]{3}", text):
        raise ValueError("is no ISO 4217 code of three letters")
    return text.upper()


def _time_zone(text: str) -> str:
    from zoneinfo import ZoneInfo

    try:
        return ZoneInfo(text).key
    except (KeyError, ValueError, OSError):
        raise ValueError("is no time zone of the IANA database") from None


def _week_start(text: str) -> str:
    if text.lower() not in ("monday", "sunday"):
        raise ValueError("is neither monday nor sunday")
    return text.lower()


def _calendar(text: str) -> str:
    if text.lower() not in CALENDARS:
        raise ValueError(f"is none of {', '.join(CALENDARS)}")
    return text.lower()


def _whole_number(lowest: int, highest: int) -> Callable[[str], int]:
    def parse(text: str) -> int:
        if not re.fullmatch(r"[0-9]{1,9}", text) or not lowest <= int(text) <= highest:
            raise ValueError(f"is no whole number from {lowest} to {highest}")
        return int(text)

    return parse


def _seconds(text: str) -> float:
    if not re.fullmatch(r"[0-9]{1,6}(\.[0-9]+)?", text):
        raise ValueError("is no number of seconds, 0 or more")
    return float(text)


def _day(text: str) -> date:
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
        raise ValueError("is no day written YYYY-MM-DD")
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ValueError("is no day of the calendar") from None


def _memory(text: str) -> str:
    size = text.replace(" ", "")
    if not re.fullmatch(
        r"(?=[0-9.]*[1-9])[0-9]{1,6}(\.[0-9]+)?(KB|MB|GB|TB|KiB|MiB|GiB|TiB)", size
    ):
        raise ValueError("is no size of memory with its unit")
    return size


def bytes_of(size: str) -> int:
    """A size of memory as KPI_MEMORY_LIMIT gives it, in bytes."""
    number = size.rstrip("KMGTiB")
    unit = size[len(number) :]
    base = 1024 if "i" in unit else 1000
    return int(float(number) * base ** ("KMGT".index(unit[0]) + 1))


def _bytes(text: str) -> int:
    return bytes_of(_memory(text))


def _postgres(text: str) -> str:
    if not re.match(r"postgres(ql)?(\+[a-z0-9]+)?://.", text):
        raise ValueError("does not begin with postgresql:// (its value is not shown)")
    return text


def _today(before: dict[str, Any]) -> date:
    from zoneinfo import ZoneInfo

    return datetime.now(ZoneInfo(before["time_zone"])).date()


SETTINGS: tuple[Setting, ...] = (
    Setting(
        "project",
        "the folder with models/contracts, dbt_project and expectations; the repository if empty",
        "/srv/kpi-mart",
        _existing_folder,
        lambda _: REPOSITORY,
    ),
    Setting(
        "home",
        "where everything the program writes is kept; <project>/var if empty",
        "/var/lib/kpi-mart",
        _folder,
        lambda before: before["project"] / "var",
    ),
    Setting(
        "inbox",
        "the folder where exports arrive, one folder per source, or a bucket or server that it is"
        " on (s3://bucket/prefix, sftp://user@host/path); <home>/inbox if empty",
        "/srv/exports",
        _inbox,
        lambda before: before["home"] / "inbox",
    ),
    Setting(
        "reporting_currency",
        "the currency that every amount is converted to, as ISO 4217 code",
        "EUR",
        _currency,
        "EUR",
    ),
    Setting(
        "time_zone",
        "the time zone in which a business day begins, as IANA name",
        "Europe/Berlin",
        _time_zone,
        "UTC",
    ),
    Setting(
        "week_start", "the first day of a week, monday or sunday", "monday", _week_start, "monday"
    ),
    Setting(
        "fiscal_year_start",
        "the month in which the fiscal year begins, 1 to 12",
        "1",
        _whole_number(1, 12),
        "1",
    ),
    Setting(
        "calendar",
        "what a month, quarter and year are: of the calendar (gregorian), of the fiscal year"
        " (fiscal), or of whole weeks in it (4-4-5, 4-5-4, 5-4-4)",
        "4-4-5",
        _calendar,
        "gregorian",
    ),
    Setting(
        "as_of",
        "the day on which figures are looked at, today in KPI_TIME_ZONE if empty",
        "2026-07-01",
        _day,
        _today,
    ),
    Setting(
        "memory_limit", "the most memory the database may take in a run", "2GB", _memory, "2GB"
    ),
    Setting(
        "keep_releases",
        "how many releases are kept to roll back to, at least 1",
        "10",
        _whole_number(1, 1_000_000),
        "10",
    ),
    Setting(
        "settle_seconds",
        "how long a file must have stayed unchanged before it is taken",
        "1",
        _seconds,
        "1",
    ),
    Setting(
        "landing_memory",
        "the most memory that reading one export may take, 2 GiB and half as much again as"
        " KPI_MEMORY_LIMIT if empty",
        "5GB",
        _bytes,
        lambda before: (2 << 30) + bytes_of(before["memory_limit"]) * 3 // 2,
    ),
    Setting(
        "landing_seconds",
        "how long reading one export may take before it is quarantined",
        "3600",
        _whole_number(1, 1_000_000),
        "3600",
    ),
    Setting(
        "landing_at_once",
        "how many small exports are read at once, as many as there are processors if empty",
        "4",
        _whole_number(1, 256),
        lambda _: os.cpu_count() or 1,
    ),
    Setting(
        "postgres_url",
        "the PostgreSQL database that releases are also published to, none if empty",
        "postgresql://kpi_publisher:password@db.example.com:5432/kpi",
        _postgres,
        secret=True,
    ),
    Setting(
        "alerts",
        "a file with the routes by which owners are told, none if empty",
        "/etc/kpi-mart/alerts.yml",
        _folder,
    ),
    Setting(
        "sftp_key",
        "the file with the private key for an inbox on sftp://, what ~/.ssh and the SSH agent"
        " have if empty",
        "/etc/kpi-mart/sftp_key",
        _folder,
    ),
    Setting(
        "sftp_password",
        "the password for an inbox on sftp://, none if empty",
        "a-long-password",
        str,
        secret=True,
    ),
    Setting(
        "sftp_known_hosts",
        "the file with the keys of servers that are trusted, ~/.ssh/known_hosts if empty",
        "/etc/kpi-mart/known_hosts",
        _folder,
    ),
)
