"""Exports of other systems as their screens and queries make them; sums are taken from the rows here."""

import pytest
from raw_tables import from_rows

from kpi.ingest.interpret import Context, interpret
from kpi.model import Severity


def read(headings, rows, answers=None):
    raw = from_rows([list(headings), *[list(r) for r in rows]])
    found = interpret([raw], context=Context("00", answers=answers or {}))
    assert not [p for p in found.problems if p.severity is Severity.REJECTED], found.problems
    return found, {p.dataset: p.table.to_pandas() for p in found.parts}


def profile_of(found):
    return {p.conventions.get("profile") for p in found.parts if p.dataset != "names"}


def total(rows, place, keep=lambda row: True):
    return sum(float(row[place] or 0) for row in rows if keep(row))


LABOR = [
    ["2026-01-05", "P", "J100", "0", "10", "PRESS", "R1", "A-1", "95", "5", "3", "BURR", "4.5", "5", "E77"],
    ["2026-01-05", "S", "J100", "0", "10", "PRESS", "R1", "A-1", "0", "0", "0", "", "1.0", "1", "E77"],
    ["2026-01-06", "I", "", "0", "0", "PRESS", "R1", "", "0", "0", "0", "", "0.5", "0.5", "E78"],
    ["2026-01-06", "P", "J101", "0", "20", "LATHE", "R2", "B-2", "200", "10", "0", "DENT", "8", "8", "E78"],
]  # fmt: skip


@pytest.mark.parametrize(
    "headings",
    [
        ["Clock In Date", "Labor Type", "Job Num", "Asm", "Opr", "Resource Group", "Resource ID", "Part", "Labor Qty",
         "Scrap Qty", "Discrepant Qty", "Scrap Reason", "Burden Hrs", "Labor Hrs", "Employee"],
        ["LaborDtl_ClockInDate", "LaborDtl_LaborTypePseudo", "LaborDtl_JobNum", "LaborDtl_AssemblySeq",
         "LaborDtl_OprSeq", "LaborDtl_ResourceGrpID", "LaborDtl_ResourceID", "JobHead_PartNum",
         "LaborDtl_LaborQty", "LaborDtl_ScrapQty", "LaborDtl_DiscrepQty", "LaborDtl_ScrapReasonCode",
         "LaborDtl_BurdenHrs", "LaborDtl_LaborHrs", "LaborDtl_EmployeeNum"],
    ],
)  # fmt: skip
def test_epicor_labor(headings):
    found, tables = read(headings, LABOR)
    assert profile_of(found) == {"epicor_labor"}
    (question,) = found.questions  # what a discrepant quantity counts as is the plant's choice
    assert [c.value for c in question.candidates] == ["qty_rework", "qty_scrap", "ignore"]
    made = [r for r in LABOR if r[1] == "P"]
    assert tables["production"]["qty_produced"].sum() == sum(total(made, i) for i in (8, 9, 10))
    assert tables["scrap"]["qty_scrap"].sum() == total(made, 9)
    assert tables["running_time"]["run_min"].sum() == total(made, 12) * 60
    assert "E77" not in tables["production"].to_csv()

    _, tables = read(headings, LABOR, {question.id: "qty_scrap"})
    assert tables["scrap"]["qty_scrap"].sum() == total(made, 9) + total(made, 10)
    assert tables["production"]["qty_produced"].sum() == sum(total(made, i) for i in (8, 9, 10))
    _, tables = read(headings, LABOR, {question.id: "ignore"})
    assert tables["production"]["qty_produced"].sum() == sum(total(made, i) for i in (8, 9))


def test_epicor_releases_are_items_of_their_own():
    rows = [
        ["500", "1", "O1", "1", "1", "A", "C1", "2026-01-10", "2026-01-09", "2026-01-10", "10", "5", "15"],
        ["501", "1", "O1", "1", "2", "A", "C1", "2026-01-20", "2026-01-15", "2026-01-16", "20", "0", "20"],
    ]  # fmt: skip
    found, tables = read(
        ["Pack Num", "Pack Line", "Order Num", "Order Line", "Order Rel Num", "Part Num", "Cust ID", "Ship Date",
         "Need By Date", "Ship By", "Our Inventory Ship Qty", "Our Job Ship Qty", "Our Req Qty"],
        rows,
    )  # fmt: skip
    assert profile_of(found) == {"epicor_shipments"}
    items = tables["order_item"].set_index("item")
    assert items["qty_ordered"].to_dict() == {"1.1": 15, "1.2": 20}
    assert {i: str(d)[:10] for i, d in items["request_date"].items()} == {
        "1.1": "2026-01-09",
        "1.2": "2026-01-15",
    }
    assert {i: str(d)[:10] for i, d in items["promise_date"].items()} == {
        "1.1": "2026-01-10",
        "1.2": "2026-01-16",
    }
    assert tables["shipment"].set_index("item")["qty"].to_dict() == {"1.1": 15, "1.2": 20}


CAPACITY = [
    ["2026-01-05", "Work Center", "100", "O1", "A", "10", "30", "240", "0", "95", "5", "BURR", "", "MINUTES"],
    ["2026-01-05", "Work Center", "100", "O1", "A", "10", "0", "0", "45", "0", "0", "", "JAM", "MINUTES"],
    ["2026-01-06", "Machine Center", "210", "O2", "B", "20", "0.5", "6", "0", "190", "10", "DENT", "", "HOURS"],
    ["2026-01-06", "Machine Center", "210", "O2", "B", "20", "0", "0", "0", "-40", "0", "", "", "HOURS"],
    ["2026-01-06", "Machine Center", "210", "O2", "B", "20", "0", "0", "0", "40", "0", "", "", "HOURS"],
]  # fmt: skip


@pytest.mark.parametrize(
    "headings",
    [
        ["Posting Date", "Type", "No.", "Order No.", "Item No.", "Operation No.", "Setup Time", "Run Time", "Stop Time",
         "Output Quantity", "Scrap Quantity", "Scrap Code", "Stop Code", "Cap. Unit of Measure Code"],
        ["postingDate", "type", "no", "orderNo", "itemNo", "operationNo", "setupTime", "runTime", "stopTime",
         "outputQuantity", "scrapQuantity", "scrapCode", "stopCode", "capUnitOfMeasureCode"],
        ["Buchungsdatum", "Art", "Nr.", "Auftragsnr.", "Artikelnr.", "Arbeitsgangnr.", "Rüstzeit", "Bearbeitungszeit",
         "Stillstandszeit", "Istmenge", "Ausschussmenge", "Ausschusscode", "Unterbrechungscode",
         "Kapazitätseinheitencode"],
    ],
)  # fmt: skip
def test_business_central_capacity(headings):
    found, tables = read(headings, CAPACITY)
    assert profile_of(found) == {"business_central_capacity"}
    assert found.questions == ()
    assert tables["production"]["qty_produced"].sum() == total(CAPACITY, 9) + total(CAPACITY, 10)
    assert tables["scrap"]["qty_scrap"].sum() == total(CAPACITY, 10)
    scrapped = tables["scrap"][tables["scrap"]["qty_scrap"] > 0]
    assert set(scrapped["reason"]) == {"BURR", "DENT"}
    assert tables["running_time"]["run_min"].sum() == 240 + 6 * 60
    assert tables["downtime"]["minutes"].tolist() == [45]
    assert tables["downtime"]["reason"].tolist() == ["JAM"]


def test_business_central_shipment_date_is_the_planned_one():
    rows = [
        [
            "S1",
            "10000",
            "C1",
            "A",
            "O1",
            "10000",
            "60",
            "2026-01-12",
            "2026-01-10",
            "2026-01-09",
            "",
        ],
        [
            "S2",
            "10000",
            "C1",
            "A",
            "O1",
            "10000",
            "40",
            "2026-01-15",
            "2026-01-10",
            "2026-01-09",
            "",
        ],
    ]
    headings = ["Document No.", "Line No.", "Sell-to Customer No.", "No.", "Order No.", "Order Line No.", "Quantity",
                "Posting Date", "Shipment Date", "Requested Delivery Date", "Promised Delivery Date"]  # fmt: skip
    found, tables = read(headings, rows)
    assert profile_of(found) == {"business_central_shipments"}
    assert found.questions == ()
    (item,) = tables["order_item"].to_dict("records")
    assert (item["order"], item["item"], item["qty_ordered"]) == ("O1", "10000", 100)
    assert str(item["promise_date"])[:10] == "2026-01-10"
    assert {str(d)[:10] for d in tables["shipment"]["shipped_on"]} == {"2026-01-12", "2026-01-15"}


def test_business_central_without_a_posting_date_is_refused():
    raw = from_rows([
        ["Document No.", "Line No.", "Sell-to Customer No.", "No.", "Order No.", "Order Line No.", "Quantity",
         "Shipment Date", "Requested Delivery Date", "Promised Delivery Date"],
        ["S1", "10000", "C1", "A", "O1", "10000", "60", "2026-01-10", "2026-01-09", "2026-01-10"],
    ])  # fmt: skip
    found = interpret([raw], context=Context("00"))
    assert not found.parts
    assert "'Shipment Date' there is the planned date" in " ".join(p.advice for p in found.problems)


@pytest.mark.parametrize(
    "headings",
    [
        ["Physical date", "Production", "Oper. No.", "Resource", "Item number", "Good quantity", "Error quantity",
         "Error cause", "Job type"],
        ["RealizedAccountingDate", "ProductionOrderNumber", "OperationNumber", "OperationsResourceId", "ItemNumber",
         "GoodQuantity", "ErrorQuantity", "ErrorCause", "RouteJobType"],
    ],
)  # fmt: skip
def test_dynamics_365_route(headings):
    rows = [
        ["2026-01-05", "P1", "10", "R1", "A", "95", "5", "Material", "Process"],
        ["2026-01-06", "P1", "20", "R2", "A", "90", "5", "Machine", "Process"],
    ]
    found, tables = read(headings, rows)
    assert profile_of(found) == {"dynamics_365_route"}
    assert tables["production"]["qty_produced"].sum() == total(rows, 5) + total(rows, 6)
    assert tables["scrap"]["qty_scrap"].sum() == total(rows, 6)
    assert set(tables["scrap"]["reason"]) == {"Material", "Machine"}


def test_dynamics_365_sales_lines():
    rows = [
        [
            "SO1",
            "1",
            "A",
            "C1",
            "10",
            "10",
            "2026-01-09",
            "2026-01-10",
            "2026-01-12",
            "Invoiced",
            "5",
        ],
        ["SO1", "2", "B", "C1", "20", "0", "2026-01-09", "2026-01-10", "", "Open order", "7"],
        ["SO2", "1", "A", "C2", "30", "0", "2026-01-09", "2026-01-10", "", "Canceled", "9"],
    ]
    headings = ["Sales order", "Line number", "Item number", "Customer account", "Quantity", "Delivered",
                "Requested ship date", "Confirmed ship date", "Packing slip date", "Line status", "Lot ID"]  # fmt: skip
    found, tables = read(headings, rows)
    assert profile_of(found) == {"dynamics_365_sales_lines"}
    assert found.questions == ()
    assert tables["order_item"]["status"].tolist() == ["delivered", "open", "cancelled"]
    assert {str(d)[:10] for d in tables["order_item"]["promise_date"]} == {"2026-01-10"}
    assert {str(d)[:10] for d in tables["order_item"]["request_date"]} == {"2026-01-09"}
    assert len(tables["shipment"]) == 1


def test_netsuite_ship_date_is_the_planned_one():
    rows = [
        ["*", "SO1", "", "Acme", "", "", "", "2026-01-02", "2026-01-10", "", "Sales Order : Billed", ""],
        ["", "SO1", "1", "Acme", "A", "10", "10", "2026-01-02", "2026-01-10", "2026-01-12", "Sales Order : Billed", ""],
        ["", "SO1", "2", "Acme", "B", "5", "0", "2026-01-02", "2026-01-11", "", "Sales Order : Pending Fulfillment", ""],
        ["", "SO2", "1", "Bolt", "A", "5", "0", "2026-01-03", "2026-01-11", "", "Sales Order : Closed", ""],
        ["", "SO3", "1", "Bolt", "A", "5", "5", "2026-01-03", "2026-01-11", "2026-01-11", "Sales Order : Closed", ""],
    ]  # fmt: skip
    headings = ["*", "Document Number", "Line ID", "Name", "Item", "Quantity", "Quantity Fulfilled/Received", "Date",
                "Ship Date", "Actual Ship Date", "Status", "Memo"]  # fmt: skip
    found, tables = read(headings, rows)
    assert profile_of(found) == {"netsuite_orders"}
    items = tables["order_item"]
    assert items["status"].tolist() == ["delivered", "open", "cancelled", "delivered"]
    assert [str(d)[:10] for d in items["promise_date"]] == [
        "2026-01-10",
        "2026-01-11",
        "2026-01-11",
        "2026-01-11",
    ]
    assert sorted(str(d)[:10] for d in tables["shipment"]["shipped_on"]) == [
        "2026-01-11",
        "2026-01-12",
    ]


def test_netsuite_completions_ask_whether_scrap_is_in_the_quantity():
    rows = [
        ["2026-01-05", "WC1", "WO1", "10", "A", "95", "5"],
        ["2026-01-06", "WC2", "WO1", "20", "A", "90", "0"],
    ]
    headings = ["Date", "Document Number", "Created From", "Operation Sequence", "Item", "Completed Quantity",
                "Scrap Quantity"]  # fmt: skip
    found, tables = read(headings, rows)
    (question,) = found.questions
    assert tables["production"]["qty_produced"].sum() == 190
    _, tables = read(headings, rows, {question.id: "qty_produced"})
    assert tables["production"]["qty_produced"].sum() == 185
    assert tables["scrap"]["qty_scrap"].sum() == 5


@pytest.mark.parametrize(
    "headings",
    [
        ["Transaction Type", "Transaction Date", "Primary Quantity", "Primary UOM", "Item", "Job", "Org", "Subinventory",
         "Reason", "Transaction ID"],
        ["TRANSACTION_TYPE_NAME", "TRANSACTION_DATE", "PRIMARY_QUANTITY", "PRIMARY_UOM_CODE", "SEGMENT1",
         "WIP_ENTITY_NAME", "ORGANIZATION_CODE", "SUBINVENTORY_CODE", "REASON_NAME", "TRANSACTION_ID"],
    ],
)  # fmt: skip
def test_oracle_transactions_by_their_type(headings):
    rows = [
        ["WIP Completion", "05-JAN-2026", "100", "EA", "A", "J1", "M1", "FGI", "", "1"],
        ["WIP Completion Return", "06-JAN-2026", "-10", "EA", "A", "J1", "M1", "FGI", "", "2"],
        ["WIP assembly scrap", "06-JAN-2026", "6", "EA", "A", "J1", "M1", "", "BURR", "3"],
        ["WIP return from scrap", "07-JAN-2026", "-2", "EA", "A", "J1", "M1", "", "BURR", "4"],
        ["WIP Issue", "07-JAN-2026", "-50", "KG", "R", "J1", "M1", "RAW", "", "5"],
    ]
    found, tables = read(headings, rows)
    assert profile_of(found) == {"oracle_ebs_transactions"}
    assert found.questions == ()
    assert tables["scrap"]["qty_scrap"].sum() == 6 - 2
    assert (
        tables["production"]["qty_produced"].sum() == 100 - 10 + 6 - 2
    )  # completions are good only


def test_an_unknown_oracle_transaction_is_asked():
    rows = [
        ["WIP Completion", "05-JAN-2026", "100", "EA", "A", "J1", "M1", "FGI", "", "1"],
        ["ACME Scrap Out", "06-JAN-2026", "-10", "EA", "A", "J1", "M1", "FGI", "", "2"],
    ]
    found, _ = read(
        ["Transaction Type", "Transaction Date", "Primary Quantity", "Primary UOM", "Item", "Job", "Org", "Subinventory",
         "Reason", "Transaction ID"],
        rows,
    )  # fmt: skip
    (question,) = found.questions
    assert "ACME Scrap Out" in question.ask


def test_oracle_order_lines():
    rows = [
        [
            "1001",
            "1",
            "1",
            "A",
            "10",
            "10",
            "2026-01-09",
            "2026-01-10",
            "2026-01-12",
            "CLOSED",
            "N",
        ],
        ["1001", "1", "2", "A", "5", "", "2026-01-09", "2026-01-20", "", "AWAITING_SHIPPING", "N"],
        ["1002", "1", "1", "B", "7", "", "2026-01-09", "2026-01-20", "", "CANCELLED", "Y"],
    ]
    found, tables = read(
        ["ORDER_NUMBER", "LINE_NUMBER", "SHIPMENT_NUMBER", "ORDERED_ITEM", "ORDERED_QUANTITY", "SHIPPED_QUANTITY",
         "REQUEST_DATE", "SCHEDULE_SHIP_DATE", "ACTUAL_SHIPMENT_DATE", "FLOW_STATUS_CODE", "CANCELLED_FLAG"],
        rows,
    )  # fmt: skip
    assert profile_of(found) == {"oracle_ebs_order_lines"}
    assert found.questions == ()
    assert tables["order_item"]["status"].tolist() == ["delivered", "open", "cancelled"]
    assert tables["order_item"]["item"].tolist() == ["1.1", "1.2", "1.1"]
    assert len(tables["shipment"]) == 1


def test_plex_production_and_its_log():
    rows = [
        ["2026-01-05", "123", "WC1", "P-1", "A", "J1", "95", "2", "5", "BURR"],
        ["2026-01-06", "123", "WC2", "P-2", "B", "J2", "190", "0", "10", "DENT"],
    ]
    found, tables = read(
        ["Report Date", "PCN", "Workcenter", "Part No", "Revision", "Job No", "Good Qty", "Reject Qty", "Scrap Qty", "Scrap Reason"],
        rows,
    )  # fmt: skip
    assert profile_of(found) == {"plex_production"}
    assert len(found.questions) == 1
    assert tables["production"]["qty_produced"].sum() == sum(total(rows, i) for i in (6, 7, 8))
    assert tables["scrap"]["qty_scrap"].sum() == total(rows, 8)

    log = [
        ["123", "WC1", "2026-01-05 06:00", "Production", "", "4.0"],
        ["123", "WC1", "2026-01-05 10:00", "Downtime", "Feeder jam", "0.5"],
        ["123", "WC1", "2026-01-05 10:30", "Setup", "Die change", "1.25"],
    ]
    found, tables = read(
        ["PCN", "Workcenter", "Log Date", "Workcenter Status", "Workcenter Event", "Log Hours"], log
    )
    assert profile_of(found) == {"plex_workcenter_log"}
    assert found.questions == ()
    assert tables["downtime"]["minutes"].tolist() == [30, 75]
    assert tables["downtime"]["stop_class"].tolist() == ["unplanned", "changeover"]
    assert tables["downtime"]["reason"].tolist() == ["Feeder jam", "Die change"]


def test_iqms_reports():
    rows = [
        ["2026-01-05", "1", "M12", "MF1", "IT1", "W1", "95", "5", "SHORT", "7.5"],
        ["2026-01-05", "2", "M12", "MF1", "IT1", "W1", "190", "10", "FLASH", "8"],
    ]
    found, tables = read(
        ["Prod Date", "Shift", "EQNO", "MFG #", "Item #", "WO #", "Good Parts", "Rejects", "Reject Code", "Production Hrs"], rows
    )  # fmt: skip
    assert profile_of(found) == {"iqms_production"}
    assert tables["production"]["qty_produced"].sum() == total(rows, 6) + total(rows, 7)
    assert tables["running_time"]["run_min"].sum() == total(rows, 9) * 60

    stops = [
        ["2026-01-05", "1", "M12", "MF1", "0.5", "D1", "No material"],
        ["2026-01-06", "1", "M12", "MF1", "1.5", "D2", "Mold"],
    ]
    found, tables = read(
        ["Prod Date", "Shift", "EQNO", "MFG #", "Down Hrs", "Down Code", "Down Reason"], stops
    )
    assert profile_of(found) == {"iqms_downtime"}
    assert tables["downtime"]["minutes"].tolist() == [30, 90]


def test_an_oee_report():
    rows = [
        ["2026-01-05", "L1", "1", "480", "400", "950", "930", "20", "0.4"],
        ["2026-01-05", "L1", "2", "480", "380", "900", "890", "10", "0.4"],
        ["2026-01-06", "L1", "1", "480", "410", "970", "950", "20", "0.4"],
    ]
    found, tables = read(
        ["Date", "Line", "Shift", "Planned Production Time (min)", "Run Time (min)", "Total Count", "Good Count",
         "Reject Count", "Ideal Cycle Time (min)"],
        rows,
    )  # fmt: skip
    assert profile_of(found) == {"generic_mes"}
    assert found.questions == ()
    assert tables["production"]["qty_produced"].sum() == total(rows, 5)
    assert tables["scrap"]["qty_scrap"].sum() == total(rows, 7)
    assert tables["running_time"]["planned_min"].sum() == total(rows, 3)
    assert tables["running_time"]["run_min"].sum() == total(rows, 4)
