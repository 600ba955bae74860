"""Processes and audits that a list names: recorded ones, and those that are new in the same file."""

from dataclasses import dataclass
from typing import Any

from kpi.analysis import words
from kpi.analysis.audit_cells import CellError, parts_of, plain
from kpi.analysis.home import Home
from kpi.analysis.registering import listed
from kpi.qms.audit_headings import LISTS, folded
from kpi.qms.kinds import kind_of


@dataclass(frozen=True, slots=True)
class Known:
    """A record that may be named: recorded (``version`` from 1 on), or new in this file (0)."""

    id: str
    item: Any
    version: int
    who: str = ""


class Names:
    """What may be named, by list."""

    def __init__(self, home: Home) -> None:
        self.of = {
            name: [Known(e.id, e.item, e.version, e.who) for e in listed(home, kind_of(name))]
            for name in LISTS
        }
        self._called_so: dict[tuple[str, str, int], list[Known]] = {}

    def several(self, name: str, field: str, text: str) -> tuple[str, ...]:
        """The records a cell names: the whole cell one of them, or each part of it.

        Raises
        ------
        CellError
            One is unknown, or may be several.
        """
        whole = plain(text)
        if len(parts_of(whole)) == 1 or self._called(name, whole):
            return (self.one(name, field, whole),)
        return tuple(dict.fromkeys(self.one(name, field, part) for part in parts_of(whole)))

    def one(self, name: str, field: str, text: str) -> str:
        """The record a cell names, by id, own number or title; raises as ``several`` does."""
        found = self._called(name, text)
        if len(found) == 1:
            return found[0].id
        if found:
            ids = words.listed([k.id if k.version else k.item.title for k in found])
            raise CellError(field, f"{text!r} may be {ids}. Write the id.")
        what = kind_of(name)
        there = [k.item.title for k in self.of[name]][:8]
        known = f"There are: {', '.join(there)}." if there else f"No {name} is recorded."
        raise CellError(
            field,
            f"There is no {what.title.lower()} {text[:80]!r}. {known} Add it to the list of "
            f"{what.plural.lower()}.",
        )

    def _called(self, name: str, text: str) -> list[Known]:
        asked = name, text, len(self.of[name])  # what is new may be called so, too
        if asked not in self._called_so:
            self._called_so[asked] = self._looked_up(name, text)
        return self._called_so[asked]

    def _looked_up(self, name: str, text: str) -> list[Known]:
        known = self.of[name]
        for named in (
            [k for k in known if k.id == text.strip()],
            [k for k in known if k.item.number and folded(k.item.number) == folded(text)],
            [k for k in known if folded(k.item.title) == folded(text)],
        ):
            if named:
                return named
        return []

    def item(self, name: str, id: str) -> Any:
        """What a record says; ``None`` where it is not known."""
        return next((k.item for k in self.of[name] if id and k.id == id), None)
