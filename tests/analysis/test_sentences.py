"""The sentences, read whole: one row per thing that can be said, with the reason it is said so."""

import math
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from kpi.analysis import sentences
from kpi.measures import CATALOG
from kpi.model import Assurance, Direction, Variation
from kpi.spc import Signal, Verdict

SCRAP = CATALOG["scrap_rate"]
OTD = CATALOG["otd_request"]
HOURS = CATALOG["downtime_hours"]
STOPS = CATALOG["stops"]
BACKLOG = CATALOG["overdue_backlog"]
MOLDING = (("line", "Molding B"), ("plant", "Riverside"))


def points(values, *, first="2026-01", freq="M", labels=None, reason=""):
    index = pd.period_range(first, periods=len(values), freq=freq)
    return pd.DataFrame(
        {
            "period": labels or [str(p) for p in index],
            "value": np.array(values, dtype="float64"),
            "state": ["missing" if math.isnan(v) else "value" for v in values],
            "reason": reason,
        }
    )


def drawn(frame, *, center, lcl=math.nan, ucl=math.nan, signals=()):
    length = len(frame)
    return SimpleNamespace(
        center=np.full(length, center), lcl=np.full(length, lcl), ucl=np.full(length, ucl),
        usable=frame["value"].notna().to_numpy(), signals=signals, phases=(),
    )  # fmt: skip


def found(variation, *, since=None, rule=None):
    return Verdict(variation, Assurance.NO_TARGET, since, None, rule, "")


def beyond(point):
    return Signal("beyond_limits", point, (point,))


TEN = [1.0, 1.0, 2.0, 2.1, 2.2, 2.0, 2.1, 2.2, 2.3, 2.4]


@pytest.mark.parametrize(
    ("kpi", "where", "values", "levels", "verdict", "expected"),
    [
        pytest.param(
            SCRAP, MOLDING, TEN, {"center": 1.0},
            found(Variation.WORSENING, since=2, rule="run_of_8"),
            "Scrap rate of line Molding B, Riverside has been above its usual level since "
            "March 2026, eight months running. This is not chance: something made it worse.",
            id="a run is told by its beginning and its length",
        ),
        pytest.param(
            OTD, (), [90.0, 90.0, *[80.0] * 8], {"center": 90.0},
            found(Variation.WORSENING, since=2, rule="run_of_8"),
            "On-time delivery to request has been below its usual level since March 2026, "
            "eight months running. This is not chance: something made it worse.",
            id="a title that is no subject gets a spoken name",
        ),
        pytest.param(
            HOURS, (), [150.0, 150.0, *[90.0] * 8], {"center": 140.0},
            found(Variation.IMPROVING, since=2, rule="run_of_8"),
            "Downtime hours have been below their usual level since March 2026, eight months "
            "running. This is not chance: it got better.",
            id="hours are a plural",
        ),
        pytest.param(
            SCRAP, (), [1.0] * 9 + [3.14], {"center": 1.0, "lcl": 0.4, "ucl": 2.5},
            found(Variation.WORSENING, since=9, rule="beyond_limits"),
            "Scrap rate was above its usual range in October 2026: 3.14\u00a0% (usually at most "
            "2.50\u00a0%). This is not chance: something made it worse.",
            id="a single point is told by its value and what is usual",
        ),
        pytest.param(
            STOPS, (), [0.15] * 9 + [0.05], {"center": 0.15, "lcl": 0.1, "ucl": 0.2},
            found(Variation.IMPROVING, since=9, rule="beyond_limits"),
            "Number of stops was below its usual range in October 2026: 0.05\u00a0per 8 h (usually "
            "at least 0.10\u00a0per 8 h). This is not chance: it got better.",
            id="below the lower limit",
        ),
        pytest.param(
            SCRAP, (), [1.0] * 7 + [3.0, 3.1, 3.2], {"center": 1.0, "lcl": 0.4, "ucl": 2.5},
            found(Variation.WORSENING, since=7, rule="beyond_limits"),
            "Scrap rate has been above its usual range since August 2026, three months running. "
            "This is not chance: something made it worse.",
            id="several points beyond a limit in a row",
        ),
        pytest.param(
            BACKLOG, (), [3.0, 3.0, *[8.0] * 8], {"center": 3.0},
            found(Variation.WORSENING, since=2, rule="anhoej_long_run"),
            "Overdue backlog has been above its usual level since March 2026, eight months "
            "running. This is not chance: something made it worse.",
            id="a long run of a run chart",
        ),
        pytest.param(
            BACKLOG, (), [8.0] * 5 + [1.0] * 5, {"center": 3.0},
            found(Variation.CHANGED, since=0, rule="anhoej_few_crossings"),
            "Overdue backlog shows a pattern since January 2026 that chance does not make. "
            "This is not chance: something changed.",
            id="a pattern without a direction",
        ),
        pytest.param(
            SCRAP, (), [1.0, 1.0, 1.0, *[1.1, 1.2, 1.3, 1.4, 1.5, 1.6, 1.7]],
            {"center": 1.2, "lcl": 0.0, "ucl": 3.0},
            found(Variation.WORSENING, since=2, rule="nelson_3"),
            "Scrap rate has risen from month to month since March 2026. "
            "This is not chance: something made it worse.",
            id="a trend",
        ),
        pytest.param(
            SCRAP, (), [1.0] * 7 + [1.9, 1.0, 1.9], {"center": 1.0, "lcl": 0.0, "ucl": 2.0},
            found(Variation.WORSENING, since=7, rule="nelson_5"),
            "Scrap rate has been well above its usual level more often than chance explains since "
            "August 2026. This is not chance: something made it worse.",
            id="two of three far out: not all on one side",
        ),
        pytest.param(
            SCRAP, (), [1.0] * 10, {"center": 1.0},
            found(Variation.COMMON_CAUSE),
            "Scrap rate keeps to its usual range. What moves is chance.",
            id="steady",
        ),
        pytest.param(
            SCRAP, (), [1.0] * 8 + [3.0, 1.0], {"center": 1.0, "signals": (beyond(8),)},
            found(Variation.COMMON_CAUSE),
            "Scrap rate was above its usual range in September 2026 and is back in it. "
            "That was not chance: ask what happened then.",
            id="a signal last month is not chance because it is over",
        ),
        pytest.param(
            HOURS, (), [80.0] * 9 + [95.0],
            {"center": 90.0, "signals": (Signal("run_of_8", 8, tuple(range(1, 9))),)},
            found(Variation.COMMON_CAUSE),
            "Downtime hours were below their usual level until September 2026 and are back at it. "
            "That was not chance: ask what happened then.",
            id="a run that is over",
        ),
        pytest.param(
            SCRAP, (), [3.0, *[1.0] * 9], {"center": 1.0, "signals": (beyond(0),)},
            found(Variation.COMMON_CAUSE),
            "Scrap rate keeps to its usual range. What moves is chance.",
            id="nothing changed",
        ),
        pytest.param(
            HOURS, (("plant", "Riverside"),), [1.0] * 10, {"center": 1.0},
            found(Variation.COMMON_CAUSE),
            "Downtime hours of Riverside keep to their usual range. What moves is chance.",
            id="nothing changed, in the plural",
        ),
        pytest.param(
            SCRAP, (), [1.0] * 3, {"center": 1.0}, found(Variation.TOO_FEW),
            "Scrap rate: three months so far. Too few to tell signal from chance: eight are needed.",
            id="few points",
        ),
        pytest.param(
            SCRAP, (), [1.0, math.nan, math.nan], {"center": 1.0}, found(Variation.TOO_FEW),
            "Scrap rate: one month so far. Too few to tell signal from chance: eight are needed.",
            id="gaps do not count as months",
        ),
        pytest.param(
            SCRAP, (), [math.nan], {"center": 1.0}, None,
            "Scrap rate: no data for this choice.",
            id="nothing at all",
        ),
        pytest.param(
            SCRAP, (), [1.0, 1.0, *[2.0] * 4, math.nan, *[2.0] * 4], {"center": 1.0},
            found(Variation.WORSENING, since=2, rule="run_of_8"),
            "Scrap rate has been above its usual level since March 2026, eight months running. "
            "This is not chance: something made it worse.",
            id="a gap within a run is not counted",
        ),
    ],
)  # fmt: skip
def test_headline(kpi, where, values, levels, verdict, expected):
    frame = points(values)
    chart = drawn(frame, **levels)
    assert sentences.headline(kpi, where, "month", frame, chart, verdict) == expected


@pytest.mark.parametrize(
    ("period", "labels", "expected"),
    [
        pytest.param(
            "week", [f"2026-W{n}" for n in range(34, 44)],
            "since week 36 of 2026, eight weeks running", id="weeks",
        ),
        pytest.param(
            "day", [f"2026-10-{n:02d}" for n in range(1, 11)],
            "since 3 October 2026, eight days running", id="days",
        ),
        pytest.param(
            "fiscal", [f"FY2026-P{n:02d}" for n in range(1, 11)],
            "since period 3 of FY 2026, eight fiscal periods running", id="fiscal periods",
        ),
    ],
)  # fmt: skip
def test_periods_have_their_words(period, labels, expected):
    frame = points(TEN, labels=labels)
    verdict = found(Variation.WORSENING, since=2, rule="run_of_8")
    said = sentences.finding(SCRAP, (), period, frame, drawn(frame, center=1.0), verdict)
    assert said == f"Scrap rate has been above its usual level {expected}."


def test_a_single_day_takes_its_own_preposition():
    frame = points([1.0] * 9 + [3.0], labels=[f"2026-10-{n:02d}" for n in range(1, 11)])
    verdict = found(Variation.WORSENING, since=9, rule="beyond_limits")
    said = sentences.finding(SCRAP, (), "day", frame, drawn(frame, center=1.0, ucl=2.0), verdict)
    assert said == (
        "Scrap rate was above its usual range on 10 October 2026: 3.00\u00a0% "
        "(usually at most 2.00\u00a0%)."
    )


def test_a_value_never_reads_like_the_limit_it_passed():
    frame = points([1.0] * 9 + [2.001])
    verdict = found(Variation.WORSENING, since=9, rule="beyond_limits")
    said = sentences.finding(SCRAP, (), "month", frame, drawn(frame, center=1.0, ucl=2.0), verdict)
    assert "2.001\u00a0% (usually at most 2.000\u00a0%)" in said


def test_the_reason_for_nothing_is_given():
    frame = points([math.nan], reason="no produced quantity for line 4")
    assert sentences.headline(SCRAP, (), "month", frame, None, None) == (
        "Scrap rate: no produced quantity for line 4."
    )


@pytest.mark.parametrize(
    ("assurance", "expected"),
    [
        pytest.param(
            Assurance.WILL_MEET, "As it runs now, every month meets the target of 1.50\u00a0%.",
            id="the target lies outside the limits on the good side",
        ),
        pytest.param(
            Assurance.WILL_MISS,
            "As it runs now, every month misses the target of 1.50\u00a0%: reaching it takes a "
            "change of the process.",
            id="on the bad side",
        ),
        pytest.param(
            Assurance.MAY_OR_MAY_NOT,
            "As it runs now, chance decides whether a month meets the target of 1.50\u00a0%.",
            id="between the limits",
        ),
        pytest.param(Assurance.TOO_FEW, "", id="too few points to tell"),
        pytest.param(Assurance.NO_TARGET, "", id="no verdict"),
    ],
)  # fmt: skip
def test_assurance(assurance, expected):
    assert sentences.assurance_sentence(SCRAP, assurance, 1.5, "month") == expected


@pytest.mark.parametrize(
    ("missed", "count", "expected"),
    [
        pytest.param(3, 8, "3 of 8 months since then missed the target of 1.50\u00a0%.", id="some"),
        pytest.param(8, 8, "Every month since then missed the target of 1.50\u00a0%.", id="all"),
        pytest.param(0, 8, "Every month since then met the target of 1.50\u00a0%.", id="none"),
        pytest.param(1, 1, "It missed the target of 1.50\u00a0%.", id="one month, missed"),
        pytest.param(0, 1, "It met the target of 1.50\u00a0%.", id="one month, met"),
    ],
)
def test_since(missed, count, expected):
    assert sentences.since_sentence(SCRAP, missed, count, 1.5, "month") == expected


def test_without_a_target_nothing_is_said_of_it():
    assert sentences.assurance_sentence(SCRAP, Assurance.WILL_MEET, None, "month") == ""


@pytest.mark.parametrize(
    ("assurance", "variation", "goal", "expected"),
    [
        pytest.param(
            Assurance.WILL_MEET, Variation.COMMON_CAUSE, "2 %",
            "Scrap rate keeps to its usual range, which meets the target of 2 %",
            id="steady and met",
        ),
        pytest.param(
            Assurance.WILL_MISS, Variation.COMMON_CAUSE, "1 %",
            "Scrap rate keeps to its usual range, which misses the target of 1 %",
            id="steady and missed",
        ),
        pytest.param(
            Assurance.MAY_OR_MAY_NOT, Variation.COMMON_CAUSE, "1 %",
            "Scrap rate keeps to its usual range, which meets the target of 1 % by chance only",
            id="steady, chance decides",
        ),
        pytest.param(
            Assurance.WILL_MEET, Variation.WORSENING, "2 %",
            "Scrap rate keeps to its usual range",
            id="after a change the limits say nothing of the target",
        ),
        pytest.param(
            Assurance.NO_TARGET, Variation.COMMON_CAUSE, "",
            "Scrap rate keeps to its usual range", id="no target",
        ),
    ],
)  # fmt: skip
def test_slide_title(assurance, variation, goal, expected):
    said = sentences.slide_title("Scrap rate keeps to its usual range.", assurance, variation, goal)
    assert said == expected


def test_a_title_of_what_is_over_goes_on_with_the_target():
    over = "Scrap rate was above its usual range in September 2026 and is back in it."
    said = sentences.slide_title(over, Assurance.WILL_MEET, Variation.COMMON_CAUSE, "2 %")
    assert said == f"{over[:-1]}; that meets the target of 2 %"


def bars(*rows):
    return pd.DataFrame(rows, columns=["label", "share", "unassigned"])


@pytest.mark.parametrize(
    ("kpi", "where", "dimension", "shares", "expected"),
    [
        pytest.param(
            SCRAP, (), "reason", bars(("not assigned", 3.0, True), ("Flash", 18.2, False)),
            "Flash accounts for 18\u00a0% of the scrapped quantity, October 2026; "
            "3\u00a0% carries no reason.",
            id="the largest, and what carries none",
        ),
        pytest.param(
            OTD, (), "customer", bars(("Halden", 33.0, False)),
            "Halden accounts for 33\u00a0% of the late order lines, October 2026.",
            id="higher is better: what is missing is shared out",
        ),
        pytest.param(
            HOURS, (("plant", "Riverside"),), "reason", bars(("Jam", 60.0, False)),
            "Jam accounts for 60\u00a0% of the unplanned downtime of Riverside, October 2026.",
            id="in its slice",
        ),
        pytest.param(
            SCRAP, (), "reason", bars(("not assigned", 100.0, True)),
            "No reason is recorded for the scrapped quantity, October 2026: no cause can be named.",
            id="nothing is assigned",
        ),
        pytest.param(
            SCRAP, (), "reason", bars(),
            "Nothing to share out: the scrapped quantity came to zero, October 2026.",
            id="no bar at all",
        ),
        pytest.param(
            SCRAP, (), "reason", bars(("not assigned", 0.4, True), ("Flash", 99.6, False)),
            "Flash accounts for 100\u00a0% of the scrapped quantity, October 2026.",
            id="less than one per cent unassigned is not worth the words",
        ),
    ],
)  # fmt: skip
def test_pareto_sentence(kpi, where, dimension, shares, expected):
    said = sentences.pareto_sentence(kpi, where, dimension, shares, "October 2026")
    assert said == expected


@pytest.mark.parametrize("kpi", CATALOG.values(), ids=list(CATALOG))
def test_every_kpi_makes_a_sentence(kpi):
    frame = points([1.0] * 10)
    chart = drawn(frame, center=1.0)
    said = sentences.headline(kpi, (), "month", frame, chart, found(Variation.COMMON_CAUSE))
    keeps = "keep to their" if kpi.id in sentences.PLURAL else "keeps to its"
    assert said == f"{sentences.spoken(kpi)} {keeps} usual range. What moves is chance."
    assert said[0].isupper()
    assert sentences.loss_words(kpi)


def test_last_value_says_why_there_is_none():
    frame = points([1.0, math.nan], reason="never uploaded")
    assert sentences.last_value_words(SCRAP, frame, None) == "missing: never uploaded"
    assert sentences.last_value_words(SCRAP, points([2.004]), 2.0) == "2.004\u00a0%"
    assert sentences.last_value_words(SCRAP, points([]), None) == "no data"


def test_directions_have_words():
    told = {sentences.direction_words(SimpleNamespace(direction=d)) for d in Direction}
    assert told == {"lower is better", "higher is better", "no better direction is set"}
