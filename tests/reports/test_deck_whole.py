"""The whole deck of a review with everything in it: every input, no slide that overflows."""

import io
import re
import subprocess
import zipfile
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from pptx import Presentation

from kpi.reports.deck import pages, write_deck
from kpi.reports.planned import numbers_of
from tests.reports.made_agenda import full
from tests.reports.test_deck import (
    PATIENCE,
    cells_of,
    check_layout,
    drawn,
    soffice,
    titled,
)

__all__ = ["soffice"]  # a fixture


@pytest.fixture(scope="module")
def whole(agenda):
    return full(agenda)


@pytest.fixture(scope="module")
def deck(whole):
    return drawn(whole)[0]


def titles(deck):
    return [slide.shapes.title.text_frame.text for slide in deck.slides]


def test_every_input_has_its_slide_in_the_order_of_the_deck(whole, agenda):
    for one in (whole, agenda):
        planned = pages(one)
        for told in one.inputs:
            assert numbers_of(planned, told.key), told.key


def test_the_coverage_slide_names_the_slides_of_each_input(whole, deck):
    planned = pages(whole)
    told = {}
    for shape in deck.slides[1].shapes:
        if shape.has_table:
            rows = [[c.text for c in row.cells] for row in shape.table.rows][1:]
            told |= {row[0]: row for row in rows}
    assert set(told) == {one.letter for one in whole.inputs}
    for one in whole.inputs:
        first = numbers_of(planned, one.key)[0]
        assert re.match(rf"{first}\b", told[one.letter][2]), one.key
        gaps = f"{len(one.missing)} gap" if one.missing else ""
        assert gaps == "" or "gap" in told[one.letter][3]


def test_the_slides_keep_to_their_measure(deck):
    check_layout(deck)


def test_titles_are_different_sentences(deck):
    found = titles(deck)
    assert len(set(found)) == len(found)
    for title in found:
        assert len(title.split()) >= 3, title
        assert not title.endswith((".", ",", ":", ";")), title
        assert title[0].isupper() or not title[0].isalpha(), title


@pytest.mark.long
def test_an_input_without_anything_says_so_with_its_reason(agenda, deck):
    empty = [one for one in agenda.inputs if one.nothing and one.key not in ("audits",)]
    assert empty
    told = " ".join(
        cell.text
        for slide in drawn(agenda)[0].slides
        for shape in slide.shapes
        if shape.has_table
        for row in shape.table.rows
        for cell in row.cells
    )
    shapes = " ".join(
        shape.text_frame.text
        for slide in drawn(agenda)[0].slides
        for shape in slide.shapes
        if shape.has_text_frame
    )
    for one in empty:
        reason = one.nothing.removeprefix("Nothing to report").lstrip(":., ").split(".")[0][1:20]
        assert reason in told + shapes, one.key
    assert any("nothing to report" in title.lower() for title in titles(drawn(agenda)[0]))


def test_a_long_table_goes_on_in_the_appendix(whole, deck):
    (slide,) = [s for s in deck.slides if s.shapes.title.text_frame.text.startswith("Sixty")]
    table = next(x.table for x in slide.shapes if x.has_table)
    assert len(table.rows) == 9
    parts = [t for t in titles(deck) if "Findings, worst first" in t]
    assert len(parts) == 3 and "of 60 lines" in parts[0]


def test_decisions_stand_with_owner_and_date_and_what_lacks_is_said(whole, deck):
    slide = titled(deck, "Two decisions are taken; one still lacks type, owner or due date")
    rows = [[c.text for c in r.cells] for x in slide.shapes if x.has_table for r in x.table.rows]
    assert rows[1] == [
        "DEC-2026-001", "Dryers for line 2", "resources", "P. Manager", "31 January 2027",
    ]  # fmt: skip
    assert rows[2][4] == "no date yet"


def test_a_draft_leaves_room_for_decisions_and_signatures(agenda):
    draft = drawn(agenda)[0]
    slide = titled(draft, "Decisions are taken in this meeting, each with an owner and a due date")
    table = next(x.table for x in slide.shapes if x.has_table)
    assert [row.cells[1].text for row in table.rows][1:] == [""] * 7
    assert titled(draft, "The conclusion is said and signed at the end of this meeting")


def test_the_conclusion_says_what_is_not(deck):
    slide = titled(deck, "The quality management system is not effective")
    words = " ".join(
        c.text for x in slide.shapes if x.has_table for r in x.table.rows for c in r.cells
    )
    assert "Scrap of line 2 shows it." in words
    assert "M. Director" in words and "self-declared" in words


def test_each_chart_of_an_action_stands_with_its_own_finding(whole, deck):
    slides = [s for s in deck.slides if "corrective action" in s.shapes.title.text_frame.text]
    assert [s.shapes.title.text_frame.text for s in slides] == [
        "Four corrective actions show no effect yet (1–4 of 5)",
        "One corrective action shows no effect yet (5 of 5)",
    ]
    charts = [x for s in slides for x in s.shapes if x.has_chart]
    assert len(charts) == 5
    (told,) = {len(cells_of(x.chart)["Value"]) for x in charts}
    assert told == len(whole.review.kpis[0].series.points)


def test_restatements_stand_in_the_appendix(deck):
    slide = titled(deck, "Three frozen figures were restated since the review")
    assert "June 2026: 1.9\u00a0% then" in slide.notes_slide.notes_text_frame.text


@pytest.mark.long
def test_without_records_the_older_edition_has_its_own_inputs(made_home):
    from kpi.analysis.agenda import asked_of, build_agenda
    from tests.analysis.made_home import WHEN

    asked = asked_of(made_home, (), "2026-08", "2026-10")
    older = build_agenda(made_home, asked, edition="2015", who="Q", when=WHEN)
    found = titles(drawn(older)[0])
    assert not [t for t in found if "parties" in t.lower()]


@pytest.mark.long
def test_the_same_agenda_gives_the_same_bytes(whole):
    first, second = io.BytesIO(), io.BytesIO()
    write_deck(whole, first)
    write_deck(whole, second)
    assert first.getvalue() == second.getvalue()
    later = io.BytesIO()
    write_deck(replace(whole, made=datetime(2027, 1, 1, tzinfo=UTC)), later)
    assert later.getvalue() != first.getvalue()
    with zipfile.ZipFile(first) as archive:
        assert {m.date_time for m in archive.infolist()} == {(2026, 11, 2, 8, 0, 0)}


def pages_of(pdf):
    """Every word with its place, page by page, as the renderer set it."""
    found = subprocess.run(["pdftotext", "-bbox", str(pdf), "-"], check=True, capture_output=True)
    for page in re.findall(rb"<page .*?</page>", found.stdout, re.DOTALL):
        high = float(re.search(rb'height="([\d.]+)"', page)[1])
        wide = float(re.search(rb'width="([\d.]+)"', page)[1])
        words = [
            (*map(float, m[:4]), m[4].decode())
            for m in re.findall(
                rb'<word xMin="([-\d.]+)" yMin="([-\d.]+)" xMax="([-\d.]+)" yMax="([-\d.]+)">(.*?)</word>',
                page,
            )
        ]
        yield wide, high, words


@pytest.mark.long
def test_no_text_runs_off_or_into_the_footer_of_any_slide(whole, agenda, soffice, tmp_path):
    for name, one in (("whole", whole), ("draft", agenda)):
        path = tmp_path / f"{name}.pptx"
        with path.open("wb") as file:
            count = write_deck(one, file)
        as_pdf(soffice, path)
        pages = list(pages_of(path.with_suffix(".pdf")))
        assert len(pages) == count
        for number, (wide, high, words) in enumerate(pages, start=1):
            # source and page number stand lowest; nothing else reaches down to them
            foot = min(w[1] for w in words if w[1] > 0.9 * high)
            assert all(w[0] >= 0 and w[2] <= wide + 1 for w in words), (name, number)
            above = [w for w in words if w[1] < foot - 2]
            assert all(w[3] <= foot + 1 for w in above), (name, number, above[-3:])


def as_pdf(soffice, path):
    subprocess.run(
        [
            soffice, f"-env:UserInstallation={(path.parent / 'profile').as_uri()}", "--headless",
            "--convert-to", "pdf", "--outdir", str(path.parent), str(path),
        ],
        check=True, capture_output=True, timeout=PATIENCE,
    )  # fmt: skip


def test_what_xml_refuses_is_left_out(deck):
    file = io.BytesIO()
    deck.save(file)
    again = Presentation(io.BytesIO(file.getvalue()))
    text = " ".join(s.notes_slide.notes_text_frame.text for s in again.slides)
    assert "Bell null half turngnp" in text


def charted(whole, stands):
    """Titles over the charts of objectives that stand so."""
    one = whole.review.kpis[0]
    kpis = tuple(replace(one, stands=each) for each in stands)
    inputs = tuple(replace(i, kpis=kpis) if i.key == "objectives" else i for i in whole.inputs)
    planned = pages(replace(whole, inputs=inputs))
    first = numbers_of(planned, "objectives")[0]
    deck = drawn(replace(whole, inputs=inputs))[0]
    return [
        titles(deck)[number - 1] for number in numbers_of(planned, "objectives") if number > first
    ]


OFF, RISK = ("is off track", "are off track"), ("is at risk", "are at risk")


@pytest.mark.parametrize(
    ("stands", "expected"),
    [
        pytest.param((OFF,), ["The one objective is off track"], id="one"),
        pytest.param((OFF, OFF), ["Both objectives are off track"], id="two alike"),
        pytest.param(
            (OFF, RISK, OFF),
            ["Of three objectives two are off track and one is at risk"],
            id="mixed",
        ),
        pytest.param(
            (OFF,) * 4 + (RISK,),
            ["Four objectives are off track (1–4 of 5)", "One objective is at risk (5 of 5)"],
            id="two slides",
        ),
        pytest.param(
            (OFF,) * 11,
            [
                "Four objectives are off track (1–4 of 11)",
                "Four objectives are off track (5–8 of 11)",
            ],
            id="more than are drawn",
        ),
        pytest.param(
            (("", ""), OFF), ["How the objectives stand"], id="kept by an earlier version"
        ),
    ],
)
def test_over_the_charts_of_objectives_stands_how_they_stand(whole, stands, expected):
    assert charted(whole, stands)[: len(expected)] == expected
