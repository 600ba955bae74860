"""Records named in sentences and tables: each is a link with its title, and nothing else becomes one."""

from datetime import UTC, date, datetime

from streamlit.testing.v1 import AppTest

from kpi import analysis
from kpi.analysis import registering
from kpi.qms.context import ISSUE, Issue

WHEN = datetime(2026, 11, 2, 8, tzinfo=UTC)


def page():
    from pages.shared import tables
    from pages.shared.messages import bullets, say

    say("ISS-2026-001 is open, ISS-2026-002 is not recorded, U000074 <i>too</i>.")
    bullets(["“Power <b>prices</b>” is open."], about=("ISS-2026-001",))
    tables.table(("What", "Record"), [("Power <b>prices</b>", "ISS-2026-001")])


def test_a_record_that_may_be_seen_is_a_link_with_its_title(empty, monkeypatch):
    monkeypatch.setenv("KPI_SAMPLE", "off")
    issue = Issue(
        title="Power <b>prices</b>", effect="Costs", owner="A. Kern", since=date(2026, 1, 1)
    )
    entry = registering.record(analysis.open_home(empty), ISSUE, issue, who="A. Kern", when=WHEN)
    assert entry.id == "ISS-2026-001"
    app = AppTest.from_function(page, default_timeout=60).run()
    assert not app.exception
    say, bullets, table = (one.body for one in app.get("html"))
    link = 'class="cn-record" href="registers?record=ISS-2026-001"'
    title = "Power &lt;b&gt;prices&lt;/b&gt;"
    assert f'{link} title="{title}">{title} <span class="cn-id">ISS-2026-001</span></a>' in say
    assert "ISS-2026-002 is not recorded, U000074 &lt;i&gt;too&lt;/i&gt;." in say
    assert f"“{title}” <a {link}" in bullets
    assert bullets.count(title) == 2  # as the sentence has it, and where the mouse rests
    assert f'{link} title="{title}"><span class="cn-id">' in table
    assert "<b>" not in say + bullets + table


def test_records_of_ones_own_are_not_behind_the_sample(empty):
    def page():
        import streamlit as st

        from pages.shared import cached, inputs

        st.text(str(cached.begun(inputs.own_home())))

    def begun():
        return AppTest.from_function(page, default_timeout=60).run().text[0].value

    assert begun() == "False"
    issue = Issue(title="Power", effect="Costs", owner="A. Kern", since=date(2026, 1, 1))
    registering.record(analysis.open_home(empty), ISSUE, issue, who="A. Kern", when=WHEN)
    assert begun() == "True"
