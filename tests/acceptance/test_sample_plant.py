"""The sample plant, computed a second time by plain arithmetic from the files, cell by cell."""

from datetime import date

import pandas as pd
import plain_sample as plain
import pytest
from compare import differences, sums
from homes import series

from kpi.analysis import Home, loss_ledger
from kpi.analysis.results import Filters

pytestmark = pytest.mark.long  # loading the sample takes a minute and more

PERIODS = ("month", "week", "quarter", "year", "fiscal", "all")
MADE = [
    (), ("plant",), ("plant", "line"), ("machine",), ("plant", "shift"), ("plant", "product"),
    ("plant", "reason"), ("machine", "shift", "product"),
]  # fmt: skip
STOPPED = [(), ("plant", "line"), ("machine",), ("plant", "shift"), ("plant", "reason")]
RAN = [(), ("plant",), ("plant", "line"), ("machine",)]
ORDERED = [(), ("plant",), ("customer",), ("plant", "product"), ("plant", "customer")]


def _check(
    home: Home,
    kpi: str,
    plainly: pd.DataFrame,
    columns: tuple[str, str | None],
    per: float,
    splits: list[tuple[str, ...]],
) -> None:
    wrong = []
    for by in splits:
        for period in ("month", "week") if len(by) > 2 else PERIODS:
            got = series(home, kpi, by, period=period)
            found = differences(got, sums(plainly, by, period, *columns), by, per=per)
            wrong += [f"{by} by {period}: {line}" for line in found]
    assert not wrong, f"{len(wrong)} cells of {kpi} differ, such as {wrong[:3]}"


@pytest.mark.parametrize(
    ("kpi", "numerator", "per"),
    [("scrap_rate", "scrap", 100), ("scrap_ppm", "scrap", 1e6), ("rework_rate", "rework", 100)],
)
def test_ratios_of_production(sample_home: Home, kpi: str, numerator: str, per: float) -> None:
    _check(sample_home, kpi, plain.production(), (numerator, "produced"), per, MADE)


@pytest.mark.parametrize("kpi", ["first_pass_yield", "quality_ratio"])
def test_good_pieces(sample_home: Home, kpi: str) -> None:
    splits = [by for by in MADE if "reason" not in by]
    _check(sample_home, kpi, plain.production(), ("good", "produced"), 100, splits)


def test_scrap_cost(sample_home: Home) -> None:
    _check(sample_home, "scrap_cost", plain.production(), ("cost", None), 1, MADE)


def test_recorded_downtime(sample_home: Home) -> None:
    stops = plain.stops()
    closed = stops[~stops["open"]]
    closed = closed.assign(day=(closed["start"] - plain.HOUR).dt.normalize())
    _check(sample_home, "recorded_downtime", closed, ("minutes", None), 1 / 60, STOPPED)


@pytest.mark.parametrize(
    ("kpi", "kind", "per"),
    [("downtime_hours", "unplanned", 1 / 60), ("changeover_minutes", "changeover", 1)],
)
def test_minutes_by_a_minute_grid(sample_home: Home, kpi: str, kind: str, per: float) -> None:
    held, _ = plain.grid()
    _check(sample_home, kpi, held[held["kind"] == kind], ("kept", None), per, STOPPED)


def _without_unknown(running: pd.DataFrame) -> pd.DataFrame:
    """Periods of a plant whose stops were never uploaded have no numerator: left to another test."""
    never = (running["plant"] == "Riverside") & (running["day"].dt.strftime("%Y-%m") == "2025-09")
    return running[~never]


def test_availability(sample_home: Home) -> None:
    _check(sample_home, "availability", plain.running(), ("run", "planned"), 100, RAN)


def _failures() -> pd.DataFrame:
    _, merged = plain.grid()
    real = merged[(merged["kind"] == "unplanned") & (merged["minutes"] > 0)]
    return real[real["open"] | (real["minutes"] >= 5)].assign(n=1.0)


def test_repairs(sample_home: Home) -> None:
    repairs = _failures()
    repairs = repairs[~repairs["open"].astype(bool)].astype({"minutes": float})
    _check(sample_home, "mttr", repairs, ("minutes", "n"), 1 / 60, RAN)


@pytest.mark.parametrize("by", RAN)
def test_stops_and_mtbf_month_by_month(sample_home: Home, by: tuple[str, ...]) -> None:
    running = plain.running().assign(n=0.0)
    table = pd.concat([_failures().assign(planned=0.0, run=0.0), running], ignore_index=True)
    stops = sums(table, by, "month", "n", "planned")
    mtbf = sums(table, by, "month", "run", "n")
    for kpi, plainly, per in (("stops", stops, 480), ("mtbf", mtbf, 1 / 60)):
        got = series(sample_home, kpi, by)
        known = got[got["state"].isin(["value", "zero"])]
        held = plainly.merge(known[["period", *by]], on=["period", *by])
        assert len(held) == len(known) > 30
        assert not differences(known, held, by, per=per)


@pytest.mark.parametrize("by", RAN)
def test_unplanned_share_where_stops_are_known(sample_home: Home, by: tuple[str, ...]) -> None:
    held, _ = plain.grid()
    lost = held[held["kind"] == "unplanned"].assign(planned=0.0)
    table = pd.concat([lost, plain.running().assign(kept=0.0)], ignore_index=True)
    got = series(sample_home, "unplanned_share", by)
    known = got[got["state"].isin(["value", "zero"])]
    plainly = sums(table, by, "month", "kept", "planned")
    plainly = plainly.merge(known[["period", *by]], on=["period", *by])
    assert len(plainly) == len(known) > 30
    assert not differences(known, plainly, by, per=100)


@pytest.mark.parametrize("kpi", ["recorded_downtime", "downtime_hours", "unplanned_share", "mttr"])
def test_a_month_never_uploaded_is_missing(sample_home: Home, kpi: str) -> None:
    rows = series(sample_home, kpi, ("plant",)).set_index(["plant", "period"])
    assert rows.loc[("Riverside", "2025-09"), "state"] == "missing"
    assert rows.loc[("Nordhafen", "2025-09"), "state"] == "value"
    assert rows.loc[("Riverside", "2025-10"), "state"] == "value"


def test_a_line_shut_in_august(sample_home: Home) -> None:
    rows = series(sample_home, "scrap_rate", ("line",)).set_index(["line", "period"])
    states = {rows.loc[("Paint 1", f"{y}-08"), "state"] for y in (2024, 2025, 2026)}
    assert len(states) == 1
    assert not states & {"zero", "value"}
    for month in ("2024-07", "2025-12"):
        assert rows.loc[("Weld 1", month), "state"] == "zero"
        assert rows.loc[("Weld 1", month), "denominator"] > 0


@pytest.mark.parametrize(
    ("kpi", "basis"),
    [("otd_request", "request"), ("otd_first_promise", "first"), ("otd_promise", "promise")],
)
def test_on_time_by_three_dates(sample_home: Home, kpi: str, basis: str) -> None:
    _check(sample_home, kpi, plain.due(basis), ("on_time", "one"), 100, ORDERED)


def test_in_full_by_quantity_and_days_late(sample_home: Home) -> None:
    due = plain.due("promise")
    due = due.assign(both=due["on_time"] * due["full"], ordered=due["ordered"].astype(float))
    _check(sample_home, "otif", due, ("both", "one"), 100, ORDERED[:3])
    _check(sample_home, "otd_quantity", due, ("qty_on_time", "ordered"), 100, ORDERED[:3])
    _check(sample_home, "days_late", due[due["late"] > 0], ("late", "one"), 1, ORDERED[:3])


def test_on_time_by_order(sample_home: Home) -> None:
    due = plain.order_items()
    due = due[due["status"] != "Cancelled"]
    rows = []
    for (plant, _), lines in due.groupby(["plant", "order"]):
        done = lines["complete"] < plain.NEVER
        past = ~done & (lines["promise"] < plain.REPORT)
        if past.any() or done.all():
            good = (done & (lines["complete"] <= lines["promise"])) | ~(done | past)
            head = {"plant": plant, "day": lines["promise"].max(), "one": 1.0}
            rows.append({**head, "good": float(good.all())})
    _check(sample_home, "otd_order", pd.DataFrame(rows), ("good", "one"), 100, [(), ("plant",)])


def _beside(above: pd.DataFrame, below: pd.DataFrame, columns: tuple[str, str]) -> pd.DataFrame:
    """Numerators and denominators below each other, each without the other's column."""
    numerator, denominator = columns
    tables = [above.assign(**{denominator: 0.0}), below.assign(**{numerator: 0.0})]
    return pd.concat(tables, ignore_index=True)


BY_CUSTOMER = [(), ("plant",), ("customer",), ("plant", "product"), ("plant", "customer")]


@pytest.mark.parametrize(
    ("kpi", "columns", "per"),
    [("complaint_rate", ("count", "one"), 1000), ("returns_ppm", ("confirmed", "quantity"), 1e6)],
)
def test_complaints_against_shipments(
    sample_home: Home, kpi: str, columns: tuple[str, str], per: float
) -> None:
    both = _beside(plain.complaints(), plain.shipped(), columns)
    for by in BY_CUSTOMER:
        got = series(sample_home, kpi, by)
        held = got[got["state"].isin(["value", "zero"])]
        assert len(held) >= 30
        wanted = sums(both, by, "month", *columns).merge(held[["period", *by]])
        assert len(wanted) == len(held)
        assert not differences(held, wanted, by, per=per), by


def test_the_number_and_the_reasons_of_complaints(sample_home: Home) -> None:
    splits = [(), ("plant",), ("plant", "reason"), ("customer",)]
    _check(sample_home, "complaints", plain.complaints(), ("count", None), 1, splits)


def test_the_cost_of_poor_quality_is_scrap_and_complaints(sample_home: Home) -> None:
    inside, outside = plain.production()[["plant", "day", "cost"]], plain.complaints()
    both = pd.concat([inside, outside[["plant", "day", "cost"]]], ignore_index=True)
    _check(sample_home, "copq", both, ("cost", None), 1, [(), ("plant",)])


@pytest.mark.parametrize("by", [(), ("supplier",)])
def test_suppliers(sample_home: Home, by: tuple[str, ...]) -> None:
    rows = plain.receipts()
    came = rows[rows["arrived"].notna()].assign(day=rows["arrived"])
    got = series(sample_home, "supplier_ppm", by)
    assert not differences(got, sums(came, by, "month", "rejected", "received"), by, per=1e6)
    due = rows[rows["arrived"].notna() | (rows["due"] < plain.REPORT)]
    due = due.assign(day=due["due"], one=1.0, good=(due["arrived"] <= due["due"]).astype(float))
    got = series(sample_home, "supplier_otd", by)
    assert not differences(got, sums(due, by, "month", "good", "one"), by, per=100)


def test_measured_values_are_all_there(sample_home: Home) -> None:
    rows = sample_home.view().arrow("measurement").to_pandas()
    plainly = plain.measured()
    assert len(rows) == len(plainly) == 1300
    assert rows.groupby("characteristic")["value"].mean().to_dict() == pytest.approx(
        plainly.groupby("characteristic")["value"].mean().to_dict(), abs=1e-12
    )
    assert rows.groupby(["subgroup", "characteristic"]).size().unique().tolist() == [5]


@pytest.mark.parametrize("period", ["month", "quarter"])
def test_backlog_at_the_ends_of_periods(sample_home: Home, period: str) -> None:
    got = series(sample_home, "overdue_backlog", ("plant",), period=period)
    ends = pd.date_range("2023-11-01", "2026-12-31", freq={"month": "ME", "quarter": "QE"}[period])
    stock = plain.backlog([e for e in ends if e <= pd.Timestamp(2026, 12, 31)])
    for end, items in stock.items():
        label = plain.period_of(pd.Series([end]), period)[0]
        if label > plain.period_of(pd.Series([plain.REPORT]), period)[0]:
            continue
        mine = got[got["period"] == label].set_index("plant")["numerator"]
        counts = items.groupby("plant").size()
        for plant in ("Nordhafen", "Riverside"):
            assert mine.get(plant, 0.0) == counts.get(plant, 0), (label, plant)


@pytest.mark.parametrize("month", ["2024-02", "2025-06", "2026-10"])
def test_the_loss_ledger_balances_and_begins_with_what_is_recorded(
    sample_home: Home, month: str
) -> None:
    first = date.fromisoformat(f"{month}-01")
    last = (pd.Timestamp(first) + pd.offsets.MonthEnd()).date()
    ledger = loss_ledger(sample_home, Filters(first=first, last=last))
    minutes = [line.minutes for line in ledger.lines]
    assert sum(minutes[:-1]) == pytest.approx(minutes[-1], abs=1e-6)
    for kpi, figure in (("recorded_downtime", minutes[0]), ("downtime_hours", minutes[-1])):
        rows = series(sample_home, kpi, first=first, last=last)
        assert rows["numerator"].tolist() == [pytest.approx(figure)]
