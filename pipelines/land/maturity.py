"""`landed.maturity`: how much of what a vendor says in the end was known how many days after.

Belongs here: learning that from exports that speak of the same days again. Does not belong here:
what follows for figures (the models of the KPIs).

Days are followed from each export to the next that speaks of them, as actuaries develop claims: by
how much what was said at an age has grown until the next one, over all days seen at both, and from
there on to the oldest age, at which all is known. So a curve of thirty days is there after a week,
not after thirty days. Learned only of streams that declare `restates_days`, and only where they are
followed at least so long.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from models.contract import Stream
from pipelines.land import sql
from pipelines.land.facts import utc, write_maturity
from pipelines.land.landing import Landing
from pipelines.land.views import rows_of_exports

if TYPE_CHECKING:
    import duckdb

Step = tuple[int, int, int, Decimal, Decimal]
"""An age, the next one, the days seen at both, and what was said of them at each."""

REACH = 90
"""Days after which a figure is not looked at any more."""
ENOUGH_DAYS = 7
"""Days of which the share known at an age has to be seen before it is believed."""


def find_maturity(
    connection: duckdb.DuckDBPyConnection,
    streams: Mapping[str, Stream],
    accepted: Mapping[str, Sequence[Landing]],
    landed: Path,
) -> None:
    """Write `landed.maturity` from the accepted landings, whose rows are below `landed`."""
    write_maturity(
        connection,
        (
            (table, *row)
            for table, landings in accepted.items()
            if _is_learned(streams[table])
            for row in _shares(connection, streams[table], _of_days(landings), landed)
        ),
    )


def _is_learned(stream: Stream) -> bool:
    return stream.load.rule == "window" and stream.restates_days > 0


def _of_days(landings: Sequence[Landing]) -> list[Landing]:
    """Those whose rows are of single days, all of which are spoken of."""
    return [n for n in landings if n.covered_from and n.covered_to and not n.has_periods]


def _measures(stream: Stream) -> list[str]:
    """The columns with amounts and counts: what is a number and names no row."""
    names = {*stream.key, *stream.load.scope}
    return [
        column.name
        for column in stream.columns
        if column.sql_type.startswith(("DECIMAL", "BIGINT"))
        and column.name not in names
        and not column.personal
    ]


def _shares(
    connection: duckdb.DuckDBPyConnection,
    stream: Stream,
    landings: Sequence[Landing],
    landed: Path,
) -> Iterator[tuple[Any, ...]]:
    """Measure, age in days, days seen, and the share known at that age, of one stream."""
    measures = _measures(stream)
    spoken = [
        (utc(moment), landing.landing_id, list(scope), landing.covered_from, landing.covered_to)
        for landing in landings
        # Of bytes that were exported again unchanged, each moment says how much was known then.
        for moment in (landing.exported_at, *map(datetime.fromisoformat, landing.earlier_exports))
        for scope in landing.scopes
    ]
    # What is spoken of once only says nothing of how figures grow.
    if len({moment for moment, *_ in spoken}) < 2 or not measures:  # noqa: PLR2004
        return
    columns = [list(values) for values in zip(*spoken, strict=True)]
    sums = ", ".join(f"sum({sql.identifier(name)}) AS {sql.identifier(name)}" for name in measures)
    scope = ", ".join(f"CAST({sql.identifier(name)} AS VARCHAR)" for name in stream.load.scope)
    each = " UNION ALL ".join(
        f"SELECT {sql.text(name)} AS measure, moment, scope, day, age,"
        f" coalesce({sql.identifier(name)}, 0) AS amount FROM known"
        for name in measures
    )
    steps = connection.execute(
        f"""
        WITH spoken AS (
            SELECT moment, landing, scope,
                CAST(unnest(generate_series(first, last, INTERVAL 1 DAY)) AS DATE) AS day
            FROM (
                SELECT moment, landing, scope,
                    greatest(first, CAST(moment AS DATE) - {REACH}) AS first,
                    least(last, CAST(moment AS DATE)) AS last
                FROM (SELECT unnest(?) AS moment, unnest(?) AS landing,
                    unnest(CAST(? AS VARCHAR[][])) AS scope, unnest(?) AS first, unnest(?) AS last)
            )
        ),
        said AS (
            SELECT _landing_id AS landing, CAST([{scope}] AS VARCHAR[]) AS scope,
                CAST({sql.identifier(stream.load.date or "")} AS DATE) AS day, {sums}
            FROM ({rows_of_exports(stream, landings, landed)}) GROUP BY ALL
        ),
        -- Of a day that an export speaks of without a row it says that there was nothing.
        known AS (
            SELECT moment, scope, day, CAST(moment AS DATE) - day AS age, {sums}
            FROM spoken LEFT JOIN said USING (landing, scope, day)
            GROUP BY moment, scope, day
        ),
        at_ages AS (
            SELECT measure, scope, day, age, arg_max(amount, moment) AS amount
            FROM ({each}) GROUP BY measure, scope, day, age
        ),
        followed AS (
            SELECT measure, day, age, amount, lead(age) OVER later AS next_age,
                lead(amount) OVER later AS next_amount
            FROM at_ages WINDOW later AS (PARTITION BY measure, scope, day ORDER BY age)
        )
        SELECT measure, age, next_age, count(DISTINCT day) AS days, sum(amount), sum(next_amount)
        FROM followed WHERE next_age IS NOT NULL
        GROUP BY measure, age, next_age HAVING days >= {ENOUGH_DAYS} AND sum(next_amount) > 0
        ORDER BY measure, age DESC, days DESC, next_age
        """,
        columns,
    ).fetchall()
    for measure, of_measure in groupby(steps, key=itemgetter(0)):
        curve = _curve([step[1:] for step in of_measure])
        if max(curve) < stream.restates_days:
            continue
        days, share = 0, Fraction(1)
        for age in range(min(curve), max(curve) + 1):
            # At an age that no export had, as much is known as at the one before.
            days, share = curve.get(age, (0, share))
            yield measure, age, days, round(Decimal(share.numerator) / share.denominator, 6)


def _curve(steps: Sequence[Step]) -> dict[int, tuple[int, Fraction]]:
    """By age, of how many days it was seen and the share known, from steps by falling age.

    Of several steps from one age the one that most days took leads on.
    """
    oldest = max(next_age for _, next_age, *_ in steps)
    curve = {oldest: (max(days for _, last, days, *_ in steps if last == oldest), Fraction(1))}
    for age, next_age, days, amount, next_amount in steps:
        if age not in curve and next_age in curve:
            _, known = curve[next_age]
            curve[age] = (days, known * Fraction(amount) / Fraction(next_amount))
    return curve
