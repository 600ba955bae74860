"""One nonconformity on its page: what was seen, what was done, why, where else, how it ended."""

from collections.abc import Callable
from typing import Any, Final

import streamlit as st

from kpi.analysis import nonconforming, registering, witnessing, words
from kpi.analysis.results import Filters
from kpi.analysis.similar import Similar, similar_to
from kpi.figures import LIGHT
from kpi.figures.control import control_figure
from kpi.figures.escape import markdown
from kpi.qms.evidence import Evidence
from kpi.qms.nonconformities import (
    NONCONFORMITY,
    Nonconformity,
    NonconformityStatus,
    actions_of,
)
from kpi.qms.register import Recorded
from pages.shared import cards, charts, inputs, linked, oneaction, recordform, tables
from pages.shared.asked import remembered
from pages.shared.linked import PAGE
from pages.shared.messages import bullets, say, small

FACTS: Final = (
    "title", "what", "containment", "contained_on", "whys", "category", "similar", "risk_changes",
    "system_changes", "changes", "conclusion", "waived", "links", "status", "checked",
)  # fmt: skip
"""Fields that stand in a place of their own."""

SIMILAR_SHOWN: Final = 8

DESCRIBED: Final = ("title", "what", "found_on", "origin", "owner", "slice", "kpi", "links")
CONTAINED: Final = ("containment", "contained_on")
CAUSE: Final = ("whys", "category")
CLOSING: Final = ("risk_changes", "system_changes", "changes", "conclusion", "waived")


def draw(entry: Recorded[Nonconformity]) -> None:
    """The record, each step with the form that takes it further, and its history beside it."""
    recordform.back(PAGE, NONCONFORMITY)
    item = entry.item
    cards.titled(entry.id, item.title)
    cards.steps(list(NonconformityStatus), item.status)
    if asked := nonconforming.asks_for_action(inputs.here(), entry):
        st.warning(markdown(asked, longest=1000), icon=":material/replay:")
    main, side = recordform.sides()
    with main:
        _happened(entry)
        _step("Correction and containment", entry, CONTAINED)
        _step("Cause", entry, CAUSE)
        _similar(entry)
        _actions(entry)
        _end(entry)
    with side:
        recordform.related(entry, linked.pages())
        recordform.history(NONCONFORMITY, entry)


# --- what happened ----------------------------------------------------------------------------


def _happened(entry: Recorded[Nonconformity]) -> None:
    item = entry.item
    cards.section("What happened")
    say(item.what or item.title)
    recordform.facts_of(NONCONFORMITY, entry, without=FACTS)
    if item.evidence is not None:
        evidence(item.evidence, entry.id)
        told = remembered(inputs.here(), witnessing.restated, (item.evidence,), {})
        if told:
            st.info(markdown(told, longest=1000), icon=":material/difference:")
        else:
            small("Today's figures are the ones that were seen.")
    _change("Change what is said here", entry, DESCRIBED, key="described")


def evidence(seen: Evidence, key: str) -> None:
    """A chart as it was seen, drawn from what was kept, with what it rested on."""
    view = witnessing.redrawn(seen)
    charts.drawn(control_figure(view, LIGHT), seen.headline, f"evidence {key}")
    upto = f"data up to {words.date_words(seen.report_date)}, " if seen.report_date else ""
    small(
        f"As it was seen: {upto}ledger entry {seen.position}. About "
        f"{words.period_words(seen.chosen)}" + (f", {seen.rule}." if seen.rule else ".")
    )
    with st.expander("What this rests on"):
        ratio = f"{seen.numerator} ÷ {seen.denominator}" if seen.denominator else seen.numerator
        cards.facts(
            [
                ("KPI", f"{seen.title}, version {seen.version} of its definition"),
                ("Definition", seen.definition),
                ("Formula", ratio),
                ("Where", seen.slice_words),
                ("Chart", f"{seen.chart}. {seen.convention}" if seen.chart else "no limits yet"),
                ("Ledger", f"entry {seen.position}, {seen.ledger_hash}"),
            ],
            wide=True,
        )
        tables.table(
            ("File", "Rows", "SHA-256"),
            [
                (name, words.number(file.rows, 0), file.sha256 or "not told here")
                for file, name in witnessing.evidence_files(inputs.here(), seen)
            ],
            numbers=(1,),
        )


# --- steps ------------------------------------------------------------------------------------


def _step(title: str, entry: Recorded[Nonconformity], fields: tuple[str, ...]) -> None:
    """One step: what is recorded of it, and its form."""
    cards.section(title)
    item = entry.item
    known = item.contained if fields is CONTAINED else item.cause_known
    if fields is CONTAINED and item.containment:
        day = f" ({words.date_words(item.contained_on)})" if item.contained_on else ""
        say(f"{item.containment}{day}")
    if fields is CAUSE and item.whys:
        bullets(item.whys)
        small(f"Lies in: {item.category}")
    if not known:
        small(_not_yet(item, fields))
    _change(
        "Change it" if known else f"Record: {title.lower()}", entry, fields, why=title, key=title
    )


def _not_yet(item: Nonconformity, fields: tuple[str, ...]) -> str:
    """What a step still lacks."""
    if fields is CONTAINED:
        return "Not recorded yet."
    return "Where the cause lies is not said yet." if item.whys else "Not known yet."


def _change(
    title: str, entry: Recorded[Nonconformity], fields: tuple[str, ...], *, key: str, why: str = ""
) -> None:
    if entry.item.closed_on is not None or not _may(entry):
        return
    with st.expander(title, key=f"{key} {entry.id}"):
        recordform.form(
            NONCONFORMITY, entry, only=fields, by=nonconforming.record, key=key, why=why,
            label="Record it" if why else "",
        )  # fmt: skip


def _may(entry: Recorded[Nonconformity]) -> bool:
    return registering.may_change(inputs.here(), entry.item)


def _similar(entry: Recorded[Nonconformity]) -> None:
    cards.section("Similar cases")
    if entry.item.similar:
        say(entry.item.similar)
    found: tuple[Similar, ...] = remembered(inputs.here(), similar_to, (entry.id,), {})
    if not found:
        small("No other line, product or plant that you see signals alike, or had a case alike.")
    for one in found[:SIMILAR_SHOWN]:
        _alike(one)
    if len(found) > SIMILAR_SHOWN:
        with st.expander(f"{len(found) - SIMILAR_SHOWN} more", key=f"alike {entry.id}"):
            for one in found[SIMILAR_SHOWN:]:
                _alike(one)
    _change("Say what you made of them", entry, ("similar",), key="similar", why="Similar cases")


def _alike(one: Similar) -> None:
    with st.container(gap=None):
        if one.entry is not None:
            recordform.link(PAGE, one.entry)
        elif one.signal is not None:
            seen = inputs.link(Filters(where=one.slice, period=one.signal.period))
            st.page_link(
                cards.page_of_kpi(one.signal.kpi), label=markdown(one.says, longest=300),
                query_params=[*seen, ("kpi", one.signal.kpi.id)],
            )  # fmt: skip
        small(f"{one.because[:1].upper()}{one.because[1:]}")


def _actions(entry: Recorded[Nonconformity]) -> None:
    cards.section("Actions")
    found = actions_of(inputs.here().store, entry.id)
    recordform.listing(
        found, PAGE, oneaction.facts, empty="No action is planned yet.", key=entry.id
    )
    if entry.item.closed_on is None and _may(entry):
        with st.expander("Plan an action", key=f"plan {entry.id}"):
            oneaction.plan(entry.id)


# --- the end ----------------------------------------------------------------------------------


def _end(entry: Recorded[Nonconformity]) -> None:
    item = entry.item
    cards.section("Closing")
    if item.closed_on is not None:
        recordform.facts_of(
            NONCONFORMITY, entry,
            without=tuple(n for n in NONCONFORMITY.of.__dataclass_fields__ if n not in _ENDED),
        )  # fmt: skip
        _reopening(entry)
        return
    lacking = nonconforming.lacking(inputs.here(), entry)
    if lacking:
        small("Before it can be closed it takes:")
        bullets(lacking)
    else:
        small("Nothing is missing but the conclusion.")
    if _may(entry):
        with st.expander("Close it", key=f"close {entry.id}"):
            recordform.form(
                NONCONFORMITY, entry, only=CLOSING, by=nonconforming.close, key="closing",
                why="Closed", label="Close the nonconformity", then=f"{entry.id} is closed.",
            )  # fmt: skip


_ENDED: Final = ("closed_on", "conclusion", "risk_changes", "system_changes", "changes", "waived")


def _reopening(entry: Recorded[Nonconformity]) -> None:
    if not _may(entry):
        return
    with st.expander("Reopen it", key=f"reopen {entry.id}"):
        oneaction.deed(
            f"reopen {entry.id}", "Reopen the nonconformity", _ask_why,
            lambda given: nonconforming.reopen(
                inputs.here(), id=entry.id, version=entry.version, why=given["why"],
                who=inputs.who(), when=inputs.now(),
            ).id + " is open again.",
        )  # fmt: skip


def _ask_why(field: Callable[..., str]) -> dict[str, Any]:
    return {"why": st.text_input("Why is it reopened? *", key=field("why", ""))}
