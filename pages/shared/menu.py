"""The menu: pages in the order a user works, those that the person may use.

A page the person may not use is hidden, not unknown: opened by its address it says why not.
"""

from dataclasses import dataclass
from typing import Any, Final

import streamlit as st

from kpi.access import EVERY_PLANT, Permission
from pages.shared import identity


@dataclass(frozen=True, slots=True)
class _Entry:
    """One page of the menu, and what using it needs."""

    file: str
    title: str
    icon: str
    needs: Permission = Permission.SEE
    plants: tuple[str, ...] | None = None
    signed_in: bool = False  # only where people sign in
    listed: bool = True  # else links lead to it


FRONT: Final = "overview.py"

_SECTIONS: Final = {
    "": (_Entry(FRONT, "Overview", "dashboard"),),
    "KPIs": (
        _Entry("scrap.py", "Scrap", "delete_sweep"),
        _Entry("downtime.py", "Downtime", "timer_off"),
        _Entry("delivery.py", "Delivery", "local_shipping"),
        _Entry("partners.py", "Customers and suppliers", "handshake"),
        _Entry("measurements.py", "Measurements", "straighten"),
        _Entry("other.py", "Other figures", "monitoring"),
    ),
    "Data": (
        _Entry("upload.py", "Upload", "upload_file", Permission.UPLOAD),
        _Entry("ledger.py", "Ledger", "history"),
        _Entry("restatements.py", "Restatements", "published_with_changes"),
    ),
    "Improvement": (
        _Entry("audits.py", "Audits", "fact_check"),
        _Entry("actions.py", "Nonconformities and actions", "build_circle"),
    ),
    "Management": (
        _Entry("review.py", "Review", "co_present"),
        _Entry("registers.py", "Registers", "format_list_bulleted"),
        _Entry("objectives.py", "Objectives", "track_changes"),
        _Entry("plan.py", "Measurement plan", "rule"),
        _Entry("targets.py", "Targets and time", "flag"),
        _Entry("evidence.py", "Evidence", "verified"),
        _Entry("definitions.py", "Definitions", "menu_book"),
        _Entry("passport.py", "Number passport", "fingerprint", listed=False),
        _Entry("trail.py", "Audit trail", "policy", Permission.MANAGE),
    ),
    "Administration": (
        _Entry("users.py", "Users", "group", Permission.ADMINISTER, (EVERY_PLANT,), signed_in=True),
    ),
}


ADDRESSES: Final = frozenset(
    entry.file.removesuffix(".py")
    for entries in _SECTIONS.values()
    for entry in entries
    if entry.file != FRONT
)
"""The last parts of the pages' addresses; the front page's is empty."""


def title_of(page: str) -> str:
    """What the menu calls a page, by its address; the address itself where there is none."""
    entries = [entry for section in _SECTIONS.values() for entry in section]
    return next((e.title for e in entries if e.file == f"{page}.py"), page)


def choose() -> Any:
    """Draw the menu; the page that the address asks for."""
    return st.navigation(
        {title: [_page(entry) for entry in entries] for title, entries in _SECTIONS.items()},
        expanded=True,
    )


def hide() -> None:
    """No menu at all; the addresses of pages stay what they are."""
    entries = [entry for section in _SECTIONS.values() for entry in section]
    st.navigation([_page(entry) for entry in entries], position="hidden")


def _page(entry: _Entry) -> Any:
    return st.Page(
        entry.file,
        title=entry.title,
        icon=f":material/{entry.icon}:",
        default=entry.file == FRONT,
        visibility="visible" if _shown(entry) else "hidden",
    )


def _shown(entry: _Entry) -> bool:
    here = entry.listed and (identity.configured() or not entry.signed_in)
    return here and identity.may(entry.needs, entry.plants)
