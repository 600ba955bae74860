"""The number passport: from the figure down to the cell, and who looked at it."""

import csv
import json
import shutil
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from kpi import analysis, cli
from kpi.access import Access, Role
from kpi.analysis import Filters, holding, planning, registering, reviewing
from kpi.analysis.agenda import asked_of
from kpi.analysis.definitions import formula
from kpi.analysis.passport import NoFigureError, passport
from kpi.analysis.series import series_view
from kpi.errors import UnknownNameError
from kpi.measures import CATALOG
from kpi.qms.measurement import ANALYSIS
from kpi.qms.reviews import REVIEW, Attendee
from tests.analysis.made_home import PLANT, WHEN

L2 = Filters(where=(("line", "L2"),))


@pytest.fixture(scope="module")
def whole(made_home):
    return passport(made_home, "scrap_rate", L2, "2026-10", cells=3)


def test_the_figure_is_that_of_the_chart_and_the_formula_reckons_it(made_home, whole):
    point = series_view(made_home, "scrap_rate", L2)[0].points.set_index("period").loc["2026-10"]
    assert whole.value == point["value"]
    assert whole.numerator / whole.denominator * 100 == pytest.approx(whole.value)
    assert whole.reckoned.endswith(f"= {whole.value_words}")
    assert whole.formula == "scrapped quantity ÷ produced quantity × 100"
    assert whole.title == "Scrap rate of line L2, October 2026"


def test_every_row_is_the_row_of_the_file_and_they_add_up(made_home, whole, tmp_path_factory):
    """The cells of a row are those the uploaded file has at that place, and its hash is the file's."""
    (source,) = whole.files
    kept = made_home.store.bytes_path(source.sha256)
    with kept.open(encoding="utf-8", newline="") as file:
        lines = list(csv.reader(file, delimiter=";"))
    assert (source.file, source.who, source.when) == ("scrap.csv", "tester", WHEN)
    assert {p.side for p in whole.places} == {"numerator", "denominator"}
    for place in whole.places:
        assert list(place.cells) == list(zip(lines[0], lines[place.row - 1], strict=True))
        assert (place.file, place.says) == ("scrap.csv", "")
    own = [line for line in lines[1:] if line[0].startswith("2026-10") and line[2] == "L2"]
    assert sum(float(line[4]) for line in own) == whole.numerator
    assert sum(float(line[5]) for line in own) == whole.denominator
    told = set(whole.rows.rows.query("side == 'numerator'")["row"])
    assert told == {number for number, line in enumerate(lines, 1) if line in own}


def test_without_a_period_it_is_the_last_one_with_a_value(made_home, whole):
    assert passport(made_home, "scrap_rate", L2).period == whole.period == "2026-10"


@pytest.mark.parametrize("label", ["2026-W40", "2026-Q3", "2026"])
def test_a_period_of_another_length_is_known_by_its_label(made_home, label):
    found = passport(made_home, "scrap_rate", Filters(), label)
    assert (found.period, found.numerator is not None) == (label, True)


def test_a_month_that_was_never_uploaded_says_so_and_has_no_formula(made_home):
    found = passport(made_home, "downtime_hours", Filters(), "2025-09")
    assert found.value_words.startswith("Not computable: ")
    assert (found.reckoned, found.numerator, found.rows.total) == ("", None, 0)


def test_an_unknown_period_and_a_kpi_without_data_are_told(made_home):
    with pytest.raises(UnknownNameError, match="2031-01"):
        passport(made_home, "scrap_rate", Filters(), "2031-01")
    with pytest.raises(NoFigureError) as told:
        passport(made_home, "supplier_otd", Filters())
    assert str(told.value) == (
        "Supplier on time of all plants has no figure: nothing that it is made of has been uploaded for "
        "what is chosen. Choose less, or upload it."
    )


def test_a_formula_of_a_plain_ratio_has_no_factor():
    assert formula(replace(CATALOG["scrap_rate"], per=1)) == "scrapped quantity ÷ produced quantity"


@pytest.mark.parametrize(
    ("kpi", "says"), [("mttr", " ÷ repairs ÷ 60"), ("scrap_ppm", " × 1\u202f000\u202f000")]
)
def test_a_factor_reads_as_people_write_it(kpi, says):
    assert formula(CATALOG[kpi]).endswith(says)


def test_the_factor_stands_in_the_formula_with_its_numbers(made_home):
    assert " × 1\u202f000\u202f000 = " in passport(made_home, "scrap_ppm", L2).reckoned


def test_who_may_not_see_the_plant_gets_no_figure(made_home):
    stranger = made_home.seen_by(Access.of({"Elsewhere": Role.ADMINISTRATOR}))
    with pytest.raises(NoFigureError):
        passport(stranger, "scrap_rate", Filters(), "2026-10")


# --- who looked at it, what used it -----------------------------------------------------------


@pytest.mark.long
def test_it_tells_analyses_of_its_days_and_reviews_with_what_they_used(made_home, tmp_path):
    home = analysis.open_home(Path(shutil.copytree(made_home.path, tmp_path / "home")))
    view = series_view(home, "scrap_rate", Filters())[0]
    looked = planning.analysis_of(view, who="A. Nalyst", on=WHEN.date())
    early = replace(looked, first=date(2025, 1, 1), last=date(2025, 6, 30))
    for item in (replace(looked, concluded="More scrap on L2."), early):
        registering.record(home, ANALYSIS, item, who="A. Nalyst", when=WHEN)
    asked = asked_of(home, (), "2026-10", "2026-10")
    draft = reviewing.draft(home, asked, edition="2026", who="Q", when=WHEN)
    present = replace(draft.item, attendance=(Attendee(name="Boss", top=True),))
    ready = registering.record(
        home, REVIEW, present, id=draft.id, version=draft.version, who="Q", when=WHEN, why="Came"
    )
    holding.hold(
        home, draft.id, version=ready.version, held_on=WHEN.date(), who="Q", when=WHEN,
        render=lambda home, agenda: {},
    )  # fmt: skip
    found = passport(home, "scrap_rate", Filters(), "2026-10")
    assert [(a.who, a.says) for a in found.analyses] == [
        ("A. Nalyst", "2 November 2026: More scrap on L2.")
    ]
    assert [(r.id, r.says.rpartition(": ")[2]) for r in found.reviews] == [
        (draft.id, found.value_words)
    ]
    assert found.restated == ()

    (source,) = found.files
    later = tmp_path / "scrap mended.csv"
    later.write_text(_more(home.store.bytes_path(source.sha256).read_text("utf-8")), "utf-8")
    told = analysis.ingest_file(home, later, who="Q", when=datetime(2026, 11, 9, tzinfo=UTC))
    assert told.state == "committed", told.says
    after = passport(home, "scrap_rate", Filters(), "2026-10")
    assert after.value > found.value
    (says,) = after.restated
    assert says.startswith(f"{draft.id} used {found.value_words}; it is {after.value_words} now. ")
    assert "scrap mended.csv" in says
    assert says.endswith("Nobody has accepted it yet.")


def _more(text: str) -> str:
    """The same file with ten more scrapped pieces in each row of October."""
    lines = text.splitlines()
    for number, line in enumerate(lines):
        cells = line.split(";")
        if cells[0].startswith("2026-10"):
            cells[4] = str(int(cells[4]) + 10)
            lines[number] = ";".join(cells)
    return "\n".join(lines) + "\n"


def test_the_command_prints_the_same(made_home, whole, capsys):
    asked = ["passport", "scrap_rate", "--where", "line=L2", "--period", "2026-10", "--cells", "3"]
    assert cli.main(["--home", str(made_home.path), *asked, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["value"], told["numerator"]) == (whole.value, whole.numerator)
    assert [tuple(pair) for pair in told["cells"][0]["cells"]] == list(whole.places[0].cells)
    assert told["files"][0]["sha256"] == whole.files[0].sha256
    assert told["rows"]["total"] == whole.rows.total
    assert cli.main(["--home", str(made_home.path), *asked]) == 0
    text = capsys.readouterr().out
    assert f"    Plant: {PLANT}\n" in text
    assert f"  SHA-256 {whole.files[0].sha256}" in text
    assert "Analysed: nobody has recorded an analysis of this figure." in text
