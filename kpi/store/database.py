"""The ledger's database: opened, migrated, written to by one at a time. SQLite (WAL), or by URL."""

import sqlite3
import threading
from collections.abc import Callable, Collection, Hashable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as NoConnectionError

from kpi.errors import StoreError
from kpi.store import server

SCHEMA: Final = "0003"
"""The migration this version of the product works with."""

BUSY_SECONDS: Final = 30
"""How long a writer waits for another before it says so."""

BINDING: Final = ("home", "restoring")
"""Keys of ``meta`` that say which folder a server's database belongs to: no part of the home."""

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

    def __init__(
        self,
        url: str,
        *,
        where: str,
        busy_seconds: float = BUSY_SECONDS,
        file: Path | None = None,
        password: str | None = None,
    ) -> None:
        """``file`` is the home's own file that must stay the one that was opened: the ledger, or
        what says which database keeps it.
        """
        self._where = where
        self._file = file
        self._opened: tuple[int, int] | None = None
        self._busy_seconds = busy_seconds
        self._own = threading.local()
        self.is_sqlite = url.startswith("sqlite")
        if self.is_sqlite:
            self.name = "ledger.db"
            self._engine = sa.create_engine(
                url, connect_args={"timeout": busy_seconds, "uri": True}
            )
            event.listen(self._engine, "connect", _prepare_sqlite)
            event.listen(self._engine, "begin", _begin_sqlite)
            self._reader = self._engine
            return
        address = server.server_url(url, password)
        self.name = server.shown(address)
        self._engine = sa.create_engine(address, connect_args=dict(server.REACH), **server.OPTIONS)
        # A reader sees one moment, as in SQLite; a writer's statements see what came before its turn.
        self._reader = self._engine.execution_options(
            isolation_level="REPEATABLE READ", postgresql_readonly=True
        )

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """A consistent look at the database as it is now."""
        self._check_file()
        if (own := getattr(self._own, "connection", None)) is not None:
            yield own
            return
        with self._errors_as_sentences(), self._reader.connect() as connection:
            yield connection

    @contextmanager
    def writing(self, *, patient: bool = True) -> Iterator[sa.Connection]:
        """One transaction, alone among writers; entered whole at the end, or not at all.

        Who is not patient is refused at once where another is writing.
        """
        self._check_file()
        with self._errors_as_sentences():
            waits = self._busy_seconds if patient else 0.0
            engine = self._engine.execution_options(writes=True, waits=waits)
            with engine.begin() as connection:
                if not self.is_sqlite:
                    server.prepare(connection, waits=waits, where=self._where)
                try:
                    yield connection
                finally:
                    self.look_again()

    @contextmanager
    def moment(self) -> Iterator[None]:
        """While the block runs, this thread knows where ledger and records end once it has asked.

        An answer looks for each of its series whether anything was added, which is a tenth of its
        time. What this thread writes meanwhile is seen at once, what others write in the next moment.
        """
        if getattr(self._own, "known", None) is not None:
            yield
            return
        self._own.known = {}
        try:
            yield
        finally:
            self._own.known = None

    def known(self, what: Hashable, ask: Callable[[], int]) -> int:
        """What is asked, within a moment only once."""
        kept: dict[Hashable, int] | None = getattr(self._own, "known", None)
        if kept is None or getattr(self._own, "connection", None) is not None:
            return ask()  # who looks before they write has to see what is so
        if what not in kept:
            kept[what] = ask()
        return kept[what]

    def look_again(self) -> None:
        """Within a moment: what was known so far may no longer be so."""
        if getattr(self._own, "known", None) is not None:
            self._own.known = {}

    @contextmanager
    def looking(self, connection: sa.Connection) -> Iterator[None]:
        """Whatever this thread reads meanwhile, it reads through the connection it writes with.

        A second one could be missing: writers that wait their turn hold all there are. Nothing may be
        written before on the connection, for what is read is remembered as entered.
        """
        self._own.connection = connection
        try:
            yield
        finally:
            self._own.connection = None

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
            self._opened = self._identity()
            return
        if at is not None and at > SCHEMA:
            raise StoreError(
                f"The ledger of {self._where} was written by a newer version of Clause Nine "
                f"(schema {at}; this one knows {SCHEMA}). Install the newer version to open it."
            )
        from alembic import command
        from alembic.config import Config

        if not self.is_sqlite:
            with self.reading() as connection:
                server.check_encoding(connection, self._where)
        config = Config()
        config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
        with self.writing() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, SCHEMA)
        self._opened = self._identity()

    def copy_to(self, path: Path) -> None:
        """Copy the whole database, as it is at one moment, while others go on writing to it.

        The copy is a file as a home's own ledger is, whatever the database: a backup of one kind is
        restored into either.

        Raises
        ------
        sqlite3.Error
            The copy cannot be written.
        """
        self._check_file()
        if not self.is_sqlite:
            self._write_out(path)
            return
        with self._engine.connect() as connection:
            source: Any = connection.connection.driver_connection
            with closing(sqlite3.connect(path)) as copy:
                source.backup(copy)
                copy.execute("PRAGMA journal_mode=DELETE")  # one file, without a log beside it

    def _write_out(self, path: Path) -> None:
        copy = Database(sqlite_url(path), where=str(path))
        with closing(copy), self.reading() as source:
            copy.migrate()
            with copy.writing() as to:
                copy_rows(source, to, but=BINDING)
        with closing(sqlite3.connect(path)) as written:
            written.execute("PRAGMA journal_mode=DELETE")  # one file, without a log beside it

    def rewrite(self, *, patient: bool = True) -> bool:
        """Write the records anew without what was taken out of them, so that no byte of it is left.

        False where somebody reads what the log still holds: then it is to be done again. A server's
        own log and copies are its own.
        """
        self._check_file()
        waits = int(self._busy_seconds * 1000) if patient else 0
        with self._errors_as_sentences():
            if not self.is_sqlite:
                server.rewrite(self._engine, "record", waits)
                return True
            with self._engine.connect() as connection:
                raw: Any = connection.connection.driver_connection
                raw.execute(f"PRAGMA busy_timeout={waits}")
                raw.execute("VACUUM")
                busy, *_ = raw.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
                return not busy

    def about(self) -> dict[str, Any]:
        """What keeps the ledger: ``version``, and of a server how many ``triggers`` guard it."""
        if self.is_sqlite:
            return {"version": sqlite3.sqlite_version}
        with self.reading() as connection:
            return server.about(connection)

    def keep_to(self, file: Path) -> None:
        """Go on only while the home's own file is the one that is there now."""
        self._file = file
        self._opened = self._identity()

    def drop(self) -> None:
        """Take the tables of a server's database away, with everything in them."""
        if self.schema() is not None:
            with self.writing() as connection:
                server.drop(connection, [*metadata.tables, "alembic_version"])

    def close(self) -> None:
        """Give the connections back."""
        self._engine.dispose()

    def _identity(self) -> tuple[int, int] | None:
        if self._file is None:
            return None
        try:
            found = self._file.stat()
        except OSError:
            return None
        return found.st_dev, found.st_ino

    def _check_file(self) -> None:
        """Refuse to go on with a file that was taken away: what is written to it would be lost."""
        if self._opened is None or (now := self._identity()) == self._opened:
            return
        if now is None:
            raise StoreError(
                f"The home {self._where} is not there any more: its folder was moved or deleted, or "
                "its drive is not connected. Nothing was stored; bring it back and try again."
            )
        raise StoreError(
            f"The home {self._where} is another one than the one that was opened. Nothing was "
            "stored; start Clause Nine again to work with it."
        )

    @contextmanager
    def _errors_as_sentences(self) -> Iterator[None]:
        try:
            yield
        except DBAPIError as error:
            raise StoreError(self._sentence(str(error.orig))) from error
        except NoConnectionError as error:
            raise StoreError(self._sentence(str(error))) from error
        except sqlite3.Error as error:  # of a chain, which is read past SQLAlchemy
            raise StoreError(sentence_for(str(error), self._where)) from error
        except (OSError, UnicodeDecodeError, sqlite3.DatabaseError) as error:
            raise StoreError(sentence_for(str(error), self._where)) from error

    def _sentence(self, reason: str) -> str:
        if self.is_sqlite:
            return sentence_for(reason, self._where)
        return server.sentence_for_server(reason, self._where, self.name)


AT_ONCE: Final = 2_000
"""Rows held in memory while a database is copied."""

COPIED: Final = (ledger_table, record_table, meta_table, aside_table)


def copy_rows(source: sa.Connection, to: sa.Connection, but: Collection[str] = ()) -> None:
    """Copy every row of one database into another, empty one, as they are; ``but`` keys of ``meta``."""
    for table in COPIED:
        order = table.select().order_by(*table.primary_key.columns)
        streamed = source.execution_options(yield_per=AT_ONCE).execute(order)
        for part in streamed.mappings().partitions(AT_ONCE):
            rows = [dict(row) for row in part if table is not meta_table or row["key"] not in but]
            if rows:
                to.execute(table.insert(), rows)


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
    if any(word in low for word in ("full", "no space", "quota", "too large")):
        return (
            f"The disk that holds {where} is full. Nothing was stored; "
            "free some space and try again."
        )
    if any(word in low for word in ("malformed", "not a database", "decode", "corrupt")):
        return (
            f"The ledger of {where} is damaged and cannot be read. "
            "Nothing was changed; restore the latest backup."
        )
    if "i/o error" in low or "input/output" in low:
        return (
            f"The disk that holds {where} is full, or failed while it was read or written. Nothing "
            "was stored; free some space or check the disk, then run `python -m kpi doctor`."
        )
    return f"The folder {where} cannot be used: {reason}. Nothing was stored."


def sqlite_url(path: Path, *, mode: str = "rwc") -> str:
    """The URL of a ledger's file; ``mode`` as SQLite knows it, such as ``ro``."""
    quoted = path.as_posix().replace("%", "%25").replace("?", "%3f").replace("#", "%23")
    return f"sqlite:///file:{quoted}?mode={mode}&uri=true"


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
    options = connection.get_execution_options()
    if not options.get("writes", False):
        connection.exec_driver_sql("BEGIN")
        return
    connection.exec_driver_sql(f"PRAGMA busy_timeout={int(options['waits'] * 1000)}")
    connection.exec_driver_sql("BEGIN IMMEDIATE")
