"""Every kind of record there is, by name: what links lead to, and what the history can tell of.

A module of this package that has a kind lists it here.
"""

from typing import Any, Final

from kpi.errors import UnknownNameError
from kpi.qms.acceptances import ACCEPTANCE
from kpi.qms.actions import ACTION
from kpi.qms.audits import AUDIT, FINDING
from kpi.qms.context import CLIMATE, ISSUE, PARTY, RESOURCE
from kpi.qms.measurement import ANALYSIS, PLAN_ENTRY
from kpi.qms.nonconformities import NONCONFORMITY
from kpi.qms.objectives import OBJECTIVE
from kpi.qms.processes import PROCESS
from kpi.qms.register import Kind
from kpi.qms.reviews import DECISION, REVIEW
from kpi.qms.risks import OPPORTUNITY, RISK
from kpi.qms.satisfaction import SURVEY
from kpi.qms.suppliers import CRITERIA, SUPPLIER_GRADE

ALL: Final[tuple[Kind[Any], ...]] = (
    ISSUE,
    CLIMATE,
    PARTY,
    PROCESS,
    RISK,
    OPPORTUNITY,
    OBJECTIVE,
    RESOURCE,
    CRITERIA,
    SUPPLIER_GRADE,
    PLAN_ENTRY,
    ANALYSIS,
    SURVEY,
    NONCONFORMITY,
    ACTION,
    AUDIT,
    FINDING,
    REVIEW,
    DECISION,
    ACCEPTANCE,
)
"""In the order in which ISO 9001 asks for them."""

BY_NAME: Final = {kind.name: kind for kind in ALL}
BY_STEM: Final = {kind.stem: kind for kind in ALL}


def kind_of(name: str) -> Kind[Any]:
    """The kind with a name, as the command line writes it.

    Raises
    ------
    UnknownNameError
        There is none.
    """
    if name not in BY_NAME:
        raise UnknownNameError("kind of record", name, known=BY_NAME)
    return BY_NAME[name]


def kind_of_id(id: str) -> Kind[Any] | None:
    """The kind an id is of, by how it begins; ``None`` where nothing is kept under such an id."""
    return BY_STEM.get(id.partition("-")[0])
