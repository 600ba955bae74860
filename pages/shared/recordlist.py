"""Lists of records: links that open each, a line of facts, and what narrows a list."""

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any, Final, TypeVar

import streamlit as st

from kpi.figures.escape import markdown
from kpi.qms.register import Item, Recorded
from pages.shared import inputs
from pages.shared.messages import small

T = TypeVar("T", bound=Item)

SHOWN: Final = 25
"""Records of a list that are shown at once."""

NARROWED_FROM: Final = 6
"""A list of fewer records is read as it is."""

NONE_SO: Final = "Nothing of it is as chosen above."
NOT_YET: Final = "Nothing is recorded yet."
ALL: Final = "All"


def listing(
    entries: Sequence[Recorded[T]],
    page: str,
    facts: Callable[[Recorded[T]], str],
    *,
    empty: str = NOT_YET,
    key: str = "",
    due: Callable[[Recorded[T]], date | None] | None = None,
) -> None:
    """Records one below the other: a link that opens each on ``page``, and a line of facts.

    A longer list can be narrowed by status, owner and plant, and where ``due`` says by which day
    something is to happen with a record (``None``: nothing is), to what is overdue.
    """
    if not entries:
        small(empty)
        return
    kept = narrowed(entries, f"{page} {key}", due)
    for entry in kept[:SHOWN]:
        _line(entry, page, facts)
    if len(kept) > SHOWN:
        with st.expander(f"{len(kept) - SHOWN} more", key=f"more {page} {key}"):
            for entry in kept[SHOWN:]:
                _line(entry, page, facts)
    if not kept:
        small(NONE_SO)


def _line(entry: Recorded[T], page: str, facts: Callable[[Recorded[T]], str]) -> None:
    with st.container(gap=None):
        link(page, entry)
        small(facts(entry))


def link(page: str, entry: Recorded[Any]) -> None:
    """A link that opens a record on the page of its kind: its title, and small behind it its id."""
    st.page_link(
        page, label=f"{markdown(entry.item.title)} :small[{markdown(entry.id)}]",
        query_params={"record": entry.id},
    )  # fmt: skip


def narrowed(
    entries: Sequence[Recorded[T]],
    name: str,
    due: Callable[[Recorded[T]], date | None] | None = None,
) -> Sequence[Recorded[T]]:
    """The records that are as chosen; what all have alike is not asked, nor anything of a few."""
    if len(entries) < NARROWED_FROM:
        return entries
    today = inputs.now().date()
    ways: dict[str, Callable[[Recorded[T]], Sequence[str]]] = {
        "Status": lambda e: [str(getattr(e.item, "status", ""))],
        "Owner": lambda e: [e.item.owner or "no owner"],
        "Plant": lambda e: [v for d, v in e.item.slice if d == "plant"] or ["the whole company"],
    }
    if due is not None:
        ways["Due"] = lambda e: ["overdue" if _late(due(e), today) else "not overdue"]
    offered = {label: sorted({v for e in entries for v in of(e)}) for label, of in ways.items()}
    chosen = {label: found for label, found in offered.items() if len(found) > 1}
    if not chosen:
        return entries
    kept = list(entries)
    for column, (label, found) in zip(st.columns(4), chosen.items(), strict=False):
        with column:
            wanted = inputs.choose(
                label, f"{name} {label}", [ALL, *found], words={v: _capital(v) for v in found}
            )
        if wanted != ALL:
            kept = [e for e in kept if wanted in ways[label](e)]
    return kept


def _late(day: date | None, today: date) -> bool:
    return day is not None and day < today


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
