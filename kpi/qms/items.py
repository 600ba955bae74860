"""What a record's fields are called, hold and need, and how a change of them reads.

A kind of records is a dataclass whose fields are ``told``: forms, lists, exports and the history read
that.
"""

import math
import re
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields
from datetime import date, datetime
from enum import Enum, StrEnum
from typing import Any, Final, get_type_hints

from kpi.errors import UsageError
from kpi.safe_text import one_line

Slice = tuple[tuple[str, str], ...]
"""A filter in a fixed order: ((dimension, value), ...). Empty: the whole company."""

LONGEST_LINE: Final = 300
LONGEST_TEXT: Final = 5000
"""Characters of a field of one line, and of one of several."""


class Shape(StrEnum):
    """What a field holds, and so how it is asked for and shown."""

    LINE = "one line of text"
    TEXT = "text of several lines"
    LINES = "several short texts"
    DAY = "a day"
    PERSON = "the name of a person"
    CHOICE = "one of a list"
    NUMBER = "a number"
    YES = "yes or no"
    KPI = "a KPI"
    SLICE = "what it is about"
    LINKS = "other records"
    ONE = "one of what is recorded"
    SEVERAL = "several of what is recorded"
    OWN = "what has a form of its own"


@dataclass(frozen=True, slots=True)
class Told:
    """What a field is called and means. ``required``: an item is not recorded without it.

    ``among`` says what one or several are chosen from: ``kpi``, ``clause``, or a kind of records.
    """

    label: str
    shape: Shape = Shape.LINE
    help: str = ""
    required: bool = False
    among: str = ""


def told(
    label: str,
    shape: Shape = Shape.LINE,
    *,
    help: str = "",
    required: bool = False,
    default: Any = "",
    among: str = "",
) -> Any:
    """A field of an item's dataclass, with what people read beside it."""
    return field(default=default, metadata={"told": Told(label, shape, help, required, among)})


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """What every item has.

    ``slice`` is what it is about, and so of which plants it is: where it names none, of the whole
    company. ``links`` are the ids of records it came from or answers to.
    """

    title: str = told("Title", required=True)
    slice: Slice = told("Where", Shape.SLICE, default=())
    owner: str = told("Owner", Shape.PERSON)
    links: tuple[str, ...] = told("Belongs to", Shape.LINKS, default=())


@dataclass(frozen=True, slots=True)
class Difference:
    """What a version changed of a field, in words; empty where there was or is nothing."""

    label: str
    before: str
    after: str


def told_fields(of: type[Any]) -> Mapping[str, Told]:
    """The fields of an item that people read, by name, in the order of the dataclass."""
    return {f.name: f.metadata["told"] for f in fields(of) if "told" in f.metadata}


def options(of: type[Any], name: str) -> tuple[Any, ...]:
    """What a field of choice may be: the members of its enumeration."""
    hint = get_type_hints(of)[name]
    return tuple(hint) if isinstance(hint, type) and issubclass(hint, Enum) else ()


def default_of(of: type[Any], name: str) -> Any:
    """What a field is where nothing was said."""
    found = next(f for f in fields(of) if f.name == name)
    if found.default is not MISSING:
        return found.default
    return None if found.default_factory is MISSING else found.default_factory()


def differences(before: Item | None, after: Item) -> tuple[Difference, ...]:
    """What a version changed; of a new item, everything that is said."""
    out = []
    for name, about in told_fields(type(after)).items():
        old = "" if before is None else in_words(getattr(before, name))
        new = in_words(getattr(after, name))
        if old != new:
            out.append(Difference(about.label, old, new))
    return tuple(out)


def in_words(value: Any) -> str:
    """A field's value as the history tells it.

    >>> in_words((("plant", "Nord"), ("line", "L1")))
    'plant Nord, line L1'
    """
    if value is None or value == "":
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, (date, datetime)):
        return value.isoformat()
    if isinstance(value, float):
        return f"{value:.12g}"
    if isinstance(value, tuple):
        pairs = all(isinstance(v, tuple) and len(v) == 2 for v in value)
        texts = [" ".join(map(str, v)) if pairs else in_words(v) for v in value]
        return ", ".join(texts) if pairs else "; ".join(texts)
    if hasattr(value, "__dataclass_fields__"):
        return ", ".join(filter(None, (in_words(getattr(value, f.name)) for f in fields(value))))
    return str(value)


# --- what is fit to be recorded ---------------------------------------------------------------

_CONTROLS: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")


def refuse_unfit(item: Item) -> None:
    """Refuse an item with an empty required field, a number that is none, or text that does not fit.

    Raises
    ------
    UsageError
        The sentence says what is wrong with which field.
    """
    for name, about in told_fields(type(item)).items():
        value = getattr(item, name)
        if about.required and value in ("", None, ()):
            raise UsageError(f"{about.label} is empty. Without it nothing is recorded.")
        if isinstance(value, float) and not math.isfinite(value):
            raise UsageError(f"{about.label} is no number.")
        for text in value if isinstance(value, tuple) else (value,):
            if isinstance(text, str):
                _refuse_text(about, text)


def _refuse_text(about: Told, value: str) -> None:
    longest = LONGEST_TEXT if about.shape in (Shape.TEXT, Shape.LINES) else LONGEST_LINE
    if len(value) > longest:
        raise UsageError(
            f"{about.label} has {len(value)} characters; {longest} are the most. Say it shorter."
        )
    if about.shape is not Shape.TEXT and value != one_line(value):
        raise UsageError(f"{about.label} takes one line of text.")
    if _CONTROLS.search(value):
        raise UsageError(f"{about.label} holds a character that cannot be shown. Type it anew.")
