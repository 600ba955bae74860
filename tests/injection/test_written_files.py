"""Files that leave the product: no cell, no part and no name in them does anything."""

import io
import json
from contextlib import contextmanager
from urllib.parse import quote

import pandas as pd
import pytest

from kpi import analysis, cli
from kpi.analysis.agenda import asked_of, build_agenda
from kpi.analysis.mending import rejected_rows
from kpi.figures.escape import LONGEST
from kpi.reports.deck import write_deck
from kpi.reports.rejected import rejected_workbook
from kpi.safe_text import csv_cell, csv_text, file_name
from tests.injection.hostile_home import FORGED, PLANTS, WHEN, WHO
from tests.injection.payloads import CONTROLS, CONTROLS_AS_SEEN, NAMES, START
from tests.injection.surfaces import svg_faults
from tests.injection.test_pages_inert import go, tabs_of
from tests.injection.written import (
    csv_faults,
    faults,
    name_faults,
    package_faults,
    workbook_faults,
)
from tests.pages.made_uploads import XLSX
from tests.pages.test_pages import PAGES, opened
from tests.web.asking import Asked

PATIENCE = 300
"""Seconds a page may take on a machine that does much else."""

MOST_DRAWINGS = 2
"""Each takes a browser of its own to draw."""


@contextmanager
def offered():
    """Every download a page offers while the block lasts: its name, and what makes it."""
    from streamlit.elements.widgets import button

    found = {}
    before = button.marshall_file

    def noted(coordinates, data, proto, mimetype, file_name=None, **others):
        found[file_name] = data
        before(coordinates, data, proto, mimetype, file_name, **others)

    button.marshall_file = noted
    try:
        yield found
    finally:
        button.marshall_file = before


def wrong(found, kinds):
    """What is wrong with the files of these kinds; the others are too slow to make here."""
    told, drawings = [], 0
    for name, data in found.items():
        told += name_faults(name)
        drawings += name.endswith(".svg")
        if name.endswith(kinds) and not (name.endswith(".svg") and drawings > MOST_DRAWINGS):
            told += faults(name, data() if callable(data) else data)
    return told


def visited(hostile, pages, tabs):
    with offered() as found:
        app = opened()
        app.default_timeout = PATIENCE
        app.run()
        for page in pages:
            go(app, page)
            for key, titles in tabs_of(app):
                for title in [t for t in titles if t in tabs or not tabs]:
                    app.session_state[key] = title
                    app.run()
                    assert not app.exception
    return found


@pytest.mark.long
def test_what_the_pages_offer_does_nothing(hostile):
    found = visited(hostile, ["scrap.py", "upload.py"], ("Rows",))
    assert {name.rpartition(".")[2] for name in found} >= {"csv", "xlsx", "svg", "png"}
    assert wrong(found, ("csv", "xlsx")) == []


@pytest.mark.long
def test_whatever_any_page_offers_does_nothing(hostile):
    found = visited(hostile, PAGES, ())
    assert len(found) > 20
    assert wrong(found, ("csv", "xlsx", "svg")) == []


@pytest.mark.long
def test_the_problems_of_a_file_and_its_rejected_rows_do_nothing(hostile):
    from tests.injection.hostile_home import spoiled_workbook

    with offered() as found:
        app = go(opened().run(), "upload.py")
        name = f"=..\\{CONTROLS[:40]}<b>.xlsx"
        app.file_uploader[0].set_value([(name, spoiled_workbook(), XLSX)])
        app.run()
        assert not app.exception
    assert wrong(found, ("csv", "xlsx")) == []
    assert any("problems" in name for name in found)


@pytest.fixture(scope="module")
def home(hostile):
    return analysis.open_home(hostile)


@pytest.mark.long
def test_the_deck_does_nothing(home):
    asked = asked_of(home, (), "2026-10", "2026-10")
    agenda = build_agenda(home, asked, edition="2026", who=WHO, when=WHEN)
    file = io.BytesIO()
    write_deck(agenda, file)
    assert list(package_faults(file.getvalue())) == []
    assert START in _texts(file)


def _texts(file):
    from pptx import Presentation

    deck = Presentation(file)
    frames = [s.text_frame.text for slide in deck.slides for s in slide.shapes if s.has_text_frame]
    return " ".join([*frames, *(s.notes_slide.notes_text_frame.text for s in deck.slides)])


def test_a_workbook_of_rejected_rows_does_nothing_and_keeps_every_text(home):
    upload = next(e.upload for e in home.store.entries()[::-1] if e.kind == "upload")
    found = rejected_rows(home, upload)
    assert found.rows
    book = rejected_workbook(found)
    assert list(workbook_faults(book)) == []


def test_the_command_line_writes_harmless_csv_and_says_harmless_text(hostile, tmp_path, capsys):
    where = f"plant={PLANTS[1]}"
    commands = [
        ["series", "scrap_rate", "--by", "line", "--csv"],
        ["series", "scrap_rate", "--by", "reason,product", "--where", where],
        ["status"], ["ledger"], ["screen", "--all"], ["targets"], ["doctor"], ["kpis"],
        ["why", "scrap_rate", "--from", "2026-09", "--to", "2026-10"],
        ["event", "list"], ["trail"],
        ["series", "no such KPI", "--where", f"line={CONTROLS}"],
        ["rejected", CONTROLS, "--out", str(tmp_path / "x.xlsx")],
        ["ingest", f"{CONTROLS}.csv"],
        ["withdraw", FORGED],
    ]  # fmt: skip
    for command in commands:
        cli.main(["--home", str(hostile), *command])
        told = capsys.readouterr()
        if "--csv" in command:
            assert START in told.out
            assert list(csv_faults(("\ufeff" + told.out).encode())) == []
        for text in (told.out, told.err):
            assert "Traceback" not in text
            unseen = [c for c in text if not c.isprintable() and c not in "\n\t\xa0\u202f"]
            assert unseen == [], command


def test_json_gives_every_text_as_it_is_seen(hostile, capsys):
    cli.main(["--home", str(hostile), "series", "scrap_rate", "--by", "line", "--json"])
    told = capsys.readouterr().out
    given = json.loads(told)
    assert f"{CONTROLS_AS_SEEN} line" in {row["line"] for row in _rows(given)}


def _rows(given):
    return given if isinstance(given, list) else next(v for v in given.values() if _is_rows(v))


def _is_rows(value):
    return isinstance(value, list) and bool(value) and isinstance(value[0], dict)


def test_the_api_gives_harmless_csv_and_every_text_in_json(home, capsys):
    asked = Asked(home, capsys)
    told = asked.csv("/series/scrap_rate", [("by", "line")])
    assert START in told
    assert list(csv_faults(("\ufeff" + told.removeprefix("\ufeff")).encode())) == []
    document = json.dumps(asked.json("/series/scrap_rate", [("by", "line")]))
    assert json.dumps(f"{CONTROLS_AS_SEEN} line") in document
    status, sentence = asked.refused(f"/series/{quote(CONTROLS, safe='')}")
    assert status in (400, 404, 422)
    assert sentence


@pytest.mark.parametrize("payload", [*NAMES, FORGED, "x" * 5000])
def test_a_table_of_anything_is_a_harmless_csv(payload):
    frame = pd.DataFrame({payload: [payload, f"a;{payload}", f"\n{payload}"]})
    assert list(csv_faults(csv_text(frame).encode("utf-8-sig"))) == []


def test_half_a_character_is_written_all_the_same():
    assert csv_cell("a\ud800;=1+1").encode() == b"a?;'=1+1"


@pytest.mark.parametrize("payload", [*NAMES, FORGED, "..", "CON", "a/b", "\ud800", ""])
def test_a_file_is_called_by_a_name(payload):
    name = file_name(payload, "csv")
    assert faults(name, "\ufeffa\n") == []
    name.encode()


def test_the_checks_find_what_is_wrong():
    frame = pd.DataFrame({"a": ["x"]})
    assert list(csv_faults(frame.to_csv().encode()))
    hostile = pd.DataFrame({"a": ["=1+1", "b;=2"]})
    assert len(list(csv_faults(hostile.to_csv(index=False).encode("utf-8-sig")))) >= 2
    book = io.BytesIO()
    hostile.to_excel(book)
    assert list(workbook_faults(book.getvalue()))
    assert list(svg_faults('<svg xmlns="http://www.w3.org/2000/svg"><a href="//x">y</a></svg>'))
    assert faults("../x.csv", "\ufeffa")
    assert LONGEST
