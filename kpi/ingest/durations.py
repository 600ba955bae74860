"""Durations to minutes: numbers in a unit, hh:mm(:ss) above 24 h, day fractions, "1h 20m"."""

from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from kpi.ingest.dates import Floats, read_clock_texts
from kpi.ingest.numbers import letters_in, tidy

MINUTES_PER: Final = {"s": 1 / 60, "min": 1.0, "h": 60.0, "d": 1440.0}
"""Minutes in one of each unit of time."""

_WORDS: Final = (
    r"(?i)^(?:(?P<d>\d+) ?(?:d|days?|tage?) ?)?"
    r"(?:(?P<h>\d+(?:[.,]\d+)?) ?(?:h|hrs?|hours?|std\.?|stunden?|horas?|heures?|小时) ?(?P<r>\d{1,2}$)?)?"
    r"(?:(?P<m>\d+(?:[.,]\d+)?) ?(?:m|min\.?|mins|minutes?|minuten|minutos|分钟|') ?)?"
    r"(?:(?P<s>\d+(?:[.,]\d+)?) ?(?:s|secs?|seconds?|sek\.?|seg|秒|\") ?)?$"
)
_LETTERED: Final = frozenset((*b"'\"`", *range(65, 91), *range(97, 123), *range(0x80, 0x100)))
"""Bytes of which a duration in words holds at least one."""


def read_duration_texts(texts: pa.Array) -> Floats:
    """Minutes of distinct texts written as a clock or in words; nan where a text is neither.

    A bare number is neither: its unit is the column's, see ``MINUTES_PER``.

    >>> read_duration_texts(pa.array(["1:30", "26:00:30", "1h 20m", "45 min", "12"])).tolist()
    [90.0, 1560.5, 80.0, 45.0, nan]
    """
    out = read_clock_texts(texts) / 60
    if not letters_in(texts) & _LETTERED:
        return out
    plain = tidy(texts)
    lettered = pc.match_substring_regex(plain, r"\d ?[\pL'\"]")
    parts = pc.extract_regex(pc.if_else(lettered, plain, None), _WORDS)
    hit = np.flatnonzero(np.asarray(pc.is_valid(parts).to_numpy(zero_copy_only=False)))
    if len(hit) == 0:
        return out
    found = parts.take(pa.array(hit))
    total = np.zeros(len(hit))
    for name, unit in (("d", "d"), ("h", "h"), ("r", "min"), ("m", "min"), ("s", "s")):
        text = pc.replace_substring(pc.fill_null(pc.struct_field(found, name), ""), ",", ".")
        number = pc.cast(pc.if_else(pc.equal(text, ""), "0", text), pa.float64())
        total += np.asarray(number) * MINUTES_PER[unit]
    out[hit] = total
    return out
