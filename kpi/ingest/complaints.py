"""Complaints and returns out of one table, whatever system or list they were kept in."""

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from kpi.ingest.complaint_lists import read_flags, status_of, unread, whose
from kpi.ingest.conventions import Desk
from kpi.ingest.facts import Facts
from kpi.ingest.rows import Parts, currency_of, rows_of, unit_of_rows
from kpi.ingest.tables import build
from kpi.ingest.vocabulary import vocabulary
from kpi.model import Severity
from kpi.texts import said

KINDS: Final = ("customer", "supplier", "internal")
QUANTITIES: Final = ("qty_complained", "qty_returned", "qty_defective")
_FLAGS: Final = ("accepted", "ppm_relevant")


def complaint_parts(facts: Facts, common: Mapping[str, Any], desk: Desk) -> Parts:
    """The complaints of a table, one per usable row."""
    values = dict(common)
    _kinds(facts, desk)
    if "kind" in facts.texts:
        values["kind"] = facts.texts["kind"]
    for name in _FLAGS:
        if name in facts.texts:
            values[name] = read_flags(facts.texts[name])
            _say_unread(facts, name, values[name], said("yes or no"), desk)
    if "status" in facts.texts:
        values["status"] = _status(facts.texts["status"])
        _say_unread(facts, "status", values["status"], said("open, closed or rejected"), desk)
    values["unit"] = unit_of_rows(facts, dict(common), QUANTITIES)
    values["currency"] = currency_of(facts, dict(common), "cost")
    every = np.ones(len(facts), bool)
    return {"complaint": build("complaint", values, facts.grid, rows_of(every, facts))}


def _say_unread(facts: Facts, name: str, read: pa.Array, expected: str, desk: Desk) -> None:
    """Name the cells that could not be read; their rows are kept without them."""
    left = unread(facts.texts[name], read)
    if left:
        desk.note(
            facts.grid.sheet,
            said("not understood, and left blank: {cells}", cells=left[:5]),
            facts.heading(name),
            severity=Severity.WARNING,
            expected=expected,
        )


def _status(texts: pa.Array) -> pa.Array:
    """open, closed, rejected or cancelled, in the words of complaints; null where nothing says so."""
    words = {"delivered": "closed", "open": "open", "cancelled": "cancelled", "on_hold": "open"}
    own = ("open", "closed", "rejected", "cancelled")
    encoded = pc.dictionary_encode(texts)
    read = [
        t if t in own else status_of(t) or words.get(vocabulary().status(t) or "")
        for t in encoded.dictionary.to_pylist()
    ]
    return pa.array(read, pa.string()).take(encoded.indices)


def _kinds(facts: Facts, desk: Desk) -> None:
    """Of whom a complaint is: by its type, by what the table carries, else asked per type."""
    texts = facts.texts.get("kind")
    if texts is None:
        facts.texts["kind"] = whose(facts, desk)
        return
    encoded = pc.dictionary_encode(texts)
    table = [_kind(facts, texts, t, desk) for t in encoded.dictionary.to_pylist()]
    left = pa.array([t == "ignore" for t in table], pa.bool_()).take(encoded.indices)
    facts.aside |= np.asarray(pc.fill_null(left, False).to_numpy(zero_copy_only=False))
    named = [t if t in KINDS else None for t in table]
    facts.texts["kind"] = pa.array(named, pa.string()).take(encoded.indices)


def _kind(facts: Facts, texts: pa.Array, text: str, desk: Desk) -> str:
    if text in KINDS:
        return text
    for kind in KINDS:
        if text.casefold() in {w.casefold() for w in vocabulary().fields["complaint_kinds"][kind]}:
            return kind
    mine = pc.equal(texts, text)
    order = [k for k in ("customer", "supplier") if _filled(facts, k, mine)] or ["customer"]
    order += [k for k in KINDS if k not in order]
    because = {
        "customer": said("a customer complained"),
        "supplier": said("it is about what a supplier delivered"),
        "internal": said("it was found within the plant"),
    }
    return desk.ask(
        "field",
        facts.grid.sheet,
        f"kind:{text}",
        said("What is a complaint of type {type}?", type=text),
        [
            *((k, because[k]) for k in order),
            ("ignore", said("it is no complaint: its rows are not read")),
        ],
        heading=facts.heading("kind"),
        samples=(text,),
    )


def _filled(facts: Facts, name: str, rows: pa.Array) -> bool:
    column = facts.texts.get(name)
    return column is not None and column.filter(pc.fill_null(rows, False)).drop_null().__len__() > 0
