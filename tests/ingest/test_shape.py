import pytest
from raw_tables import table

from kpi.ingest.interpret import Context, interpret


def read(text, **more):
    found = interpret([table(text, **more)], context=Context("00"))
    return found, {p.dataset: p.table.to_pandas() for p in found.parts}


MONTHS = """
Line,KPI,Jan 2026,Feb 2026,Mar 2026,Total
L1,Produced,1000,1100,1200,3300
L1,Scrap,10,11,12,33
L1,Scrap %,1.0,1.0,1.0,1.0
L1,Customer score,4.5,4.6,4.7,
L2,Produced,500,600,700,1800
L2,Scrap,5,6,7,18
"""


def test_metric_rows_by_month_become_facts_of_the_first_day():
    found, tables = read(MONTHS)
    made, scrap = tables["production"], tables["scrap"]
    assert made.groupby("line")["qty_produced"].sum().to_dict() == {"L1": 3300, "L2": 1800}
    assert scrap.groupby("line")["qty_scrap"].sum().to_dict() == {"L1": 33, "L2": 18}
    assert sorted({str(d) for d in made["date"]}) == ["2026-01-01", "2026-02-01", "2026-03-01"]
    assert not found.questions


def test_figures_that_are_no_known_quantity_are_kept_as_reported():
    _, tables = read(MONTHS)
    reported = tables["reported_value"]
    assert reported["slug"].unique().tolist() == ["customer_score"]
    assert reported["value"].tolist() == [4.5, 4.6, 4.7]


def test_a_month_of_figures_covers_the_whole_month():
    found, _ = read(MONTHS)
    assert {(str(p.coverage[0].first), str(p.coverage[0].last)) for p in found.parts} == {
        ("2026-01-01", "2026-03-31")
    }


def test_months_of_a_year_in_the_title_with_german_numbers():
    _, tables = read(
        """
        Kennzahl,Jan,Feb,Mär,Apr
        Produzierte Menge,1.000,1.100,1.200,900
        Ausschuss,10,11,12,9
        Liefertreue %,"95,1","96,2",97,98
        """,
        titles=("Kennzahlen 2025",),
    )
    assert tables["production"]["qty_produced"].tolist() == [1000, 1100, 1200, 900]
    assert tables["reported_value"]["value"].tolist() == [95.1, 96.2, 97, 98]
    assert tables["reported_value"]["unit"].unique().tolist() == ["%"]


def test_a_fraction_of_a_rate_is_shown_as_percent():
    _, tables = read("Month,OTD %\n2026-01,0.955\n2026-02,0.961")
    assert tables["reported_value"]["value"].tolist() == pytest.approx([95.5, 96.1])


def test_reasons_by_month_take_their_measure_from_the_title():
    _, tables = read(
        "Defect,Jan-26,Feb-26,Mar-26\nCrack,5,6,7\nMisrun,1,,3",
        titles=("Scrap quantity by defect",),
    )
    assert tables["scrap"].groupby("reason")["qty_scrap"].sum().to_dict() == {
        "Crack": 18,
        "Misrun": 4,
    }


def test_reasons_by_month_without_a_title_are_asked():
    found, tables = read("Defect,Jan-26,Feb-26,Mar-26\nCrack,5,6,7\nMisrun,1,,3")
    assert [q.ask for q in found.questions] == [
        "What do the figures under the months or weeks count?"
    ]
    assert tables["scrap"]["qty_scrap"].sum() == 22


def test_year_and_month_in_two_columns():
    _, tables = read("Year,Month,Line,Produced,Scrap\n2026,1,L1,100,1\n2026,2,L1,120,2")
    assert [str(d) for d in tables["production"]["date"]] == ["2026-01-01", "2026-02-01"]


def test_month_beside_a_date_is_not_read():
    found, tables = read(
        "Date,Month,Year,Produced,Scrap\n2026-03-31,1,2020,100,1\n2026-04-01,1,2020,90,1"
    )
    assert [str(d) for d in tables["production"]["date"]] == ["2026-03-31", "2026-04-01"]
    assert found.parts[0].mapping["Month"] == "ignore"


def test_months_without_any_year_are_refused():
    found, tables = read("KPI,Jan,Feb,Mar\nProduced,1,2,3\nScrap,1,1,1")
    assert not tables
    assert "without a year" in found.problems[0].actual


def test_two_years_in_the_title_are_asked():
    found, _ = read("KPI,Jan,Feb,Mar\nProduced,9,8,7\nScrap,1,1,1", titles=("2025 against 2026",))
    assert [q.kind for q in found.questions] == ["convention"]
    assert [c.value for c in found.questions[0].candidates] == ["2026", "2025"]


def test_a_column_of_units_is_no_dimension():
    found, tables = read(
        """
        KPI,Unit,Jan 2026,Feb 2026,Mar 2026
        Lead time,d,12,11,13
        Customer survey,points,4.5,4.6,4.7
        """
    )
    reported = tables["reported_value"]
    assert reported.groupby("slug")["unit"].first().to_dict() == {
        "lead_time": "d",
        "customer_survey": "points",
    }
    assert reported["machine"].isna().all()
    assert str(found.parts[0].data_date) == "2026-03-31"
