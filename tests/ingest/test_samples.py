"""Spreadsheets that others made, against values computed without this project."""

import hashlib
import json
from pathlib import Path

import pytest
from raw_tables import read_plain

from kpi.ingest.interpret import Context, interpret

SAMPLES = Path(__file__).parents[2].parent / "shared" / "samples"

pytestmark = [
    pytest.mark.samples,
    pytest.mark.skipif(
        not SAMPLES.exists(), reason="the sample spreadsheets do not stand beside the project"
    ),
]


def read(folder, name, **more):
    """Parts of a file as frames, with every question answered by its first candidate."""
    path = SAMPLES / folder / name
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    tables = read_plain(path)
    found = interpret(tables, context=Context(sha256, filename=name, **more))
    asked = len(found.questions)
    if asked:
        answers = {q.id: q.candidates[0].value for q in found.questions}
        found = interpret(tables, context=Context(sha256, filename=name, answers=answers, **more))
    assert not found.questions, "one round of answers must suffice"
    return found, {p.dataset: p.table.to_pandas() for p in found.parts}, asked


def expected(folder):
    return json.loads((SAMPLES / folder / "expected.json").read_text(encoding="utf-8"))


def by_month(frame, value, when="date"):
    months = frame[when].astype(str).str[:7]
    return frame.groupby(months)[value].sum().to_dict()


def on_time(tables, due):
    """Items delivered by their due date, and all with both dates, joined on order and item."""
    keys = ["order", "item"]
    items, sent = tables["order_item"].copy(), tables["shipment"].copy()
    for frame in (items, sent):
        frame["item"] = frame["item"].astype(object).fillna("")
    sent["done"] = sent["delivered_on"].fillna(sent["shipped_on"])
    both = items.merge(sent.groupby(keys)["done"].max().reset_index(), on=keys)
    both = both[both[due].notna() & both["done"].notna()]
    return int((both["done"] <= both[due]).sum()), len(both)


def test_foundry_castings():
    want = expected("scrap-foundry-castings")
    found, tables, asked = read("scrap-foundry-castings", "cleaned_foundry_dataset.csv")
    assert asked == 0
    assert (
        tables["production"]["qty_produced"].sum()
        == want["produced"] - want["produced_without_date"]
    )
    assert tables["scrap"]["qty_scrap"].sum() == want["rejected"] - want["rejected_without_date"]
    assert by_month(tables["production"], "qty_produced") == {
        m: v["produced"] for m, v in want["monthly"].items()
    }
    assert found.parts[0].rows_rejected == want["rows_without_date"]
    assert any("Produced Qty 45,542, Rejected Qty 2,763" in p.actual for p in found.problems)


def test_automotive_oee():
    want = expected("mixed-automotive-oee")
    _, tables, asked = read("mixed-automotive-oee", "production_log.csv")
    assert asked == 0
    assert set(tables) == {"production", "scrap", "running_time"}
    assert tables["production"]["qty_produced"].sum() == want["produced"]
    assert by_month(tables["scrap"], "qty_scrap") == {
        m: v["scrapped"] for m, v in want["monthly"].items()
    }
    _, tables, asked = read("mixed-automotive-oee", "downtime_events.csv")
    assert asked == 0
    assert tables["downtime"]["minutes"].sum() == want["downtime"]["total_minutes"]
    assert len(tables["downtime"]) == want["downtime"]["events"]


def test_star_schema():
    want = expected("scrap-star-schema")
    made, scrap = (
        read("scrap-star-schema", f"fact_{n}.csv")[1][n] for n in ("production", "scrap")
    )
    assert made["qty_produced"].sum() == want["produced"]
    assert scrap["qty_scrap"].sum() == want["scrapped"]
    rates = scrap.groupby("line")["qty_scrap"].sum() / made.groupby("line")["qty_produced"].sum()
    assert rates.round(6).to_dict() == want["by_line"]
    assert scrap.groupby("reason")["qty_scrap"].sum().to_dict() == dict(want["top5_defects"])
    for name, field in (("dim_defect", "reason"), ("dim_line", "line"), ("dim_product", "product")):
        _, tables, asked = read("scrap-star-schema", f"{name}.csv")
        assert (asked, tables["names"]["field"].unique().tolist()) == (0, [field])


def test_adventureworks_work_orders():
    want = expected("scrap-adventureworks-workorder")
    _, tables, asked = read("scrap-adventureworks-workorder", "WorkOrder.csv")
    assert asked == 1
    assert by_month(tables["production"], "qty_produced") == {
        m: v["produced"] for m, v in want["monthly"].items()
    }
    assert tables["scrap"]["qty_scrap"].sum() == want["scrapped"]
    _, names, asked = read("scrap-adventureworks-workorder", "ScrapReason.csv")
    assert (asked, len(names["names"])) == (0, 16)
    _, names, asked = read("scrap-adventureworks-workorder", "Product.csv")
    assert (asked, len(names["names"])) == (0, 504)


def test_destroyed_dates_are_refused():
    found, tables, _ = read("bad-excel-destroyed-dates", "Production.WorkOrder.csv")
    assert not tables
    assert any("cut the date off" in p.actual for p in found.problems)
    assert any("OrderQty 4,507,721, ScrappedQty 10,651" in p.actual for p in found.problems)


@pytest.mark.parametrize(
    ("folder", "name", "asked"),
    [
        ("downtime-steel-rupees", "steel_downtime_data.csv", 1),
        ("downtime-mining-hours", "downtime.csv", 0),
    ],
)
def test_downtime_lists(folder, name, asked):
    want = expected(folder)
    _, tables, questions = read(folder, name)
    assert questions == asked
    stops = tables["downtime"]
    assert len(stops) == want["events"]
    assert stops["minutes"].sum() == pytest.approx(want["total_minutes"])
    hours = {m: h / 60 for m, h in by_month(stops, "minutes").items()}
    assert hours == pytest.approx({m: v["hours"] for m, v in want["monthly"].items()}, abs=6e-5)
    reasons = (stops.groupby("reason")["minutes"].sum() / 60).to_dict()
    for reason, value in want["top5_reasons_hours"]:
        assert reasons[reason] == pytest.approx(value, abs=6e-5)


@pytest.mark.parametrize("name", ["metrics.csv", "Supplier Quality Analysis.xlsx"])
def test_supplier_quality(name):
    want = expected("downtime-supplier-quality")
    found, tables, asked = read("downtime-supplier-quality", name)
    assert asked == 0
    stops = tables["downtime"]
    assert stops["minutes"].sum() == want["total_minutes"]
    assert tables["scrap"]["qty_scrap"].sum() == want["defect_qty"]
    hours = {m: h / 60 for m, h in by_month(stops, "minutes").items()}
    assert hours == pytest.approx({m: v["hours"] for m, v in want["monthly"].items()}, abs=6e-5)
    plants = read("downtime-supplier-quality", "Plant.csv")[1]["names"].set_index("code")["name"]
    by_plant = (stops.groupby("plant")["minutes"].sum() / 60).rename(index=plants)
    for plant, value in want["top5_plants_hours"]:
        assert by_plant[plant] == pytest.approx(value, abs=6e-5)
    assert "production" not in {p.dataset for p in found.parts}


def test_spanish_logbook():
    want = expected("downtime-spanish-logbook")["from_start_end"]
    _, tables, asked = read("downtime-spanish-logbook", "bitacora_mantenimiento_paros.csv")
    stops = tables["downtime"]
    assert asked == 0
    assert stops["minutes"].sum() == want["total_minutes"]
    assert int(stops["end"].isna().sum()) == 13
    assert stops["minutes"].notna().sum() == want["events"]


def test_water_filling_counts_the_event_log():
    want = expected("downtime-water-filling")
    _, tables, asked = read("downtime-water-filling", "dataset.xlsx")
    assert asked <= 3
    stops = tables["downtime"]
    assert len(stops) == want["events"]
    assert stops["minutes"].sum() == pytest.approx(want["total_minutes"], abs=1e-3)
    assert stops["reason"].isna().all()


def test_soda_batches_are_runs():
    want = expected("downtime-maven-soda")
    _, tables, asked = read("downtime-maven-soda", "Manufacturing_Line_Productivity.xlsx")
    assert asked == 1
    assert tables["running_time"]["run_min"].sum() == want["sum_batch_minutes"]
    assert len(tables["running_time"]) == want["batches"]


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("mes_export_20250807_utf8.csv", "20250807"),
        ("mes_export_20250807_cp1252_crlf.csv", "20250807"),
        ("mes_export_20250806_umlauts_lost.csv", "20250806"),
    ],
)
def test_german_mes(name, key):
    want = expected("scrap-german-mes")[key]
    _, tables, asked = read("scrap-german-mes", name)
    assert asked == 0
    assert tables["production"]["qty_produced"].sum() == want["gesamt"]
    assert tables["production"]["qty_good"].sum() == want["good"]
    assert tables["scrap"]["qty_scrap"].sum() == want["scrap"]
    assert tables["downtime"]["minutes"].sum() == pytest.approx(want["standstill_min"], abs=1e-4)
    assert tables["running_time"]["run_min"].sum() == pytest.approx(
        want["production_min"], abs=1e-4
    )
    reasons = tables["scrap"].groupby("reason_text")["qty_scrap"].sum()
    assert reasons[reasons > 0].to_dict() == dict(want["scrap_by_reason"])


def test_sap_movements():
    want = expected("scrap-sap-mb51-mexico")
    found, tables, asked = read("scrap-sap-mb51-mexico", "EXPORT.XLSX")
    assert asked == 1
    scrap = tables["scrap"]
    assert scrap["cost"].sum() == pytest.approx(want["scrap_amount_usd"])
    units = scrap.groupby("unit")["qty_scrap"].sum().to_dict()
    assert units == pytest.approx(want["qty_by_unit"])
    part = next(p for p in found.parts if p.dataset == "scrap")
    assert part.rows_rejected == 0
    assert len(part.control_totals) == want["subtotal_rows"] + 1
    assert all(t.agrees for t in part.control_totals)


def test_no_dates_no_series():
    found, tables, _ = read("scrap-oee-no-dates", "OEE.xlsx")
    assert not tables
    assert any("without any date column" in p.actual for p in found.problems)


@pytest.mark.parametrize(
    ("folder", "name", "due"),
    [
        ("delivery-bertus-shipments", "bertus_shipments_raw.csv", "promise_date"),
        ("delivery-purchase-orders", "Purchase_Orders.xlsx", "promise_date"),
        ("delivery-adventureworks-sales", "Sales.SalesOrderHeader.csv", "request_date"),
    ],
)
def test_deliveries(folder, name, due):
    want = expected(folder)
    _, tables, asked = read(folder, name)
    assert asked == 0
    assert len(tables["order_item"]) == want["lines"]
    assert on_time(tables, due) == (want["on_time"], want["lines_with_both_dates"])


def test_classicmodels():
    want = expected("delivery-classicmodels")["all_statuses"]
    _, tables, asked = read("delivery-classicmodels", "orders.csv")
    assert asked == 0
    assert on_time(tables, "request_date") == (want["on_time"], want["lines_with_both_dates"])
    assert tables["order_item"]["status"].value_counts().to_dict() == {
        "delivered": 303, "open": 6, "cancelled": 6, "on_hold": 4,
    }  # fmt: skip


def test_northwind():
    want = expected("delivery-northwind")["per_line"]
    found, tables, asked = read("delivery-northwind", "orders.csv")
    assert asked == 0
    assert len(tables["order_item"]) == want["lines"]
    assert not tables["order_item"].duplicated(["order", "item"]).any()
    assert on_time(tables, "request_date") == (want["on_time"], want["lines_with_both_dates"])
    assert str(found.parts[0].data_date) == "1998-05-06"


def test_supplier_two_files():
    want = expected("delivery-supplier-two-files")
    _, orders, asked = read("delivery-supplier-two-files", "purchase_orders.csv")
    _, sent, asked_too = read("delivery-supplier-two-files", "deliveries.csv")
    assert (asked, asked_too) == (0, 0)
    assert set(sent) == {"shipment"}
    assert orders["order_item"]["direction"].unique().tolist() == ["purchase"]
    assert on_time(orders | sent, "promise_date") == (want["on_time"], want["lines"])


def test_a_file_without_a_promise_gets_none():
    _, tables, asked = read("delivery-otif-small", "deliveries_dataset .xlsx")
    assert asked == 1
    assert tables["order_item"][["promise_date", "request_date"]].isna().all().all()
