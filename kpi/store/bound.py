"""Which folder a database on a server belongs to: both hold the same id, so that none is mistaken.

A ledger names files of its own folder. With another folder its figures would be missing, and with
another ledger a folder's files would be swept as leftovers; so either is refused.
"""

import uuid
from contextlib import closing
from pathlib import Path
from typing import Final

import sqlalchemy as sa

from kpi.errors import StoreError, UsageError
from kpi.store.database import (
    BINDING,
    Database,
    copy_rows,
    ledger_table,
    meta_table,
    record_table,
    sqlite_url,
)
from kpi.store.files import Files

MARK: Final = "ledger.server"
"""The file of a home whose ledger is kept by a server; it holds the id that the database has too."""

HOME, RESTORING = BINDING
"""Keys beside the ledger: the id; and, until a restored folder has its name, that it has none yet."""


def mark_of(home: Path) -> str:
    """The id a folder was given; empty where its ledger was never kept by a server."""
    try:
        return (home / MARK).read_text("ascii").strip()
    except (FileNotFoundError, NotADirectoryError):
        return ""
    except (OSError, ValueError) as error:
        raise StoreError(
            f"{home / MARK} cannot be read: {error}. Mend it, or restore a backup."
        ) from error


def check_file(home: Path) -> None:
    """Refuse a file ledger in a folder whose ledger is kept by a server."""
    if mark_of(home):
        raise StoreError(
            f"The ledger of {home} is kept by a database server, and no server is named. Set "
            "database.url in its settings.toml, or KPI_DATABASE__URL in the environment."
        )


def check_server(home: Path) -> None:
    """Refuse a server where the folder has a ledger in a file."""
    if (home / "ledger.db").exists() and not mark_of(home):
        raise StoreError(
            f"{home} keeps its ledger in a file, and database.url names a server. To move it there, "
            "make a backup, and restore it into a new folder with KPI_DATABASE__URL set; or take "
            "database.url away to go on with the file."
        )


def bind(database: Database, home: Path, *, writable: bool) -> None:
    """See that database and folder belong together; a new database is bound to the folder."""
    mark, known = mark_of(home), _meta(database)
    if mark != known.get(HOME) or not mark:
        if mark or not _is_empty(database):
            raise StoreError(
                f"The database {database.name} is the ledger of another folder than {home}. Name the "
                "folder that belongs to it, or another database; a backup is restored into an empty "
                "database only."
            )
        if not writable:
            raise StoreError(
                f"The folder {home} may not be written to. Ask for write access to it."
            )
        mark = uuid.uuid4().hex  # first to the database: a folder that died before has none to lose
        _tell(database, {HOME: mark})
        write_mark(home, mark)
    if RESTORING in known:  # the folder has its name since: what is left is to say so
        _tell(database, {}, gone=(RESTORING,))
    database.keep_to(home / MARK)


def write_mark(home: Path, mark: str) -> None:
    """Give a folder its id, durably."""
    Files(home).place(home / MARK, lambda aside: _write(aside, mark))


def _write(path: Path, mark: str) -> None:
    path.write_text(f"{mark}\n", "ascii")


def check_empty(database: Database) -> None:
    """Refuse to restore over anything; what a restore that was cut off left may be replaced."""
    if database.schema() is None:
        return
    if RESTORING in _meta(database) or (_is_empty(database) and HOME not in _meta(database)):
        return
    raise UsageError(
        f"The database {database.name} is not empty. A backup is restored into an empty database "
        "only: make a new one with `createdb --encoding=UTF8`, and name that in KPI_DATABASE__URL."
    )


def move_in(database: Database, home: Path) -> None:
    """Put the ledger's file of a restored folder into an empty database, all of it or nothing.

    The folder has no name yet. Until it has, the database says so, and the restore may be repeated.
    """
    check_empty(database)
    database.drop()
    database.migrate()
    mark, file = uuid.uuid4().hex, home / "ledger.db"
    copy = Database(sqlite_url(file), where=str(home))
    with closing(copy):
        copy.migrate()  # the backup may be of an earlier version
        with copy.reading() as source, database.writing() as to:
            copy_rows(source, to, but=BINDING)
            told = [{"key": HOME, "value": mark}, {"key": RESTORING, "value": "true"}]
            to.execute(meta_table.insert(), told)
    write_mark(home, mark)
    for path in home.glob("ledger.db*"):
        path.unlink()


def _is_empty(database: Database) -> bool:
    with database.reading() as connection:
        rows = [connection.scalar(sa.select(sa.func.count()).select_from(table))
                for table in (ledger_table, record_table)]  # fmt: skip
    return not any(rows)


def _meta(database: Database) -> dict[str, str]:
    with database.reading() as connection:
        rows = connection.execute(meta_table.select().where(meta_table.c.key.in_(BINDING)))
        return {row.key: row.value for row in rows}


def _tell(database: Database, values: dict[str, str], gone: tuple[str, ...] = ()) -> None:
    with database.writing() as connection:
        connection.execute(meta_table.delete().where(meta_table.c.key.in_([*values, *gone])))
        for key, value in values.items():
            connection.execute(meta_table.insert().values(key=key, value=value))
