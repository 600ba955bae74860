"""Files of drop folders that wait for a person: what they are, where they lie, what is asked."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from kpi.store.codec import canonical, utc_text
from kpi.store.database import Database, aside_table


@dataclass(frozen=True, slots=True)
class AsideFile:
    """One file set aside. ``name`` is its path below ``folder``, with slashes; ``told`` is JSON."""

    folder: str
    name: str
    sha256: str
    state: str
    at: datetime
    told: Mapping[str, Any]


class AsideFiles:
    """The list of files set aside. It may be wrong without harm: the folders are the truth."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def put(self, file: AsideFile) -> None:
        """Add a file, or say anew what is asked of it."""
        line = {
            "folder": file.folder,
            "name": file.name,
            "sha256": file.sha256,
            "state": file.state,
            "at": utc_text(file.at),
            "told": canonical(dict(file.told)),
        }
        with self._database.writing() as connection:
            connection.execute(_at(file.folder, file.name))
            connection.execute(aside_table.insert().values(**line))

    def forget(self, folder: str, name: str) -> None:
        """Take a file off the list; nothing happens where it is not on it."""
        with self._database.writing() as connection:
            connection.execute(_at(folder, name))

    def all(self) -> tuple[AsideFile, ...]:
        """Every file on the list, those that wait longest first."""
        with self._database.reading() as connection:
            rows = connection.execute(
                aside_table.select().order_by(aside_table.c.at, aside_table.c.name)
            ).all()
        return tuple(
            AsideFile(
                row.folder,
                row.name,
                row.sha256,
                row.state,
                datetime.fromisoformat(row.at),
                json.loads(row.told),
            )
            for row in rows
        )


def _at(folder: str, name: str) -> sa.Delete:
    here = (aside_table.c.folder == folder) & (aside_table.c.name == name)
    return aside_table.delete().where(here)
