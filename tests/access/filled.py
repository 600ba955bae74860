"""An item of any kind of register with every field filled, its words marked."""

from dataclasses import replace
from datetime import date

from kpi.qms.context import Answer
from kpi.qms.kinds import ALL
from kpi.qms.objectives import Window
from kpi.qms.recording import record
from kpi.qms.register import Shape, options, told_fields
from kpi.qms.suppliers import Grade

DAY = date(2026, 9, 1)


def filled(kind, mark, where=()):
    """An item whose every text carries the mark."""
    values = {}
    for name, about in told_fields(kind.of).items():
        text = f"{mark} {kind.name} {name}"
        value = {
            Shape.LINE: text, Shape.TEXT: text, Shape.PERSON: f"{mark} {name}",
            Shape.LINES: (text, f"{text} 2"), Shape.DAY: DAY, Shape.KPI: "scrap_rate",
        }.get(about.shape)  # fmt: skip
        if about.shape is Shape.CHOICE and options(kind.of, name):
            value = options(kind.of, name)[0]
        if value is not None:
            values[name] = value
    fields = told_fields(kind.of)
    values |= {name: day for name, day in LATER.items() if name in fields}
    return kind.of(
        **{"title": f"{mark} {kind.name}"} | values | {"slice": where} | SAID.get(kind.name, {})
    )


LATER = {"closed_on": None, "done_on": None, "decided_on": None, "checked_on": None}
"""Days that come only with a later status."""

SAID = {
    "climate": {"relevant": Answer.YES},
    "objective": {
        "amount": 2.0, "start": date(2026, 1, 1), "due": date(2026, 12, 31), "window": Window.YEAR_TO_DATE,
    },
    "supplier_criteria": {"otd_a": 95.0, "otd_b": 90.0},
    "supplier_grade": {"grade": Grade.B},
    "survey": {"lowest": 1.0, "highest": 10.0},
    "finding": {"audit": "AUD-2026-001", "clause": "8.5"},
    "decision": {"review": "REV-2026-001"},
    "acceptance": {"entry": 1, "figures": ("scrap_rate 2026-01",)},
}  # fmt: skip
"""What a kind asks for beyond that."""


def fill(store, mark, where, *, who, when):
    """An item of every kind; the finding belongs to the audit, and the decision to the review."""
    ids = {}
    for kind in ALL:
        item = filled(kind, mark, where)
        if kind.name == "finding":
            item = replace(item, links=(ids["audit"],), audit=ids["audit"])
        if kind.name == "decision":
            item = replace(item, review=ids["review"])
        said = {"who": who, "when": when, "why": f"{mark} why"}
        ids[kind.name] = record(store, kind, item, **said).id
