import pytest
from raw_tables import table

from kpi.ingest.interpret import Context, interpret


def read(text, *, context=None, **more):
    found = interpret([table(text, **more)], context=context or Context("00"))
    return found, {p.dataset: p.table.to_pandas() for p in found.parts}


def notes(found):
    return " | ".join(p.actual for p in found.problems)


REPEATING = """
Date,Order,Line,Produced,Reason,Scrap Qty
2026-01-05,A1,L1,500,Crack,3
2026-01-05,A1,L1,500,Misrun,2
2026-01-06,A2,L1,610,Crack,1
2026-01-06,A2,L1,610,Scratch,4
2026-01-07,A3,L2,333,Crack,1
2026-01-07,A3,L2,333,Dent,1
2026-01-08,A4,L2,210,Dent,1
"""


def test_produced_that_repeats_on_reason_rows_counts_once():
    found, tables = read(REPEATING)
    assert tables["production"]["qty_produced"].sum() == 500 + 610 + 333 + 210
    assert tables["scrap"]["qty_scrap"].sum() == 13
    assert "counted once per run" in notes(found)
    assert not found.questions


def test_produced_that_differs_on_reason_rows_counts_every_time():
    found, tables = read(
        """
        Date,Line,Produced,Reason,Scrap Qty
        2026-01-05,L1,500,Crack,3
        2026-01-05,L1,480,Misrun,2
        2026-01-06,L1,610,Crack,1
        2026-01-06,L1,700,Scratch,4
        2026-01-07,L2,333,Crack,1
        2026-01-07,L2,120,Dent,1
        """
    )
    assert tables["production"]["qty_produced"].sum() == 2743
    assert not found.questions


def test_in_between_is_asked():
    found, _ = read(
        """
        Date,Order,Produced,Reason,Scrap Qty
        2026-01-05,A1,500,Crack,3
        2026-01-05,A1,500,Misrun,2
        2026-01-06,A2,610,Crack,1
        2026-01-06,A2,610,Scratch,4
        2026-01-07,A3,333,Crack,1
        2026-01-07,A3,100,Dent,1
        """
    )
    assert [c.value for c in found.questions[0].candidates] == ["once", "each"]


def test_produced_is_good_plus_scrap_plus_rework_where_no_column_says_it():
    found, tables = read("Date,Good,Scrap,Rework\n2026-01-05,90,6,4\n2026-01-06,80,,")
    assert tables["production"]["qty_produced"].tolist() == [100, 80]
    assert "good + scrap + rework" in notes(found)


def test_a_free_column_that_is_the_sum_is_the_produced_quantity():
    found, tables = read(
        "Date,Order Qty,Good,Scrap\n2026-01-05,96,90,6\n2026-01-06,84,80,4\n2026-01-07,50,50,0"
    )
    assert tables["production"]["qty_produced"].tolist() == [96, 84, 50]
    assert found.parts[0].mapping["Order Qty"] == "qty_produced"


def test_good_called_produced_is_found_out():
    found, tables = read(
        "Date,Produced,Good,Scrap\n2026-01-05,90,90,6\n2026-01-06,80,80,4\n2026-01-07,50,50,0"
    )
    assert tables["production"]["qty_produced"].tolist() == [96, 84, 50]
    assert "equals the good quantity" in notes(found)


def test_downtime_that_is_the_difference_is_no_second_record():
    found, tables = read(
        "Date,Machine,Planned time (min),Run time (min),Downtime (min)\n"
        "2026-01-05,M1,480,420,60\n2026-01-06,M1,480,450,30"
    )
    assert set(tables) == {"running_time"}
    assert "not as a second record of stops" in notes(found)


def test_downtime_of_its_own_beside_planned_time_is_kept():
    _, tables = read(
        "Date,Machine,Planned time (min),Downtime (min)\n2026-01-05,M1,480,60\n2026-01-06,M1,480,30"
    )
    assert tables["downtime"]["minutes"].sum() == 90
    assert tables["running_time"]["planned_min"].sum() == 960


def test_defects_with_minutes_are_scrap_and_downtime():
    _, tables = read(
        "Date,Vendor ID,Defect ID,Defect Qty,Downtime min\n2026-01-05,7,3,12,60\n2026-01-06,8,4,5,0"
    )
    assert tables["scrap"]["qty_scrap"].tolist() == [12, 5]
    assert tables["downtime"]["minutes"].tolist() == [60]
    assert tables["downtime"]["supplier"].tolist() == ["7"]


def test_an_order_with_its_partial_shipments():
    _, tables = read(
        """
        Order,Item,Customer,Order Qty,Promise Date,Shipped Date,Shipped Qty
        A1,10,ACME,100,2026-01-10,2026-01-08,60
        A1,10,ACME,100,2026-01-10,2026-01-12,40
        A1,20,ACME,50,2026-01-10,,
        """
    )
    assert tables["order_item"]["item"].tolist() == ["10", "20"]
    assert tables["order_item"]["direction"].unique().tolist() == ["sales"]
    assert tables["shipment"]["qty"].tolist() == [60, 40]


def test_items_without_a_number_are_named_by_product_or_place():
    _, tables = read(
        "OrderID,ProductID,RequiredDate,ShippedDate\n1,P1,2026-01-10,2026-01-09\n1,P2,2026-01-10,"
    )
    assert tables["order_item"]["item"].tolist() == ["P1", "P2"]
    _, tables = read("OrderID,RequiredDate,ShippedDate\n1,2026-01-10,2026-01-09\n1,2026-01-11,")
    assert tables["order_item"]["item"].tolist() == ["1", "2"]


def test_supplier_orders_are_purchases():
    _, tables = read("PO_Number,Supplier_ID,Promised Date\nP1,S1,2026-01-10\nP2,S1,2026-01-11")
    assert tables["order_item"]["direction"].tolist() == ["purchase", "purchase"]


def test_status_and_cancellation():
    _, tables = read(
        "Order,Promise Date,Status,Cancelled\nA,2026-01-10,Shipped,no\nB,2026-01-10,On Hold,no\n"
        "C,2026-01-10,In Process,yes"
    )
    assert tables["order_item"]["status"].tolist() == ["delivered", "on_hold", "cancelled"]


MB51 = """
Plant,Material,Movement Type,Posting Date,Quantity,Qty in unit of entry,Unit of Entry,Amount in LC,Currency
1000,007,551,05.01.2026,0,5-,PC,"12,50-",EUR
1000,007,552,06.01.2026,2,2,PC,"5,00",EUR
1000,008,901,06.01.2026,2-,2-,PC,"5,00-",EUR
1000,009,261,06.01.2026,2-,2-,PC,"5,00-",EUR
"""


def test_movement_types_decide_signs_and_unknown_ones_are_asked():
    found, tables = read(MB51)
    scrap = tables["scrap"]
    assert scrap["qty_scrap"].tolist() == [5, -2, 2]
    assert scrap["cost"].tolist() == [12.5, -5, 5]
    assert scrap["product"].tolist() == ["007", "007", "008"]
    assert [(q.heading, [c.value for c in q.candidates]) for q in found.questions] == [
        ("Movement Type", ["scrap", "reversal", "produced", "ignore"])
    ]
    assert "261" in notes(found)


def test_an_unknown_movement_type_may_be_left_out():
    found, _ = read(MB51)
    answered = Context("00", answers={found.questions[0].id: "ignore"})
    again, tables = read(MB51, context=answered)
    assert tables["scrap"]["qty_scrap"].sum() == 3
    assert not again.questions


@pytest.mark.parametrize(
    ("text", "field", "names"),
    [
        ("Vendor,Vendor ID\nAcme,1\nBolt,2", "supplier", {"1": "Acme", "2": "Bolt"}),
        ("Plant,Plant ID\n\"Elgin, IL\",1\n\"Monon, IN\",2", "plant", {"1": "Elgin, IL", "2": "Monon, IN"}),
        ("ScrapReasonID,Name,ModifiedDate\n1,Gouge,2008-04-30\n2,Thermal,2008-04-30", "reason",
         {"1": "Gouge", "2": "Thermal"}),
        ("sku,product_name,unit_cost\nS1,Pump,12\nS2,Valve,13", "product", {"S1": "Pump", "S2": "Valve"}),
        ("line_code,line_name\nL1,Core\nL2,Coil", "line", {"L1": "Core", "L2": "Coil"}),
        ("defect_code,defect_name\nD1,Burr\nD2,Nick", "reason", {"D1": "Burr", "D2": "Nick"}),
    ],
)  # fmt: skip
def test_lookup_tables_are_names(text, field, names):
    found, tables = read(text)
    assert not found.questions
    read_names = tables["names"]
    assert read_names["field"].unique().tolist() == [field]
    assert dict(zip(read_names["code"], read_names["name"], strict=True)) == names


def test_runs_with_start_and_end_are_asked():
    found, tables = read(
        "Date,Product,Start Time,End Time\n2026-01-05,P,08:00,10:00\n2026-01-05,P,23:00,01:00"
    )
    assert [c.value for c in found.questions[0].candidates] == ["running_time", "downtime"]
    assert tables["running_time"]["run_min"].tolist() == [120, 120]


def test_descriptions_beside_codes_are_names():
    _, tables = read("Date,Material,Material Description,Scrap Qty\n2026-01-05,007,Pump,1")
    assert tables["names"][["field", "code", "name"]].values.tolist() == [
        ["product", "007", "Pump"]
    ]


def test_names_as_the_dataset_has_them():
    found, tables = read(
        "Field,Code,Name,Plant\nreason,A31,Porosity,Elgin\ncolour,1,Red,\nline,L1,Core,"
    )
    assert tables["names"][["field", "code", "name"]].values.tolist() == [
        ["reason", "A31", "Porosity"],
        ["line", "L1", "Core"],
    ]
    assert tables["names"]["plant"].isna().tolist() == [False, True]
    assert found.parts[0].rows_rejected == 1


def test_names_of_one_plant():
    _, tables = read("Reason Code,Reason Description,Site\nR1,Jam,Elgin\nR2,Belt,Elgin")
    assert tables["names"]["plant"].tolist() == ["Elgin", "Elgin"]
