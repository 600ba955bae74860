"""What is said of a characteristic and its tolerance, and its histogram."""

import math
from dataclasses import replace

import numpy as np
import pytest

from kpi.analysis.capable import capable, histogram
from kpi.analysis.capable_words import expected_words, fit_words
from kpi.figures import LIGHT
from kpi.figures.histogram import histogram_figure
from kpi.spc import capability
from kpi.spc.capability_intervals import Index
from kpi.spc.capability_result import Tolerance

NAN = math.nan
rng = np.random.default_rng(31)
STABLE = np.round(rng.normal(10, 0.01, 120), 3)
SAMPLES = np.repeat(np.arange(24), 5).tolist()


def bore(values=STABLE, samples=SAMPLES, lsl=9.95, usl=10.05, target=NAN, **options):
    return capable("Bore", "mm", values, samples, (lsl, usl, target), **options)


def test_a_stable_process_is_told_with_cpk():
    view = bore()
    found = capability(STABLE, subgroup=SAMPLES, lsl=9.95, usl=10.05)
    index = found.indices["cpk"]
    assert found.headline.name == "cpk"
    assert view.says == (
        "Bore fits its tolerance with room to spare: "
        f"Cpk {index.value:.2f} ({index.low:.2f} to {index.high:.2f})."
    )
    assert view.why == (
        "The process is stable, so the spread from value to value is what it can hold: Cpk."
    )
    facts = dict(view.facts)
    assert facts["Tolerance"] == "9.95 to 10.05\u00a0mm"
    assert facts["Values"] == "120 in 24 samples"
    assert facts["Outside the tolerance"].startswith("0 of 120 values; ")


def test_a_change_that_lasts_is_told_by_itself():
    samples = np.repeat(np.arange(120), 5).tolist()
    values = np.random.default_rng(32).normal(10, 0.01, 600)
    values[560:] += 0.035
    view = bore(values, samples, usl=10.06)
    late = capability(values[560:], subgroup=samples[560:], lsl=9.95, usl=10.06).indices["ppk"]
    whole = capability(values, subgroup=samples, lsl=9.95, usl=10.06).indices["ppk"]
    assert fit_words(whole) != fit_words(late)
    assert view.says == (
        f"Bore {fit_words(whole)} over the whole time: Ppk {whole.value:.2f} ({whole.low:.2f} to "
        f"{whole.high:.2f}). But since it changed it {fit_words(late)}: the last 8 samples alone "
        f"have {late.value:.2f} ({late.low:.2f} to {late.high:.2f})."
    )
    assert view.why.startswith("The process is not stable: its chart signals, at ")
    assert view.why.endswith("would be an empty promise.")


def test_a_signal_of_the_past_is_no_unrest_of_today():
    once = STABLE.copy()
    once[25:30] += 0.03
    view = bore(once)
    assert view.says.count("Ppk") == 1
    assert view.why.startswith("The chart signalled at 1 of 24 samples before.")


@pytest.mark.parametrize(
    ("index", "words"),
    [
        (Index(1.6, 1.34, 1.8), "fits its tolerance with room to spare"),
        (Index(1.6, 1.2, 1.8), "fits its tolerance"),
        (Index(1.1, 0.9, 1.3), "may or may not fit its tolerance"),
        (Index(0.8, 0.7, 0.9), "does not fit its tolerance"),
        (Index(1.4), "fits its tolerance with room to spare"),
    ],
)
def test_the_words_are_as_sure_as_the_interval(index, words):
    assert fit_words(index) == words


def test_what_cannot_be_said_is_said():
    assert bore(lsl=NAN, usl=NAN) is None
    assert bore(lsl=11.0).says == (
        "Nothing can be said about the tolerance of Bore: its lower limit 11 is not below its upper "
        "limit 10.05."
    )
    few = bore(STABLE[:12], None)
    assert few.says == (
        "Too few values to say whether Bore fits its tolerance: 12 values so far, 20 are needed."
    )
    assert few.facts == () and few.curve == ()
    assert sum(bar.count for bar in few.bars) == 12
    equal = bore(np.full(30, 10.0), None)
    assert (
        equal.says == "All values of Bore are equal: whether it fits its tolerance cannot be told."
    )
    assert len(equal.bars) == 1
    missing = bore(np.full(30, NAN), None)
    assert missing.says.startswith("Too few values")
    assert missing.bars == ()


def test_zero_is_no_limit_of_what_cannot_be_negative():
    flat = np.abs(rng.normal(0, 0.02, 200))
    view = bore(flat, None, lsl=0.0, usl=0.2)
    assert view.notes[0] == "No value can pass the lower limit 0 anyhow: it asks for nothing."
    assert dict(view.facts)["Tolerance"] == "at most 0.2\u00a0mm"


def test_limits_that_changed_and_a_process_off_its_middle_are_noted():
    view = bore(STABLE + 0.02, changed=True)
    assert view.notes[0] == "The limits changed over time; all values are compared with the latest."
    assert view.notes[-1].startswith("It runs 0.0196\u00a0mm above")
    assert "above the middle of the tolerance; centred, Cpk would be" in view.notes[-1]


def test_a_value_on_a_limit_is_inside():
    values = np.array([1.0, 1.0, 1.1, 1.2, 1.3, 1.5, 1.5, 1.6, 1.6])
    bars = histogram(values, Tolerance(lsl=1.0, usl=1.5))
    assert sum(bar.count for bar in bars) == len(values)
    assert sum(bar.outside for bar in bars) == 2
    assert not bars[0].outside and bars[0].low == pytest.approx(0.95)


def test_bars_hold_every_value_and_none_twice():
    for seed in range(40):
        draw = np.random.default_rng(seed)
        values = draw.gamma(2, 1, draw.integers(5, 500)).round(draw.integers(0, 5))
        bars = histogram(values, Tolerance(lsl=0.5, usl=5))
        assert sum(bar.count for bar in bars) == len(values)
        assert len(bars) <= 43
        for bar in bars:
            inside = ((values >= bar.low - 1e-9) & (values < bar.high - 1e-9)).sum()
            assert bar.count == inside


def test_the_line_holds_as_many_values_as_the_bars():
    view = bore()
    width = view.bars[0].high - view.bars[0].low
    grid, counts = np.array(view.curve).T
    assert np.trapezoid(counts, grid) / width == pytest.approx(120, rel=0.03)


def test_expected_parts_are_told_as_people_read_them():
    found = bore().found
    assert expected_words(found) == "fewer than 1 of a million expected"
    wide = capability(STABLE, subgroup=SAMPLES, lsl=9.98, usl=10.02)
    parts = wide.expected_within.total
    told = float(expected_words(wide).replace("\u202f", "").split()[1])
    assert told == pytest.approx(parts, rel=0.06)


def test_the_figure_shows_limits_and_what_lies_outside():
    view = bore(usl=10.015)
    figure = histogram_figure(view, LIGHT)
    inside, outside, _ = figure.data
    assert sum(inside.y) + sum(outside.y) == 120
    assert sum(outside.y) == int((STABLE > 10.015).sum()) > 0
    assert outside.marker.color == LIGHT.worsening
    texts = [a.text for a in figure.layout.annotations]
    assert "LSL 9.95" in texts and "USL 10.015" in texts
    assert {s.x0 for s in figure.layout.shapes} == {9.95, 10.015, view.found.center}
    without = histogram_figure(replace(bore(), curve=()), LIGHT)
    assert len(without.data) == 1
