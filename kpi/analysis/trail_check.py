"""Does the trail hold? A quick look for every page, and all of it at the push of a button."""

from typing import Final

from kpi.access import EVERY_PLANT, Permission
from kpi.analysis import health_books as books
from kpi.analysis.health import look
from kpi.analysis.health_check import Check
from kpi.analysis.home import Home
from kpi.analysis.trail import whole
from kpi.analysis.trail_head import check_head, trail_head

AT_SIGHT: Final = 20_000
"""Entries that are verified link by link whenever the page is looked at: a tenth of a second."""


def trail_state(home: Home) -> str:
    """That the trail is whole, with its head; of a very long one only that its ends are in place.

    Raises
    ------
    StoreError
        It is not; the sentence names the first entry that was altered, or that the end is missing.
    """
    home.access.require(Permission.MANAGE)
    store = whole(home.store)
    head = trail_head(store)
    if head.entries == 0:
        return "The trail is empty: nothing was changed yet."
    if head.entries > AT_SIGHT:
        store.verify_ends()
        return (
            f"The trail ends where it ended last: {head.entries:,} entries. “Check everything” verifies "
            "each of its links."
        )
    store.verify_chain()
    if head.entries == 1:
        return "The trail is whole: one entry, with nothing before it."
    return f"The trail is whole: {head.entries:,} entries, every one linked to the one before it."


def full_check(home: Home) -> tuple[Check, ...]:
    """Every link, every head ever printed, the bytes of every upload and every table of facts.

    Raises
    ------
    AccessDeniedError
        It takes every plant to manage: what is found wrong is told by the names of files.
    """
    home.access.require(Permission.MANAGE, [EVERY_PLANT])
    return (
        look("Trail", lambda: books.chain(home)),
        look("Printed heads", lambda: books.printed_heads(home)),
        look("Uploaded files", lambda: books.uploads(home)),
        look("Facts", lambda: books.facts(home)),
        look("Purged uploads", lambda: books.purged(home)),
        look("Purged records", lambda: books.purged_records(home)),
    )


def compare_head(home: Home, printed: str) -> Check:
    """A head somebody holds in print, against the trail as it is now."""
    home.access.require(Permission.MANAGE)
    store = whole(home.store)

    def compared() -> str:
        store.verify_chain()
        return check_head(store, printed)

    return look("Printed head", compared)
