"""What an entry of the audit trail says in words: what it is about, and each value before and after."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from kpi.access import EVERY_PLANT
from kpi.analysis import words
from kpi.measures import CATALOG
from kpi.qms.kinds import BY_NAME
from kpi.qms.register import told_fields
from kpi.store.model import PURGE

LONGEST_VALUE: Final = 300
"""Characters of one value in the list; the rest is in the books."""

_SECRET: Final = re.compile(r"(^|_)(hash|sha256|secret|password|passphrase|token)$")
NOT_SHOWN: Final = "(not shown)"


@dataclass(frozen=True, slots=True)
class Change:
    """One value before and after; empty where there was or is none."""

    field: str
    old: str
    new: str


KINDS: Final[Mapping[str, str]] = {
    "upload": "Upload",
    "withdrawal": "Withdrawal",
    "purge": "Purge",
    "target": "Target",
    "phase": "Phase of a chart",
    "exclusion": "Excluded point",
    "event": "Event",
    "feed": "Feed",
    "person": "Person",
    "sign-out": "End of sign-ins",
    "token": "Token of a client",
    "settings": "Settings",
    "program": "Program",
    "drop folder": "Drop folder",
    "sample": "Sample plant",
    "backup": "Backup",
    "restore": "Restoration",
}
"""Kinds of entries by the words they are shown with, beside those of registers."""


def kind_words(kind: str) -> str:
    """A kind as a person reads it; an unknown one by its own name."""
    if kind in BY_NAME:
        return BY_NAME[kind].title
    return KINDS.get(kind, kind[:1].upper() + kind[1:])


def record_words(kind: str, key: str, value: Mapping[str, Any], old: Mapping[str, Any]) -> str:
    """What a version of a record did, in a sentence."""
    if kind == PURGE:
        many = len(value.get("versions", ()))
        return (
            f"{kind_words(str(value.get('kind', '')))} {key} purged: what it said in {many} "
            f"version{'s' * (many != 1)} is gone, the hash{'es' * (many != 1)} stay{'s' * (many == 1)}."
        )
    if value.get("taken_back") and not old.get("taken_back"):
        return f"{_named(kind, key, value)} taken back."
    if value.get("revoked") and not old.get("revoked"):
        return f"{_named(kind, key, value)} revoked."
    if kind in ("settings", "program"):
        return f"{_named(kind, key, value)} {'changed' if old else 'as first seen'}."
    if old.get("taken_back"):
        return f"{_named(kind, key, value)} recorded again."
    return f"{_named(kind, key, value)} {'changed' if old else 'recorded'}."


def _named(kind: str, key: str, value: Mapping[str, Any]) -> str:
    if kind in BY_NAME:
        return f"{kind_words(kind)} {key} ({value.get('title', '')})"
    make = _NAMES.get(kind)
    return make(key, value) if make else f"{kind_words(kind)} {key}"


def purged_words(kind: str, key: str, number: int) -> str:
    """What a version says whose content was purged; ``number`` is that of the record of the purge."""
    return f"{kind_words(kind)} {key}: purged, see record {number}."


def _chart(value: Mapping[str, Any]) -> str:
    """The KPI and the slice a record is about."""
    known = CATALOG.get(str(value.get("kpi") or ""))
    title = known.title if known else str(value.get("kpi") or "every KPI")
    return f"{title}, {words.slice_words(_slice(value))}"


def _from(value: Mapping[str, Any], field: str) -> str:
    try:
        return words.date_words(date.fromisoformat(str(value[field])))
    except (KeyError, ValueError):
        return "no day"


_NAMES: Final[Mapping[str, Callable[[str, Mapping[str, Any]], str]]] = {
    "target": lambda _, v: f"Target of {_chart(v)} (from {_from(v, 'valid_from')})",
    "phase": lambda _, v: f"Phase of {_chart(v)} (from {_from(v, 'start')})",
    "exclusion": lambda _, v: f"Excluded point of {_chart(v)} ({_from(v, 'start')})",
    "event": lambda _, v: f"Event on charts of {_chart(v)} ({_from(v, 'day')})",
    "feed": lambda k, _: f"How the feed {k} is delivered",
    "person": lambda k, v: f"Person {v.get('name') or v.get('email') or k}",
    "sign-out": lambda k, _: f"End of the sign-ins of {k}",
    "token": lambda k, v: f"Token {k} of the client {v.get('name') or '(no name)'}",
    "settings": lambda k, _: f"Settings ({k})",
    "program": lambda *_: "Version of the program",
    "sample": lambda *_: "Loading of the sample plant",
    "drop folder": lambda k, _: f"Drop folder {k}",
}


def changes_of(
    old: Mapping[str, Any], new: Mapping[str, Any], kind: str = ""
) -> tuple[Change, ...]:
    """Each value that differs, field by field. Of secrets and hashes, only that they differ.

    A ``kind`` of a register calls its fields as its forms do; what it holds is no secret.
    """
    if kind == PURGE:  # its versions have lines of their own, each with its hash
        many = len(new.get("versions", ()))
        return (Change("what it said", f"{many} version{'s' * (many != 1)}", ""),)
    before, after = flat(old), flat(new)
    return tuple(
        _change(field, before.get(field), after.get(field), kind)
        for field in dict.fromkeys((*before, *after))
        if before.get(field) != after.get(field)
    )


def _change(field: str, old: Any, new: Any, kind: str) -> Change:
    if kind in BY_NAME:
        first, _, rest = field.partition(".")
        about = told_fields(BY_NAME[kind].of).get(first)
        label = about.label if about else field_words(first)
        said = f"{label}: {field_words(rest)}" if rest else label
        return Change(said, value_words(old), value_words(new))
    if _SECRET.search(field.rpartition(".")[2]):
        return Change(field_words(field), NOT_SHOWN if old else "", NOT_SHOWN if new else "")
    return Change(field_words(field), value_words(old), value_words(new))


def field_words(field: str) -> str:
    """A field's name without the signs that only programs write.

    >>> field_words("valid_from")
    'valid from'
    """
    return field.replace("_", " ")


def flat(value: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Nested tables as one, their names joined by dots; what is empty is left out."""
    found: dict[str, Any] = {}
    for name, inner in value.items():
        if isinstance(inner, Mapping):
            found |= flat(inner, f"{prefix}{name}.")
        elif inner not in (None, "", [], ()):
            found[f"{prefix}{name}"] = inner
    return found


def value_words(value: Any) -> str:
    """A value as text, cut where it is long.

    >>> value_words([["plant", "Nordhafen"]]), value_words(True), value_words(2.0)
    ('plant Nordhafen', 'yes', '2')
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, Mapping):
        told = ((field_words(name), value_words(inner)) for name, inner in value.items())
        text = ", ".join(f"{name}: {inner}" for name, inner in told if inner)
    elif isinstance(value, list | tuple):
        inner = all(isinstance(v, list | tuple) for v in value)
        text = (
            "; ".join(" ".join(map(value_words, v)) for v in value)
            if inner
            else ", ".join(map(value_words, value))
        )
    else:
        text = str(value)
    return text if len(text) <= LONGEST_VALUE else text[: LONGEST_VALUE - 1] + "…"


def plants_of(
    kind: str, key: str, value: Mapping[str, Any], feeds: Mapping[str, Sequence[str]]
) -> tuple[str, ...]:
    """The plants a record is about; ``EVERY_PLANT`` alone where it concerns the whole company.

    ``feeds`` are the plants of each feed.
    """
    if kind == "feed":
        return tuple(feeds.get(key, ())) or (EVERY_PLANT,)
    named = tuple(v for d, v in _slice(value) if d == "plant")
    return named or (EVERY_PLANT,)


def _slice(value: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    pairs = value.get("slice") or ()
    return tuple((str(d), str(v)) for d, v in pairs)
