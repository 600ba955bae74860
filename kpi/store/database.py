"""The ledger's database: opened, migrated, written to by one at a time. SQLite (WAL), or by URL."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.exc import DBAPIError

from kpi.errors import StoreError

SCHEMA: Final = "0002"
"""The migration this version of the product works with."""

BUSY_SECONDS: Final = 30
"""How long a writer waits for another before it says so."""

metadata = sa.MetaData()

ledger_table = sa.Table(
    "ledger",
    metadata,
    sa.Column("position", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("kind", sa.String(16), nullable=False),
    sa.Column("upload", sa.String(64), nullable=False, index=True),
    sa.Column("who", sa.Text, nullable=False),
    sa.Column("at", sa.String(40), nullable=False),
    sa.Column("why", sa.Text, nullable=False),
    sa.Column("payload", sa.Text, nullable=False),
    sa.Column("hash", sa.String(64), nullable=False),
)

record_table = sa.Table(
    "record",
    metadata,
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("kind", sa.String(64), nullable=False),
    sa.Column("key", sa.Text, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("value", sa.Text, nullable=False),
    sa.Column("who", sa.Text, nullable=False),
    sa.Column("at", sa.String(40), nullable=False),
    sa.Column("why", sa.Text, nullable=False),
    sa.Column("hash", sa.String(64), nullable=False),
    sa.UniqueConstraint("kind", "key", "version", name="record_version"),
)

meta_table = sa.Table(
    "meta",
    metadata,
    sa.Column("key", sa.String(64), primary_key=True),
    sa.Column("value", sa.Text, nullable=False),
)

aside_table = sa.Table(
    "aside",
    metadata,
    sa.Column("folder", sa.Text, primary_key=True),
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("sha256", sa.String(64), nullable=False),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("at", sa.String(40), nullable=False),
    sa.Column("told", sa.Text, nullable=False),
)


class Database:
    """A connection pool whose writers take the write lock first, and whose readers never wait."""

    def __init__(self, url: str, *, where: str, busy_seconds: float = BUSY_SECONDS) -> None:
        self._where = where
        self.is_sqlite = url.startswith("sqlite")
        options: dict[str, Any] = {"pool_pre_ping": True}
        if self.is_sqlite:
            options = {"connect_args": {"timeout": busy_seconds, "uri": True}}
        self._engine = sa.create_engine(url, **options)
        if self.is_sqlite:
            event.listen(self._engine, "connect", _prepare_sqlite)
            event.listen(self._engine, "begin", _begin_sqlite)

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """A consistent look at the database as it is now."""
        with self._errors_as_sentences(), self._engine.connect() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[sa.Connection]:
        """One transaction, alone among writers; entered whole at the end, or not at all."""
        with self._errors_as_sentences():
            engine = self._engine.execution_options(writes=True)
            with engine.begin() as connection:
                if not self.is_sqlite:
                    connection.exec_driver_sql("SELECT pg_advisory_xact_lock(9001)")
                yield connection

    def schema(self) -> str | None:
        """The migration the database is at; ``None`` where it is new."""
        with self.reading() as connection:
            if not sa.inspect(connection).has_table("alembic_version"):
                return None
            found: str | None = connection.scalar(
                sa.text("SELECT version_num FROM alembic_version")
            )
            return found

    def migrate(self) -> None:
        """Bring the tables to this version's shape; a database of a newer version is refused."""
        at = self.schema()
        if at == SCHEMA:
            return
        if at is not None and at > SCHEMA:
            raise StoreError(
                f"The ledger of {self._where} was written by a newer version of Clause Nine "
                f"(schema {at}; this one knows {SCHEMA}). Install the newer version to open it."
            )
        from alembic import command
        from alembic.config import Config

        config = Config()
        config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
        with self.writing() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, SCHEMA)

    def close(self) -> None:
        """Give the connections back."""
        self._engine.dispose()

    @contextmanager
    def _errors_as_sentences(self) -> Iterator[None]:
        try:
            yield
        except DBAPIError as error:
            raise StoreError(sentence_for(str(error.orig), self._where)) from error
        except OSError as error:
            raise StoreError(sentence_for(str(error), self._where)) from error


def sentence_for(reason: str, where: str) -> str:
    """What a failed read or write of the home means, for a person."""
    low = reason.lower()
    if "locked" in low or "busy" in low:
        return (
            f"The ledger of {where} is in use by another process that has not finished. "
            "Nothing was stored; try again in a minute."
        )
    if "readonly" in low or "read-only" in low or "permission denied" in low:
        return (
            f"The folder {where} may not be written to. Nothing was stored; "
            "ask for write access to it, or choose another home."
        )
    if "full" in low or "no space" in low or "quota" in low:
        return (
            f"The disk that holds {where} is full. Nothing was stored; "
            "free some space and try again."
        )
    if "malformed" in low or "not a database" in low:
        return (
            f"The ledger of {where} is damaged and cannot be read. "
            "Nothing was changed; restore the latest backup."
        )
    return f"The folder {where} cannot be used: {reason}. Nothing was stored."


def sqlite_url(path: Path, *, read_only: bool = False) -> str:
    """The URL of the ledger in a home; where nothing may be written, it is opened as it lies."""
    quoted = path.as_posix().replace("%", "%25").replace("?", "%3f").replace("#", "%23")
    mode = "mode=ro&immutable=1" if read_only else "mode=rwc"
    return f"sqlite:///file:{quoted}?{mode}&uri=true"


def _prepare_sqlite(connection: Any, _: object) -> None:
    connection.isolation_level = None  # transactions are begun below, not by the driver
    cursor = connection.cursor()
    cursor.execute("PRAGMA foreign_keys=ON")
    try:
        cursor.execute("PRAGMA journal_mode=WAL")
        cursor.execute("PRAGMA synchronous=FULL")
    finally:
        cursor.close()


def _begin_sqlite(connection: sa.Connection) -> None:
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
