"""A ledger kept by a PostgreSQL server: how it is reached, and what its refusals mean to a person."""

from collections.abc import Sequence
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import URL

from kpi.errors import StoreError, UsageError

DRIVER: Final = "postgresql+psycopg"

WRITERS: Final = 9001
"""The advisory lock that whoever writes holds until the transaction ends."""

CONNECT_SECONDS: Final = 10

OPTIONS: Final[dict[str, Any]] = {
    "isolation_level": "READ COMMITTED", "pool_size": 8, "max_overflow": 24, "pool_pre_ping": True,
}  # fmt: skip
"""Connections kept, and how many more at the most: as many as pages at work at once."""

REACH: Final = {
    "connect_timeout": CONNECT_SECONDS,
    "application_name": "Clause Nine",
    # A machine that vanishes without a word must not hold the write lock for hours.
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
}


def server_url(url: str, password: str | None = None) -> URL:
    """The address as SQLAlchemy takes it, with the password it does not hold itself.

    Raises
    ------
    UsageError
        It is no address of a PostgreSQL database.
    """
    try:
        found = sa.make_url(url)
    except (sa.exc.ArgumentError, ValueError):
        found = None
    if found is None or found.get_backend_name() not in ("postgresql", "postgres"):
        raise UsageError(
            "database.url is no address of a PostgreSQL database; write it as "
            '"postgresql://user@host:5432/database".'
        )
    return found.set(drivername=DRIVER, password=password or found.password)


def shown(url: URL) -> str:
    """The address as it may be shown: whoever reads it learns no password.

    >>> shown(sa.make_url("postgresql+psycopg://kpi:secret@db.example:5433/clause_nine"))
    'clause_nine on db.example:5433'
    """
    host = url.host or dict(url.query).get("host") or "this machine"
    port = url.port or dict(url.query).get("port") or 5432
    return f"{url.database} on {host}:{port}"


def prepare(connection: sa.Connection, *, waits: float, where: str) -> None:
    """Begin to write: alone among writers, after waiting so many seconds at the most; 0: at once.

    What was committed before the lock was had is seen, because each statement looks anew.
    """
    if waits <= 0:
        if not connection.scalar(sa.text(f"SELECT pg_try_advisory_xact_lock({WRITERS})")):
            raise StoreError(busy(where))
        return
    connection.exec_driver_sql(f"SET LOCAL lock_timeout = {int(waits * 1000)}")
    connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({WRITERS})")


def busy(where: str) -> str:
    """What to do while another process writes."""
    return (
        f"The ledger of {where} is in use by another process that has not finished. "
        "Nothing was stored; try again in a minute."
    )


def drop(connection: sa.Connection, tables: Sequence[str]) -> None:
    """Take tables away, and what guards them."""
    for table in tables:
        connection.exec_driver_sql(f"DROP TABLE IF EXISTS {table} CASCADE")
    for function in ("kpi_append_only", "kpi_record_update"):
        connection.exec_driver_sql(f"DROP FUNCTION IF EXISTS {function}()")


def rewrite(engine: sa.Engine, table: str, waits: int) -> None:
    """Write a table into a new file, without the rows that changes left behind; waits milliseconds."""
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        try:
            connection.exec_driver_sql(f"SET lock_timeout = {max(1, waits)}")
            connection.exec_driver_sql(f"VACUUM FULL {table}")
        finally:
            connection.invalidate()  # the time it waits is not the next user's


def check_encoding(connection: sa.Connection, where: str) -> None:
    """Refuse a database that does not keep text as it is given."""
    found = connection.scalar(sa.text("SHOW server_encoding"))
    if found != "UTF8":
        raise StoreError(
            f"The database of {where} keeps text as {found}, which loses letters. Make one with "
            "`createdb --encoding=UTF8 --template=template0` and name that."
        )


_MEANINGS: Final = (
    (
        ("lock timeout", "canceling statement due to lock"),
        "is in use by another process that has not finished. Nothing was stored; try again in a "
        "minute.",
    ),
    (
        ("password authentication failed", "no password supplied", "authentication failed"),
        "does not let this user in. Nothing was stored; check the user in database.url and the "
        "password in KPI_DATABASE_PASSWORD.",
    ),
    (
        ("pg_hba.conf",),
        "lets no one in from this machine under this name: its pg_hba.conf says so. Nothing was "
        "stored; ask whoever runs the server.",
    ),
    (
        ("does not exist",),
        "is not as database.url says: there is no such database, user or table. Nothing was stored; "
        "make it with `createdb --encoding=UTF8`, or correct the address.",
    ),
    (
        ("permission denied", "must be owner"),
        "may not be changed by this user. Nothing was stored; make the user the owner of the database.",
    ),
    (
        ("append-only",),
        "is append-only: what was recorded cannot be changed or taken away. Nothing was stored.",
    ),
    (
        ("read-only transaction", "recovery mode"),
        "may only be read: it is a copy that follows another server. Nothing was stored; name the "
        "server that leads.",
    ),
    (
        ("no space left", "could not extend file", "disk full"),
        "cannot grow: the disk of its server is full. Nothing was stored; free some space there.",
    ),
    (
        ("too many connections", "too many clients", "remaining connection slots", "queuepool"),
        "has no connection free. Nothing was stored; try again in a minute, or raise max_connections "
        "of the server.",
    ),
    (
        (
            "connection refused", "could not connect", "could not translate", "timeout expired",
            "connection timeout", "no such file or directory", "connection failed",
            "failed to resolve", "name or service", "is the server running",
        ),
        "does not answer. Nothing was stored; see whether its server runs and can be reached from "
        "here.",
    ),
    (
        (
            "server closed the connection", "terminating connection", "connection is lost",
            "connection reset", "ssl connection has been closed", "the connection is closed",
            "connection is closed", "eof detected", "consuming input failed", "shutting down",
            "starting up", "broken pipe", "connection timed out",
        ),
        "was lost while it was used. What was being stored is there whole or not at all: look "
        "before you do it again.",
    ),
)  # fmt: skip


def sentence_for_server(reason: str, where: str, server: str) -> str:
    """What a refusal of the database server means, for a person; it never holds a password."""
    low = reason.lower()
    for words, means in _MEANINGS:
        if any(word in low for word in words):
            return f"The database of {where} ({server}) {means}"
    first = reason.strip().splitlines()[0] if reason.strip() else "no reason was given"
    return f"The database of {where} ({server}) cannot be used: {first}. Nothing was stored."


def about(connection: sa.Connection) -> dict[str, Any]:
    """What the server says of itself: its version, and whether the append-only triggers stand."""
    triggers = sa.text(
        "SELECT count(*) FROM pg_trigger WHERE tgname LIKE '%\\_append\\_only' AND tgenabled <> 'D'"
    )
    return {
        "version": str(connection.scalar(sa.text("SHOW server_version"))),
        "triggers": int(connection.scalar(triggers) or 0),
    }
