"""Errors whose text is fit to show to a user. Anything else that escapes is a bug.

A message says what is wrong, where, and what to do next.
"""

from collections.abc import Iterable
from difflib import get_close_matches


class KpiError(Exception):
    """Base of every error this package raises for the user's sake."""


class UsageError(KpiError):
    """The question itself cannot be asked: a wrong option, an unknown KPI, a malformed date."""


class UnknownNameError(UsageError):
    """A name (KPI, dimension, feed, upload) that nothing here carries."""

    def __init__(self, kind: str, name: str, *, known: Iterable[str]) -> None:
        names = [str(n) for n in known]
        near = get_close_matches(name, names, n=1)
        advice = (
            f"Did you mean {near[0]!r}?"
            if near
            else f"Known are: {', '.join(names) or 'none yet'}."
        )
        super().__init__(f"There is no {kind} {name!r}. {advice}")


class NotEnoughDataError(KpiError):
    """A calculation needs more values than there are."""

    def __init__(self, purpose: str, *, needed: int, given: int) -> None:
        super().__init__(
            f"{purpose[:1].upper()}{purpose[1:]} needs at least {needed} values; there are {given}. "
            "Choose a longer period."
        )


class RefusedFileError(KpiError):
    """A file that cannot be read, or may not be: the text says why and what to do."""


class StoreError(KpiError):
    """The home folder cannot be used as it is: locked, read-only, full, or from a newer version."""
