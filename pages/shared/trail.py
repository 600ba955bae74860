"""The audit trail on its page: its state and head, the list with filters, the checks."""

import json
from collections.abc import Sequence
from datetime import UTC, date

import streamlit as st

from kpi.access import EVERY_PLANT, Permission
from kpi.analysis.health_check import Check
from kpi.analysis.trail import Trail, TrailFilter, TrailLine, hidden_words
from kpi.analysis.trail_check import compare_head, full_check, trail_state
from kpi.analysis.trail_head import remember_head
from kpi.analysis.trail_table import trail_frame, trail_json
from kpi.analysis.trail_words import Change, kind_words
from kpi.errors import StoreError
from kpi.figures.escape import clean, html
from pages.shared import cached, inputs, tables
from pages.shared.messages import say, show_error, small

SHOWN_AT_ONCE = 6
"""Changed values of an entry in sight; the others unfold."""

SEAL = 12
"""Letters of an entry's hash in the list; the file has all of them."""

HEADINGS = ("When (UTC)", "Who", "What", "Before → after", "Why", "Entry")


def state() -> None:
    """That the trail is whole, or what is wrong with it; and its head."""
    home = inputs.here()
    try:
        st.success(trail_state(home), icon=":material/verified:")
    except StoreError as problem:
        show_error(problem)
    head = cached.trail(home, TrailFilter()).head
    st.html(
        f'<p class="cn-say">Head of the trail: <code>{html(head.short)}</code></p>'
        '<p class="cn-small">It is printed in every deck and export, and vouches for all that was '
        "recorded up to then. Looking at figures is not recorded; whoever changes anything is.</p>"
    )


def choose() -> TrailFilter:
    """Which entries to show."""
    every = cached.trail(inputs.here(), TrailFilter())
    first, second, third = st.columns(3)
    kinds = first.multiselect(
        "Kind", every.kinds, format_func=kind_words, placeholder="All", key="trail kinds"
    )
    who = second.multiselect(
        "Who", every.people, format_func=clean, placeholder="Everybody", key="trail who"
    )
    plants = third.multiselect(
        "Plant", every.plants, format_func=clean, placeholder="All", key="trail plants"
    )
    fourth, fifth, _ = st.columns(3)
    since = fourth.date_input("From", value=None, format="YYYY-MM-DD", key="trail since")
    until = fifth.date_input("To", value=None, format="YYYY-MM-DD", key="trail until")
    return TrailFilter(tuple(kinds), tuple(who), tuple(plants), _day(since), _day(until))


def _day(chosen: object) -> date | None:
    return chosen if isinstance(chosen, date) else None


def entries(wanted: TrailFilter) -> None:
    """The entries asked for, a page at a time, and all of them to take along."""
    found = cached.trail(inputs.here(), wanted)
    if not found.lines:
        small("No entry fits." if found.head.entries else "Here will stand every change.")
    else:
        page = _page(found)
        _table(found.page(page))
    small(hidden_words(found))
    with st.container(horizontal=True):
        _downloads(found)


def _page(found: Trail) -> int:
    count = f"{len(found.lines):,} entries" if len(found.lines) > 1 else "1 entry"
    if found.pages == 1:
        small(f"{count}, the newest first.")
        return 1
    chosen = st.number_input(
        f"Page (1 to {found.pages}; {count}, the newest first)",
        min_value=1, max_value=found.pages, value=1, step=1, key=f"trail page {found.pages}",
        width=320,
    )  # fmt: skip
    return int(chosen)


def _table(lines: Sequence[TrailLine]) -> None:
    head = "".join(f'<th scope="col">{html(text)}</th>' for text in HEADINGS)
    body = "".join(f"<tr>{_row(line)}</tr>" for line in lines)
    st.html(
        f'<div class="cn-scroll"><table class="cn-table cn-cards">'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def _row(line: TrailLine) -> str:
    cells = (
        html(f"{line.when.astimezone(UTC):%Y-%m-%d %H:%M}"),
        html(line.who),
        f"<strong>{html(kind_words(line.kind))}</strong><br>{html(line.what, longest=600)}",
        _changes(line.changes),
        html(line.why, longest=600),
        f"{html(line.place)}<br><code>{html(line.hash[:SEAL])}…</code>",
    )
    whole = {0, 5}
    return "".join(
        f'<td{" class=cn-whole" if at in whole else ""} data-label="{html(HEADINGS[at])}">{cell}</td>'
        for at, cell in enumerate(cells)
    )


def _changes(changes: Sequence[Change]) -> str:
    told = [_change(change) for change in changes]
    rest = told[SHOWN_AT_ONCE:]
    if len(rest) <= 1:
        return "".join(told)
    more = f"<details><summary>{len(rest)} more</summary>{''.join(rest)}</details>"
    return "".join(told[:SHOWN_AT_ONCE]) + more


def _change(change: Change) -> str:
    old, new = (html(text, longest=300) if text else "–" for text in (change.old, change.new))
    arrow = new if change.old == "" else f"{old} → {new}"
    return f'<div><span class="cn-small">{html(change.field)}:</span> {arrow}</div>'


def _downloads(found: Trail) -> None:
    home, when = inputs.here(), inputs.now()

    def as_json() -> bytes:
        remember_head(home.store, found.head, when)
        return json.dumps(trail_json(found), ensure_ascii=False, indent=1).encode()

    tables.download("Save these entries as CSV", trail_frame(found), "audit-trail", stamped=False)
    st.download_button(
        "Save these entries as JSON",
        data=as_json,
        file_name="audit-trail.json",
        mime="application/json",
        icon=":material/download:",
        key="download trail json",
        on_click="ignore",
    )


def compare() -> None:
    """Compare a head that somebody holds in print."""
    with st.form("trail head", border=False):
        printed = st.text_input(
            "A head printed earlier, from a deck or an export",
            placeholder="73-7-FJVN9-9304X-TWKVM-4GJ9F-6GQA6",
        )
        asked = st.form_submit_button("Compare", icon=":material/compare_arrows:")
    if asked and printed.strip():
        _told(compare_head(inputs.here(), printed))


def check_all() -> None:
    """Verify every link, every head printed, and every file, when asked to."""
    if not inputs.here().access.may(Permission.MANAGE, [EVERY_PLANT]):
        return
    small(
        "“Check everything” reads every link of the trail, every uploaded file and every table of facts. "
        "That every row can be rebuilt from the uploads, python -m kpi doctor --deep proves."
    )
    if st.button("Check everything", icon=":material/fact_check:"):
        with st.spinner("Checking"):
            for check in full_check(inputs.here()):
                _told(check)


def _told(check: Check) -> None:
    if not check.fine:
        show_error(StoreError(f"{check.name}: {check.says}"))
    else:
        say(f"{check.name}: {check.says}")
