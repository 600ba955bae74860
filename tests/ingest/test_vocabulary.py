import json

import pytest

from kpi.datasets import DATASETS
from kpi.ingest.vocabulary import DATA, DOMAINS, Level, unit_of, vocabulary

PSEUDO = {"ignore", "personal", "work_center", "movement_type", "cancelled"}
COLUMNS = {c.name for d in DATASETS.values() for c in d.columns}


def test_every_field_of_the_headings_maps_to_a_column():
    canonical = json.loads((DATA / "fields.json").read_text(encoding="utf-8"))["canonical"]
    headers = json.loads((DATA / "headers.json").read_text(encoding="utf-8"))["datasets"]
    for source, domain in (("scrap", "making"), ("downtime", "downtime"), ("delivery", "delivery")):
        assert set(canonical[domain]) == set(headers[source])
        fields = {f for f in canonical[domain].values() if not f.startswith("names.")}
        assert fields <= COLUMNS | PSEUDO


def test_every_packaged_heading_is_found_again():
    words = vocabulary()
    lost = [
        label
        for label, domain, field in words._labels()
        if (domain, field) not in {(m.domain, m.field) for m in words.lookup(label)}
    ]
    assert lost == []


@pytest.mark.parametrize(
    ("heading", "domain", "field"),
    [
        ("shippedDate", "delivery", "shipped_on"),
        ("units_scrapped", "making", "qty_scrap"),
        ("Downtime_Minutes", "downtime", "minutes"),
        ("Rejected Qty (pcs)", "making", "qty_scrap"),
        ("Ausschußmenge", "making", "qty_scrap"),
        ("FECHA DE PRODUCCION", "making", "date"),
        ("Act. Gds\nMvmnt Date", "delivery", "shipped_on"),
        ("停机时长（h）", "downtime", "minutes"),
        ("Vendor ID", "delivery", "supplier"),
        ("ScrapReasonID", "making", "reason"),
        ("Required Date", "delivery", "request_date"),
    ],
)
def test_headings(heading, domain, field):
    assert field in {m.field for m in vocabulary().lookup(heading) if m.domain == domain}


def test_delivery_date_stays_ambiguous():
    found = {m.field for m in vocabulary().lookup("Delivery Date") if m.domain == "delivery"}
    assert found == {"request_date", "delivered_on"}


@pytest.mark.parametrize(
    "heading", ["Temperature", "Product Category", "Ship Name", "Freight", "Name"]
)
def test_headings_that_mean_nothing_here(heading):
    assert all(
        m.level is Level.EXACT or m.domain not in DOMAINS for m in vocabulary().lookup(heading)
    )


def test_rates_and_persons_are_known():
    words = vocabulary()
    assert all(map(words.is_rate, ["Rejection Rate (%)", "OEE", "Ausschussquote", "Scrap %"]))
    assert not any(map(words.is_rate, ["Scrap Qty", "Separate", "Operator"]))
    assert all(map(words.is_personal, ["Operator_Name", "operario_reporta", "Anwender"]))


@pytest.mark.parametrize(
    ("text", "unit"), [("min", "min"), ("Hours", "h"), ("kEUR", "kEUR"), ("€", "EUR"), ("x", None)]
)
def test_units(text, unit):
    assert unit_of(text) == unit


def test_names_of_dimensions():
    words = vocabulary()
    assert words.named_dimension("Vendor Name") == "supplier"
    assert words.named_dimension("nombre_maquina") == "machine"
    assert words.named_dimension("Name") is None


@pytest.mark.parametrize(
    ("text", "status"),
    [("Shipped", "delivered"), ("In Process", "open"), ("On Hold", "on_hold"),
     ("Cancelled", "cancelled"), ("Disputed", None), ("5", None)],
)  # fmt: skip
def test_status(text, status):
    assert vocabulary().status(text) == status
