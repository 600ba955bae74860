"""What shows conformity beside records and figures: the ledger, the trail, coverage, the loop, the reviews."""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Final

from kpi.analysis import words
from kpi.analysis.agenda_results import Asked
from kpi.analysis.audits import partial
from kpi.analysis.coverage import coverage_calendar
from kpi.analysis.evidence_names import named, nonconformity_told
from kpi.analysis.evidence_results import Shown
from kpi.analysis.evidence_reviews import conclusion, decisions, inputs, restated, reviews
from kpi.analysis.home import Home
from kpi.analysis.loop import loop_counts
from kpi.analysis.measuring import plan_input_part
from kpi.analysis.registering import listed
from kpi.analysis.results import Filters
from kpi.analysis.screening import screen
from kpi.analysis.trail_head import trail_head
from kpi.analysis.verdicts import verdicts
from kpi.analysis.weakness_results import counted
from kpi.qms.actions import Decision as Effect
from kpi.qms.audits import AUDIT
from kpi.qms.measurement import PLAN_ENTRY
from kpi.qms.nonconformities import NONCONFORMITY, actions_of
from kpi.qms.processes import PROCESS, ProcessStatus

Fact = Callable[[Home, Asked, date], Shown]


def processes(home: Home, asked: Asked, today: date) -> Shown:
    """How many processes have an owner and a measure."""
    del today
    found = [e.item for e in listed(home, PROCESS, asked.where) if e.item.status is ProcessStatus.IN_FORCE]  # fmt: skip
    measured = sum(bool(item.kpis) for item in found)
    says = (
        f"{measured} of {len(found)} {'process' if len(found) == 1 else 'processes'} in force "
        f"{'has' if measured == 1 else 'have'} a KPI that shows {'it' if measured == 1 else 'them'}."
    )
    return Shown("processes", "Measures of processes", says, page="audits", there=bool(found))


def ledger(home: Home, asked: Asked, today: date) -> Shown:
    """How many files are on record, the latest, and that each is kept under its hash."""
    del asked, today
    uploads = [e for e in home.store.entries() if e.kind == "upload"]
    if not uploads:
        return Shown(
            "ledger", "Uploaded files", "Nothing was uploaded.", page="ledger", there=False
        )
    force = [e for e in uploads if e.withdrawn is None]
    last = max(uploads, key=lambda e: e.position)
    says = (
        f"{counted(len(force), 'file')} in force, each kept byte for byte under its SHA-256. Latest: "
        f"{last.file}, by {last.who}."
    )
    return Shown("ledger", "Uploaded files", _capital(says), latest=last.when.date(), page="ledger")


def records(home: Home, asked: Asked, today: date) -> Shown:
    """That every version of every record stands, chained to the one before."""
    del asked, today
    head = trail_head(home.store)
    if head.entries == 0:
        return Shown(
            "records", "Audit trail", "Nothing was recorded yet.", page="trail", there=False
        )
    says = (
        f"{head.entries:,} entries, each with who, when and why, chained to the one before: none can be "
        f"altered or removed unseen. Head: {head.short}."
    )
    return Shown("records", "Audit trail", says, page="trail")


def plan(home: Home, asked: Asked, today: date) -> Shown:
    """Whether what the measurement plan asks for was uploaded and analysed."""
    del today
    part = plan_input_part(home, asked)
    there = bool(listed(home, PLAN_ENTRY, asked.where))
    return Shown("plan", "Measurement plan", part.finding, page="plan", there=there, missing=part.missing)  # fmt: skip


def coverage(home: Home, asked: Asked, today: date) -> Shown:
    """Whether every month of every dataset is there."""
    del today
    found = coverage_calendar(home, Filters(where=asked.where))
    if not found.months:
        return Shown("coverage", "Coverage", "Nothing was uploaded.", page="overview", there=False)
    span = f"{words.period_words(found.months[0])} to {words.period_words(found.months[-1])}"
    lines = len({(cell.dataset, cell.plant) for cell in found.cells})
    state = "every month is there" if not found.missing else f"{counted(len(found.missing), 'gap')}"
    says = f"{counted(lines, 'dataset')} by plant, {span}: {state}."
    return Shown("coverage", "Coverage", _capital(says), page="overview", missing=found.missing)


def screening(home: Home, asked: Asked, today: date) -> Shown:
    """How many series were looked at for a change, and what came of it."""
    del today
    found = screen(home, Filters(where=asked.where, last=asked.last))
    if not found.looked_at:
        return Shown("screening", "Signal or chance", "No data.", page="overview", there=False)
    acting = counted(len(found.act), "change that asks", "changes that ask")
    says = f"{found.looked_at_words} {_capital(acting)} for action, {len(found.watch)} to watch."
    return Shown("screening", "Signal or chance", says, page="overview")


def loop(home: Home, asked: Asked, today: date) -> Shown:
    """Signals that became decisions, actions and proven effects."""
    del today
    found = loop_counts(home, asked)
    return Shown(
        "loop", "The closed loop", found.says, len(found.ids), record=found.ids[-1] if found.ids else "",
        page="actions", there=bool(found.ids),
        missing=tuple(f"No nonconformity answers this: {says}" for says in found.untaken),
    )  # fmt: skip


def impartial(home: Home, asked: Asked, today: date) -> Shown:
    """Whether anybody audited what they own."""
    del today
    own = partial(home, asked.where)
    count = len(listed(home, AUDIT, asked.where))
    says = "No audit is recorded." if not count else (
        f"Of {counted(count, 'audit')}, none was led by somebody who owns what was audited."
        if not own else " ".join(own)
    )  # fmt: skip
    return Shown(
        "impartial", "Impartial auditors", says, page="audits", there=bool(count), missing=own
    )


def one_case(home: Home, asked: Asked, today: date) -> Shown:
    """One nonconformity told from what was done at once to what came of it."""
    del today
    entries = listed(home, NONCONFORMITY, asked.where)
    says = nonconformity_told(entries, {e.id: list(actions_of(home.store, e.id)) for e in entries})
    return Shown(
        "one_case", "One nonconformity, told", says or "None has a known cause yet.", page="actions",
        there=bool(says),
    )  # fmt: skip


def effects(home: Home, asked: Asked, today: date) -> Shown:
    """What data and people say of the actions that were done."""
    del today
    found = [(e, v) for e, v in verdicts(home, asked.where) if e.item.done_on]
    if not found:
        return Shown(
            "effects", "Effect of actions", "No action is done.", page="actions", there=False
        )
    told = {
        "worked": sum(e.item.decision is Effect.WORKED for e, _ in found),
        "did not work": sum(e.item.decision is Effect.DID_NOT for e, _ in found),
        "not yet known": sum(e.item.decision is Effect.NOT_YET for e, _ in found),
    }
    said = words.listed(f"{count} {name}" for name, count in told.items() if count)
    last = max((entry for entry, _ in found), key=lambda entry: entry.item.done_on or date.min)
    which = named([e for e, _ in found], lambda e: str(e.item.decision))
    says = f"Of {counted(len(found), 'action')} done: {said}, each beside the verdict from data: {which}."
    return Shown("effects", "Effect of actions", says, len(found), record=last.id, page="actions")


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


FACTS: Final[Mapping[str, Fact]] = {
    "processes": processes, "ledger": ledger, "records": records, "plan": plan,
    "coverage": coverage, "screening": screening, "loop": loop, "impartial": impartial,
    "effects": effects, "one_case": one_case, "reviews": reviews, "conclusion": conclusion, "inputs": inputs,
    "decisions": decisions, "restated": restated,
}  # fmt: skip
"""What is computed for clauses, by the names of the clauses' data."""
