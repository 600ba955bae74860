"""What a management review hears of opportunities to improve: where it pays, and what people saw."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from kpi.analysis import words
from kpi.analysis.agenda_results import AgendaInput, AgendaTable, Asked
from kpi.analysis.home import Home
from kpi.analysis.registering import listed
from kpi.analysis.results import ParetoView, Review
from kpi.qms.audits import FINDING, FindingStatus, Grade
from kpi.qms.register import Recorded
from kpi.qms.risks import OPPORTUNITY, Standing


def improvement_input(home: Home, asked: Asked, review: Review) -> AgendaInput:
    """Where improving pays: what needs action, worst first, the largest losses, and what people see.

    What improved is no opportunity: it is told as what is to be kept.
    """
    act = AgendaTable(
        "What to act on, worst first",
        ("What", "Cost", "What can be done"),
        tuple((f.headline, f.cost_words, f.advice) for f in review.findings),
    )
    losses = tuple(
        AgendaTable(
            pareto.title,
            (pareto.dimension.capitalize(), pareto.amount_title, "Share, %"),
            _bars(pareto),
            numbers=(1, 2),
        )
        for pareto in review.paretos
    )
    kept = tuple(f"To be kept, for it improved: {f.headline}" for f in review.improvements)
    seen = _opportunities(home, asked)
    if not review.findings and not losses and seen is None:
        return AgendaInput(
            "improvement", "", "",
            says=kept,
            nothing=f"Nothing to report: {_changes(review)}, no loss was recorded in "
            f"{words.span_words(asked.first, asked.last)}, and no opportunity is open.",
        )  # fmt: skip
    finding = _where_it_pays(review, losses, seen)
    return AgendaInput(
        "improvement",
        "",
        finding,
        says=kept,
        tables=(*((act,) if review.findings else ()), *losses, *((seen,) if seen else ())),
        records=seen.ids if seen else (),
    )


def _changes(review: Review) -> str:
    if review.too_early:
        return "the months are too few yet to tell signal from chance"
    return "nothing is out of the ordinary"


def _where_it_pays(review: Review, losses: Sequence[AgendaTable], seen: AgendaTable | None) -> str:
    """The largest opportunity in a sentence: the worst finding, else the largest loss, else what is seen."""
    if review.findings:
        return f"The first to act on: {review.findings[0].headline}"
    if losses:
        return f"Where most is lost: {losses[0].title.removesuffix('.')}."
    count = len(seen.lines) if seen else 0
    noun = "opportunity is" if count == 1 else "opportunities are"
    return f"{words.small_number(count).capitalize()} {noun} on record and open."


def _opportunities(home: Home, asked: Asked) -> AgendaTable | None:
    """What people saw and what is still open: opportunities of the register, and of audits."""
    own = [
        (e, "register of opportunities", str(e.item.status))
        for e in listed(home, OPPORTUNITY, asked.where)
        if e.item.status is not Standing.CLOSED
    ]
    audited = [
        (e, f"audit {e.item.audit}", str(e.item.status))
        for e in listed(home, FINDING, asked.where)
        if e.item.grade is Grade.OPPORTUNITY
        and e.item.status is not FindingStatus.CLOSED
        and (e.item.found_on or date.min) <= asked.day
    ]
    found: list[tuple[Recorded[Any], str, str]] = [*own, *audited]
    if not found:
        return None
    return AgendaTable(
        "Opportunities that people saw, not closed",
        ("Opportunity", "From", "Owner", "Status"),
        tuple(
            (e.item.title, source, e.item.owner or "nobody", status) for e, source, status in found
        ),
        ids=tuple(e.id for e, _, _ in found),
    )


def _bars(pareto: ParetoView) -> tuple[tuple[str, ...], ...]:
    bars = pareto.bars
    rows = zip(bars["label"], bars["amount"], bars["share"], strict=True)
    return tuple((str(n), words.number(a, 0), words.number(s, 1)) for n, a, s in rows)
