"""The audit calendar of a year and the coverage matrix, as HTML."""

from collections.abc import Iterable, Sequence
from typing import Final

from kpi.analysis import words
from kpi.analysis.audit_coverage import Cell, Coverage, Covered
from kpi.analysis.audit_lines import AuditLine
from kpi.analysis.audits import Programme
from kpi.figures.escape import html
from kpi.qms.audits import AuditStatus

MONTHS: Final = ("J", "F", "M", "A", "M", "J", "J", "A", "S", "O", "N", "D")

_MARKS: Final = {
    "held": ("●", "cn-cov-value", "held"),
    "planned": ("○", "cn-cov-zero", "planned"),
    "late": ("◆", "cn-cov-missing", "overdue"),
    "cancelled": ("×", "cn-cov-off", "cancelled"),
}

_COVERED: Final = {
    Covered.HELD: ("●", "cn-cov-value", "audited"),
    Covered.PLANNED: ("○", "cn-cov-zero", "planned"),
    Covered.HOLE: ("!", "cn-cov-missing", "not audited"),
    Covered.NOT_ASKED: ("", "cn-cov-off", "not asked"),
}

OTHER: Final = "No process named"


def calendar_table(programme: Programme) -> str:
    """Process against month, with what was planned and held; empty where nothing is."""
    rows = [
        (turn.entry.item.title, _of(programme.audits, turn.entry.id)) for turn in programme.turns
    ]
    known = {turn.entry.id for turn in programme.turns}
    others = [a for a in programme.audits if not known & set(a.entry.item.processes)]
    rows += [(OTHER, others)] if others else []
    if not rows:
        return ""
    letters = "".join(
        f'<th scope="col"><abbr title="{html(words.MONTHS[n])}" style="text-decoration:none">'
        f"{letter}</abbr></th>"
        for n, letter in enumerate(MONTHS)
    )
    body = "".join(_calendar_row(title, lines) for title, lines in rows)
    return (
        _scroll("Audits by month")
        + f'<table class="cn-coverage"><thead><tr><th class="cn-stub"></th>{letters}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>{_key(_MARKS.values())}"
    )


def _of(lines: Iterable[AuditLine], process: str) -> list[AuditLine]:
    return [line for line in lines if process in line.entry.item.processes]


def _calendar_row(title: str, lines: Sequence[AuditLine]) -> str:
    cells = "".join(_month([line for line in lines if _month_of(line) == n]) for n in range(1, 13))
    return f'<tr><th class="cn-stub" scope="row">{html(title, longest=40)}</th>{cells}</tr>'


def _month_of(line: AuditLine) -> int:
    day = line.entry.item.held_on or line.entry.item.planned
    return day.month if day else 0


def _month(lines: Sequence[AuditLine]) -> str:
    if not lines:
        return '<td class="cn-cov-off">·</td>'
    marks = "".join(_mark(*_MARKS[_state(line)], f"{line.entry.id} {line.entry.item.title}") for line in lines)  # fmt: skip
    return f"<td>{marks}</td>"


def _state(line: AuditLine) -> str:
    status = line.entry.item.status
    if status is AuditStatus.CANCELLED:
        return "cancelled"
    return "held" if status.held else "late" if line.late else "planned"


def _mark(sign: str, style: str, word: str, about: str) -> str:
    said = html(f"{about}: {word}", longest=200)
    return (
        f'<span class="{style}" title="{said}" aria-hidden="true">{sign}</span>'
        f'<span class="cn-hidden">{said}</span>'
    )


def matrix_table(coverage: Coverage) -> str:
    """Process against clause: audited, planned, or neither; with the number of findings."""
    if not coverage.rows or not coverage.clauses:
        return ""
    heads = "".join(f'<th scope="col">{html(clause)}</th>' for clause in coverage.clauses)
    body = "".join(
        f'<tr><th class="cn-stub" scope="row">{html(row.title, longest=40)}</th>'
        f"{''.join(map(_cell, row.cells))}</tr>"
        for row in coverage.rows
    )
    return (
        _scroll("Coverage by process and clause")
        + f'<table class="cn-coverage"><thead><tr><th class="cn-stub"></th>{heads}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>{_key(v for v in _COVERED.values() if v[0])}"
    )


def _cell(cell: Cell) -> str:
    sign, style, word = _COVERED[cell.state]
    if not sign:
        return '<td class="cn-cov-off">·</td>'
    when = f", last on {words.date_words(cell.last)}" if cell.last else ""
    ids = ", ".join((*cell.held, *cell.planned))
    told = f"{word}{when}{f' ({ids})' if ids else ''}"
    found = ""
    if cell.findings:
        told += f"; findings: {cell.findings}, not closed: {cell.open}"
        found = (
            f'<sup class="{"cn-cov-missing" if cell.open else "cn-cov-off"}">{cell.findings}</sup>'
        )
    return f"<td>{_mark(sign, style, told, f'Clause {cell.clause}')}{found}</td>"


def _scroll(label: str) -> str:
    return f'<div class="cn-scroll" tabindex="0" role="region" aria-label="{label}">'


def _key(marks: Iterable[tuple[str, str, str]]) -> str:
    told = "".join(
        f'<span class="cn-key"><span class="{style}">{sign}</span> {word}</span>'
        for sign, style, word in marks
    )
    return f'<p class="cn-small">{told}</p>'
