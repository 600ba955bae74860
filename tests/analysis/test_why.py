"""Why a KPI changed: the parts of a real home add up, and every kind of part is told as what it is."""

import math
import shutil
from dataclasses import replace
from datetime import date

import pytest

from kpi import analysis
from kpi.analysis import Filters, series_view, why_view
from kpi.analysis.why_chance import chance_words, within_usual_range
from kpi.analysis.why_spans import spans_of, usual_labels
from kpi.datasets import DIMENSIONS
from kpi.errors import KpiError, UsageError
from kpi.measures import CATALOG
from kpi.qms import PhaseStart, put_note
from kpi.trends.decomposition import Kind
from tests.analysis import made_home as made
from tests.analysis.made_parts import make_parts_home
from tests.figures.made_views import a_series


@pytest.fixture(scope="module")
def parts_home(tmp_path_factory):
    return make_parts_home(tmp_path_factory.mktemp("parts"))


@pytest.fixture(params=["parts_home", pytest.param("made_home", marks=pytest.mark.long)])
def home(request):
    return request.getfixturevalue(request.param)


def lines_of(first, last):
    """Scrapped and produced pieces per line between two days, straight from the file's rows."""
    sums = {}
    for row in made.scrap_lines()[1:]:
        on, _, line, _, bad, good = row.split(";")
        if first <= date.fromisoformat(on) <= last:
            n, d = sums.get(line, (0, 0))
            sums[line] = (n + int(bad), d + int(good))
    return sums


def by_hand(before, after):
    """Kitagawa's two effects per slice, one at a time, in per cent."""
    whole = [
        sum(n for n, _ in side.values()) / sum(d for _, d in side.values())
        for side in (before, after)
    ]
    level, found = sum(whole) / 2, {}
    totals = [sum(d for _, d in side.values()) for side in (before, after)]
    for name in before:
        rates = [side[name][0] / side[name][1] for side in (before, after)]
        shares = [side[name][1] / t for side, t in zip((before, after), totals, strict=True)]
        rate = (rates[1] - rates[0]) * sum(shares) / 2
        mix = (shares[1] - shares[0]) * (sum(rates) / 2 - level)
        found[name] = (rate * 100, mix * 100)
    return (whole[1] - whole[0]) * 100, found


def total_of(view):
    return math.fsum(part.total for part in view.parts) + view.remainder


# ── against the rows of the files ──────────────────────────────────────────────────────────────


def test_the_step_of_line_2_is_found_and_agrees_with_the_rows(made_home):
    view = why_view(made_home, "scrap_rate", Filters(), by="line")
    assert (view.before.label, view.after.label) == ("2024-11..2026-02", "2026-03..2026-10")
    change, hand = by_hand(
        lines_of(date(2024, 11, 1), date(2026, 2, 28)), lines_of(made.STEP, date(2026, 10, 31))
    )
    assert view.change == pytest.approx(change, rel=1e-12)
    assert {p.label for p in view.parts} == set(hand)
    for part in view.parts:
        assert (part.rate_effect, part.mix_effect) == pytest.approx(hand[part.label], abs=1e-12)
    assert view.parts[0].label == "L2"
    assert view.parts[0].kind is Kind.RATE
    assert view.remainder == 0.0
    assert view.within_usual_range is False
    assert "because L2 got worse" in view.sentence
    assert view.sentence.startswith("This is more than chance: ")


def test_the_dimension_that_explains_it_is_found(made_home):
    view = why_view(made_home, "scrap_rate", Filters())
    assert view.by == "line"
    assert set(view.dimensions) == {"line", "reason"}
    alone = why_view(made_home, "scrap_rate", Filters(where=(("line", "L2"),)))
    assert alone.by == "reason"


QUICK = ("scrap_rate", "downtime_hours", "otd_promise", "mtbf")
"""One of each kind: a rate, an amount, one where higher is better, one with slices without a base."""


@pytest.mark.parametrize(
    "kpi",
    [
        pytest.param(id, marks=() if id in QUICK else pytest.mark.long)
        for id, kpi in sorted(CATALOG.items())
        if kpi.computable
    ],
)
def test_parts_add_up_to_the_change_of_the_series_for_every_kpi_and_dimension(home, kpi):
    series = series_view(home, kpi, Filters())[0]
    if usual_labels(series) is None:
        with pytest.raises(KpiError):
            why_view(home, kpi, Filters())
        return
    points = series.points[series.points["value"].notna()]
    labels = [str(label) for label in points["period"].iloc[[0, -1]]]
    first, last = (float(value) for value in points["value"].iloc[[0, -1]])
    answered = 0
    for dim in (d for d in DIMENSIONS if d in series.kpi.dimensions):
        try:
            view = why_view(home, kpi, Filters(), since=labels[0], until=labels[1], by=dim)
        except UsageError as refused:
            assert "cannot be split by" in str(refused)
            continue
        answered += 1
        size = math.fsum(abs(p.total) for p in view.parts) + abs(view.remainder)
        assert abs(total_of(view) - view.change) <= 1e-12 * max(size, abs(view.change))
        assert view.change == pytest.approx(last - first, rel=1e-9, abs=1e-9)
        assert all(p.total == pytest.approx(p.rate_effect + p.mix_effect) for p in view.parts)
        shown = math.fsum(step.size for step in view.steps)
        assert shown == pytest.approx(view.change, rel=1e-9, abs=1e-9)
        assert len(view.steps) <= 6
    assert answered or first == last == 0


def test_reasons_are_parts_of_one_denominator(made_home):
    """Trap 21: the denominator ignores the reason, the parts add up, and there is no mix."""
    view = why_view(
        made_home, "scrap_rate", Filters(), since="2026-02", until="2026-03", by="reason"
    )
    assert {p.kind for p in view.parts} == {Kind.AMOUNT}
    assert all(p.mix_effect == 0 and math.isnan(p.share_to) for p in view.parts)
    assert not view.has_mix
    assert total_of(view) == pytest.approx(view.after.value - view.before.value, rel=1e-12)
    assert math.fsum(p.rate_to for p in view.parts) == pytest.approx(view.after.value, rel=1e-12)


# ── every kind of part ─────────────────────────────────────────────────────────────────────────


def test_new_vanished_and_unnamed_slices(parts_home):
    view = why_view(
        parts_home, "scrap_rate", Filters(), since="2026-04", until="2026-10", by="line"
    )
    kinds = {p.label: p.kind for p in view.parts}
    assert kinds == {
        "L1": Kind.MIX, "L2": Kind.VANISHED, "L3": Kind.NEW, "not assigned": Kind.RATE,
    }  # fmt: skip
    # April: 2 (10 + 30 + 2) of 4,200 = 2 %; October: 2 (10 + 50 + 4) of 4,200 = 64/2,100.
    assert view.change == pytest.approx((64 / 2100 - 42 / 2100) * 100, rel=1e-12)
    level = (64 / 2100 + 42 / 2100) / 2
    by = {p.label: p for p in view.parts}
    assert by["L3"].total == pytest.approx(500 / 2100 * (0.10 - level) * 100, rel=1e-12)
    assert by["L2"].total == pytest.approx(-1000 / 2100 * (0.03 - level) * 100, rel=1e-12)
    assert math.isnan(by["L3"].rate_from)
    assert by["L3"].share_from == 0
    assert by["not assigned"].code == ""
    assert view.because == (
        "+1.78\u00a0pt because L3, worse than the rest, is new (none in April 2026), "
        "\u22120.40\u00a0pt because more of the produced quantity came from L1, which is better than "
        "the rest, \u22120.23\u00a0pt because L2, worse than the rest, has no produced quantity in "
        "October 2026; the rest (\u22120.10\u00a0pt) is spread over two lines"
    )


def test_what_is_not_known_on_a_side_cannot_be_assigned(parts_home):
    """Stops of Beta were never uploaded for September: that they fell by 80 minutes is not known."""
    view = why_view(
        parts_home, "downtime_hours", Filters(), since="2026-08", until="2026-09", by="plant"
    )
    assert [(p.label, p.total) for p in view.parts] == [("Alpha", pytest.approx(40 / 60))]
    assert view.remainder == pytest.approx(-80 / 60)
    assert view.change == pytest.approx(-40 / 60)
    assert view.steps[-1].label == "Cannot be assigned"
    assert view.steps[-1].favourable is None
    assert view.because == (
        "\u22121.3\u00a0h cannot be assigned to a plant, as data are missing; +0.7\u00a0h at Alpha"
    )
    assert view.remarks[0] == "Beta is not among the parts: no data for plant Beta in 2026-09."


def test_late_order_lines_are_told_by_their_reason(parts_home):
    """7 of 10 on time, then 5: the two more late ones wait for a truck."""
    view = why_view(
        parts_home, "otd_promise", Filters(), since="2026-09", until="2026-10", by="reason"
    )
    assert view.change == pytest.approx(-20)
    parts = {p.label: p.total for p in view.parts}
    assert parts == {
        "No truck": pytest.approx(-20), "No parts": pytest.approx(0), "not assigned": pytest.approx(0),
    }  # fmt: skip
    assert view.remainder == 0.0
    assert view.steps[0].favourable is False
    assert view.within_usual_range is None
    assert view.chance == "There are too few months to tell this change from chance."


def test_an_amount_over_several_months_is_a_mean_per_month(parts_home):
    view = why_view(
        parts_home,
        "downtime_hours",
        Filters(),
        since="2026-01..2026-08",
        until="2026-10",
        by="plant",
    )
    assert (view.before.value, view.after.value) == pytest.approx((200 / 60, 240 / 60))
    assert total_of(view) == pytest.approx(40 / 60)
    assert "on average a month" in view.finding


def test_an_amount_of_a_period_that_is_not_over_says_so(parts_home):
    sides = {"since": "2026-Q3", "until": "2026-Q4"}
    view = why_view(parts_home, "downtime_hours", Filters(), by="plant", **sides)
    assert "Q4 2026 holds data up to 28 October 2026 only." in view.remarks
    rate = why_view(parts_home, "scrap_rate", Filters(), by="line", **sides)
    assert not any("holds data" in remark for remark in rate.remarks)


def test_a_month_without_a_value_is_left_out_of_a_span_and_told(made_home):
    view = why_view(
        made_home, "downtime_hours", Filters(), since="2025-06..2025-10", until="2026-01", by="line"
    )
    assert view.before.left_out == ("2025-09",)
    assert len(view.before.labels) == 4
    assert (
        "Left out, as it has no value or does not count on the chart: September 2025."
        in view.remarks
    )


# ── is it more than chance? ────────────────────────────────────────────────────────────────────


def test_two_ordinary_months_are_called_a_chance_movement(made_home):
    view = why_view(made_home, "scrap_rate", Filters(where=(("line", "L1"),)))
    assert view.within_usual_range is True
    assert view.chance.startswith("Both months lie within the usual range of ")
    assert view.chance.endswith(": what follows describes a chance movement.")
    assert view.sentence.startswith(view.chance)


def test_a_month_beyond_its_range_is_more_than_chance(parts_home):
    view = why_view(parts_home, "scrap_rate", Filters(), since="2026-04", until="2026-10")
    assert view.within_usual_range is False
    assert view.chance.startswith(
        "This is more than chance: October 2026 lies above the usual range of "
    )


def test_two_months_of_one_signal_may_differ_by_chance(made_home):
    """Both above since March: that they are is no chance, the difference between them may be."""
    only = Filters(where=(("line", "L2"),))
    view = why_view(made_home, "scrap_rate", only, since="2026-06", until="2026-07")
    assert view.within_usual_range is False
    assert view.chance == (
        "Both months lie above the usual level; what changed between them is no more than chance "
        "makes."
    )


def test_a_month_back_in_its_range_is_told_so(parts_home):
    sides = {"since": "2026-09", "until": "2026-08"}
    back = why_view(parts_home, "downtime_hours", Filters(), by="plant", **sides)
    assert back.within_usual_range is False
    assert back.chance.startswith("September 2026 lies below the usual range of ")
    assert back.chance.endswith("; August 2026 is back within the usual range.")


def test_spans_whose_means_differ_by_more_than_chance_are_not_called_chance():
    """Sixteen points each, spread 1: their means differ by 1.2, the standard error is 1/sqrt(8)."""
    series = a_series([10.0] * 16 + [11.2] * 16, center=10.0, lcl=7.0, ucl=13.0)
    series = replace(series, points=series.points.assign(rules=""))
    labels = [str(label) for label in series.points["period"]]
    whole = spans_of(
        series, Filters(), f"{labels[0]}..{labels[15]}", f"{labels[16]}..{labels[31]}", 0.0
    )
    assert within_usual_range(series, *whole) is False
    assert chance_words(series, *whole, False) == (
        "No single month is out of the ordinary, but the two spans differ by more than chance explains."
    )
    single = spans_of(series, Filters(), labels[0], labels[31], 0.0)
    assert within_usual_range(series, *single) is True
    short = spans_of(series, Filters(), f"{labels[0]}..{labels[3]}", f"{labels[28]}..{labels[31]}", 0.0)  # fmt: skip
    assert within_usual_range(series, *short) is True


def test_a_point_that_does_not_count_is_no_part_of_a_level():
    series = a_series([2.0, 9.0, 2.0, 3.0], center=2.0, excluded={1: "test run"})
    before, _ = spans_of(series, Filters(), "2024-01..2024-03", "2024-04", 0.0)
    assert before.value == pytest.approx(2.0)
    assert before.left_out == ("2024-02",)
    alone, _ = spans_of(series, Filters(), "2024-02", "2024-04", 0.0)
    assert alone.value == pytest.approx(9.0)


def test_an_accepted_step_is_what_is_compared_and_no_chance(made_home, tmp_path):
    home = analysis.open_home(shutil.copytree(made_home.path, tmp_path / "home"))
    only = (("line", "L2"),)
    step = PhaseStart("scrap_rate", only, "month", made.STEP, "new tool")
    put_note(home.store, step, who="tester", when=made.WHEN)
    view = why_view(home, "scrap_rate", Filters(where=only))
    assert (view.before.label, view.after.label) == ("2024-11..2026-02", "2026-03..2026-10")
    assert view.within_usual_range is False
    assert view.chance == "This is more than chance: a step was accepted in March 2026."


def test_the_same_period_on_both_sides(made_home):
    view = why_view(made_home, "scrap_rate", Filters(), since="2026-05", until="2026-05", by="line")
    assert view.change == 0
    assert all(p.total == 0 for p in view.parts)
    assert view.steps == ()
    assert "is the same on both sides" in view.finding
    assert view.because == "none of the lines changed"


@pytest.mark.parametrize(
    ("since", "until", "before"),
    [
        pytest.param("", "2026-05", "2026-04", id="a month against the one before"),
        pytest.param(
            "", "2026-01..2026-03", "2025-10..2025-12", id="a span against as many before"
        ),
        pytest.param("2025-05", "2026-05", "2025-05", id="both given"),
        pytest.param("", "2026-Q2", "2026-Q1", id="quarters"),
        pytest.param("", "2026-W20", "2026-W19", id="weeks"),
        pytest.param("", "2025", "2024", id="years"),
    ],
)
def test_what_is_compared_unless_it_is_said(made_home, since, until, before):
    view = why_view(made_home, "scrap_rate", Filters(), since=since, until=until, by="line")
    assert (view.before.label, view.after.label) == (before, until)


# ── refusals ───────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("kpi", "asked", "says"),
    [
        ("scrap_rate", {"until": "2027-05"},
         "There is no month 2027-05 of Scrap rate. Known are 2024-11 to 2026-10."),
        ("scrap_rate", {"since": "May", "until": "2026-05"},
         "'May' is no period. Write 2026-04 for a month, 2026-W18, 2026-Q2, 2026, 2026-04-30, "
         "FY2026-P04, or two of them with .. between."),
        ("scrap_rate", {"since": "2026-Q1", "until": "2026-05"},
         "2026-Q1 and 2026-05 are of different length. Compare like with like."),
        ("scrap_rate", {"since": "2026-04..2026-02", "until": "2026-05"},
         "2026-04..2026-02 ends before it begins. Exchange the two."),
        ("scrap_rate", {"by": "customer"},
         "Scrap rate cannot be split by customer: no customer is recorded for it. Choose another "
         "dimension, such as line, machine or product."),
        ("availability", {"by": "customer"},
         "Availability is not known by customer. Choose one of: line, machine, product, reason, "
         "shift, supplier, plant."),
    ],
)  # fmt: skip
def test_wrong_questions_are_told_in_a_sentence(made_home, kpi, asked, says):
    with pytest.raises(UsageError) as refused:
        why_view(made_home, kpi, Filters(), **asked)
    assert str(refused.value) == says


def test_a_dimension_narrowed_to_one_value_splits_nothing(made_home):
    only = Filters(where=(("line", "L1"),))
    with pytest.raises(UsageError) as refused:
        why_view(made_home, "scrap_rate", only, by="line")
    assert str(refused.value) == "Only one line is chosen: there is nothing to split Scrap rate by."


def test_a_month_without_data_has_nothing_to_compare(made_home):
    with pytest.raises(KpiError) as refused:
        why_view(made_home, "downtime_hours", Filters(), since="2025-08", until="2025-09")
    assert str(refused.value).startswith("Downtime hours has no value to compare, September 2025: ")


def test_what_cannot_be_computed_says_what_it_takes(made_home):
    with pytest.raises(KpiError) as refused:
        why_view(made_home, "rolled_throughput_yield", Filters())
    assert str(refused.value) == (
        "Rolled throughput yield cannot be computed yet. It needs the quantities started and good "
        "the first time per process step."
    )
