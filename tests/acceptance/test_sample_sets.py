"""Spreadsheets that others made: figures against their expected values and against plain sums."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from compare import differences, sums
from homes import ROOT, WHEN, home_with, series
from plain_sample import period_of

from kpi.analysis import Filters, Home, loss_ledger
from kpi.analysis.ingesting import ingest_file
from kpi.analysis.results import FileOutcome
from kpi.model import Severity

SAMPLES = ROOT.parent / "shared" / "samples"

pytestmark = [
    pytest.mark.samples,
    pytest.mark.skipif(
        not SAMPLES.exists(), reason="the sample spreadsheets do not stand beside the project"
    ),
]

FILES = {
    "scrap-foundry-castings": ["cleaned_foundry_dataset.csv"],
    "mixed-automotive-oee": ["production_log.csv", "downtime_events.csv"],
    "scrap-star-schema": [
        "fact_production.csv", "fact_scrap.csv", "dim_defect.csv", "dim_line.csv", "dim_product.csv"
    ],
    "scrap-adventureworks-workorder": ["WorkOrder.csv", "ScrapReason.csv"],
    "downtime-steel-rupees": ["steel_downtime_data.csv"],
    "downtime-mining-hours": ["downtime.csv"],
    "downtime-supplier-quality": ["metrics.csv", "Vendor.csv", "Plant.csv", "Defect.csv"],
    "delivery-northwind": ["orders.csv"],
    "delivery-classicmodels": ["orders.csv"],
    "delivery-purchase-orders": ["Purchase_Orders.xlsx"],
    "delivery-bertus-shipments": ["bertus_shipments_raw.csv"],
}  # fmt: skip

ROWS = [  # (set, file, dataset, rows read, accepted)
    ("scrap-foundry-castings", 0, "production", 2980, 2920),
    ("scrap-foundry-castings", 0, "scrap", 2980, 2920),
    ("mixed-automotive-oee", 0, "production", 7665, 7665),
    ("mixed-automotive-oee", 0, "scrap", 7665, 7665),
    ("mixed-automotive-oee", 1, "downtime", 1432, 1432),
    ("scrap-star-schema", 0, "production", 2880, 2880),
    ("scrap-star-schema", 1, "scrap", 4914, 4914),
    ("scrap-star-schema", 2, "names", 5, 5),
    ("scrap-star-schema", 3, "names", 4, 4),
    ("scrap-adventureworks-workorder", 0, "production", 65535, 65535),
    ("scrap-adventureworks-workorder", 1, "names", 16, 16),
    ("downtime-steel-rupees", 0, "downtime", 1000, 1000),
    ("downtime-mining-hours", 0, "downtime", 3533, 3533),
    ("downtime-supplier-quality", 0, "downtime", 6145, 2188),  # the others lost no minute
    ("downtime-supplier-quality", 1, "names", 328, 328),
    ("downtime-supplier-quality", 2, "names", 24, 24),
    ("downtime-supplier-quality", 3, "names", 305, 305),
    ("delivery-northwind", 0, "order_item", 2155, 2155),
    ("delivery-northwind", 0, "shipment", 2155, 2082),
    ("delivery-classicmodels", 0, "order_item", 326, 326),
    ("delivery-classicmodels", 0, "shipment", 326, 312),
    ("delivery-purchase-orders", 0, "order_item", 2000, 2000),
    ("delivery-purchase-orders", 0, "shipment", 2000, 2000),
    ("delivery-bertus-shipments", 0, "order_item", 140, 140),
    ("delivery-bertus-shipments", 0, "shipment", 140, 140),
]


class Loaded:
    """Homes of the sets, each made when it is first asked for, and how each of its files went in."""

    def __init__(self, parent: Path) -> None:
        self._parent = parent
        self._made: dict[str, tuple[Home, list[tuple[int, FileOutcome]]]] = {}

    def files(self, name: str) -> list[tuple[int, FileOutcome]]:
        """For each file: questions asked, and the outcome once they were answered, if any."""
        return self._of(name)[1]

    def __getitem__(self, name: str) -> Home:
        return self._of(name)[0]

    def _of(self, name: str) -> tuple[Home, list[tuple[int, FileOutcome]]]:
        if name not in self._made:
            home = home_with(self._parent / name)
            went = [_one_round(home, SAMPLES / name / file) for file in FILES[name]]
            self._made[name] = home, went
        return self._made[name]


def _one_round(home: Home, path: Path) -> tuple[int, FileOutcome]:
    outcome = ingest_file(home, path, who="test", when=WHEN)
    asked = len(outcome.questions)
    if outcome.state == "needs_answer":
        best = {q.id: q.candidates[0].value for q in outcome.questions}
        outcome = ingest_file(home, path, who="test", when=WHEN, answers=best)
    return asked, outcome


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Loaded:
    return Loaded(tmp_path_factory.mktemp("sets"))


def expected(name: str) -> dict[str, Any]:
    told: dict[str, Any] = json.loads((SAMPLES / name / "expected.json").read_text("utf-8"))
    return told


def raw(name: str, number: int = 0, **options: Any) -> pd.DataFrame:
    """A file of a set as pandas reads it, and nothing done to it."""
    return pd.read_csv(SAMPLES / name / FILES[name][number], **options)


def figures(
    home: Home, kpi: str, by: str | None = None, column: str = "value", **more: Any
) -> dict[str, float]:
    """Of a KPI by period, or by one dimension over all time."""
    if by:
        rows = series(home, kpi, (by,), period="all", **more)
        return dict(zip(rows[by], rows[column], strict=True))
    rows = series(home, kpi, **more)
    rows = rows[rows["state"].isin(["value", "zero"])]
    return dict(zip(rows["period"], rows[column], strict=True))


def close(told: dict[str, float], to: float = 1.0, within: float = 1e-6) -> Any:
    return pytest.approx({k: v * to for k, v in told.items()}, abs=within * to)


def agrees(
    home: Home,
    kpi: str,
    plain: pd.DataFrame,
    columns: tuple[str, str | None],
    splits: Sequence[tuple[tuple[str, ...], str]],
    per: float,
) -> None:
    """Numerator, denominator, value and state of every cell."""
    wrong = []
    for by, period in splits:
        told = sums(plain, by, period, *columns)
        if "reason" in by:
            told = told[told["reason"].notna()]
            got = series(home, kpi, by, period=period).dropna(subset=["reason"])
        else:
            got = series(home, kpi, by, period=period)
        wrong += [f"{by} by {period}: {line}" for line in differences(got, told, by, per=per)]
    assert not wrong, f"{len(wrong)} cells of {kpi} differ, such as {wrong[:3]}"


@pytest.mark.parametrize("name", FILES)
def test_one_round_of_questions_at_most(loaded: Loaded, name: str) -> None:
    for asked, outcome in loaded.files(name):
        assert outcome.state == "committed", outcome.says
        assert asked <= 1


def test_rows_read_and_taken(loaded: Loaded) -> None:
    for name, number, dataset, read, accepted in ROWS:
        reports = {d.dataset: d for d in loaded.files(name)[number][1].datasets}
        assert dataset in reports, (name, dataset)
        report = reports[dataset]
        told = (report.rows_read, report.rows_accepted, report.rows_rejected)
        rejected = 60 if name == "scrap-foundry-castings" else 0
        assert told == (read, accepted, rejected), (name, dataset)


@pytest.mark.parametrize("name", FILES)
def test_the_same_files_again_change_nothing(loaded: Loaded, name: str) -> None:
    home = loaded[name]
    position = home.store.position()
    asked, outcome = _one_round(home, SAMPLES / name / FILES[name][0])
    assert (asked, outcome.state) == (0, "unchanged")
    assert home.store.position() == position


def test_undated_castings_are_rejected_and_their_quantities_stated(loaded: Loaded) -> None:
    told = expected("scrap-foundry-castings")
    outcome = loaded.files("scrap-foundry-castings")[0][1]
    dated = [p for p in outcome.problems if p.column == "Date"]
    undated = [p for p in dated if p.severity is Severity.REJECTED]
    assert len(undated) == told["rows_without_date"]
    said = " ".join(f"{p.actual} {p.advice}" for p in outcome.problems).replace(",", "")
    for key in ("produced_without_date", "rejected_without_date"):
        assert str(told[key]) in said


SCRAP = ["scrap-foundry-castings", "mixed-automotive-oee", "scrap-star-schema"]
SCRAP += ["scrap-adventureworks-workorder"]


@pytest.mark.parametrize("name", SCRAP)
def test_scrap_rate_as_expected(loaded: Loaded, name: str) -> None:
    home, told = loaded[name], expected(name)
    monthly = {k: v["scrap_rate"] for k, v in told["monthly"].items()}
    assert figures(home, "scrap_rate") == close(monthly, 100)
    undated = name == "scrap-foundry-castings"
    assert figures(home, "scrap_rate", column="denominator") == pytest.approx(
        {k: v["produced"] for k, v in told["monthly"].items()}
    )
    whole = figures(home, "scrap_rate", period="all", column="denominator")
    assert whole["all"] == told["produced"] - (told["produced_without_date"] if undated else 0)
    for key, by in (("by_line", "line"), ("by_machine", "machine"), ("by_shift", "shift")):
        if key in told and not undated:  # undated rows are in their shares
            assert figures(home, "scrap_rate", by) == close(told[key], 100)


def castings() -> pd.DataFrame:
    table = raw("scrap-foundry-castings", parse_dates=["Date"]).dropna(subset=["Date"])
    return table.rename(
        columns={
            "Date": "day",
            "Shift": "shift",
            "Component": "product",
            "Defect Type": "reason",
            "Rejected Qty": "scrap",
            "Produced Qty": "produced",
            "Machine": "machine",
        }
    )


def car_parts() -> pd.DataFrame:
    table = raw("mixed-automotive-oee", parse_dates=["date"])
    return table.rename(
        columns={
            "date": "day",
            "machine_id": "machine",
            "total_parts": "produced",
            "defective_parts": "scrap",
            "good_parts": "good",
        }
    )


def transformers() -> pd.DataFrame:
    made = raw("scrap-star-schema", 0, parse_dates=["date_id"])
    lost = raw("scrap-star-schema", 1, parse_dates=["date_id"])
    both = pd.concat([made.assign(units_scrapped=0), lost.assign(units_produced=0)])
    return both.rename(
        columns={
            "date_id": "day",
            "line_code": "line",
            "sku": "product",
            "defect_code": "reason",
            "units_produced": "produced",
            "units_scrapped": "scrap",
        }
    )


def bicycles() -> pd.DataFrame:
    table = raw("scrap-adventureworks-workorder")
    names = raw("scrap-adventureworks-workorder", 1).set_index("ScrapReasonID")["Name"]
    return pd.DataFrame(
        {
            "day": pd.to_datetime(table["EndDate"], format="%d-%m-%Y"),
            "product": table["ProductID"].astype(str),
            "reason": table["ScrapReasonID"].map(names),
            "scrap": table["ScrappedQty"],
            "produced": table["OrderQty"],
        }
    )


def test_castings_by_finer_splits(loaded: Loaded) -> None:
    splits = [
        (("machine",), "month"), (("shift",), "month"), (("product",), "quarter"), ((), "week"),
        (("machine", "shift"), "week"), ((), "day"), (("shift",), "all"),
    ]  # fmt: skip
    home = loaded["scrap-foundry-castings"]
    agrees(home, "scrap_rate", castings(), ("scrap", "produced"), splits, 100)


def test_castings_by_reason_add_up(loaded: Loaded) -> None:
    told = castings().groupby("reason")["scrap"].sum()
    got = figures(loaded["scrap-foundry-castings"], "scrap_rate", "reason", "numerator")
    assert got == pytest.approx(told.to_dict())
    finer = [(("reason", "shift"), "month"), (("reason",), "week")]
    home = loaded["scrap-foundry-castings"]
    agrees(home, "scrap_rate", castings(), ("scrap", "produced"), finer, 100)


def test_car_parts_by_finer_splits(loaded: Loaded) -> None:
    splits = [
        (("machine",), "month"), (("machine", "shift"), "month"), (("product",), "month"),
        (("machine",), "week"), ((), "day"),
    ]  # fmt: skip
    home = loaded["mixed-automotive-oee"]
    agrees(home, "scrap_rate", car_parts(), ("scrap", "produced"), splits, 100)
    agrees(home, "quality_ratio", car_parts(), ("good", "produced"), splits[:1], 100)


def test_transformers_by_finer_splits(loaded: Loaded) -> None:
    splits = [
        (("line",), "month"), (("product",), "week"), (("line", "product"), "week"), ((), "day"),
        (("reason",), "month"), (("line", "reason"), "month"), (("line", "reason"), "week"),
    ]  # fmt: skip
    home = loaded["scrap-star-schema"]
    agrees(home, "scrap_rate", transformers(), ("scrap", "produced"), splits, 100)


def test_transformers_carry_their_names(loaded: Loaded) -> None:
    rows = series(loaded["scrap-star-schema"], "scrap_rate", ("reason",), period="all")
    names = dict(zip(rows["reason"], rows["reason_name"], strict=True))
    told = raw("scrap-star-schema", 2).set_index("defect_code")["defect_name"]
    assert names == told.to_dict()


def test_bicycles_by_finer_splits(loaded: Loaded) -> None:
    splits = [((), "week"), (("product",), "quarter"), (("reason",), "year"), (("reason",), "week")]
    home = loaded["scrap-adventureworks-workorder"]
    agrees(home, "scrap_rate", bicycles(), ("scrap", "produced"), splits, 100)
    top = expected("scrap-adventureworks-workorder")["top5_reasons_by_qty"]
    got = figures(home, "scrap_rate", "reason", "numerator")
    assert {k: got[k] for k, _ in top} == dict(top)


DOWN = ["mixed-automotive-oee", "downtime-steel-rupees", "downtime-mining-hours"]
DOWN += [pytest.param("downtime-supplier-quality", marks=pytest.mark.long)]


def stopped(name: str) -> pd.DataFrame:
    """Stops with ``day``, ``minutes`` and the dimensions of their file."""
    if name == "mixed-automotive-oee":
        table = raw(name, 1, parse_dates=["date"])
        named = {"date": "day", "machine_id": "machine", "duration_min": "minutes"}
    elif name == "downtime-steel-rupees":
        table = raw(name, parse_dates=["Timestamp"])
        table["day"] = table["Timestamp"].dt.normalize()
        named = {"Machine_ID": "machine", "Shift": "shift", "Downtime_Minutes": "minutes"}
        named |= {"Downtime_Reason": "reason", "Department": "line"}
    elif name == "downtime-mining-hours":
        table = raw(name, parse_dates=["Date"])
        table["minutes"] = table["Downtime_Hours"] * 60
        named = {"Date": "day", "Equipment_ID": "machine", "Reason": "reason"}
    else:
        table = raw(name)
        table["day"] = pd.to_datetime(table["Date"], format="%d/%m/%Y %H:%M")
        for number, what in ((1, "Vendor"), (2, "Plant"), (3, "Defect")):
            names = raw(name, number).set_index(f"{what} ID")[what]
            table[what] = table[f"{what} ID"].map(names)
        named = {"Vendor": "supplier", "Plant": "plant", "Downtime min": "minutes"}
        named |= {"Defect": "reason"}
    table = table.rename(columns=named)
    return table[table["minutes"] > 0]


@pytest.mark.parametrize("name", DOWN)
def test_recorded_downtime_as_expected(loaded: Loaded, name: str) -> None:
    home, told = loaded[name], expected(name)
    told = told.get("downtime", told)
    whole = figures(home, "recorded_downtime", period="all")
    assert whole == close({"all": told["total_downtime_hours"]}, within=1e-3)
    monthly = {k: v["hours"] for k, v in told["monthly"].items()}
    assert figures(home, "recorded_downtime") == close(monthly, within=1e-3)
    for key, by in (
        ("top5_reasons_hours", "reason"),
        ("top5_plants_hours", "plant"),
        ("top5_vendors_hours", "supplier"),
        ("top5_equipment_hours", "machine"),
    ):
        if key in told:
            got = figures(home, "recorded_downtime", by)
            assert {k: got[k] for k, _ in told[key]} == close(dict(told[key]), within=1e-3)


@pytest.mark.parametrize(
    ("name", "splits"),
    [
        ("mixed-automotive-oee", [("machine",), ("reason", "shift"), ("machine", "reason")]),
        ("downtime-steel-rupees", [("machine",), ("reason", "shift"), ("line", "reason")]),
        ("downtime-mining-hours", [("machine",), ("reason",), ("machine", "reason")]),
        pytest.param(
            "downtime-supplier-quality",
            [("plant",), ("supplier",), ("plant", "reason")],
            marks=pytest.mark.long,
        ),
    ],
)
def test_recorded_downtime_by_finer_splits(
    loaded: Loaded, name: str, splits: list[tuple[str, ...]]
) -> None:
    asked = [(by, "month") for by in splits] + [((), "week"), ((), "day"), (splits[0], "week")]
    agrees(loaded[name], "recorded_downtime", stopped(name), ("minutes", None), asked, 1 / 60)


WHERE = {  # each plant and month is resolved by itself, which takes its time with 24 plants
    "downtime-supplier-quality": (("plant", "Springfield, IL"), ("plant", "Cincinnati OH"))
}


def asked_of(name: str) -> tuple[pd.DataFrame, dict[str, Any]]:
    """The stops of a set, or of some of its plants, and the filter that asks for the same."""
    table, where = stopped(name), WHERE.get(name, ())
    if where:
        table = table[table["plant"].isin([plant for _, plant in where])]
    return table, {"where": where}


@pytest.mark.parametrize("name", DOWN)
def test_downtime_hours_balance_with_what_is_recorded(loaded: Loaded, name: str) -> None:
    home, (table, filters) = loaded[name], asked_of(name)
    months = sorted(period_of(table["day"], "month").unique())
    spans: list[tuple[Any, Any]] = [(None, None)]
    for month in (months[0], months[len(months) // 2], months[-1]):
        begin = pd.Timestamp(f"{month}-01")
        spans.append((begin.date(), (begin + pd.offsets.MonthEnd()).date()))
    for first, last in spans:
        ledger = loss_ledger(home, Filters(first=first, last=last, **filters))
        minutes = [line.minutes for line in ledger.lines]
        assert sum(minutes[:-1]) == pytest.approx(minutes[-1], abs=1e-6)
        more = {"first": first, "last": last, "period": "all", **filters}
        kept = figures(home, "downtime_hours", column="numerator", **more)
        assert kept["all"] == pytest.approx(minutes[-1])
        if first is None:
            recorded = figures(home, "recorded_downtime", column="numerator", **more)
            assert recorded["all"] == pytest.approx(minutes[0])
            assert recorded["all"] == pytest.approx(table["minutes"].sum())


PLANNED = {"mixed-automotive-oee": {"Planned Maintenance", "Tooling Change"}}
"""Reasons of stops that are no downtime: planned ones, and changeovers."""


@pytest.mark.parametrize("name", [n for n in DOWN if n != "downtime-steel-rupees"])
def test_stops_without_a_start_count_whole(loaded: Loaded, name: str) -> None:
    table, filters = asked_of(name)
    kept = table[~table["reason"].isin(PLANNED.get(name, set()))]
    got = figures(loaded[name], "downtime_hours", **filters)
    told = (kept.groupby(period_of(kept["day"], "month"))["minutes"].sum() / 60).to_dict()
    assert got == pytest.approx(told)


def test_stops_of_the_steelworks_are_a_union(loaded: Loaded) -> None:
    """Over a grid of minutes: changeovers first, then by their beginning.

    A machine is one of its department: M25 of two departments stopped twice at once on 21 July.
    """
    table = stopped("downtime-steel-rupees")
    table["machine"] = table["line"] + table["machine"]
    table["planned"] = table["reason"] == "Setup Change"
    table = table.sort_values(["planned", "Timestamp"], ascending=[False, True], kind="stable")
    taken: set[tuple[str, int]] = set()
    kept: dict[str, int] = {}
    for stop in table.itertuples():
        begin = int(np.datetime64(stop.Timestamp, "m").astype(int))
        mine = {(stop.machine, n) for n in range(begin, begin + int(stop.minutes))} - taken
        taken |= mine
        if not stop.planned:
            for _, minute in mine:
                month = str(np.datetime64(minute, "m").astype("datetime64[M]"))
                kept[month] = kept.get(month, 0) + 1
    got = figures(loaded["downtime-steel-rupees"], "downtime_hours", column="numerator")
    assert got == pytest.approx({k: float(v) for k, v in kept.items()})


def promised(name: str) -> pd.DataFrame:
    """Order lines with ``day`` they are due, ``on_time``, ``one``; those never sent left out."""
    if name == "delivery-purchase-orders":
        path = SAMPLES / name / FILES[name][0]
        table = pd.read_excel(path, engine="openpyxl")
        due, done = table["Expected_Delivery_Date"], table["Actual_Delivery_Date"]
        table = table.rename(columns={"Supplier_ID": "supplier", "Product_ID": "product"})
    elif name == "delivery-bertus-shipments":
        table = raw(name)
        due, done = table["promised_delivery_date"], table["actual_delivery_date"]
    else:
        table = raw(name)
        table.columns = [str(c)[0].lower() + str(c)[1:] for c in table.columns]
        due, done = table["requiredDate"], table["shippedDate"]
        if "status" in table:
            out = table["status"].isin(["Cancelled", "On Hold"])
            table, due, done = table[~out], due[~out], done[~out]
        name_of = "customerID" if "customerID" in table else "customerNumber"
        table = table.assign(customer=table[name_of].astype(str))
    table = table.assign(day=pd.to_datetime(due), done=pd.to_datetime(done), one=1)
    table = table[table["done"].notna()]
    return table.assign(on_time=(table["done"] <= table["day"]).astype(int))


@pytest.mark.parametrize(
    ("name", "part", "kpi"),
    [
        ("delivery-northwind", "per_order", "otd_order"),
        ("delivery-northwind", "per_line", "otd_promise"),
        ("delivery-classicmodels", "without_cancelled_on_hold", "otd_promise"),
        ("delivery-purchase-orders", None, "otd_promise"),
        ("delivery-bertus-shipments", None, "otd_promise"),
    ],
)
def test_on_time_as_expected(loaded: Loaded, name: str, part: str | None, kpi: str) -> None:
    home, told = loaded[name], expected(name)
    told = told[part] if part else told
    assert figures(home, kpi, period="all") == close({"all": told["otd_pct"]}, within=1e-3)
    for column, key in (("value", "otd_pct"), ("numerator", "on_time"), ("denominator", "lines")):
        monthly = {k: v[key] for k, v in told["monthly"].items()}
        got = series(home, kpi)
        got = got[got["denominator"] > 0]
        assert dict(zip(got["period"], got[column], strict=True)) == close(monthly, within=1e-3)


@pytest.mark.parametrize(
    ("name", "by"),
    [
        ("delivery-northwind", "customer"),
        ("delivery-classicmodels", "customer"),
        ("delivery-purchase-orders", "supplier"),
        ("delivery-bertus-shipments", "reason"),
    ],
)
def test_on_time_by_finer_splits(loaded: Loaded, name: str, by: str) -> None:
    splits: list[tuple[tuple[str, ...], str]] = [((), "week"), ((), "day"), ((), "quarter")]
    if by != "reason":
        splits += [((by,), "month"), ((by,), "week"), ((by,), "all")]
    agrees(loaded[name], "otd_promise", promised(name), ("on_time", "one"), splits, 100)


def test_open_orders_not_yet_due_are_out(loaded: Loaded) -> None:
    """The latest day in the file is the report date: what is open was promised for later."""
    home = loaded["delivery-northwind"]
    rows = series(home, "otd_order", period="all")
    assert (rows["numerator"].tolist(), rows["denominator"].tolist()) == ([772], [809])
    later = pd.Timestamp("1998-06-30").date()
    rows = series(home, "otd_order", period="all", as_of=later)
    table = raw("delivery-northwind")
    unsent = table[table["ShippedDate"].isna() & (table["RequiredDate"] < "1998-06-30")]
    assert rows["denominator"].tolist() == [809 + unsent["OrderID"].nunique()]
    assert rows["numerator"].tolist() == [772]
