"""The minutes, read back through Word's own file: what was seen, said, decided, signed."""

import io
import re
from dataclasses import replace

import pytest
from docx import Document

from kpi.analysis.agenda_results import AgendaTable
from kpi.reports.fitting import text_width
from kpi.reports.minutes import write_minutes
from kpi.reports.word import SMALL
from tests.reports.made_agenda import full
from tests.reports.test_deck import soffice
from tests.reports.test_deck_whole import as_pdf, pages_of

__all__ = ["soffice"]  # a fixture


def written(agenda):
    file = io.BytesIO()
    write_minutes(agenda, file)
    return file.getvalue()


@pytest.fixture(scope="module")
def minutes(agenda):
    return Document(io.BytesIO(written(full(agenda))))


def text_of(document):
    cells = [c.text for t in document.tables for c in t._cells]
    return "\n".join([*(p.text for p in document.paragraphs), *cells])


def headings(document):
    return [p.text for p in document.paragraphs if p.style.name.startswith("Heading")]


def test_each_input_stands_under_its_letter_in_order(agenda, minutes):
    found = [h for h in headings(minutes) if re.match(r"[a-h]\d? ", h)]
    assert found == [f"{one.letter} {one.title}" for one in agenda.inputs]


def test_every_input_has_its_finding_or_why_there_is_none(agenda, minutes):
    told = text_of(minutes)
    for one in full(agenda).inputs:
        first = (one.nothing or one.finding).split(";")[0]
        assert " ".join(first.split())[:60] in " ".join(told.split()), one.key
        assert all(f"Missing: {text}" in told for text in one.missing)


def test_what_was_said_decided_concluded_and_signed(minutes):
    told = text_of(minutes)
    for said in (
        "Line 2 is short of dry pellets.", "Dryers are asked.", "Dryers for line 2",
        "31 January 2027", "no date yet", "nobody yet" if "nobody yet" in told else "P. Manager",
        "Scrap of line 2 shows it.", "Approved by M. Director, Managing director on 9 November 2026",
        "SHA-256 over what was approved: " + "ef" * 32, "The dryers were ordered.",
        "June 2026: 1.9\u00a0% then", "self-declared", "excused", "9 May 2027",
    ):  # fmt: skip
        assert said in told, said


def test_files_and_their_hashes_stand_in_the_annex(agenda, minutes):
    told = text_of(minutes)
    assert all(s.sha256 in told and s.file in told for s in agenda.review.sources)
    assert agenda.review.head in told


def test_no_box_is_empty(minutes):
    for table in minutes.tables:
        for cell in table._cells:
            assert cell.text.strip(), [c.text for c in table._cells][:8]


def test_a_draft_says_what_is_still_to_come(agenda):
    told = text_of(Document(io.BytesIO(written(agenda))))
    for said in (
        "Attendance is not recorded yet: it is when the review is held.",
        "No decision is recorded yet.",
        "The conclusion is said at the end of the review.",
        "No figure of this review was changed by a later upload.",
    ):
        assert said in told, said


def test_styles_carry_the_look_and_pages_are_numbered(minutes):
    names = {p.style.name for p in minutes.paragraphs}
    assert {"Title", "Heading 1", "Heading 2", "Finding", "Missing"} <= names
    assert "PAGE" in minutes.sections[0].footer._element.xml
    assert "NUMPAGES" in minutes.sections[0].footer._element.xml
    assert minutes.core_properties.title.startswith("Minutes: Management review October 2026")


def test_what_xml_refuses_and_long_names_do_no_harm(minutes):
    told = text_of(minutes)
    assert "Bell null half turngnp" in told
    assert "=cmd|' /C calc'!A1" in told  # text, which Word does not run


def test_the_same_agenda_gives_the_same_bytes(agenda):
    assert written(full(agenda)) == written(full(agenda))


@pytest.mark.long
def test_the_minutes_open_and_keep_to_the_page(agenda, soffice, tmp_path):
    path = tmp_path / "minutes.docx"
    path.write_bytes(written(full(agenda)))
    as_pdf(soffice, path)
    pages = list(pages_of(path.with_suffix(".pdf")))
    assert len(pages) > 3
    for number, (wide, _, words) in enumerate(pages, start=1):
        assert words, number
        assert all(w[0] >= 0 and w[2] <= wide for w in words), number
        assert f"{number} of {len(pages)}" in " ".join(w[4] for w in words)


ORDER = ("tblStyle", "tblW", "jc", "tblBorders", "tblLayout", "tblCellMar", "tblLook")
"""Of what says how a table looks, as the format wants it."""


def test_no_word_of_a_table_is_broken_and_its_look_is_in_order(agenda):
    """The usual words of the widest tables there are, in columns as narrow as they get."""
    heads = ("Record", "What", "Where", "Owner", "Found on", "Days", "Status", "Cause", "Actions")
    line = (
        "NC-2026-001", "Press 1 stops for want of hydraulics", "line Press 1, Nordhafen", "Tomasz Lis",
        "2025-05-12", "540", "under way", "environment", "ACT-2026-001",
    )  # fmt: skip
    table = AgendaTable("Nonconformities", heads, (line,) * 3, numbers=(5,))
    inputs = tuple(
        replace(one, tables=(table,)) if one.key == "nonconformities" else one
        for one in agenda.inputs
    )
    document = Document(io.BytesIO(written(replace(agenda, inputs=inputs))))
    own = next(t for t in document.tables if [c.text for c in t.rows[0].cells] == list(heads))
    for at, row in enumerate(own.rows):
        for cell in row.cells:
            room = cell.width.pt - 6  # what stands left and right of the text
            for word in cell.text.split():
                assert text_width(word, SMALL, bold=at == 0) <= room, word
    for each in document.tables:
        names = [child.tag.rpartition("}")[2] for child in each._tbl.tblPr]
        assert names == [name for name in ORDER if name in names]
