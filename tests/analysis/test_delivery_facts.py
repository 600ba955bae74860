"""What stands beside the delivery figures: how lateness is spread, and whose the backlog is."""

import pytest

from kpi import analysis
from kpi.analysis.results import Filters

ORDERS = """Order,Item,Plant,Customer,Order date,Requested date,Promised date,Delivered date,Ordered quantity
1,10,A,X,2026-09-01,2026-10-05,2026-10-05,2026-10-06,5
2,10,A,X,2026-09-01,2026-10-05,2026-10-05,2026-10-08,5
3,10,A,Y,2026-09-01,2026-10-06,2026-10-06,2026-10-26,5
4,10,A,Y,2026-09-01,2026-10-07,2026-10-07,2026-10-07,5
5,10,A,Y,2026-09-01,2026-10-12,2026-10-12,,5
6,10,A,X,2026-09-01,2026-10-13,2026-10-13,,5
7,10,A,X,2026-09-01,2026-10-14,2026-10-14,,5
8,10,A,X,2026-09-01,2026-10-30,2026-10-30,2026-10-30,5
"""


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    from datetime import UTC, datetime

    folder = tmp_path_factory.mktemp("late")
    (folder / "orders.csv").write_text(ORDERS, encoding="utf-8")
    found = analysis.open_home(folder / "home")
    when = datetime(2026, 11, 2, 8, tzinfo=UTC)
    outcome = analysis.ingest_file(found, folder / "orders.csv", who="test", when=when)
    assert outcome.state == "committed", outcome.says
    return found


def test_the_spread_of_lateness_is_told(home):
    facts = dict(analysis.kpi_view(home, "days_late", Filters()).facts)
    # 1, 3 and 20 days; open on 30 October: 18, 17 and 16. Sorted 1 3 16 17 18 20.
    assert facts["How it is spread"] == (
        "half of the late lines up to 16.5 d, nine in ten up to 19.0 d"
    )


def test_other_kpis_have_no_such_fact(home):
    assert "How it is spread" not in dict(analysis.kpi_view(home, "otd_promise", Filters()).facts)


def test_the_backlog_is_split_as_it_stands_on_the_report_date(home):
    found = analysis.pareto_view(home, "overdue_backlog", "customer", Filters())
    assert found.bars[["label", "amount"]].to_numpy().tolist() == [["X", 2.0], ["Y", 1.0]]
    assert "on the report date" in found.title
