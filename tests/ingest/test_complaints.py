"""Lists of complaints and returns as plants keep them: told from scrap and orders, kinds, flags."""

import pytest
from raw_tables import table

from kpi.ingest.interpret import Context, interpret


def read(text, *, answers=None, dataset=None, **more):
    context = Context("00", answers=answers or {}, dataset=dataset)
    found = interpret([table(text, **more)], context=context)
    return found, {p.dataset: p.table.to_pandas() for p in found.parts}


def notes(found):
    return " | ".join(p.actual for p in found.problems)


GERMAN = """
Rekla-Nr.,Eingang,Kunde,Teilenummer,Fehlerart,Fehlerbeschreibung,reklamierte Menge,davon anerkannt,Retourenmenge,Kosten (EUR),berechtigt,Status,Abschluss,Bearbeiter
R-001,05.10.2026,Autowerk,4711-00,Grat,"Grat an Kante 3",120,80,100,"1.250,50",ja,abgeschlossen,20.10.2026,Huber
R-002,12.10.2026,Motoren AG,4712-00,Maß,"Bohrung zu klein",5,0,5,,nein,abgelehnt,15.10.2026,Huber
R-003,28.10.2026,Autowerk,4711-00,Riss,"Riss am Flansch",12,,,"310,00",,in Bearbeitung,,Huber
"""


def test_a_german_list_of_customer_complaints():
    found, tables = read(GERMAN)
    assert not found.questions, found.questions
    rows = tables["complaint"]
    assert list(rows["event"]) == ["R-001", "R-002", "R-003"]
    assert [str(d) for d in rows["date"]] == ["2026-10-05", "2026-10-12", "2026-10-28"]
    assert list(rows["kind"]) == ["customer"] * 3
    assert list(rows["qty_complained"]) == [120, 5, 12]
    assert rows["qty_defective"].fillna(-1).tolist() == [80, 0, -1]
    assert rows["qty_returned"].fillna(-1).tolist() == [100, 5, -1]
    assert rows["cost"].fillna(-1).tolist() == [1250.5, -1, 310]
    assert set(rows["currency"].dropna()) == {"EUR"}
    assert list(rows["status"]) == ["closed", "rejected", "open"]
    assert rows["accepted"].tolist()[:2] == [True, False] and rows["accepted"].isna()[2]
    assert str(rows["closed_on"][0]) == "2026-10-20"
    assert "Huber" not in str(rows.to_dict())


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        ("Complaint No,Date Received,Customer,Part No,Defect,Qty Complained,Confirmed Defective", "customer"),
        ("Nº reclamación,Fecha reclamo,Cliente,Nº de pieza,Defecto,Cantidad reclamada,Cantidad defectuosa", "customer"),
        ("N° réclamation,Date de réclamation,Fournisseur,Pièce,Défaut,Quantité réclamée,Quantité défectueuse", "supplier"),
        ("投诉编号,投诉日期,客户,零件号,缺陷,投诉数量,不良数量", "customer"),
    ],
)  # fmt: skip
def test_headings_of_other_languages(head, kind):
    found, tables = read(
        f"{head}\nC1,2026-10-05,ACME,P1,burr,10,4\nC2,2026-10-19,ACME,P1,crack,3,3"
    )
    assert not found.questions
    rows = tables["complaint"]
    assert list(rows["qty_complained"]) == [10, 3]
    assert list(rows["qty_defective"]) == [4, 3]
    assert set(rows["kind"]) == {kind}


def test_whose_complaints_they_are_is_told_by_the_title():
    text = "No,Date,Customer,Supplier,Part No,Qty complained\n1,2026-10-13,A,B,P1,10\n2,2026-10-20,A,B,P1,4"
    found, tables = read(text, titles=("Complaints to suppliers 2026",))
    assert not found.questions
    assert set(tables["complaint"]["kind"]) == {"supplier"}


def test_whose_complaints_they_are_is_asked_where_nothing_says():
    text = (
        "Complaint No,Date received,Part No,Qty complained\n1,2026-10-13,P1,10\n2,2026-10-20,P1,4"
    )
    found, _ = read(text)
    (question,) = found.questions
    assert [c.value for c in question.candidates] == ["customer", "supplier", "internal"]
    _, tables = read(text, answers={question.id: "internal"})
    assert set(tables["complaint"]["kind"]) == {"internal"}


def test_kinds_of_a_column():
    found, tables = read(
        """
        Complaint No,Complaint Type,Date Received,Qty Complained
        1,Customer complaint,2026-10-13,10
        2,Supplier,2026-10-14,4
        3,internal,2026-10-20,1
        """
    )
    assert not found.questions
    assert list(tables["complaint"]["kind"]) == ["customer", "supplier", "internal"]


def test_cells_that_say_neither_yes_nor_no_are_named():
    found, tables = read(
        """
        Complaint No,Date Received,Customer,Qty Complained,Justified
        1,2026-10-13,A,10,yes
        2,2026-10-20,A,4,maybe
        """
    )
    assert tables["complaint"]["accepted"].isna().tolist() == [False, True]
    assert "maybe" in notes(found)


def test_returns_are_complaints_of_customers():
    found, tables = read(
        """
        RMA No,Return Date,Customer,Part Number,Returned Qty,Confirmed Defective,Return Reason
        RMA1,2026-10-13,A,P1,10,6,burr
        RMA2,2026-10-20,A,P1,4,0,wrong part
        """
    )
    assert not found.questions
    assert list(tables["complaint"]["qty_returned"]) == [10, 4]
    assert list(tables["complaint"]["reason"]) == ["burr", "wrong part"]


def test_a_negative_quantity_is_rejected():
    _, tables = read(
        """
        Complaint No,Date Received,Customer,Qty Complained
        1,2026-10-13,A,10
        2,2026-10-20,A,-4
        """
    )
    assert list(tables["complaint"]["event"]) == ["1"]


def test_several_dates_are_told_apart_or_asked():
    found, tables = read(
        """
        Complaint No,Customer,Production Date,Date Received,Date Closed,Qty Complained
        1,A,2026-09-01,2026-10-13,2026-10-20,10
        2,A,2026-09-02,2026-10-20,,4
        """
    )
    assert not found.questions
    assert [str(d) for d in tables["complaint"]["date"]] == ["2026-10-13", "2026-10-20"]


@pytest.mark.parametrize(
    "text",
    [
        "Date,Line,Produced,Scrap Qty,Defect,Returns\n2026-10-13,L1,100,3,Crack,1\n2026-10-14,L1,90,2,Burr,0",
        "Order,Item,Customer,Promised Date,Delivery Date,Qty Delivered\n1,10,A,2026-10-13,2026-10-14,10",
        "Notification,Machine,Malfunction Start,Malfunction End,Reason\n1,M1,2026-10-13 10:00,2026-10-13 11:00,jam",
        "Date,Product,Defect,Defective Qty,Cost\n2026-10-13,P1,burr,3,12.5\n2026-10-14,P1,crack,1,2.5",
    ],
)
def test_other_lists_are_no_complaints(text):
    _, tables = read(text)
    assert tables and "complaint" not in tables


def test_one_sign_in_a_list_of_scrap_is_asked():
    text = """
        Date,Customer,Part No,Scrap Qty,Claim No
        2026-10-13,A,P1,3,C1
        2026-10-20,A,P1,1,C2
        """
    found, _ = read(text)
    assert any(q.kind == "dataset" and "complaint" in q.ask for q in found.questions)
