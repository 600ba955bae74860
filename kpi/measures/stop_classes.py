"""Planned, unplanned or changeover: the class of a stop, as stated or as its reason tells."""

import json
import re
from collections.abc import Mapping
from enum import Enum
from functools import cache
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from kpi.measures.complete import texts

PLANNED: Final = "planned"
UNPLANNED: Final = "unplanned"
CHANGEOVER: Final = "changeover"
STOP_CLASSES: Final = (PLANNED, CHANGEOVER, UNPLANNED)
"""In the order in which stops that begin together take shared minutes: planned before unplanned."""

TABLE: Final = Path(__file__).with_name("data") / "stop_classes.json"

# An unplanned word anywhere decides: "failure during planned maintenance" is a failure.
NO_DEMAND: Final = "no_demand"
_PRECEDENCE: Final = (UNPLANNED, CHANGEOVER, PLANNED, NO_DEMAND)


class ClassFrom(Enum):
    """Where the class of a stop comes from."""

    STATED = "stated"  # by the file
    REASON = "reason"  # told by the reason's words, or by the plant's own table of reasons
    ASSUMED = "assumed"  # nothing says so: counted as unplanned


@cache
def _patterns() -> Mapping[str, re.Pattern[str]]:
    table = json.loads(TABLE.read_text(encoding="utf-8"))
    return {name: _pattern(table[name]) for name in _PRECEDENCE}


def _pattern(words: Mapping[str, list[str]]) -> re.Pattern[str]:
    whole = "|".join(re.escape(w) for w in words["whole"])
    alone = "|".join(re.escape(w) for w in sorted(words["words"], key=len, reverse=True))
    inside = "|".join(re.escape(w) for w in words["anywhere"])
    parts = [rf"\A(?:{whole})\Z"] if whole else []
    parts += [rf"(?<!\w)(?:{alone})(?!\w)"]
    parts += [inside] if inside else []
    return re.compile("|".join(parts))


def class_of_reason(reason: str) -> str | None:
    """What the words of a reason tell: a class, ``no_demand``, or ``None`` for nothing.

    >>> class_of_reason("Planned Maintenance"), class_of_reason("ungeplanter Stillstand")
    ('planned', 'unplanned')
    >>> class_of_reason("Belt break") is None
    True
    """
    words = " ".join(reason.replace("_", " ").split()).casefold()
    return next((name for name in _PRECEDENCE if _patterns()[name].search(words)), None)


def _folded(reason: str) -> str:
    return " ".join(reason.split()).casefold()


def classify(
    stops: pd.DataFrame, known: Mapping[str, str], *, no_demand: str = PLANNED
) -> tuple[pd.Series, pd.Series]:
    """The class of every stop, and where it comes from (a value of ``ClassFrom``).

    Stated by the file first (column ``stop_class``), then the plant's own table ``known`` (reason ->
    class), then the words of ``reason``, then of ``reason_text``; else unplanned, assumed. Stops for
    want of demand get the class ``no_demand``, a site choice.
    """
    stated = pd.Categorical(stops["stop_class"], categories=STOP_CLASSES).codes.astype(np.int64)
    told = _told(stops["reason"], known, no_demand)
    told = np.where(told < 0, _told(stops["reason_text"], known, no_demand), told)
    chosen = np.where(stated < 0, told, stated)
    source = np.where(stated >= 0, 0, np.where(told >= 0, 1, 2))
    chosen = np.where(chosen < 0, STOP_CLASSES.index(UNPLANNED), chosen)
    return texts(chosen, STOP_CLASSES), texts(source, [c.value for c in ClassFrom])


def _told(reasons: pd.Series, known: Mapping[str, str], no_demand: str) -> npt.NDArray[np.int64]:
    """The class told, as a position in ``STOP_CLASSES`` (-1: none), once per distinct reason."""
    codes, distinct = pd.factorize(reasons)
    own = {_folded(reason): name for reason, name in known.items()}
    told = [own.get(_folded(str(r))) or class_of_reason(str(r)) for r in distinct]
    told = [no_demand if name == NO_DEMAND else name for name in told]
    numbers = [STOP_CLASSES.index(name) if name in STOP_CLASSES else -1 for name in told]
    return np.array([*numbers, -1], dtype=np.int64)[codes]  # the last: no reason (-1)
