"""The head of the audit trail in print: whoever holds a deck holds what vouches for its figures."""

from dataclasses import replace
from io import BytesIO

import pytest
from pptx import Presentation

from kpi.analysis.trail_head import check_head
from kpi.reports.deck import write_deck


def slides(agenda):
    file = BytesIO()
    write_deck(agenda, file)
    return list(Presentation(file).slides)


def words(slide):
    return " ".join(shape.text_frame.text for shape in slide.shapes if shape.has_text_frame)


def test_first_and_last_slide_and_the_notes_carry_the_head(agenda, made_home):
    october, drawn = agenda.review, slides(agenda)
    for slide in (
        drawn[0],
        *(s for s in drawn if s.shapes.title.text_frame.text.startswith("What each")),
    ):
        assert f"Audit trail {october.head}" in words(slide)
    notes = drawn[0].notes_slide.notes_text_frame.text
    assert f"python -m kpi doctor --head {october.head} tells" in notes
    assert check_head(made_home.store, october.head).startswith("The head is this trail's own")


@pytest.mark.parametrize("place", [0, -1])
def test_without_a_head_nothing_is_said_of_one(agenda, place):
    headless = replace(agenda, review=replace(agenda.review, head=""))
    assert "Audit trail" not in words(slides(headless)[place])
