"""A sample plant that an earlier version loaded is given what was added to the sample since."""

from datetime import UTC, date, datetime

import pytest

from kpi.analysis import sample
from kpi.qms import Target, chart_notes, current_targets, put_target

NOW = datetime(2026, 11, 23, tzinfo=UTC)


@pytest.fixture
def source(tmp_path):
    folder = tmp_path / "source"
    folder.mkdir()
    lines = ["Date,Plant,Line,Produced Qty,Scrap Qty"]
    lines += [f"2026-10-{day:02d},Nordhafen,Press 2,500,{day}" for day in range(1, 32)]
    (folder / "nordhafen_scrap.csv").write_text("\n".join(lines) + "\n")
    return folder


def test_it_is_given_what_it_lacks_once(tmp_path, source, monkeypatch):
    with monkeypatch.context() as earlier:
        earlier.setattr(sample, "EVENTS", ())
        earlier.setattr(sample, "DUE_TARGETS", frozenset())
        earlier.setattr(sample, "PLANS", 0)
        old = sample.prepare_sample(tmp_path / "home", source=source)
    own = Target("otd_request", (), 88.0, sample.TARGETS_FROM)
    put_target(old.store, own, who="Somebody", when=NOW, why="Tried it")

    home = sample.prepare_sample(tmp_path / "home", source=source)

    assert {e.text for e in chart_notes(home.store).events} == {e.text for e in sample.EVENTS}
    due = {t.kpi: t.due for t in current_targets(home.store)}
    assert due["scrap_rate"] == due["otd_first_promise"] == date(2026, 12, 31)
    assert due["otd_request"] is None, "what somebody changed stays as it is"
    assert home.position == old.position, "no file is read again"
    said = home.store.records.number()
    assert sample.prepare_sample(tmp_path / "home", source=source).store.records.number() == said
