"""Lists of known systems by meaning: what is expected is summed here, from the rows as written."""

import csv
import io
import json
import random
from datetime import datetime

import pytest
from raw_tables import from_rows

from kpi.datasets import DATASETS
from kpi.ingest.interpret import Context, interpret
from kpi.ingest.profiles import ProfileError, keys_of, packaged, read_profiles, site_profiles
from kpi.ingest.reading import read_file
from kpi.model import FeedMemory, Severity


def read(headings, rows, *, answers=None, memories=(), profiles=(), dataset=None):
    raw = from_rows([list(headings), *[list(r) for r in rows]])
    context = Context("00", memories, answers or {}, dataset, profiles=profiles)
    found = interpret([raw], context=context)
    return found, {p.dataset: p.table.to_pandas() for p in found.parts}


def said(found):
    return " ".join(p.actual for p in found.problems)


def profile_of(found):
    return {p.conventions.get("profile") for p in found.parts if p.dataset != "names"}


def asked(found):
    return [q.ask for q in found.questions]


# --- MB51 ------------------------------------------------------------------------------------

MB51 = {
    "en": ["Plant", "Material", "Movement Type", "Posting Date", "Qty in unit of entry", "Unit of Entry",
           "Quantity", "Base Unit of Measure", "Amt.in Loc.Cur.", "Currency", "Order", "Purchase order",
           "Material Document", "User Name"],
    "short": ["Plnt", "Material", "MvT", "Pstng Date", "Qty in UnE", "EUn", "Quantity", "BUn", "LC Amount",
              "Crcy", "Order", "PO", "Mat. Doc.", "User"],
    "de": ["Werk", "Material", "Bewegungsart", "Buchungsdatum", "Menge in ErfassME", "ErfassungsMngEinh",
           "Menge", "Basismengeneinheit", "Betrag Hauswähr", "Währung", "Auftrag", "Bestellung",
           "Materialbeleg", "Name des Benutzers"],
    "es": ["Centro", "Material", "Clase de movimiento", "Fecha de contabilización", "Cantidad en UM entrada",
           "UM entrada", "Cantidad", "Unidad medida base", "Importe en ML", "Moneda", "Orden",
           "Documento compras", "Documento material", "Usuario"],
    "fr": ["Division", "Article", "Code mouvement", "Date comptable", "Quantité en unité de saisie",
           "Unité de saisie", "Quantité", "Unité de quantité de base", "Montant en devise interne", "Devise",
           "Ordre", "Commande d'achat", "Document article", "Utilisateur"],
    "technical": ["WERKS", "MATNR", "BWART", "BUDAT", "ERFMG", "ERFME", "MENGE", "MEINS", "DMBTR", "WAERS",
                  "AUFNR", "EBELN", "MBLNR", "USNAM"],
    "tables": ["MSEG-WERKS", "MSEG-MATNR", "MSEG-BWART", "MKPF-BUDAT", "MSEG-ERFMG", "MSEG-ERFME",
               "MSEG-MENGE", "MSEG-MEINS", "MSEG-DMBTR", "MSEG-WAERS", "MSEG-AUFNR", "MSEG-EBELN",
               "MKPF-MBLNR", "MKPF-USNAM"],
}  # fmt: skip

# plant, material, type, day, quantity entered, unit, base quantity, base unit, amount, currency, order, PO
MOVES = [
    ("1000", "A1", "101", "05.01.2026", "500", "PC", "500", "PC", "2500,00", "EUR", "80001", ""),
    ("1000", "A1", "102", "06.01.2026", "20-", "PC", "20-", "PC", "100,00-", "EUR", "80001", ""),
    ("1000", "A1", "131", "06.01.2026", "300", "PC", "300", "PC", "1500,00", "EUR", "", ""),
    ("1000", "R7", "101", "06.01.2026", "900", "KG", "900", "KG", "1800,00", "EUR", "", "4500001"),
    ("1000", "R7", "261", "07.01.2026", "40-", "KG", "40-", "KG", "80,00-", "EUR", "80001", ""),
    ("1000", "R7", "262", "07.01.2026", "4", "KG", "4", "KG", "8,00", "EUR", "80001", ""),
    ("1000", "A1", "551", "08.01.2026", "30-", "PC", "0", "PC", "150,00-", "EUR", "", ""),
    ("1000", "A1", "552", "09.01.2026", "10", "PC", "0", "PC", "50,00", "EUR", "", ""),
    ("1000", "A1", "553", "09.01.2026", "7", "PC", "7", "PC", "35,00", "EUR", "", ""),
    ("1000", "A1", "555", "10.01.2026", "5-", "PC", "5-", "PC", "25,00-", "EUR", "", ""),
    ("1000", "A1", "556", "12.01.2026", "1-", "PC", "1-", "PC", "5,00-", "EUR", "", ""),
    ("1000", "R7", "551", "13.01.2026", "2,5-", "KG", "2,5-", "KG", "5,00-", "EUR", "", ""),
    ("1000", "A1", "531", "14.01.2026", "3", "KG", "3", "KG", "0,30", "EUR", "80001", ""),
    ("1000", "A1", "309", "14.01.2026", "11-", "PC", "11-", "PC", "55,00-", "EUR", "", ""),
]  # fmt: skip
MINUS = {"552", "554", "556", "102", "132"}


def number(text):
    return float(text.rstrip("-").replace(".", "").replace(",", "."))


def sums(rows, types, place):
    out = {}
    for row in rows:
        if row[2] in types:
            sign = -1 if row[2] in MINUS else 1
            out[row[5]] = out.get(row[5], 0) + sign * number(row[place])
    return out


def with_document(rows):
    return [[*row, str(4900000 + i), "MUELLER"] for i, row in enumerate(rows)]


SCRAPPED = {"551", "552", "553", "554", "555", "556"}


@pytest.mark.parametrize("language", MB51)
def test_mb51(language):
    found, tables = read(MB51[language], with_document(MOVES))

    assert profile_of(found) == {"sap_mb51"}
    assert asked(found) == []
    scrap, made = tables["scrap"], tables["production"]
    assert scrap.groupby("unit")["qty_scrap"].sum().to_dict() == sums(MOVES, SCRAPPED, 4)
    assert scrap["cost"].sum() == pytest.approx(sum(sums(MOVES, SCRAPPED, 8).values()))
    assert set(scrap["currency"]) == {"EUR"}
    assert made["qty_produced"].sum() == 500 - 20 + 300  # not the 900 bought
    assert "Recognised as an SAP MB51 list" in said(found)
    for kind in ("261 (1 row)", "262 (1 row)", "531 (1 row)", "309 (1 row)"):
        assert kind in said(found)
    assert "MUELLER" not in scrap.to_csv()


def test_mb51_columns_in_any_order_and_signs_either_way_round():
    places = list(range(14))
    random.Random(4).shuffle(places)
    flipped = [[*r[:4], r[4][:-1] if r[4].endswith("-") else r[4] + "-", *r[5:]] for r in MOVES]
    rows = [[row[i] for i in places] for row in with_document(flipped)]
    found, tables = read([MB51["en"][i] for i in places], rows)
    assert tables["scrap"].groupby("unit")["qty_scrap"].sum().to_dict() == sums(MOVES, SCRAPPED, 4)
    assert asked(found) == []


def test_mb51_without_the_quantity_of_entry_takes_the_base_quantity_and_its_unit():
    keep = [i for i, h in enumerate(MB51["en"]) if h not in ("Qty in unit of entry",)]
    rows = [[row[i] for i in keep] for row in with_document(MOVES)]
    _, tables = read([MB51["en"][i] for i in keep], rows)
    want = {}
    for row in MOVES:
        if row[2] in SCRAPPED:
            sign = -1 if row[2] in MINUS else 1
            want[row[7]] = want.get(row[7], 0) + sign * number(row[6])
    assert tables["scrap"].groupby("unit")["qty_scrap"].sum().to_dict() == want


CUSTOM = [
    ("1000", "A1", "901", "05.01.2026", "8-", "PC", "8-", "PC", "40,00-", "EUR", "", ""),
    ("1000", "A1", "901", "06.01.2026", "3-", "PC", "3-", "PC", "15,00-", "EUR", "", ""),
    ("1000", "A1", "551", "07.01.2026", "2-", "PC", "2-", "PC", "10,00-", "EUR", "", ""),
]  # fmt: skip


def test_an_unknown_movement_type_asks_once_and_is_remembered():
    found, _ = read(MB51["en"], with_document(CUSTOM))
    (question,) = found.questions
    assert "901" in question.ask
    assert [c.value for c in question.candidates] == ["scrap", "reversal", "produced", "ignore"]

    for answer, want in (("scrap", 13), ("ignore", 2), ("reversal", 2 - 11)):
        again, tables = read(MB51["en"], with_document(CUSTOM), answers={question.id: answer})
        assert again.questions == ()
        assert tables["scrap"]["qty_scrap"].sum() == want

    part = next(p for p in again.parts if p.dataset == "scrap")
    memory = FeedMemory("MB51", ("scrap",), None, part.signature, part.mapping, part.conventions)
    later, tables = read(MB51["en"], with_document(CUSTOM[:2]), memories=(memory,))
    assert later.questions == ()
    assert later.feed == "MB51"
    assert tables["scrap"]["qty_scrap"].sum() == -11


def test_a_custom_type_posted_both_ways_nets_out():
    rows = [
        *CUSTOM,
        ("1000", "A1", "901", "08.01.2026", "3", "PC", "3", "PC", "15,00", "EUR", "", ""),
    ]
    found, tables = read(MB51["en"], with_document(rows))
    (question,) = found.questions
    assert question.candidates[0].value == "net"
    assert tables["scrap"]["qty_scrap"].sum() == 8 + 3 + 2 - 3


def test_receipts_that_no_column_explains_are_asked():
    keep = [i for i, h in enumerate(MB51["en"]) if h not in ("Order", "Purchase order")]
    rows = [[row[i] for i in keep] for row in with_document(MOVES)]
    found, tables = read([MB51["en"][i] for i in keep], rows)
    assert ["101 and 102" in q for q in asked(found)] == [True]
    (question,) = found.questions
    assert tables["production"]["qty_produced"].sum() == 500 - 20 + 300 + 900
    _, tables = read([MB51["en"][i] for i in keep], rows, answers={question.id: "ignore"})
    assert tables["production"]["qty_produced"].sum() == 300


def test_mb51_without_a_quantity_is_refused_with_the_column_to_add():
    keep = [i for i in range(14) if i not in (4, 5, 6, 7, 8, 9)]
    found, tables = read(
        [*(MB51["en"][i] for i in keep), "Storage Location"],
        [[*(row[i] for i in keep), "0001"] for row in with_document(MOVES)],
    )
    assert not tables
    (problem,) = [p for p in found.problems if p.severity is Severity.REJECTED]
    assert "Add the columns 'Qty in unit of entry' and 'Unit of entry'" in problem.advice
    assert "MB51" in problem.advice


# --- confirmations ------------------------------------------------------------------------------

CONF = {
    "en": ["Plant", "Order", "Activity", "Work Center", "Confirmation", "Confirm. counter", "Posting Date",
           "Confirmed Yield (GMEIN)", "Confirmed scrap (MEINH)", "Confirmed rework (MEINH)", "Material",
           "Reason for Variance", "Reversed", "Cancelled confirmation", "Machine time", "Unit", "Entered by"],
    "de": ["Werk", "Auftrag", "Vorgang", "Arbeitsplatz", "Rückmeldung", "Zähler", "Buchungsdatum",
           "Rückgem. Gutmenge", "Rückgem. Ausschuss", "Nacharbeit", "Material", "Abweichungsursache",
           "Storniert", "Stornierte Rückmeldung", "Maschinenzeit", "Einheit", "Erfaßt von"],
    "es": ["Centro", "Orden", "Operación", "Puesto de trabajo", "Notificación", "Contador",
           "Fecha de contabilización", "Cantidad buena notificada", "Rechazo notificado", "Reproceso",
           "Material", "Causa desviación", "Anulado", "Notificación anulada", "Tiempo de máquina", "UM",
           "Creado por"],
    "fr": ["Division", "Ordre", "Opération", "Poste de travail", "Confirmation", "Compteur", "Date comptable",
           "Quantité bonne confirmée", "Rebut confirmé", "Reprise", "Article", "Motif d'écart", "Annulé",
           "Confirmation annulée", "Temps machine", "Unité", "Créé par"],
    "technical": ["WERKS", "AUFNR", "VORNR", "ARBPL", "RUECK", "RMZHL", "BUDAT", "LMNGA", "XMNGA", "RMNGA",
                  "MATNR", "GRUND", "STOKZ", "STZHL", "ISM02", "ILE02", "ERNAM"],
}  # fmt: skip

CONFIRMED = [
    ["1000", "90001", "0010", "PRESS1", "70001", "1", "05.01.2026", "95", "5", "2", "M1", "0001", "", "0", "3,5", "H", "X1"],
    ["1000", "90001", "0010", "PRESS1", "70001", "2", "05.01.2026", "50", "10", "0", "M1", "0002", "X", "0", "1,5", "H", "X1"],
    ["1000", "90001", "0010", "PRESS1", "70001", "3", "06.01.2026", "50-", "10-", "0", "M1", "0002", "", "2", "1,5-", "H", "X1"],
    ["1000", "90001", "0020", "LATHE2", "70002", "1", "06.01.2026", "90", "3", "0", "M1", "", "", "0", "45", "MIN", "X1"],
    ["1000", "90002", "0010", "PRESS1", "70003", "1", "07.01.2026", "95", "5", "0", "M2", "0001", "", "0", "2", "H", "X1"],
]  # fmt: skip


@pytest.mark.parametrize("language", CONF)
def test_confirmations_carry_their_own_denominator(language):
    found, tables = read(CONF[language], CONFIRMED)

    assert profile_of(found) == {"sap_confirmations"}
    assert asked(found) == []
    kept = [r for r in CONFIRMED if r[12] == "" and r[13] == "0"]
    scrap, made = tables["scrap"], tables["production"]
    assert made["qty_produced"].sum() == sum(float(r[7]) + float(r[8]) + float(r[9]) for r in kept)
    assert scrap["qty_scrap"].sum() == sum(float(r[8]) for r in kept)
    assert scrap["qty_rework"].sum() == sum(float(r[9]) for r in kept)
    assert sorted(made["machine"].unique()) == ["LATHE2", "PRESS1"]
    assert "2 rows" not in said(found).split("cancelled")[0][-40:]
    if language != "technical":  # there the machine's activity is one of six
        assert tables["running_time"]["run_min"].sum() == 3.5 * 60 + 45 + 2 * 60
    assert not [p for p in found.problems if p.severity is Severity.REJECTED]


def test_confirmations_of_equal_quantities_are_not_one_run():
    rows = [
        ["1000", "90001", "0010", "PRESS1", "70001", str(i), "05.01.2026", "100", "5", "0", "M1", f"000{i % 2}", "",
         "0", "1", "H", "X"]
        for i in range(8)
    ]  # fmt: skip
    found, tables = read(CONF["en"], rows)
    assert tables["production"]["qty_produced"].sum() == 8 * 105
    assert tables["running_time"]["run_min"].sum() == 8 * 60
    assert asked(found) == []


@pytest.mark.parametrize(
    ("without", "why"),
    [
        pytest.param((12,), "the cancelled one is found by its canceller", id="no mark of the cancelled"),
        pytest.param((13,), "the canceller is found by its negative quantities", id="no mark of the canceller"),
        pytest.param((12, 13), "the pair nets out", id="neither mark"),
    ],
)  # fmt: skip
def test_a_cancelled_confirmation_counts_for_nothing(without, why):
    keep = [i for i in range(17) if i not in without]
    found, tables = read([CONF["en"][i] for i in keep], [[r[i] for i in keep] for r in CONFIRMED])
    assert tables["production"]["qty_produced"].sum() == (95 + 5 + 2) + (90 + 3) + (95 + 5), why
    assert tables["scrap"]["qty_scrap"].sum() == 5 + 3 + 5, why
    assert not [p for p in found.problems if p.severity is Severity.REJECTED]


def test_a_list_of_operations_without_a_date_is_refused_with_the_list_to_take():
    found, tables = read(
        ["Order", "Operation/Activity", "Work Center", "Confirmation", "Confirmed yield (MEINH)", "Confirmed scrap (MEINH)"],
        [["90001", "0010", "P1", "70001", "95", "5"], ["90001", "0020", "P2", "70002", "90", "3"]],
    )  # fmt: skip
    assert not tables
    assert "choose the list of confirmations" in " ".join(p.advice for p in found.problems)


# --- deliveries ---------------------------------------------------------------------------------

LIPS = {
    "en": ["Delivery", "Item", "Reference Document", "Reference item", "Higher-Level Item", "Material",
           "Delivery quantity", "Sales unit", "Pland Gds Mvmnt Date", "Act. Gds Mvmnt Date", "Ship-to party",
           "Plant", "Created by"],
    "repeated": ["Delivery", "Item", "Sales document", "Item", "HgLvIt", "Material", "Deliv. Qty", "SU",
                 "Planned GI", "Ac.GI Date", "Ship-to", "Plnt", "Created by"],
    "de": ["Lieferung", "Position", "Vorlagebeleg", "Vorlageposition", "Übergeordnete Position", "Material",
           "Liefermenge", "Verkaufsmengeneinheit", "Geplantes Warenbewegungsdatum", "Istwarenbeweg.datum",
           "Warenempfänger", "Werk", "Angelegt von"],
    "es": ["Entrega", "Posición", "Documento de referencia", "Posición de referencia", "Posición superior",
           "Material", "Cantidad entrega", "Unidad de venta", "Fecha prevista SM", "Fecha real SM",
           "Destinatario de mercancías", "Centro", "Creado por"],
    "fr": ["Livraison", "Poste", "Document de référence", "Poste de référence", "Poste supérieur", "Article",
           "Quantité livrée", "Unité de vente", "Date SM prévue", "Date SM réelle",
           "Réceptionnaire de marchandises", "Division", "Créé par"],
    "technical": ["VBELN", "POSNR", "VGBEL", "VGPOS", "UECHA", "MATNR", "LFIMG", "VRKME", "WADAT",
                  "WADAT_IST", "KUNNR", "WERKS", "ERNAM"],
}  # fmt: skip

DELIVERED = [
    ["8001", "10", "5001", "10", "0", "A1", "60", "PC", "10.01.2026", "10.01.2026", "C1", "1000", "X"],
    ["8002", "10", "5001", "10", "0", "A1", "40", "PC", "10.01.2026", "13.01.2026", "C1", "1000", "X"],
    ["8003", "10", "5002", "10", "0", "B2", "0", "PC", "12.01.2026", "12.01.2026", "C2", "1000", "X"],
    ["8003", "900001", "5002", "10", "10", "B2", "25", "PC", "12.01.2026", "12.01.2026", "C2", "1000", "X"],
    ["8003", "900002", "5002", "10", "10", "B2", "15", "PC", "12.01.2026", "12.01.2026", "C2", "1000", "X"],
    ["8004", "10", "5003", "20", "0", "A1", "70", "PC", "15.01.2026", "00.00.0000", "C1", "1000", "X"],
    ["8005", "10", "5004", "10", "0", "A1", "30", "PC", "16.01.2026", "", "C1", "1000", "X"],
]  # fmt: skip


@pytest.mark.parametrize("language", LIPS)
def test_delivery_items_are_parts_of_an_order_item(language):
    found, tables = read(LIPS[language], DELIVERED)

    assert profile_of(found) == {"sap_deliveries"}
    assert asked(found) == []
    items, sent = tables["order_item"], tables["shipment"]
    assert sorted(zip(items["order"], items["item"], items["qty_ordered"], strict=True)) == [
        ("5001", "10", 100),
        ("5002", "10", 40),
        ("5003", "20", 70),
        ("5004", "10", 30),
    ]
    assert set(items["direction"]) == {"sales"}
    assert items["promise_date"].notna().all()
    assert sent.groupby("order")["qty"].sum().to_dict() == {"5001": 100, "5002": 40}
    assert set(sent["order"]) == {"5001", "5002"}  # the open ones have not left
    assert sorted(sent["shipment"]) == ["8001", "8002", "8003", "8003"]


def test_a_main_item_that_states_the_sum_of_its_batches_is_counted_once():
    rows = [list(r) for r in DELIVERED]
    rows[2][6] = "40"
    _, tables = read(LIPS["en"], rows)
    assert tables["shipment"].groupby("order")["qty"].sum().to_dict() == {"5001": 100, "5002": 40}


def test_without_the_order_each_delivery_is_one_and_that_is_said():
    keep = [i for i in range(13) if i not in (2, 3, 4)]
    found, tables = read([LIPS["en"][i] for i in keep], [[r[i] for i in keep] for r in DELIVERED])
    assert set(tables["order_item"]["order"]) == {"8001", "8002", "8003", "8004", "8005"}
    assert "counts as an order of its own" in said(found) or "count as orders" in said(found)
    assert any("reference document" in p.advice.casefold() for p in found.problems)


def test_two_promised_dates_are_a_question_unless_they_agree():
    headings = [*LIPS["en"], "Delivery Date"]
    found, tables = read(headings, [[*r, "20.01.2026"] for r in DELIVERED])
    (question,) = found.questions
    assert [c.value for c in question.candidates] == ["Pland Gds Mvmnt Date", "Delivery Date"]
    _, tables = read(
        headings, [[*r, "20.01.2026"] for r in DELIVERED], answers={question.id: "Delivery Date"}
    )
    assert {str(d)[:10] for d in tables["order_item"]["promise_date"]} == {"2026-01-20"}
    found, _ = read(headings, [[*r, r[8]] for r in DELIVERED])
    assert asked(found) == []


def test_deliveries_without_an_actual_date_are_refused_with_the_column_to_add():
    keep = [i for i in range(13) if i != 9]
    found, tables = read([LIPS["en"][i] for i in keep], [[r[i] for i in keep] for r in DELIVERED])
    assert not tables
    assert "Actual goods movement date" in " ".join(p.advice for p in found.problems)


# --- maintenance notifications ------------------------------------------------------------------

PM = {
    "en": ["Notification", "Notifictn type", "Description", "Equipment", "Functional Loc.", "Malfunct. start",
           "Start Malfn (T)", "Malfunct.end", "Malfunction end", "Breakdown", "Breakdown dur.", "Unit",
           "Cause code", "Reported by"],
    "repeated": ["Notification", "Notifictn type", "Description", "Equipment", "Functional Loc.", "Start",
                 "Start", "End", "End", "Breakdown", "Breakdown dur.", "Unit", "Cause code", "Reported by"],
    "de": ["Meldung", "Meldungsart", "Beschreibung", "Equipment", "Technischer Platz", "Störungsbeginn",
           "Störungsbeginn (Uhrzeit)", "Störungsende", "Störungsende (Uhrzeit)", "Ausfall", "Ausfalldauer",
           "Einheit", "Ursachencode", "Meldender"],
    "es": ["Aviso", "Clase de aviso", "Descripción", "Equipo", "Ubicación técnica", "Inicio avería",
           "Hora inicio avería", "Fin avería", "Hora fin avería", "Parada", "Duración parada", "Unidad",
           "Código causa", "Autor del aviso"],
    "fr": ["Avis", "Type d'avis", "Désignation", "Équipement", "Poste technique", "Début de panne",
           "Heure début panne", "Fin de panne", "Heure fin panne", "Arrêt", "Durée d'arrêt", "Unité",
           "Code cause", "Auteur de l'avis"],
    "technical": ["QMNUM", "QMART", "QMTXT", "EQUNR", "TPLNR", "AUSVN", "AUZTV", "AUSBS", "AUZTB", "MSAUS",
                  "AUSZT", "MAUEH", "URCOD", "QMNAM"],
}  # fmt: skip

STOPPED = [
    ["2001", "M2", "Pump leaks", "P-100", "L1-PU", "05.01.2026", "08:00:00", "05.01.2026", "10:30:00", "X", "2,50", "H", "SEAL", "MEIER"],
    ["2002", "M2", "Motor hot", "P-200", "L1-MO", "06.01.2026", "22:00:00", "07.01.2026", "01:00:00", "X", "3,00", "H", "BEAR", "MEIER"],
    ["2003", "M1", "Paint the rail", "P-300", "L2", "07.01.2026", "09:00:00", "07.01.2026", "09:30:00", "", "0,00", "H", "", "MEIER"],
    ["2004", "M2", "Belt torn", "", "L2-BE", "08.01.2026", "12:00:00", "", "00:00:00", "X", "0,00", "H", "BELT", "MEIER"],
    ["2005", "M2", "Sensor", "P-100", "L1-PU", "09.01.2026", "06:15:00", "09.01.2026", "06:45:00", "X", "30,00", "MIN", "SENS", "MEIER"],
]  # fmt: skip


def span(row):
    at = [
        datetime.strptime(f"{d} {t}", "%d.%m.%Y %H:%M:%S")
        for d, t in ((row[5], row[6]), (row[7], row[8]))
    ]
    return (at[1] - at[0]).total_seconds() / 60


@pytest.mark.parametrize("language", PM)
def test_notifications_have_date_and_time_apart(language):
    found, tables = read(PM[language], STOPPED)

    assert profile_of(found) == {"sap_notifications"}
    assert asked(found) == []
    stops = tables["downtime"].set_index("event")
    assert sorted(stops.index) == ["2001", "2002", "2004", "2005"]  # 2003 is no breakdown
    for row in STOPPED:
        if row[9] == "X" and row[7]:
            assert stops.loc[row[0], "minutes"] == span(row)
            assert str(stops.loc[row[0], "start"]) == str(
                datetime.strptime(f"{row[5]} {row[6]}", "%d.%m.%Y %H:%M:%S")
            )
    assert stops.loc["2004", ["end", "minutes"]].isna().all()  # still open: no duration, not 0
    assert stops.loc["2004", "machine"] == "L2-BE"  # no equipment: the functional location
    assert set(stops["stop_class"]) == {"unplanned"}
    assert "MEIER" not in stops.to_csv()


def test_a_total_below_does_not_undo_the_units_of_the_rows():
    conf = [*CONFIRMED, ["", "", "", "", "", "", "", "280", "13", "2", "", "", "", "", "", "", ""]]
    kept = [r for r in conf if r[12] == "" and r[13] in ("0", "")]
    found, tables = read(CONF["en"], kept)
    assert tables["running_time"]["run_min"].sum() == 3.5 * 60 + 45 + 2 * 60
    totals = [t for p in found.parts for t in p.control_totals]
    assert totals
    assert all(t.agrees for t in totals)


def test_a_duration_without_a_unit_is_asked_hours_first():
    keep = [i for i in range(14) if i not in (7, 8, 11)]
    found, tables = read([PM["en"][i] for i in keep], [[r[i] for i in keep] for r in STOPPED[:2]])
    (question,) = found.questions
    assert question.candidates[0].value == "h"
    assert tables["downtime"]["minutes"].tolist() == [150, 180]


def test_notifications_without_any_mark_of_a_breakdown_are_asked():
    rows = [[*r[:9], "", "0,00", *r[11:]] for r in STOPPED]
    found, tables = read(PM["en"], rows)
    (question,) = found.questions
    assert "No row is marked" in question.ask
    stops = tables["downtime"].set_index("event")
    assert len(stops) == 5
    assert stops.loc["2001", "minutes"] == 150  # printed as 0: counted from start to end
    found, tables = read(PM["en"], rows, answers={question.id: "none"})
    assert not tables


def test_durations_that_are_plainly_in_another_unit_give_way_to_start_and_end():
    rows = [[*r[:10], str(int(span(r) * 60)) if r[7] else "0", *r[11:]] for r in STOPPED]
    rows[-1][11] = "H"
    found, tables = read(PM["en"], rows)
    stops = tables["downtime"].set_index("event")
    assert [stops.loc[e, "minutes"] for e in ("2001", "2002", "2005")] == [150, 180, 30]
    assert "read in the unit that fits" in said(found)


def test_maintenance_orders_are_refused_with_the_list_to_take():
    found, tables = read(
        ["Order", "Order Type", "Description", "Equipment", "Basic start date", "Basic fin. date", "Actual start",
         "Actual finish", "System status", "Main WorkCtr"],
        [["4001", "PM01", "Seal", "P-1", "05.01.2026", "06.01.2026", "05.01.2026", "06.01.2026", "TECO", "MECH"]],
    )  # fmt: skip
    assert not tables
    assert "IW28" in " ".join(p.advice for p in found.problems)


# --- quality notifications ----------------------------------------------------------------------

QM = {
    "en": ["Notification", "Notification type", "Notification date", "Material", "Customer", "Vendor",
           "Complaint quantity", "Defective quantity (external)", "Defective quantity (internal)", "Unit",
           "Coding", "System status", "Completion date", "Plant"],
    "de": ["Meldung", "Meldungsart", "Meldungsdatum", "Material", "Kunde", "Lieferant", "Reklamierte Menge",
           "Fehlerhafte Menge (extern)", "Fehlerhafte Menge (intern)", "Mengeneinheit", "Codierung",
           "Systemstatus", "Abschlussdatum", "Werk"],
    "es": ["Aviso", "Clase de aviso", "Fecha de aviso", "Material", "Cliente", "Proveedor",
           "Cantidad reclamada", "Cantidad defectuosa externa", "Cantidad defectuosa interna", "UM",
           "Codificación", "Status sistema", "Fecha de cierre", "Centro"],
    "fr": ["Avis", "Type d'avis", "Date de l'avis", "Article", "Client", "Fournisseur", "Quantité réclamée",
           "Quantité défectueuse externe", "Quantité défectueuse interne", "Unité", "Codage",
           "Statut système", "Date de clôture", "Division"],
    "technical": ["QMNUM", "QMART", "QMDAT", "MATNR", "KUNUM", "LIFNUM", "RKMNG", "MGFRD", "MGEIG", "MGEIN",
                  "QMCOD", "STTXT", "QMDAB", "MAWERK"],
}  # fmt: skip

COMPLAINED = [
    ["3001", "Q1", "05.01.2026", "A1", "C1", "", "120", "100", "0", "PC", "BURR", "NOCO", "20.01.2026", "1000"],
    ["3002", "Q2", "06.01.2026", "R7", "", "V9", "30", "0", "12", "PC", "RUST", "NOPR ORAS", "", "1000"],
    ["3003", "Q3", "07.01.2026", "A1", "", "", "5", "0", "5", "PC", "BURR", "OSNO", "", "1000"],
    ["3004", "Q1", "08.01.2026", "A1", "C2", "", "10", "4", "3", "PC", "DENT", "DLFL NOCO", "", "1000"],
]  # fmt: skip


@pytest.mark.parametrize("language", QM)
def test_quality_notifications_are_complaints_by_their_type(language):
    found, tables = read(QM[language], COMPLAINED)

    assert profile_of(found) == {"sap_quality_notifications"}
    assert asked(found) == []
    rows = tables["complaint"].set_index("event")
    assert rows["kind"].to_dict() == {
        "3001": "customer",
        "3002": "supplier",
        "3003": "internal",
        "3004": "customer",
    }
    assert rows["qty_complained"].sum() == sum(float(r[6]) for r in COMPLAINED)
    assert rows["qty_defective"].to_dict() == {r[0]: float(r[7]) + float(r[8]) for r in COMPLAINED}
    assert rows["status"].to_dict() == {
        "3001": "closed",
        "3002": "open",
        "3003": "open",
        "3004": "cancelled",
    }
    assert rows.loc["3001", "customer"] == "C1"
    assert str(rows.loc["3001", "closed_on"])[:10] == "2026-01-20"


def test_an_unknown_type_of_complaint_is_asked_once():
    rows = [
        *COMPLAINED,
        [
            "3005",
            "Z1",
            "08.01.2026",
            "A1",
            "",
            "V2",
            "10",
            "4",
            "3",
            "PC",
            "DENT",
            "OSNO",
            "",
            "1000",
        ],
    ]
    found, _ = read(QM["en"], rows)
    (question,) = found.questions
    assert "Z1" in question.ask
    assert question.candidates[0].value == "supplier"  # its rows name one
    _, tables = read(QM["en"], rows, answers={question.id: "ignore"})
    assert "3005" not in set(tables["complaint"]["event"])


# --- profiles as data ---------------------------------------------------------------------------

OWN = {
    "id": "acme_log",
    "title": "an ACME shop log",
    "says": "one row per lot",
    "datasets": ["production", "scrap"],
    "columns": {
        "date": {"headings": ["Shipday"]},
        "product": {"headings": ["Thing"]},
        "made": {"field": "qty_produced", "headings": ["Ins"]},
        "bad": {"field": "qty_scrap", "headings": ["Outs"]},
        "mark": {"field": "ignore", "headings": ["Test lot"]},
    },
    "recognise": {"telling": ["made", "bad", "date"], "at_least": 3},
    "rows": [{"leave_out": "mark", "where": "true", "says": "test lots"}],
}
LOG = "Shipday,Thing,Ins,Outs,Test lot\n2026-01-05,A,100,4,\n2026-01-06,A,200,6,\n2026-01-07,A,50,50,yes\n"


def test_a_site_adds_a_profile_without_code(tmp_path):
    folder = tmp_path / "profiles"
    folder.mkdir()
    file = tmp_path / "log.csv"
    file.write_text(LOG, "utf-8")
    assert "production" not in {p.dataset for p in read_file(file).parts}

    (folder / "acme.json").write_text(json.dumps(OWN), "utf-8")
    reading = read_file(file, profiles=site_profiles(folder))
    tables = {p.dataset: p.table.to_pandas() for p in reading.parts}
    assert reading.state == "ready"
    assert tables["production"]["qty_produced"].sum() == 300
    assert tables["scrap"]["qty_scrap"].sum() == 10
    assert "Recognised as an ACME shop log: one row per lot." in {
        p.actual for p in reading.problems
    }


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (
            {"columns": OWN["columns"] | {"hue": {"headings": ["Hue"], "field": "colour"}}},
            "colour is no field",
        ),
        ({"recognise": {"telling": ["size"]}}, "it has no column size"),
        ({"rows": [{"keep": "mark", "where": "round", "says": "x"}]}, "round is no way"),
        ({"columns": {}}, "it has no column"),
        ({"derive": ["magic"]}, "magic"),
        ({"columns": None}, "AttributeError"),
    ],
)
def test_a_profile_that_cannot_be_used_says_why(tmp_path, change, why):
    (tmp_path / "mine.json").write_text(json.dumps(OWN | change), "utf-8")
    with pytest.raises(ProfileError, match=why) as error:
        site_profiles(tmp_path)
    assert "mine.json" in str(error.value)


def test_a_profile_that_is_no_json_says_so(tmp_path):
    (tmp_path / "mine.json").write_text("{", "utf-8")
    with pytest.raises(ProfileError, match=r"mine\.json"):
        site_profiles(tmp_path)


def test_every_packaged_profile_is_whole():
    known = packaged()
    assert len({p.id for p in known}) == len(known)
    for profile in known:
        assert profile.sources, profile.id
        assert profile.says, profile.id
        assert not profile.says.endswith("."), profile.id
        assert set(profile.datasets) <= set(DATASETS)
        for need in (*profile.needs, *profile.wants):
            assert need.advice.endswith("."), (profile.id, need)
        for column in profile.columns:
            assert column.keys, (profile.id, column.name)


def test_what_a_feed_remembers_goes_before_a_profile():
    rows = with_document(CUSTOM[2:])
    found, _ = read(MB51["en"], rows)
    part = next(p for p in found.parts if p.dataset == "scrap")
    mapping = dict(part.mapping) | {"Material": "ignore", "User Name": "product"}
    memory = FeedMemory("M", ("scrap",), None, part.signature, mapping, part.conventions)
    _, tables = read(MB51["en"], rows, memories=(memory,))
    assert set(tables["scrap"]["product"]) == {"MUELLER"}


def test_a_feed_from_before_keeps_its_reading_without_the_profile():
    rows = with_document(CUSTOM[2:])
    found, _ = read(MB51["en"], rows)
    part = next(p for p in found.parts if p.dataset == "scrap")
    before = {k: v for k, v in part.conventions.items() if k != "profile"}
    memory = FeedMemory("M", ("scrap",), None, part.signature, part.mapping, before)
    found, _ = read(MB51["en"], rows, memories=(memory,))
    assert "Recognised as" not in said(found)


def test_a_profile_does_not_contradict_the_cells():
    """A column of words under "Posting Date" is no date, and the list is not the one it looks like."""
    rows = [[*r[:3], "soon", *r[4:]] for r in with_document(MOVES)]
    found, tables = read(MB51["en"], rows)
    assert not tables
    assert any(p.severity is Severity.REJECTED for p in found.problems)


@pytest.mark.parametrize(
    "text",
    [
        "Date,Product,Produced,Scrap\n2026-01-05,A,100,4",
        "Order,Item,Promise Date,Shipped Date\n1,10,2026-01-05,2026-01-05",
        "Date,Machine,Downtime (min),Reason\n2026-01-01,M1,30,Jam",
    ],
)
def test_plain_tables_are_no_known_system(text):
    headings, *rows = list(csv.reader(io.StringIO(text)))
    found, tables = read(headings, rows)
    assert tables
    assert "Recognised as" not in said(found)


def test_technical_names_come_with_or_without_their_table():
    assert keys_of("MSEG-BWART") == keys_of("BWART") == ("bwart",)
    assert keys_of("Ship-to party") == ("shiptoparty",)


def test_own_profiles_of_one_id_win():
    (mine,) = read_profiles(json.dumps(OWN | {"id": "sap_mb51"}))
    assert mine.id == "sap_mb51"


HAND_MADE = [
    ["Date", "Line", "Shift", "Product", "Produced", "Scrap", "Reason"],
    ["Posting Date", "Amount", "Currency", "Location", "Item", "Quantity"],
    ["Part No", "Operation", "Workcenter", "Production Date", "Good Quantity", "Scrap Quantity", "Scrap Reason"],
    ["Start", "End", "Status", "Work center", "Downtime", "Breakdown", "Description"],
    ["Beginn", "Ende", "Anlage", "Störung", "Dauer", "Meldung"],
    ["Inicio", "Fin", "Equipo", "Parada", "Duración", "Turno"],
    ["Début", "Fin", "Machine", "Arrêt", "Durée", "Équipe"],
    ["Order", "Item", "Customer", "Delivery Date", "Ship Date", "Delivery quantity", "Status"],
    ["Order Number", "Line", "Part", "Order Qty", "Ship Date", "Promise Date", "Shipped Qty", "Release"],
    ["Lieferung", "Position", "Auftrag", "Liefertermin", "Warenausgangsdatum", "Liefermenge", "Kunde"],
    ["Work Order", "Item", "Date", "Completed Qty", "Scrap Qty", "Work Center", "Operation"],
    ["Transaction Type", "Transaction Date", "Quantity", "UOM", "Item", "Reason", "Transaction ID"],
    ["Date", "Job", "Operation", "Resource", "Good Qty", "Scrap Qty", "Employee", "Hours"],
    ["Complaint", "Type", "Date", "Customer", "Material", "Complaint qty", "Defective quantity", "Status"],
    ["Buchungsdatum", "Menge", "Ausschuss", "Arbeitsplatz", "Auftrag", "Grund"],
]  # fmt: skip


@pytest.mark.parametrize("headings", HAND_MADE, ids=lambda h: ",".join(h)[:40])
def test_hand_made_tables_are_no_known_system(headings):
    """Blank below, so that nothing but the words could decide."""
    raw = from_rows([headings, *[["1"] * len(headings)] * 3])
    keys = {k for h in headings for k in keys_of(h)}
    for profile in packaged():
        told = {
            c.name
            for c in profile.columns
            if c.name in profile.telling and (c.keys - c.plain) & keys
        }
        assert len(told) < profile.least, (profile.id, told)
    assert raw.columns


# --- layouts as people use them -------------------------------------------------------------------


def mapped(found):
    return {h: f for p in found.parts for h, f in p.mapping.items() if f != "ignore"}


def test_deliveries_without_the_reference_item_are_told_apart_by_product():
    headings = ["Delivery", "Item", "Material", "Description", "Delivery quantity", "Sales unit", "Sales document",
                "Picking Date", "Pland Gds Mvmnt Date", "Act. Gds Mvmnt Date", "Created by", "Sold-to party",
                "Name sold-to party", "Ship-to party", "Name ship-to party"]  # fmt: skip
    rows = [
        ["8001", "10", "A1", "Pump", "60", "PC", "5001", "09.01.2026", "10.01.2026", "10.01.2026", "X", "C1", "Acme",
         "C9", "Acme Plant"],
        ["8002", "10", "A1", "Pump", "15", "PC", "5001", "09.01.2026", "10.01.2026", "12.01.2026", "X", "C1", "Acme",
         "C9", "Acme Plant"],
        ["8003", "10", "B1", "Valve", "40", "PC", "5001", "12.01.2026", "14.01.2026", "16.01.2026", "X", "C1", "Acme",
         "C9", "Acme Plant"],
    ]  # fmt: skip
    found, tables = read(headings, rows)
    assert tables["order_item"].set_index("product")["qty_ordered"].to_dict() == {
        "A1": 75,
        "B1": 40,
    }
    assert mapped(found)["Sold-to party"] == "customer"
    assert "Name ship-to party" not in mapped(found)  # not the name of the sold-to party
    assert set(tables["names"]["name"]) == {"Pump", "Valve"}


def test_a_heading_that_stands_there_twice_is_told_by_what_is_to_its_left():
    headings = ["Planning plant", "Functional Loc.", "Description", "Equipment", "Notification", "Description",
                "Damage Code", "Malfunct. start", "Malfunct.end", "Notifictn type", "Main WorkCtr", "Breakdown dur.",
                "Unit", "Cause code", "Cause code text"]  # fmt: skip
    rows = [
        ["1000", "L1", "Line one", "P1", "2001", "Pump leaks", "D1", "05.01.2026", "05.01.2026", "M2", "MECH", "2,50", "H",
         "C1", "Seal"],
        ["1000", "L1", "Line one", "P2", "2002", "Hot", "D2", "06.01.2026", "07.01.2026", "M2", "MECH", "26,00", "H", "C2",
         "Bearing"],
    ]  # fmt: skip
    found, tables = read(headings, rows)
    stops = tables["downtime"]
    assert asked(found) == []
    assert stops["reason"].tolist() == ["C1", "C2"]
    assert stops["reason_text"].tolist() == ["Seal", "Bearing"]
    assert stops["machine"].tolist() == ["P1", "P2"]
    assert stops["minutes"].tolist() == [150, 1560]

    keep = [i for i in range(15) if i not in (6, 13, 14)]  # no codes: the notification's own text
    _, tables = read([headings[i] for i in keep], [[r[i] for i in keep] for r in rows])
    assert tables["downtime"]["reason"].tolist() == ["Pump leaks", "Hot"]


def test_the_text_of_a_code_is_the_reason_in_words():
    headings = ["Notification", "Notification type", "Created On", "Notification date", "Customer", "Material",
                "Complaint quantity", "Ref. quantity", "Code group", "Code group text", "Coding Code",
                "Coding code text", "Description"]  # fmt: skip
    rows = [
        [
            "3001",
            "Q1",
            "05.01.2026",
            "04.01.2026",
            "C1",
            "A1",
            "10",
            "1",
            "G1",
            "PRODUCT",
            "01",
            "ASSEMBLY",
            "x",
        ],
        [
            "3002",
            "Q1",
            "15.01.2026",
            "14.01.2026",
            "C2",
            "A1",
            "20",
            "1",
            "G1",
            "PRODUCT",
            "02",
            "MOLDING",
            "y",
        ],
    ]
    found, tables = read(headings, rows)
    complaints = tables["complaint"]
    assert complaints["reason_text"].tolist() == ["ASSEMBLY", "MOLDING"]
    assert [str(d)[:10] for d in complaints["date"]] == ["2026-01-04", "2026-01-14"]
    assert complaints["qty_complained"].sum() == 30
    assert asked(found) == []
