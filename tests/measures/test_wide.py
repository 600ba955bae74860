"""A KPI over one split as arrays: the same figures as ``evaluate`` gives, cell by cell."""

import gc
from datetime import date, time
from itertools import product

import numpy as np
import pytest

from kpi.analysis import prepare_sample
from kpi.measures import CATALOG, MemorySource, SeriesQuestion, evaluate, facts
from kpi.measures.engine import ABOUT
from kpi.measures.wide import STATES, wide
from kpi.model import Coverage, State
from kpi.settings import Downtime, PlantSettings, Settings
from tests.measures.made_facts import made, scrapped, source

KPIS = tuple(k.id for k in CATALOG.values() if k.computable)

SPLITS = (
    (), ("plant",), ("plant", "line"), ("plant", "machine"), ("plant", "product"),
    ("plant", "reason"), ("plant", "customer"), ("plant", "supplier"), ("plant", "shift"),
    ("plant", "line", "reason"), ("plant", "line", "product"), ("plant", "customer", "product"),
    ("reason",), ("line",), ("customer", "product"),
)  # fmt: skip


def check(src, settings, kpi, **question):
    """Every cell of the arrays beside that of the frame; how many slices there are."""
    asked = SeriesQuestion(kpi, **question)
    by = list(asked.by)
    if kpi == "overdue_backlog" and not set(by) <= set(CATALOG[kpi].dimensions):
        return 0  # a stock of order items, which have no machine
    answer, arrays = evaluate(src, asked, settings), wide(src, asked, settings)
    refused = answer.frame["state_reason"].str.startswith("there are no ").all()
    if not arrays.series and refused:
        return 0  # a dimension that one side does not carry at all
    frame = answer.frame
    told = [c if c is not None and c == c else None for c in frame[by].to_numpy(object).ravel()]
    keys = [tuple(told[n * len(by) : (n + 1) * len(by)]) for n in range(len(frame))]
    found = {
        (tuple(arrays.slices[s]), arrays.labels[t]): (
            arrays.numerator[t, s], arrays.denominator[t, s], arrays.value[t, s],
            STATES[arrays.state[t, s]].value,
        )
        for t, s in product(range(len(arrays.labels)), range(arrays.series))
    }  # fmt: skip
    assert set(found) == set(zip(keys, frame["period"], strict=True))
    figures = frame[["numerator", "denominator", "value"]].to_numpy(float)
    for key, label, cell, state in zip(keys, frame["period"], figures, frame["state"], strict=True):
        mine = found[key, label]
        assert mine[3] == state, (key, label)
        np.testing.assert_allclose(mine[:3], cell, rtol=1e-9, atol=1e-9, err_msg=str((key, label)))
    starts = frame.drop_duplicates("period_start").sort_values("period_start")
    assert arrays.starts.tolist() == [d.date() for d in starts["period_start"]]
    assert arrays.ends.tolist() == [d.date() for d in starts["period_end"]]
    assert arrays.kpi == answer.kpi
    assert arrays.report_date == answer.report_date
    return arrays.series


@pytest.fixture(scope="module")
def plants():
    """Two plants with holes of every kind: days without scrap, without production, a closed month."""
    random = np.random.default_rng(5)
    months = [f"2026-{m:02d}" for m in range(1, 9)]
    production, scrap, stops, running = [], [], [], []
    for plant, line, month in product("AB", ("L1", "L2"), months):
        for day in ("04", "17"):
            on = f"{month}-{day}"
            more = {"plant": plant, "line": line, "product": f"P{random.integers(3)}",
                    "machine": f"M{random.integers(2)}", "shift": "Early",
                    "currency": "EUR", "unit": "pcs"}  # fmt: skip
            if random.random() < 0.8:
                value = None if random.random() < 0.2 else 5000.0
                good = None if plant == "B" else 480
                production.append(made(on, 500, **more, value=value, qty_good=good))
                running.append({"date": date.fromisoformat(on), "plant": plant, "line": line,
                                "machine": more["machine"], "planned_min": 900, "run_min": 700,
                                "qty_produced": 500, "qty_good": 480, "ideal_cycle_min": 1.2})  # fmt: skip
            if random.random() < 0.7:
                amount = None if random.random() < 0.15 else int(random.integers(0, 20))
                cost = {} if random.random() < 0.3 else {"cost": 12.5}
                reason = random.choice(["R1", "R2", None])
                scrap.append(scrapped(on, amount, **more, reason=reason, qty_rework=1, **cost))
            if plant == "A" and random.random() < 0.6:
                stops.append({"date": date.fromisoformat(on), "plant": plant, "line": line,
                              "machine": more["machine"], "reason": random.choice(["S1", "S2"]),
                              "minutes": float(random.integers(6, 200)),
                              "stop_class": random.choice(["unplanned", "changeover"])})  # fmt: skip
    complaints = [
        {"date": date.fromisoformat(f"2026-{m:02d}-09"), "plant": "A", "kind": "customer",
         "event": f"C{m}", "customer": f"K{m % 2}", "product": "P1", "qty_defective": 3.0,
         "cost": 90.0, "currency": "EUR", "unit": "pcs"}
        for m in (1, 2, 5)
    ]  # fmt: skip
    coverage = {
        name: [Coverage("A", None, date(2026, 1, 1), date(2026, 8, 31))]
        for name in ("scrap", "complaint", "downtime", "production")
    }
    return source(
        production=production, scrap=scrap, downtime=stops, running_time=running,
        complaint=complaints, coverage=coverage,
    )  # fmt: skip


CALENDAR = Settings(
    plants=(
        PlantSettings("A", planned_minutes=(900.0,) * 5 + (0.0, 0.0)),
        PlantSettings(
            "B",
            production_day_start=time(6),
            planned_minutes=(900.0,) * 7,
            closed_days=frozenset(date(2026, 3, d) for d in range(1, 32)),
        ),
    )
)


@pytest.mark.long
def test_splits_of_made_facts(plants):
    seen = [check(plants, Settings(), kpi, by=by) for kpi, by in product(
        ("scrap_rate", "downtime_hours", "returns_ppm"), (("plant", "line"), ("plant", "reason"), ())
    )]  # fmt: skip
    assert seen[:6] == [4, 6, 1, 2, 2, 1]


@pytest.mark.long
@pytest.mark.parametrize("kpi", KPIS)
def test_every_kpi_and_split_of_made_facts(plants, kpi):
    for by in SPLITS:
        check(plants, Settings(), kpi, by=by)


@pytest.fixture(scope="module")
def sample_plant(tmp_path_factory):
    return prepare_sample(tmp_path_factory.mktemp("wide") / "sample")


@pytest.mark.long
@pytest.mark.parametrize("kpi", KPIS)
def test_every_kpi_and_split_of_the_sample_plant(sample_plant, kpi):
    seen = [check(sample_plant.view(), sample_plant.settings, kpi, by=by) for by in SPLITS]
    assert max(seen) > 0, "the sample plant has data for every KPI that can be computed"


@pytest.mark.parametrize(
    "kpi",
    [
        "first_pass_yield",
        pytest.param("downtime_hours", marks=pytest.mark.long),
        pytest.param("availability", marks=pytest.mark.long),
    ],
)
@pytest.mark.parametrize(
    "question",
    [
        pytest.param({"period": "week"}, id="weeks"),
        pytest.param({"period": "quarter"}, id="quarters"),
        pytest.param({"period": "all"}, id="the whole time"),
        pytest.param(
            {"first": date(2026, 2, 10), "last": date(2026, 6, 20)}, id="not whole months"
        ),
        pytest.param({"as_of": date(2026, 6, 17)}, id="as of a day"),
        pytest.param({"where": (("plant", "B"),)}, id="one plant"),
        pytest.param({"where": (("line", "L1"), ("reason", "R1"), ("reason", ""))}, id="filtered"),
    ],
)
def test_other_periods_and_filters(plants, kpi, question):
    for by in (("plant", "line"), ()):
        check(plants, CALENDAR, kpi, by=by, **question)


@pytest.mark.parametrize(
    "kpi",
    [
        "downtime_hours",
        "mtbf",
        *(pytest.param(k, marks=pytest.mark.long) for k in ("scrap_rate", "oee", "stops")),
    ],
)
def test_site_choices(plants, kpi):
    good = Settings(produced="good", downtime=Downtime(mtbf_denominator="failures_plus_one"))
    for settings, by in product((good, CALENDAR), (("plant", "line"), ("plant", "machine"), ())):
        check(plants, settings, kpi, by=by)


def test_missing_is_not_zero_and_zero_is_zero():
    src = source(
        production=[made(f"2026-0{m}-05", 100) for m in (1, 2, 4)],
        scrap=[scrapped("2026-01-05", 2)],
        coverage={"scrap": [Coverage("A", None, date(2026, 1, 1), date(2026, 2, 28))]},
    )
    found = wide(src, SeriesQuestion("scrap_rate", by=("plant", "line")), Settings())
    assert [STATES[c] for c in found.state[:, 0]] == [
        State.VALUE, State.ZERO, State.MISSING, State.MISSING,
    ]  # fmt: skip
    np.testing.assert_array_equal(found.value[:, 0], [2.0, 0.0, np.nan, np.nan])


def test_names_stand_in_place_of_digits_and_alike_ones_are_one():
    names = [{"field": "product", "code": c, "name": n} for c, n in
             (("100", "Bracket"), ("200", "Housing"), ("300", "Bracket"))]  # fmt: skip
    src = MemorySource(
        {
            "production": facts("production", [made("2026-01-05", 10, product=p) for p in
                                               ("100", "200", "300", "400")]),
            "scrap": facts("scrap", [scrapped("2026-01-05", 1, product="300")]),
            "names": facts("names", names),
        }
    )  # fmt: skip
    assert check(src, Settings(), "scrap_rate", by=("plant", "product")) == 3


def test_units_are_never_added_up():
    src = source(
        production=[made("2026-01-05", 10, unit="pcs"), made("2026-01-06", 10, unit="KG")],
        scrap=[scrapped("2026-01-05", 1, unit="pcs"), scrapped("2026-01-06", 1, line="L2", unit="kg")],
    )  # fmt: skip
    for by in ((), ("plant",), ("plant", "line")):
        check(src, Settings(), "scrap_rate", by=by)
        check(src, Settings(), "first_pass_yield", by=by)


def test_nothing_loaded():
    found = wide(source(), SeriesQuestion("scrap_rate", by=("plant",)), Settings())
    assert (found.series, found.labels, found.report_date) == (0, (), None)


def test_what_is_forgotten_in_between_mixes_up_no_names():
    """Sums are remembered by numbers for names: other questions may not part the two."""
    lines = [("2026-01-05", 100, "L1"), ("2026-02-05", 200, "L2"), ("2026-03-05", 300, "L3")]
    rows = [(on, n, {"line": line, "product": f"P{n}"}) for on, n, line in lines]
    src = source(
        production=[made(on, n, **more) for on, n, more in rows],
        scrap=[scrapped(on, n / 100, **more) for on, n, more in rows],
    )
    settings = Settings()
    asked = SeriesQuestion("scrap_rate", by=("plant", "line"))
    before = wide(src, asked, settings)
    for n in range(2000):
        ABOUT.get(("filler", n), object)
    gc.collect()
    again = wide(src, asked, settings)
    assert again.slices.tolist() == before.slices.tolist()
    np.testing.assert_array_equal(again.numerator, before.numerator)
