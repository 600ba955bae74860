"""What needs attention, from made facts to findings: what was planted is found, and told once."""

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from kpi.analysis import Filters, open_home
from kpi.analysis.attention import attention
from kpi.analysis.results import Cost
from kpi.analysis.screen_words import cost_words, sure
from kpi.analysis.screening import screen
from kpi.analysis.series import series_view
from kpi.model import Variation
from kpi.qms import PhaseStart, put_note
from kpi.settings import Costs, Screening, Settings
from kpi.trends.discovery import q_values
from tests.access import canaries
from tests.analysis.made_home import PLANT, STEP, WHEN, make_home, scrap_lines
from tests.analysis.simulated import simulated

CHANGED = 24
"""The month (from 0) in which something changes, where it does."""


def burr_on_line_3(line, _product, reason, month):
    return 2.5 if (line, reason) == ("L3", "Burr") and month >= CHANGED else 1.0


def everywhere(_line, _product, _reason, month):
    return 1.25 if month >= CHANGED else 1.0


def two_lines(line, _product, _reason, month):
    return 1.5 if line in ("L2", "L5") and month >= CHANGED else 1.0


def product_2(_line, product, _reason, month):
    return 1.4 if product == "P2" and month >= CHANGED else 1.0


def better_on_line_4(line, _product, _reason, month):
    return 0.5 if line == "L4" and month >= CHANGED else 1.0


@pytest.mark.parametrize(
    ("change", "slices", "decisive"),
    [
        pytest.param(
            burr_on_line_3, [{("plant", "A"), ("line", "L3")}], {("reason", "Burr")},
            id="one reason on one line: the line is told, and the reason that makes it",
        ),
        pytest.param(everywhere, [{("plant", "A")}], set(), id="everywhere alike: the plant alone"),
        pytest.param(
            two_lines, [{("plant", "A"), ("line", "L2")}, {("plant", "A"), ("line", "L5")}], set(),
            id="two lines are two stories",
        ),
        pytest.param(
            product_2, [{("plant", "A"), ("product", "P2")}], set(), id="one product on all lines"
        ),
    ],
)  # fmt: skip
def test_what_was_planted_is_found_and_told_once(tmp_path, change, slices, decisive):
    found = screen(simulated(tmp_path, 7, change), Filters())
    told = sorted((s for s in found.act), key=lambda s: s.slice)
    assert [set(s.slice) for s in told] == slices
    for one in told:
        assert set(one.decisive) - set(one.slice) == decisive
        assert one.worse and one.q_value < 0.05
        # A run begins with the first month above the usual level, which may be so by chance.
        assert one.since in ("2026-01", "2026-02")
        assert one.lasted == (9 if one.since == "2026-01" else 8)


def test_line_by_line_it_is_said_what_is_worse_and_what_is_chance(tmp_path):
    found = screen(simulated(tmp_path, 7, burr_on_line_3), Filters())
    said = {row.line: {cell.kpi.id: cell.says for cell in row.cells} for row in found.lines}
    assert set(said) == {f"L{n}" for n in range(1, 6)}
    assert said["L3"]["scrap_rate"] in ("worse since Jan 2026", "worse since Feb 2026")
    others = {told["scrap_rate"] for line, told in said.items() if line != "L3"}
    assert others <= {"steady", "may be chance"}
    assert found.lines[0].line == "L3", "what gets worse stands first"


def test_what_got_better_is_told_apart(tmp_path):
    found = screen(simulated(tmp_path, 3, better_on_line_4), Filters())
    assert found.act == ()
    assert [set(s.slice) for s in found.improving] == [{("plant", "A"), ("line", "L4")}]
    assert found.improving[0].cost.amount < 0


@pytest.mark.parametrize("seed", [1, 2])
def test_where_nothing_changed_nothing_is_to_be_done(tmp_path, seed):
    found = screen(simulated(tmp_path, seed), Filters())
    assert found.act == ()
    assert found.quiet == "Nothing out of the ordinary. What moves is chance."


def test_a_step_within_few_months_is_not_sure_and_not_called_ordinary_either(tmp_path):
    home = open_home(tmp_path / "home")
    canaries.load(home, few_months(tmp_path), "clerk")
    found = screen(home, Filters())
    (plant,) = series_view(home, "scrap_rate", Filters())
    assert plant.variation is Variation.WORSENING, "its tile on the Overview says so"
    assert found.act == ()
    assert found.quiet == (
        "Nothing is sure enough yet to act on. What may have got worse stands under “Watch”."
    )
    assert any(one.worse and one.kpi.id == "scrap_rate" for one in found.watch)


def few_months(folder):
    """Ten months of a plant; the last four have more scrap on a line, the last the most."""
    rows = ["Date;Plant;Line;Scrapped quantity;Produced quantity"]
    for month, more in enumerate((0, 3, 2, 1, -2, -1, 8, 10, 9, 14), start=1):
        for line, bad in (("L1", 12), ("L2", 21 + more), ("L3", 15)):
            rows += [f"2026-{month:02d}-{day:02d};Nord;{line};{bad};1000" for day in range(1, 22)]
    file = folder / "scrap.csv"
    file.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return file


@pytest.mark.long
def test_false_alarms_are_as_many_as_was_said_and_false_findings_rare(tmp_path):
    stores = [screen(simulated(tmp_path, seed), Filters()) for seed in range(100, 140)]
    expected = sum(s.false_alarms for s in stores)
    signals = sum(s.looked_at - s.left_alone for s in stores)
    assert expected * 0.7 < signals < expected * 1.3
    assert sum(bool(s.act) for s in stores) <= 0.1 * len(stores)


@pytest.fixture(scope="module")
def made_plant(tmp_path_factory):
    return make_home(tmp_path_factory.mktemp("made"))


def test_a_finding_says_what_the_chart_of_its_series_shows(made_plant):
    home = made_plant
    found = screen(home, Filters())
    assert found.act, "line L2 makes more scrap from March 2026 on"
    for one in (*found.act, *found.improving):
        view = series_view(home, one.kpi.id, Filters(where=one.slice))[0]
        labels = view.points["period"].tolist()
        late = view.points.iloc[labels.index(one.since) :]
        assert one.chart == view.chart.kind
        assert one.points == int(view.chart.usable.sum())
        assert one.usual == pytest.approx(view.chart.phases[-1].center, rel=1e-9)
        if view.kpi.denominator:
            level = late["numerator"].sum() / late["denominator"].sum() * view.kpi.per
            excess = (late["numerator"] - late["denominator"] * one.usual / view.kpi.per).mean()
        else:
            level = late["value"].mean()
            excess = (late["value"] - one.usual).mean() / view.kpi.per
        assert one.recent == pytest.approx(level, rel=1e-9)
        assert one.excess == pytest.approx(excess, rel=1e-9)
        assert one.lasted == len(late)


def test_the_cards_of_the_made_plant(made_plant):
    found = attention(made_plant, Filters())
    first = found.findings[0]
    assert first.headline == (
        "Scrap rate of line L2, Nordhafen has been above its usual level since March 2026, "
        "eight months running."
    )
    rows = [row.split(";") for row in scrap_lines()[1:]]
    late = [r for r in rows if r[2] == "L2" and r[0] >= f"{STEP}"]
    level = 100 * sum(int(r[4]) for r in late) / sum(int(r[5]) for r in late)
    assert first.detail.startswith(f"{level:.2f}\u00a0% since then, usually ")
    assert first.advice == ("Ask what changed around March 2026: tool, material, people, schedule.")
    assert first.series.slice == (("plant", PLANT), ("line", "L2"))


def test_an_accepted_phase_is_no_news(tmp_path):
    home = simulated(tmp_path, 7, burr_on_line_3)
    line = (("line", "L3"), ("plant", "A"))
    assert set(screen(home, Filters()).act[0].slice) == set(line)
    note = PhaseStart("scrap_rate", line, "month", date(2026, 2, 1), "a new tool")
    put_note(home.store, note, who="tester", when=WHEN)
    found = screen(home, Filters())
    assert set(line) not in [set(s.slice) for s in (*found.act, *found.watch)]


def test_filters_narrow_what_is_looked_at(tmp_path):
    home = simulated(tmp_path, 7, burr_on_line_3)
    whole, part = screen(home, Filters()), screen(home, Filters(where=(("line", "L1"),)))
    assert part.looked_at < whole.looked_at
    assert part.act == ()
    assert all(("line", "L1") in s.slice for s in part.watch)
    early = screen(home, Filters(last=date(2025, 12, 31)))
    assert early.act == ()


@pytest.mark.long
def test_days_are_looked_at_by_month_and_weeks_as_they_are(tmp_path):
    home = simulated(tmp_path, 7, burr_on_line_3)
    assert screen(home, Filters(period="day")).period == "month"
    assert screen(home, Filters(period="week")).period == "week"


# --- what it costs -------------------------------------------------------------------------------


@pytest.mark.long
def test_recorded_cost_goes_before_the_price_of_the_site(tmp_path):
    settings = Settings(costs=Costs(scrap_piece=9.0, currency="USD"))
    recorded = screen(simulated(tmp_path, 7, burr_on_line_3, settings, cost=2.5), Filters()).act[0]
    assert recorded.cost.unit == "EUR"
    assert recorded.cost.amount == pytest.approx(recorded.excess * 2.5, rel=1e-9)
    assert recorded.cost_words.endswith("(at 2.50 EUR a piece, as recorded).")
    priced = screen(simulated(tmp_path, 8, burr_on_line_3, settings), Filters()).act[0]
    assert (priced.cost.kind, priced.cost.unit) == ("money", "USD")
    assert priced.cost.amount == pytest.approx(priced.excess * 9.0, rel=1e-9)
    counted = screen(simulated(tmp_path, 9, burr_on_line_3), Filters()).act[0]
    assert (counted.cost.kind, counted.cost.unit) == ("count", "pieces")
    assert counted.cost.amount == pytest.approx(counted.excess, rel=1e-9)


def test_what_costs_less_than_the_threshold_is_watched(tmp_path):
    home = simulated(tmp_path, 7, burr_on_line_3, cost=2.5)
    cost = screen(home, Filters()).act[0].cost.amount
    above = replace(home, settings=Settings(screening=Screening(act_above_money=cost + 1)))
    found = screen(above, Filters())
    assert found.act == ()
    assert any(set(s.slice) == {("plant", "A"), ("line", "L3")} for s in found.watch)
    assert "a month it is watched only." in found.looked_at_words


@pytest.mark.parametrize(
    ("cost", "worse", "says"),
    [
        (Cost(4200.4, "money", "EUR", "at 3.50 EUR a piece"), True,
         "Costs about 4\u202f200\u00a0EUR a month (at 3.50 EUR a piece)."),
        (Cost(-420.0, "money", "EUR", "at 3.50 EUR a piece"), False,
         "Saves about 420\u00a0EUR a month (at 3.50 EUR a piece)."),
        (Cost(12.4, "hours", "h"), True, "About 12\u00a0hours a month more than usual."),
        (Cost(-2.25, "count", "pieces"), False, "About 2.2\u00a0pieces a month fewer than usual."),
        (Cost(3.2, "level", "days"), None, "About 3.2\u00a0days away from usual."),
        (Cost(0.0, "count", "pieces"), True, ""),
    ],
)  # fmt: skip
def test_cost_in_words(cost, worse, says):
    assert cost_words(cost, worse=worse) == says


@pytest.mark.parametrize(
    ("p", "q", "says"),
    [
        (1e-6, 1e-4, "Chance alone would show this in less than 1 in 10\u202f000 series."),
        (2e-3, 0.1, "Chance alone would show this in about 1 in 500 series; with 312 looked at it may be a coincidence."),
        (0.02, 0.6, "Chance alone would show this in about 1 in 50 series; with 312 looked at some such are to be expected."),
    ],
)  # fmt: skip
def test_how_sure_in_words(p, q, says):
    assert sure(p, q, 312) == says


def test_rates_of_false_discoveries_are_those_of_statsmodels():
    from statsmodels.stats.multitest import multipletests

    p = np.random.default_rng(1).uniform(size=500) ** 3
    np.testing.assert_allclose(q_values(p), multipletests(p, method="fdr_bh")[1], rtol=1e-12)
    assert q_values(np.array([])).tolist() == []
