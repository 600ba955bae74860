"""What people record in registers is text, in lists, on the record's page and in its history."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from kpi import analysis
from kpi.analysis import registering
from kpi.qms.actions import ACTION
from kpi.qms.context import CLIMATE, ISSUE, PARTY, RESOURCE
from kpi.qms.nonconformities import NONCONFORMITY
from kpi.qms.risks import OPPORTUNITY, RISK
from kpi.qms.satisfaction import SURVEY
from kpi.qms.suppliers import CRITERIA, SUPPLIER_GRADE
from kpi.safe_text import one_line
from tests.access.filled import filled
from tests.injection.payloads import MARKDOWN, MARKUP
from tests.injection.surfaces import caught, faults
from tests.pages.test_pages import opened

WHEN = datetime(2026, 11, 2, 8, tzinfo=UTC)
REGISTERS = {
    "registers.py": (ISSUE, CLIMATE, PARTY, RISK, OPPORTUNITY, RESOURCE),
    "partners.py": (SURVEY, CRITERIA, SUPPLIER_GRADE),
    "actions.py": (NONCONFORMITY, ACTION),
}
VIEWS = [
    *(("registers.py", {"tab": t}) for t in ("context", "parties", "risks", "opportunities", "resources")),
    *(("partners.py", {"view": v}) for v in ("satisfaction", "suppliers")),
    *(("actions.py", {"tab": t}) for t in ("cases", "actions", "now")),
]  # fmt: skip


@pytest.fixture(scope="module")
def hostile_words(tmp_path_factory):
    """A home without data, and in every register an entry whose every text is hostile."""
    path = tmp_path_factory.mktemp("words") / "home"
    home = analysis.open_home(path)
    made = []
    for page, kinds in REGISTERS.items():
        for number, kind in enumerate(kinds):
            payload = one_line((MARKUP if number % 2 else MARKDOWN)[:200])
            item = filled(kind, payload)
            if kind is SURVEY:
                item = replace(item, customers=(f"{payload} = 2",))
            entry = registering.record(home, kind, item, who=payload, when=WHEN)
            made.append((page, {"record": entry.id}))
    return path, made


def test_nothing_recorded_in_a_register_is_interpreted(hostile_words, monkeypatch, tmp_path):
    path, made = hostile_words
    monkeypatch.setenv("KPI_HOME", str(path))
    monkeypatch.setenv("KPI_SAMPLE_HOME", str(tmp_path / "sample"))
    with caught() as sent:
        app = opened().run()
        for page, address in [*made, *VIEWS]:
            app.query_params.clear()
            for name, value in address.items():
                app.query_params[name] = value
            app.switch_page(page).run()
            assert not app.exception, (page, address)
            assert not app.error, (page, address)
        assert "\n".join(faults(sent)) == ""
        assert len(sent) > 100, "something was looked at"
