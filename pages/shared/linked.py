"""On which page a record of each kind opens, and the addresses at which a new one begins."""

from typing import Any, Final

from kpi.analysis.results import Filters
from kpi.qms.register import Recorded
from pages.shared import inputs, menu

PAGE: Final = "actions.py"

NEW_CASE: Final = f"{inputs.NEW} nonconformity"
NEW_ACTION: Final = f"{inputs.NEW} action"

_PAGES: Final = {
    "nonconformity": PAGE, "action": PAGE, "audit": "audits.py", "finding": "audits.py",
    "process": "audits.py", "objective": "objectives.py", "plan_entry": "plan.py", "analysis": "plan.py",
    "issue": "registers.py", "climate": "registers.py", "party": "registers.py",
    "risk": "registers.py", "opportunity": "registers.py", "resource": "registers.py",
    "review": "review.py", "decision": "review.py", "acceptance": "restatements.py",
    "survey": "partners.py", "supplier_criteria": "partners.py", "supplier_grade": "partners.py",
}  # fmt: skip


def pages() -> dict[str, str]:
    """The page of each kind of record that has one."""
    return {k: page for k, page in _PAGES.items() if page.removesuffix(".py") in menu.ADDRESSES}


def new_case(kpi: str, filters: Filters, period: str = "") -> list[tuple[str, str]]:
    """The address of a nonconformity that begins with a chart; of its last signal without a period."""
    return inputs.link(filters, record=NEW_CASE, kpi=kpi, until=period)


def new_case_of(entry: Recorded[Any]) -> list[tuple[str, str]]:
    """The address of a nonconformity that answers a record."""
    return inputs.link(Filters(), record=NEW_CASE, source=entry.id)


def new_action_of(entry: Recorded[Any]) -> list[tuple[str, str]]:
    """The address of an action that answers a record."""
    return inputs.link(Filters(), record=NEW_ACTION, source=entry.id)
