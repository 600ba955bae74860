"""The head of the audit trail: one short text that vouches for all that was recorded up to now.

It is printed on what leaves the house. Whoever holds an old print can have it checked: what was
recorded up to then must still stand in the books, word for word.
"""

import hashlib
import os
import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from kpi.errors import StoreError, UsageError
from kpi.store import Store
from kpi.store.chains import Ends
from kpi.store.codec import canonical, utc_text

FILE_NAME: Final = "heads.txt"
"""Where a home keeps the heads it ever printed."""

_LETTERS: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Base 32 without I, L, O and U, which are misread."""

_BITS, _LENGTH, _GROUP, _CHECK = 5, 25, 5, 2
"""Five groups of five letters: 115 bits of the hash, then two letters that find slips of the pen."""

_PRINTED: Final = re.compile(r"(\d{1,12})-(\d{1,12})-((?:[0-9A-Z]-?){25})")


@dataclass(frozen=True, slots=True)
class Head:
    """Both chains at one moment. ``short`` is what is printed; lengths stand in its front.

    ``position`` counts entries of the ledger, ``number`` versions of records.
    """

    short: str
    ledger_hash: str
    records_hash: str
    position: int
    number: int

    @property
    def entries(self) -> int:
        """How many entries the trail has."""
        return self.position + self.number


def trail_head(store: Store) -> Head:
    """The head of the trail as it is now."""
    return head_of(store.chains.ends())


def head_of(ends: Ends) -> Head:
    """The head that stands for both chains with these ends.

    >>> head_of(Ends(2, "ab", 1, "cd")).short
    '2-1-FJVN9-9304X-TWKVM-4GJ9F-6GQA6'
    """
    content = canonical([ends.position, ends.ledger, ends.number, ends.records])
    kept = _letters(f"trail head {content}", _LENGTH - _CHECK)
    whole = kept + _check(ends.position, ends.number, kept)
    groups = "-".join(whole[at : at + _GROUP] for at in range(0, _LENGTH, _GROUP))
    short = f"{ends.position}-{ends.number}-{groups}"
    return Head(short, ends.ledger, ends.records, ends.position, ends.number)


def check_head(store: Store, printed: str) -> str:
    """Whether all that a printed head vouches for still stands; the sentence that says so.

    The head alone is compared: that the rows before fit their hashes is the chain's own check.

    Raises
    ------
    UsageError
        The text is no head, or was copied with a slip.
    StoreError
        It is a head, and not of what stands here now: the trail before it was changed, cut off, or
        it is another home's.
    """
    position, number, kept = _read(printed)
    then = store.chains.ends_at(position, number)
    now = store.chains.ends()
    if then is None:
        raise StoreError(
            f"The head {printed.strip()} vouches for {position} ledger entries and {number} versions "
            f"of records; there are {now.position} and {now.number} now. The end of the trail was cut "
            "off since it was printed, an older copy of the ledger was put back, or the head is of "
            "another home."
        )
    if head_of(then).short.replace("-", "")[-_LENGTH:-_CHECK] != kept:
        raise StoreError(
            f"The head {printed.strip()} is not the one this trail had at ledger entry {position} and "
            f"record {number}. Something up to there was rewritten since it was printed, or the head "
            "is of another home. Compare with a backup from before that day."
        )
    later = now.position + now.number - position - number
    since = "nothing was added since" if later == 0 else f"{later} were added since"
    return (
        f"The head is this trail's own: its {position} ledger entries and {number} versions of "
        f"records of that time stand unchanged; {since}."
    )


def remember_head(store: Store, head: Head, when: datetime) -> None:
    """Keep a head that is being printed beside the ledger, so that doctor compares it ever after.

    A home that may not be written to is left alone: the print itself vouches.
    """
    path = store.home / FILE_NAME
    if store.read_only or head.entries == 0:
        return
    with suppress(OSError):
        if head.short in _last_lines(path):
            return
        handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
        try:
            os.write(handle, f"{utc_text(when)} {head.short}\n".encode())
        finally:
            os.close(handle)


def printed_head(store: Store, when: datetime) -> str:
    """The head as it is now, remembered because it is being printed."""
    head = trail_head(store)
    remember_head(store, head, when)
    return head.short


def heads_kept(store: Store) -> tuple[str, ...]:
    """The heads this home remembers having printed, oldest first; lines that are none left out."""
    found = _last_lines(store.home / FILE_NAME)
    return tuple(head for head in found if _PRINTED.fullmatch(head))


def _last_lines(path: Path) -> Sequence[str]:
    try:
        text = path.read_text("utf-8", errors="replace")
    except OSError:
        return ()
    return [line.rpartition(" ")[2] for line in text.splitlines()]


def _read(printed: str) -> tuple[int, int, str]:
    text = re.sub(r"[\u2010-\u2015\u2212]", "-", re.sub(r"\s", "", printed.upper()))
    found = _PRINTED.fullmatch(text)
    if found is None:
        raise UsageError(
            f"{printed.strip()[:80]!r} is no head of an audit trail. It reads like "
            "73-7-FJVN9-9304X-TWKVM-4GJ9F-6GQA6: two numbers, then five groups of five."
        )
    position, number = int(found[1]), int(found[2])
    letters = found[3].replace("-", "").translate(str.maketrans("OIL", "011"))
    kept, check = letters[:-_CHECK], letters[-_CHECK:]
    if _check(position, number, kept) != check:
        raise UsageError(
            f"The head {printed.strip()} was copied with a slip: its last two letters do not fit the "
            "rest. Compare it with the print, letter by letter."
        )
    return position, number, kept


def _check(position: int, number: int, kept: str) -> str:
    return _letters(f"{position}-{number}-{kept}", _CHECK)


def _letters(content: str, count: int) -> str:
    value = int.from_bytes(hashlib.sha256(content.encode()).digest(), "big") >> (
        256 - count * _BITS
    )
    return "".join(_LETTERS[value >> (_BITS * at) & 31] for at in reversed(range(count)))
