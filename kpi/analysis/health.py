"""What is in force, and what is wrong with it: the home, its books, its files, its surroundings."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from kpi.access import EVERY_PLANT, Permission
from kpi.analysis import health_books as books
from kpi.analysis import health_place as place
from kpi.analysis.health_check import Check, Notice
from kpi.analysis.home import Home, open_home
from kpi.errors import KpiError

Progress = Callable[[str, float], None]

__all__ = ["Check", "doctor", "examine"]


def doctor(
    home: Home,
    *,
    now: datetime | None = None,
    deep: bool = False,
    heads: tuple[str, ...] = (),
    progress: Progress | None = None,
) -> tuple[Check, ...]:
    """Look at the installation, the books, the files and what surrounds them.

    ``now`` is needed to tell how old things are; without it, ages are not judged. ``deep`` also
    rebuilds every row and roll-up, which takes about as long as loading all files did. ``heads``
    are printed heads of the trail, each compared with the books.

    Raises
    ------
    AccessDeniedError
        The person does not administer every plant.
    """
    home.access.require(Permission.ADMINISTER, [EVERY_PLANT])
    looks: list[tuple[str, Callable[[], str]]] = [
        ("Python and packages", place.packages),
        ("Locale", place.language),
        ("Home folder", lambda: place.writable(home)),
        ("Access to the folder", lambda: place.readers(home)),
        ("Reading of files", place.reading),
        ("Disk", lambda: place.room(home)),
        ("Database", home.store.about_database),
        ("Schema", lambda: books.schema(home)),
        ("Ledger", lambda: books.chain(home)),
        ("Printed heads", lambda: books.printed_heads(home)),
        *[(f"Head {head.strip()}", lambda head=head: books.one_head(home, head)) for head in heads],
        ("Uploaded files", lambda: books.uploads(home)),
        ("Facts", lambda: books.facts(home)),
        ("Kept documents", lambda: books.documents(home)),
        ("Purged uploads", lambda: books.purged(home)),
        ("Purged records", lambda: books.purged_records(home)),
        ("Settings", lambda: books.settings(home)),
        ("Leftovers", lambda: place.leftovers(home)),
        ("Files that wait", lambda: place.waiting(home, now)),
        ("Backups", lambda: place.backups(home, now)),
    ]
    if deep:
        looks += [
            ("Roll-ups", lambda: books.rollups(home)),
            ("Rebuilding", lambda: books.rebuilding(home, progress)),
        ]
    return tuple(look(name, ask) for name, ask in looks)


def examine(
    path: Path,
    *,
    now: datetime | None = None,
    deep: bool = False,
    heads: tuple[str, ...] = (),
    progress: Progress | None = None,
) -> tuple[Home | None, tuple[Check, ...]]:
    """Open a home and look at it; one that cannot be opened is a check that failed, and ``None``."""
    try:
        home = open_home(path)
    except KpiError as problem:
        return None, (Check("Home folder", False, str(problem)),)
    return home, doctor(home, now=now, deep=deep, heads=heads, progress=progress)


def look(name: str, ask: Callable[[], str]) -> Check:
    """One check made: its sentence, or what it found wrong."""
    try:
        return Check(name, True, ask())
    except Notice as remark:
        return Check(name, True, str(remark), notice=True)
    except KpiError as problem:
        return Check(name, False, str(problem))
