"""The page of audits: programme, what to audit next, coverage, findings, or the record that is open."""

from datetime import date, timedelta
from typing import Final

import streamlit as st

from kpi.access import Permission
from kpi.analysis import words
from kpi.analysis.audit_coverage import coverage
from kpi.analysis.audit_lines import findings
from kpi.analysis.audit_planning import plan_audit
from kpi.analysis.audit_priority import Priority, priorities
from kpi.analysis.audits import overdue, partial, programme, years
from kpi.analysis.registering import may_change
from kpi.figures.audits import calendar_table, matrix_table
from kpi.figures.escape import html, markdown
from kpi.qms.audits import AUDIT, FINDING, Audit
from kpi.qms.processes import PROCESS
from pages.shared import auditlists, cards, identity, inputs, oneaudit, onefinding, recordform
from pages.shared.asked import remembered
from pages.shared.auditfacts import audit_facts, finding_facts
from pages.shared.messages import bullets, say, small

PAGE: Final = oneaudit.PAGE

TABS: Final = {
    "programme": "Programme", "next": "What to audit next", "coverage": "Coverage",
    "findings": "Findings", "lists": "Import and export",
}  # fmt: skip

SPANS: Final = {"12": "Last 12 months", "24": "Last 24 months", "36": "Last 3 years"}

HOLES_SHOWN: Final = 10


def draw() -> None:
    """The record the address asks for, or the tabs."""
    if (audit := recordform.opened(AUDIT)) is not None:
        oneaudit.draw(audit)
    elif (finding := recordform.opened(FINDING)) is not None:
        onefinding.draw(finding)
    elif (process := recordform.opened(PROCESS)) is not None:
        oneaudit.process(process)
    else:
        _tabs()


def _tabs() -> None:
    today = inputs.now().date()
    tabs = inputs.tabs("audits", TABS)
    drawn = {
        "programme": _programme, "next": _next, "coverage": _coverage, "findings": _findings,
        "lists": auditlists.draw,
    }  # fmt: skip
    for name, tab in tabs.items():
        if tab.open:
            with tab:
                drawn[name](today)


# --- programme --------------------------------------------------------------------------------


def _programme(today: date) -> None:
    home = inputs.here()
    offered = years(home, today)
    usual = [str(today.year), *(y for y in offered if y != str(today.year))]
    with st.container(width=220):
        year = inputs.choose("Programme of", "audit year", usual)
    found = programme(home, year, today)
    cards.top_line(found.says)
    if table := calendar_table(found):
        st.html(table)
    late = [one.says for one in overdue(home, today) if one.kind != "finding"]
    bullets([*partial(home), *late])
    recordform.listing(
        [line.entry for line in found.audits], PAGE,
        lambda entry: audit_facts(next(x for x in found.audits if x.entry is entry)),
        key=f"audits {year}", due=lambda e: e.item.last_planned if not e.item.status.held else None,
        empty="Here will stand the audits of the year. Plan the first below, or import a programme "
        "that you keep in a workbook.",
    )  # fmt: skip
    with st.expander("Plan an audit"):
        recordform.form(
            AUDIT, preset=Audit(title="", planned=None), only=oneaudit.PLANNED, key="plan"
        )


# --- what next --------------------------------------------------------------------------------


def _next(today: date) -> None:
    found: tuple[Priority, ...] = remembered(inputs.here(), priorities, (today,), {})
    if found:
        say("The process with the most points first. At most 100: what they are made of is shown.")
    else:
        say(
            "Here will stand what to audit next. Record the company's processes first: who owns each, "
            "how much hangs on it, which KPIs show it. They can be imported from a list, too."
        )
    for one in found:
        with st.container(border=True, key=f"process {one.process.id}", gap="small"):
            _priority(one, today)
    with st.expander("Record a process", expanded=not found):
        recordform.form(PROCESS, key="process")


def _priority(one: Priority, today: date) -> None:
    item, turn = one.process.item, one.turn
    st.page_link(PAGE, label=f"**{markdown(item.title)}**", query_params={"record": one.process.id})
    due = f"due {words.date_words(turn.due)}"
    if turn.late:
        due += f", overdue by {words.count_words(turn.late, 'day')}"
    st.html(
        f'<p class="cn-say"><span class="cn-value">{one.score:g}</span> '
        f'<span class="cn-small">of 100 points · owner {html(item.owner)} · {html(due)}</span></p>'
        f'<p class="cn-say">{html(_capital(one.reasons), longest=1000)}.</p>{_parts(one)}'
    )
    if turn.planned:
        small(f"Planned: {', '.join(turn.planned)}.")
    elif identity.may(Permission.MANAGE) and may_change(inputs.here(), item):
        _plan(one, today)


def _parts(one: Priority) -> str:
    listed = "".join(
        f"<li>{html(f'{part.name}: {part.points:g} of {part.most}, {part.why}', longest=400)}</li>"
        for part in one.parts
    )
    return (
        '<details class="cn-small"><summary>What the points are made of</summary>'
        f'<ul class="cn-list">{listed}</ul></details>'
    )


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _plan(one: Priority, today: date) -> None:
    if st.button(
        "Plan this audit", key=f"plan {one.process.id}", icon=":material/event_available:"
    ):
        entry = plan_audit(
            inputs.here(), one.process.id, today=today, who=inputs.who(), when=inputs.now()
        )
        inputs.open_record(entry.id)
        inputs.tell(f"{entry.id} is planned. Name who leads it before it starts.")
        st.rerun()


# --- coverage ---------------------------------------------------------------------------------


def _coverage(today: date) -> None:
    with st.container(width=220):
        months = int(inputs.choose("Over", "audit span", list(SPANS), words=SPANS))
    ahead = st.checkbox(
        "With what is planned for the next 12 months", value=True, key="audit ahead"
    )
    first = today - timedelta(days=round(months * 30.4375))
    last = today + timedelta(days=365) if ahead else today
    found = coverage(inputs.here(), first, last)
    cards.top_line(found.says)
    if table := matrix_table(found):
        st.html(table)
        small("The small number counts findings. Clauses are shown by their first two numbers.")
    bullets(found.holes[:HOLES_SHOWN])
    if len(found.holes) > HOLES_SHOWN:
        small(f"And {len(found.holes) - HOLES_SHOWN} more, all in the table above.")


# --- findings ---------------------------------------------------------------------------------


def _findings(today: date) -> None:
    lines = {line.entry.id: line for line in findings(inputs.here(), today)}
    left = [line for line in lines.values() if line.age is not None]
    if lines:
        late = sum(line.late > 0 for line in left)
        cards.top_line(f"{len(left)} of {len(lines)} findings are not closed; {_overdue(late)}.")
    recordform.listing(
        [line.entry for line in lines.values()], PAGE, lambda e: finding_facts(lines[e.id]),
        key="findings", due=lambda e: e.item.due if lines[e.id].late else None,
        empty="Here will stand what audits found. A finding is recorded on the page of its audit, or "
        "comes with a list that is imported.",
    )  # fmt: skip


def _overdue(count: int) -> str:
    verb = "is" if count == 1 else "are"
    return f"{words.small_number(count) if count else 'none'} {verb} overdue"
