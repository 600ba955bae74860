"""Which plants a change concerns. Every function of this package that writes asks this first."""

from collections.abc import Iterable

from kpi.access import EVERY_PLANT, LOCAL, Permission
from kpi.analysis import words
from kpi.analysis.home import Home
from kpi.datasets import NAMES
from kpi.measures import values_of
from kpi.measures.names import read_names
from kpi.qms import Slice
from kpi.store import Incoming
from kpi.store.scope import plants_of


def of_slice(home: Home, chosen: Slice) -> tuple[str, ...]:
    """The plants a slice names, by their codes; every plant where it names none.

    Looked up in the whole home: a plant one sees may have been given the code or name of another.
    """
    named = [value for dimension, value in chosen if dimension == "plant"]
    if not named:
        return (EVERY_PLANT,)
    whole = home.seen_by(LOCAL)
    view = whole.view()
    known = frozenset(view.plants()) | {p for e in whole.store.entries() for p in plants_of(e)}
    names = read_names(view)
    found: list[str] = []
    for value in named:
        codes = [c for c in names.codes("plant", [value]) if c in known]
        found += [value] if value in known or not codes else codes
    return tuple(dict.fromkeys(found))


def require_slice(home: Home, chosen: Slice) -> None:
    """Refuse a change of what belongs to a slice to whoever does not manage all its plants.

    Raises
    ------
    AccessDeniedError
        The sentence says whom to ask.
    """
    home.access.require(Permission.MANAGE, of_slice(home, chosen))


def of_incoming(incoming: Incoming) -> tuple[str, ...]:
    """The plants a file speaks of: of its rows, and of the days it claims to be complete for.

    What it takes the place of stands on the same plants. Names of codes that name no plant are
    everybody's; a file of nothing else concerns every plant.
    """
    found: set[str] = set()
    for part in incoming.parts:
        found |= {c.plant for c in (*part.coverage, *part.within)}
        rows = {plant or "" for plant in part.table.column("plant").unique().to_pylist()}
        found |= rows - {""} if part.dataset == NAMES.id else rows
    return tuple(sorted(plant or EVERY_PLANT for plant in found)) or (EVERY_PLANT,)


def of_upload(home: Home, upload: str) -> tuple[str, ...]:
    """The plants of an upload, as far as they are seen."""
    return tuple(sorted(p or EVERY_PLANT for p in plants_of(home.store.entry(upload)))) or (
        EVERY_PLANT,
    )


def may_withdraw(home: Home, uploads: Iterable[str]) -> frozenset[str]:
    """Those among some uploads that may be taken back by whoever looks."""
    return frozenset(
        upload
        for upload in uploads
        if home.store.sees_all_of(upload)
        and home.access.may(Permission.MANAGE, of_upload(home, upload))
    )


def sight_words(home: Home) -> str:
    """Which plants are seen, in a sentence; empty where all are."""
    if home.limit is None:
        return ""
    plants = values_of(home.view(), "plant", ()) or home.limit
    if not plants:
        return "You have a role in no plant, so you see none."
    noun = "plant" if len(plants) == 1 else "plants"
    return f"You see the {noun} {words.listed(plants)}; all figures are of {_it(len(plants))}."


def _it(count: int) -> str:
    return "it" if count == 1 else "them"
