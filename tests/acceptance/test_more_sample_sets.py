"""More spreadsheets that others made: the awkward ones, each against its independently computed answers."""

import json
from pathlib import Path
from typing import Any

import pytest
from homes import ROOT, WHEN, home_with, series

from kpi.analysis import Home
from kpi.analysis.ingesting import ingest_file
from kpi.analysis.results import FileOutcome

SAMPLES = ROOT.parent / "shared" / "samples"

pytestmark = [
    pytest.mark.samples,
    pytest.mark.skipif(
        not SAMPLES.exists(), reason="the sample spreadsheets do not stand beside the project"
    ),
]


def expected(name: str) -> dict[str, Any]:
    told: dict[str, Any] = json.loads((SAMPLES / name / "expected.json").read_text("utf-8"))
    return told


def put_in(home: Home, name: str, file: str) -> tuple[int, FileOutcome]:
    """The file in force, first candidates where asked; how many questions, and the outcome."""
    path = SAMPLES / name / file
    outcome = ingest_file(home, path, who="test", when=WHEN)
    asked = len(outcome.questions)
    if outcome.state == "needs_answer":
        best = {q.id: q.candidates[0].value for q in outcome.questions}
        outcome = ingest_file(home, path, who="test", when=WHEN, answers=best)
    return asked, outcome


def loaded(folder: Path, name: str, *files: str) -> Home:
    """A new home with those files of a set in force, in one round of questions each."""
    home = home_with(folder)
    for file in files:
        outcome = put_in(home, name, file)[1]
        assert outcome.state == "committed", (file, outcome.says)
    return home


def figures(home: Home, kpi: str, column: str = "value", **more: Any) -> dict[str, float]:
    rows = series(home, kpi, **more)
    rows = rows[rows["state"].isin(["value", "zero"])]
    return dict(zip(rows["period"], rows[column], strict=True))


def by(home: Home, kpi: str, dimension: str, column: str = "value") -> dict[str, float]:
    rows = series(home, kpi, (dimension,), period="all")
    return dict(zip(rows[dimension], rows[column], strict=True))


def test_promise_and_delivery_from_two_files(tmp_path: Path) -> None:
    name = "delivery-supplier-two-files"
    home, told = loaded(tmp_path, name, "purchase_orders.csv", "deliveries.csv"), expected(name)
    monthly = {k: v["otd_pct"] for k, v in told["monthly"].items()}
    assert figures(home, "otd_promise") == pytest.approx(monthly, abs=1e-4)
    assert figures(home, "otd_promise", "denominator") == pytest.approx(
        {k: v["lines"] for k, v in told["monthly"].items()}
    )
    whole = figures(home, "otd_promise", period="all")["all"]
    assert whole == pytest.approx(told["otd_pct"], abs=1e-4)


def test_all_on_time_is_a_hundred_percent(tmp_path: Path) -> None:
    name = "delivery-adventureworks-sales"
    home, told = loaded(tmp_path, name, "Sales.SalesOrderHeader.csv"), expected(name)
    assert figures(home, "otd_request") == pytest.approx(
        {k: v["otd_pct"] for k, v in told["monthly"].items()}
    )
    assert figures(home, "otd_request", "denominator") == pytest.approx(
        {k: v["lines"] for k, v in told["monthly"].items()}
    )


def test_without_a_promise_no_promise_is_invented(tmp_path: Path) -> None:
    home = loaded(tmp_path, "delivery-otif-small", "deliveries_dataset .xlsx")
    for kpi in ("otd_promise", "otd_request", "otd_first_promise", "otif"):
        assert not figures(home, kpi), kpi


def test_a_logbook_in_five_date_spellings(tmp_path: Path) -> None:
    name = "downtime-spanish-logbook"
    home = loaded(tmp_path, name, "bitacora_mantenimiento_paros.csv")
    told = expected(name)["from_start_end"]
    monthly = {k: v["hours"] for k, v in told["monthly"].items()}
    assert figures(home, "recorded_downtime") == pytest.approx(monthly, abs=1e-3)
    whole = figures(home, "recorded_downtime", period="all")["all"]
    assert whole == pytest.approx(told["total_downtime_hours"], abs=1e-3)


def test_a_filling_machine_without_reasons(tmp_path: Path) -> None:
    name = "downtime-water-filling"
    home, told = loaded(tmp_path, name, "dataset.xlsx"), expected(name)
    monthly = {k: v["hours"] for k, v in told["monthly"].items()}
    assert figures(home, "recorded_downtime") == pytest.approx(monthly, abs=1e-3)


@pytest.mark.parametrize(
    ("file", "key"),
    [
        ("mes_export_20250807_utf8.csv", "20250807"),
        ("mes_export_20250807_cp1252_crlf.csv", "20250807"),
        ("mes_export_20250806_umlauts_lost.csv", "20250806"),
    ],
)
def test_a_german_mes(tmp_path: Path, file: str, key: str) -> None:
    home, told = loaded(tmp_path, "scrap-german-mes", file), expected("scrap-german-mes")[key]
    one = {"period": "all"}
    assert figures(home, "scrap_rate", "numerator", **one)["all"] == told["scrap"]
    assert figures(home, "scrap_rate", "denominator", **one)["all"] == told["gesamt"]
    assert figures(home, "scrap_rate", **one)["all"] == pytest.approx(
        100 * told["scrap_rate"], abs=1e-4
    )
    down = figures(home, "recorded_downtime", "numerator", **one)["all"]
    assert down == pytest.approx(told["standstill_min"], abs=1e-3)
    reasons = {k: v for k, v in by(home, "scrap_rate", "reason", "numerator").items() if v}
    if len(reasons) == len(told["scrap_by_reason"]):
        assert sorted(reasons.values()) == sorted(v for _, v in told["scrap_by_reason"])


def test_the_next_export_of_the_mes_asks_only_about_what_they_share(tmp_path: Path) -> None:
    home = loaded(tmp_path, "scrap-german-mes", "mes_export_20250807_utf8.csv")
    outcome = ingest_file(
        home,
        SAMPLES / "scrap-german-mes" / "mes_export_20250806_umlauts_lost.csv",
        who="test",
        when=WHEN,
    )
    kinds = {q.kind for q in outcome.questions}
    assert kinds <= {"coverage", "field"}, [q.ask for q in outcome.questions]
    assert len(home.store.feeds()) == 1


def test_scrap_posted_to_a_cost_centre(tmp_path: Path) -> None:
    name = "scrap-sap-mb51-mexico"
    home, told = loaded(tmp_path, name, "EXPORT.XLSX"), expected(name)
    cost = figures(home, "scrap_cost", period="all")["all"]
    assert cost == pytest.approx(told["scrap_amount_usd"], abs=0.005)
    table = home.store.at(home.store.position()).arrow("scrap").to_pandas()
    sums = table.groupby("unit")["qty_scrap"].sum()
    assert sums.to_dict() == pytest.approx(told["qty_by_unit"], abs=1e-6)
    assert not figures(home, "scrap_rate"), "without production there is no rate"


def test_minutes_in_a_matrix_of_batches_and_factors(tmp_path: Path) -> None:
    name = "downtime-maven-soda"
    home = loaded(tmp_path, name, "Manufacturing_Line_Productivity.xlsx")
    told = expected(name)
    whole = figures(home, "recorded_downtime", period="all")["all"]
    assert whole == pytest.approx(told["total_downtime_hours"], abs=1e-3)
    monthly = {k: v["hours"] for k, v in told["monthly"].items()}
    assert figures(home, "recorded_downtime") == pytest.approx(monthly, abs=1e-3)
    got = by(home, "recorded_downtime", "reason")
    for reason, hours in told["top5_reasons_hours"]:
        assert got[reason] == pytest.approx(hours, abs=1e-3)


@pytest.mark.parametrize(
    ("name", "file", "says"),
    [
        ("bad-excel-destroyed-dates", "Production.WorkOrder.csv", "date"),
        ("scrap-oee-no-dates", "OEE.xlsx", "date"),
        ("delivery-purchase-orders", "Quality_Inspection.xlsx", "date"),
    ],
)
def test_without_dates_nothing_is_taken_and_it_is_said(
    tmp_path: Path, name: str, file: str, says: str
) -> None:
    home = home_with(tmp_path)
    outcome = ingest_file(home, SAMPLES / name / file, who="test", when=WHEN)
    assert outcome.state == "rejected"
    assert says in outcome.says
    assert home.store.position() == 0


def test_a_scrap_list_is_no_changed_production_list(tmp_path: Path) -> None:
    """Date, line and product alike in both; what is counted tells them apart."""
    home = loaded(tmp_path, "scrap-star-schema", "fact_production.csv")
    asked, outcome = put_in(home, "scrap-star-schema", "fact_scrap.csv")
    assert (asked, outcome.state) == (0, "committed")
    assert [d.dataset for d in outcome.datasets] == ["scrap"]
    assert len(home.store.feeds()) == 2
