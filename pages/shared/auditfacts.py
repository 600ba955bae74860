"""An audit and a finding, each in a line, as lists of them show it."""

from kpi.analysis import words
from kpi.analysis.audit_lines import AuditLine, FindingLine


def audit_facts(line: AuditLine) -> str:
    """An audit in a line."""
    item = line.entry.item
    told = [str(item.status).capitalize(), ", ".join(line.processes) or "no process named"]
    if item.held_on:
        told.append(f"held on {words.date_words(item.held_on)}")
    elif item.planned:
        told.append(f"planned for {words.date_words(item.planned)}")
    if line.late:
        told.append(f"overdue by {words.count_words(line.late, 'day')}")
    told.append(f"led by {item.owner}" if item.owner else "no lead auditor yet")
    if sum(line.findings):
        count = sum(line.findings)
        told.append(f"{count} finding{'s' * (count != 1)}, {line.open or 'none'} open")
    return " · ".join(told)


def finding_facts(line: FindingLine) -> str:
    """A finding in a line."""
    item = line.entry.item
    told = [str(item.grade).capitalize(), str(item.status), item.clause, line.process]
    if line.age is not None:
        told.append(f"{words.count_words(line.age, 'day')} old")
    if line.late:
        told.append(f"answer overdue by {words.count_words(line.late, 'day')}")
    told.append(item.owner or "nobody answers it yet")
    if line.acted:
        told.append(f"{', '.join(line.acted)}{', shown to work' if line.proven else ''}")
    return " · ".join(filter(None, told))
