"""The five questions of docs/questions.md, asked of the sample plant, whose stories are known."""

from datetime import date

import pytest

from kpi.analysis import Filters, Home, event_verdicts, overview
from kpi.analysis.due_outlooks import objective_outlooks
from kpi.analysis.effect_results import EffectVerdict
from kpi.analysis.results import Overview
from kpi.analysis.why import why_view
from kpi.model import Variation

pytestmark = pytest.mark.long  # loading the sample takes a minute and more

PRESS_2 = (("line", "Press 2"), ("plant", "Nordhafen"))


@pytest.fixture(scope="module")
def landing(sample_home: Home) -> Overview:
    return overview(sample_home, Filters())


def test_is_a_line_getting_worse_or_is_it_chance(landing: Overview) -> None:
    said = {(row.plant, row.line): row for row in landing.lines}
    assert len(said) == 7
    worse = [
        (row.line, cell.kpi.id, cell.says)
        for row in landing.lines
        for cell in row.cells
        if cell.variation is Variation.WORSENING
    ]
    assert worse == [("Press 2", "scrap_rate", "worse since Mar 2026")]
    # Dust on Paint 1 is high and steady all along: no cause for alarm.
    paint = {cell.kpi.id: cell.says for cell in said["Nordhafen", "Paint 1"].cells}
    assert paint["scrap_rate"] == "steady"


def test_what_do_i_work_on_this_week(landing: Overview) -> None:
    assert 1 <= len(landing.findings) <= 5
    first = landing.findings[0]
    assert set(first.series.slice) == set(PRESS_2)
    assert first.since == "2026-03"
    assert "nearly all of it Burr" in first.headline
    assert "EUR a month" in first.cost_words
    told = {(f.series.kpi.id, dict(f.series.slice).get("plant")) for f in landing.findings}
    assert ("otd_first_promise", "Nordhafen") in told, "re-dated promises"
    assert ("supplier_ppm", "Riverside") in told, "a supplier gets worse"
    assert "If nothing at all had changed" in landing.looked_at


def test_will_we_make_it(sample_home: Home) -> None:
    found = {o.kpi.id: o for o in objective_outlooks(sample_home, Filters())}
    assert set(found) == {"scrap_rate", "otd_request", "otd_first_promise"}
    chance = {id: outlook.probability for id, outlook in found.items()}
    assert all(p is not None for p in chance.values())
    assert chance["otd_first_promise"] < 0.05, "it has been sinking since planning moves promises"
    assert chance["scrap_rate"] > 0.9, "the plants together are far below it"
    assert all(outlook.backtest_words for outlook in found.values())


def test_did_it_help(sample_home: Home) -> None:
    found = {o.choice.text: o.view.verdict for o in event_verdicts(sample_home, Filters())}
    assert found == {
        "New tool on Press 2": EffectVerdict.WORSE,
        "Hydraulics of Press 1 renewed": EffectVerdict.WORKED,
        "New booth filters against dust": EffectVerdict.NO_EVIDENCE,
        "An expediter chases late orders": EffectVerdict.NO_EVIDENCE,
    }


def test_why_did_it_rise(sample_home: Home) -> None:
    view = why_view(sample_home, "scrap_rate", Filters(where=PRESS_2, last=date(2026, 10, 31)))
    assert "more than chance" in view.chance
    parts = {part.label: part.total for part in view.parts}
    assert parts["Burr"] > 0.9 * view.change
    assert sum(parts.values()) + view.remainder == pytest.approx(view.change, rel=1e-12)
