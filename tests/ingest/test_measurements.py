"""Measured values in the shapes gauges, SPC lists and quality sheets have."""

import pytest
from raw_tables import table

from kpi.ingest.interpret import Context, interpret


def read(text, *, answers=None, dataset=None, sha="00", **more):
    context = Context(sha, answers=answers or {}, dataset=dataset)
    found = interpret([table(text, **more)], context=context)
    return found, {p.dataset: p.table.to_pandas() for p in found.parts}


def notes(found):
    return " | ".join(p.actual for p in found.problems)


LONG = """
Datum,Uhrzeit,Teilenummer,Prüfmerkmal,Messwert,Einheit,UTG,OTG,Nennmaß,Stichprobe,Messmittel,Prüfer
05.10.2026,06:15,4711-00,Bohrung Ø10,"10,012",mm,"9,95","10,05",10,1,KMG 2,Mayer
05.10.2026,06:15,4711-00,Bohrung Ø10,"10,034",mm,"9,95","10,05",10,1,KMG 2,Mayer
05.10.2026,06:20,4711-00,Länge,"52,1",mm,"51,8","52,2",52,1,KMG 2,Mayer
06.10.2026,07:00,4711-00,Länge,"52,03",mm,"51,8","52,2",52,2,KMG 2,Mayer
"""


def test_a_value_per_row_with_its_characteristic_and_limits():
    found, tables = read(LONG)
    assert not found.questions
    rows = tables["measurement"]
    assert list(rows["characteristic"]) == ["Bohrung Ø10", "Bohrung Ø10", "Länge", "Länge"]
    assert list(rows["value"]) == [10.012, 10.034, 52.1, 52.03]
    assert (rows["lsl"][0], rows["usl"][0], rows["target"][0]) == (9.95, 10.05, 10)
    assert list(rows["subgroup"]) == ["1", "1", "1", "2"]
    assert rows["at"][2].isoformat() == "2026-10-05T06:20:00"
    assert rows["product"][0] == "4711-00"
    assert rows["unit"][0] == "mm" and rows["gauge"][0] == "KMG 2"
    assert "Mayer" not in str(rows.to_dict())


@pytest.mark.parametrize(
    "head",
    [
        "Date,Characteristic,Measured Value,LSL,USL",
        "Fecha,Característica,Valor medido,Límite inferior,Límite superior",
        "Date,Caractéristique,Valeur mesurée,Limite inférieure,Limite supérieure",
        "日期,检验项目,测量值,下限,上限",
    ],
)
def test_headings_of_other_languages(head):
    found, tables = read(
        f"{head}\n2026-10-05,Bore,10.01,9.95,10.05\n2026-10-05,Bore,10.02,9.95,10.05"
    )
    assert not found.questions
    assert list(tables["measurement"]["value"]) == [10.01, 10.02]
    assert list(tables["measurement"]["usl"]) == [10.05, 10.05]


SAMPLES = """
Date,Time,Part No,x1,x2,x3
2026-10-05,06:00,P1,10.01,10.02,10.03
2026-10-05,08:00,P1,10.04,,10.06
"""


def test_the_values_of_a_sample_side_by_side():
    titles = ("Characteristic: Bore", "USL", "10.05", "LSL: 9.95")
    found, tables = read(SAMPLES, titles=titles)
    assert not found.questions
    rows = tables["measurement"].sort_values(["at", "part"]).reset_index(drop=True)
    assert list(rows["value"]) == [10.01, 10.02, 10.03, 10.04, 10.06]
    assert list(rows["part"]) == ["1", "2", "3", "1", "3"]
    assert rows["subgroup"].nunique() == 2
    assert set(rows["characteristic"]) == {"Bore"}
    assert (rows["usl"] == 10.05).all() and (rows["lsl"] == 9.95).all()
    assert list(rows["row"]) == [2, 2, 2, 3, 3]


def test_values_without_a_characteristic_are_asked():
    found, _ = read(SAMPLES, titles=("Station 4",))
    (question,) = found.questions
    assert [c.value for c in question.candidates] == ["Station 4", "Sheet1"]
    found, tables = read(SAMPLES, titles=("Station 4",), answers={question.id: "Sheet1"})
    assert set(tables["measurement"]["characteristic"]) == {"Sheet1"}


COLUMNS = """
Date,Serial No,Bore (mm),Length (mm)
USL,,10.05,52.2
LSL,,9.95,51.8
2026-10-05,S1,10.01,52.01
2026-10-06,S2,10.02,52.02
"""


def test_a_column_per_characteristic_with_limits_in_rows():
    found, tables = read(COLUMNS)
    assert not found.questions
    rows = tables["measurement"]
    got = sorted(
        zip(
            rows["part"],
            rows["characteristic"],
            rows["value"],
            rows["lsl"],
            rows["usl"],
            strict=True,
        )
    )
    assert got == [
        ("S1", "Bore", 10.01, 9.95, 10.05),
        ("S1", "Length", 52.01, 51.8, 52.2),
        ("S2", "Bore", 10.02, 9.95, 10.05),
        ("S2", "Length", 52.02, 51.8, 52.2),
    ]
    assert set(rows["unit"]) == {"mm"}
    assert not [p for p in found.problems if p.severity.value == "rejected"]


def test_a_tolerance_in_the_heading():
    found, tables = read(
        """
        Date,Serial No,Bore 10 ±0.05,Length 52 ±0.2
        2026-10-05,S1,10.01,52.01
        2026-10-05,S2,10.02,52.02
        """
    )
    assert not found.questions
    rows = tables["measurement"].set_index("characteristic")
    assert list(rows.loc["Bore 10 ±0.05", "lsl"]) == [9.95, 9.95]
    assert list(rows.loc["Length 52 ±0.2", "target"]) == [52, 52]


def test_columns_without_limits_are_asked():
    text = """
        Date,Serial No,Bore,Press force
        2026-10-05,S1,10.01,812.5
        2026-10-05,S2,10.02,808.1
        2026-10-05,S3,10.02,809.7
        """
    found, tables = read(text)
    (question,) = found.questions
    assert question.kind == "dataset"
    assert question.candidates[0].value == "measurement"
    assert len(tables["measurement"]) == 6
    _, tables = read(text, answers={question.id: "reported_value"})
    assert "measurement" not in tables


@pytest.mark.parametrize(
    ("up", "down", "lsl", "usl", "asked"),
    [
        ("0.05", "-0.02", 9.98, 10.05, False),  # signed
        ("0.05", "0.05", 9.95, 10.05, False),  # the same both ways: ±
        ("0.05", "0.02", 9.98, 10.05, True),  # without a sign it may lie above the nominal
    ],
)
def test_tolerances_beside_a_nominal(up, down, lsl, usl, asked):
    found, tables = read(
        f"Date,Characteristic,Nominal,Upper Tol,Lower Tol,Actual\n2026-10-05,Bore,10,{up},{down},10.01"
    )
    assert bool(found.questions) is asked
    assert tables["measurement"]["lsl"][0] == pytest.approx(lsl)
    assert tables["measurement"]["usl"][0] == pytest.approx(usl)


def test_limits_that_are_distances_from_the_nominal_are_added():
    found, tables = read(
        """
        Datum,Merkmal,Sollwert,UTG,OTG,Istwert
        2026-10-05,Bohrung,10,-0.05,0.05,10.01
        2026-10-05,Bohrung,10,-0.05,0.05,9.98
        """
    )
    assert list(tables["measurement"]["lsl"]) == [9.95, 9.95]
    assert "distances from the nominal value" in notes(found)


def test_smallest_and_largest_of_a_row_are_no_limits():
    found, tables = read(
        """
        Date,Characteristic,Measured Value,Min,Max
        2026-10-05,Bore,10.01,9.91,10.11
        2026-10-06,Bore,10.02,9.93,10.12
        2026-10-07,Bore,10.03,9.94,10.13
        2026-10-08,Bore,10.03,9.97,10.17
        """
    )
    assert tables["measurement"]["lsl"].isna().all()
    assert "no limit" in notes(found)


def test_limits_the_wrong_way_round_are_left_out_and_said():
    found, tables = read("Date,Characteristic,Value,LSL,USL\n2026-10-05,Bore,10.01,10.05,9.95")
    assert tables["measurement"]["lsl"].isna().all()
    assert "lower limit above the upper" in notes(found)


def test_thousandths_throughout_are_asked_with_the_decimal_sign_first():
    found, tables = read(
        """
        Datum,Merkmal,Messwert,UTG,OTG
        2026-10-05,Bohrung,"10,012","9,950","10,050"
        2026-10-05,Bohrung,"10,034","9,950","10,050"
        """
    )
    (question,) = found.questions
    assert question.candidates[0].value == ","
    assert list(tables["measurement"]["value"]) == [10.012, 10.034]


def test_a_value_that_is_no_number_is_rejected_and_a_blank_one_left_out():
    found, tables = read(
        """
        Date,Characteristic,Value,LSL,USL
        2026-10-05,Bore,10.01,9.95,10.05
        2026-10-05,Bore,10.02,9.95,10.05
        2026-10-05,Bore,10.05,9.95,10.05
        2026-10-05,Bore,n.i.O.,9.95,10.05
        2026-10-05,Bore,,9.95,10.05
        2026-10-05,Bore,10.03,9.95,10.05
        """
    )
    assert not found.questions
    assert list(tables["measurement"]["value"]) == [10.01, 10.02, 10.05, 10.03]
    assert "not a number" in notes(found)
    assert "has no measured value" in notes(found)


def test_a_list_of_figures_with_bare_words_is_asked():
    text = """
        Date,Parameter,Value
        2026-10-01,Temperature,180.5
        2026-10-01,Temperature,181.5
        2026-10-02,Pressure,6.1
        """
    found, tables = read(text)
    (question,) = found.questions
    assert [c.value for c in question.candidates] == ["measurement", "reported_value"]
    assert len(tables["measurement"]) == 3


@pytest.mark.parametrize(
    "text",
    [
        "Date,Line,Produced,Scrap Qty,Defect,Value\n2026-10-05,L1,100,3,Crack,12.5",
        "Order,Item,Promised Date,Delivery Date,Value,Min,Max\n1,10,2026-10-01,2026-10-02,10.5,1,2",
        "Date,Machine,Downtime Minutes,Reason,Test\n2026-10-05,M1,12.5,jam,1",
        "Month,Scrap %,OTD %\n2026-01,2.5,97.1\n2026-02,2.4,98.2\n2026-03,2.1,99.3",
    ],
)
def test_other_lists_are_no_measurements(text):
    _, tables = read(text)
    assert tables and "measurement" not in tables


def test_what_the_user_says_is_measured_is_read_so():
    _, tables = read("Date,Bore\n2026-10-05,10.01\n2026-10-06,10.02", dataset="measurement")
    assert list(tables["measurement"]["value"]) == [10.01, 10.02]
    assert set(tables["measurement"]["characteristic"]) == {"Bore"}
