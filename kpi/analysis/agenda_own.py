"""Inputs of a management review that its own records and figures fill."""

from collections.abc import Sequence
from datetime import date
from typing import Final

from kpi.analysis import words
from kpi.analysis.agenda_results import AgendaInput, AgendaTable, Asked
from kpi.analysis.home import Home
from kpi.analysis.measuring import plan_input_part
from kpi.analysis.registering import linking, listed
from kpi.analysis.results import Review, ReviewKpi
from kpi.analysis.sentences import is_back
from kpi.model import Assurance, Variation
from kpi.qms.register import Recorded, recorded, recorded_upto
from kpi.qms.reviews import (
    DECISION,
    REVIEW,
    Decision,
    DecisionStatus,
    ReviewStatus,
)

PROCESS_DOMAINS: Final = ("scrap", "downtime", "delivery")
"""KPIs that tell how processes perform; those of customers and suppliers have inputs of their own."""


# --- a: what became of earlier decisions --------------------------------------------------------


def previous_actions_input(
    home: Home, asked: Asked, *, review: str = "", today: date | None = None
) -> AgendaInput:
    """Decisions of earlier reviews: every open one, and those closed since one looked at them.

    ``review`` is the one they are carried into, whose own decisions are no earlier ones. ``today``
    is the day ages are counted to; the last day reviewed where none is given.
    """
    day = today or asked.last
    found = carried_decisions(home, asked, review)
    if not found:
        return AgendaInput(
            "previous_actions", "", "",
            nothing=f"Nothing to report: {_why_none(home, review)}",
        )  # fmt: skip
    table = AgendaTable(
        "Decisions of earlier reviews",
        (
            "Decision",
            "Type",
            "Owner",
            "Due",
            "Status",
            "Age in days",
            "Taken in",
            "What came of it",
        ),
        tuple(_line(home, one, day) for one in found),
        numbers=(5,),
        ids=tuple(one.id for one in found),
    )
    return AgendaInput(
        "previous_actions",
        "",
        _previous_words([one.item for one in found], day),
        tables=(table,),
        records=tuple(one.id for one in found),
        missing=tuple(_missing(found)),
    )


def carried_decisions(home: Home, asked: Asked, review: str = "") -> tuple[Recorded[Decision], ...]:
    """Decisions an agenda has to look at, the open ones first, then by due date.

    One leaves the list only after a held review has seen it closed: none is ever dropped in silence.
    """
    held = {
        one.id: one.item.frozen
        for one in recorded(home.store, REVIEW)
        if one.item.frozen is not None
    }
    found = []
    for one in listed(home, DECISION, asked.where):
        if one.item.review == review or one.item.review not in held:
            continue
        looked = [held[id] for id in one.item.carried if id in held and id != review]
        if one.item.status is not DecisionStatus.OPEN and looked:
            seen = {d.id: d.item for d in recorded_upto(home.store, DECISION, looked[-1].number)}
            if seen[one.id].status is not DecisionStatus.OPEN:
                continue
        found.append(one)
    return tuple(
        sorted(
            found,
            key=lambda d: (d.item.status is not DecisionStatus.OPEN, d.item.due or date.max, d.id),
        )
    )


def _why_none(home: Home, review: str) -> str:
    earlier = [
        one
        for one in recorded(home.store, REVIEW)
        if one.id != review and one.item.status is not ReviewStatus.DRAFT
    ]
    if not earlier:
        return "this is the first review on record, so that no decisions are carried in."
    return "every decision of earlier reviews was seen closed."


def _line(home: Home, one: Recorded[Decision], day: date) -> tuple[str, ...]:
    item = one.item
    until = item.done_on or day
    begun = _taken(home, item)
    answered = [other.id for _, other in linking(home, one.id)]
    outcome = item.outcome or (f"Followed up in {words.listed(answered)}" if answered else "")
    return (
        item.title,
        str(item.type),
        item.owner or "nobody",
        item.due.isoformat() if item.due else "no date",
        status_words(item, day),
        "" if begun is None else str((until - begun).days),
        item.review,
        outcome,
    )


def _taken(home: Home, item: Decision) -> date | None:
    found = [r.item.held_on for r in recorded(home.store, REVIEW) if r.id == item.review]
    return found[0] if found else None


def status_words(item: Decision, day: date) -> str:
    """A decision's status as lists tell it: open ones beyond their date are overdue."""
    if item.status is DecisionStatus.OPEN and item.due is not None and item.due < day:
        late = (day - item.due).days
        return f"overdue by {late} day{'s' * (late != 1)}"
    if item.done_on is not None:
        return f"{item.status} on {item.done_on.isoformat()}"
    return str(item.status)


def _previous_words(decisions: Sequence[Decision], day: date) -> str:
    count = len(decisions)
    named = (
        "The one earlier decision"
        if count == 1
        else f"Of {words.small_number(count)} earlier decisions"
    )
    done = sum(d.status is DecisionStatus.DONE for d in decisions)
    dropped = sum(d.status is DecisionStatus.DROPPED for d in decisions)
    late = sum(status_words(d, day).startswith("overdue") for d in decisions)
    going = count - done - dropped - late
    told = [(done, "done"), (going, "open in time"), (late, "overdue"), (dropped, "dropped")]
    if count == 1:
        return f"{named} is {next(says for n, says in told if n)}."
    parts = [f"{words.small_number(n)} {'is' if n == 1 else 'are'} {s}" for n, s in told if n]
    return f"{named} {words.listed(parts)}."


def _missing(found: Sequence[Recorded[Decision]]) -> list[str]:
    return [
        f"{one.id} has {_lacks(one.item)}: nobody can say whether it was carried out."
        for one in found
        if one.item.status is DecisionStatus.OPEN and not (one.item.owner and one.item.due)
    ]


def _lacks(item: Decision) -> str:
    lacking = [w for w, has in (("no owner", item.owner), ("no due date", item.due)) if not has]
    return words.listed(lacking)


# --- processes, monitoring ---------------------------------------------------------


def process_performance_input(asked: Asked, review: Review) -> AgendaInput:
    """How processes perform and products conform: scrap, downtime, delivery."""
    own = tuple(k for k in review.kpis if k.series.kpi.domain in PROCESS_DOMAINS)
    if not own:
        return AgendaInput(
            "process_performance", "", "",
            nothing="Nothing to report: no scrap, downtime or delivery data are in force for "
            f"{words.span_words(asked.first, asked.last)}.",
        )  # fmt: skip
    lacking = [name for name in PROCESS_DOMAINS if all(k.series.kpi.domain != name for k in own)]
    return AgendaInput(
        "process_performance",
        "",
        over_all(own),
        says=tuple(f.headline for f in review.findings if f.series.kpi.domain in PROCESS_DOMAINS),
        tables=(kpi_table("Process performance", own),),
        kpis=own,
        missing=tuple(f"No data on {name} are in force for these months." for name in lacking),
    )


def monitoring_input(home: Home, asked: Asked, review: Review) -> AgendaInput:
    """What was monitored: every KPI with target and verdict, and whether the data can be trusted."""
    others = tuple(k for k in review.kpis if k.series.kpi.domain not in PROCESS_DOMAINS)
    plan = plan_input_part(home, asked)
    planned = AgendaTable("Measurement plan", plan.headings, plan.lines, ids=plan.ids)
    quality = AgendaTable("Quality of the data", ("Kind", "What"), review.quality)
    holes = [text for kind, text in review.quality if kind == "Missing"]
    without = [k.series.kpi.title for k in review.kpis if k.series.target is None]
    complete = "every month of every feed is there" if not holes else _holes_words(len(holes))
    count = words.small_number(len(review.kpis))
    return AgendaInput(
        "monitoring",
        "",
        f"{count.capitalize()} KPIs were monitored over "
        f"{words.span_words(asked.first, asked.last)}; {complete}.",
        says=(plan.finding, *plan.says),
        tables=(
            kpi_table("Results", review.kpis),
            *((planned,) if plan.lines else ()),
            quality,
        ),
        kpis=others,
        records=plan.ids,
        missing=(*holes, *plan.missing, *_targets_missing(without)),
    )


def _targets_missing(titles: Sequence[str]) -> tuple[str, ...]:
    if not titles:
        return ()
    has = "KPI has" if len(titles) == 1 else "KPIs have"
    return (
        f"{words.small_number(len(titles)).capitalize()} {has} no target, so that nobody can say "
        f"whether what they show suffices: {words.listed(titles)}.",
    )


def _holes_words(count: int) -> str:
    return "one stretch of data is missing" if count == 1 else (
        f"{words.small_number(count)} stretches of data are missing"
    )  # fmt: skip


def kpi_table(title: str, kpis: Sequence[ReviewKpi]) -> AgendaTable:
    """KPIs one per line: last value, target, what its chart and its target say."""
    return AgendaTable(
        title,
        ("KPI", "Period", "Value", "Target", "Variation", "Against the target", "What it says"),
        tuple(
            (
                k.series.kpi.title,
                k.series.last_label,
                k.series.last_value,
                _target(k),
                words.variation_word(k.series.variation),
                str(k.series.assurance.value) if k.series.target else "no target",
                k.title,
            )
            for k in kpis
        ),
        numbers=(2, 3),
    )


def _target(one: ReviewKpi) -> str:
    target = one.series.target
    return words.value_text(target.value, one.series.kpi) if target else "–"


def over_all(kpis: Sequence[ReviewKpi]) -> str:
    """What some KPIs come to, in a sentence: how many speak up, which is the worst."""
    count = len(kpis)
    views = [k.series for k in kpis]
    variations = [view.variation for view in views]
    few = variations.count(Variation.TOO_FEW)
    counts = (
        (variations.count(Variation.WORSENING), "is worse than usual", "are worse than usual"),
        (variations.count(Variation.CHANGED), "has changed", "have changed"),
        (variations.count(Variation.IMPROVING), "is improving", "are improving"),
        (sum(v.assurance is Assurance.WILL_MISS for v in views),
         "misses the target as the process runs now", "miss the target as the process runs now"),
        (sum(is_back(v.variation, v.chart) for v in views), "is steady again", "are steady again"),
        (few, "has too few months to tell", "have too few months to tell"),
    )  # fmt: skip
    said = [f"{words.small_number(n)} {many if n > 1 else one}" for n, one, many in counts if n]
    if few == count:
        return "The months are too few yet to tell signal from chance."
    if count == 1:
        return f"{kpis[0].title.removesuffix('.')}."
    if not said:
        return f"All {words.small_number(count)} KPIs keep to their usual range."
    return f"Of {words.small_number(count)} KPIs {words.listed(said)}."
