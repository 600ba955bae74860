"""The questions on the overview: each is answered in a line, and one click leads to the whole answer."""

from datetime import UTC, date, datetime
from urllib.parse import parse_qs, urlparse

import pytest
from test_pages import opened, said

from kpi.analysis import open_home
from kpi.qms import Event, Target, put_note, put_target

WHEN = datetime(2026, 11, 2, 8, tzinfo=UTC)


@pytest.fixture
def asked(filled):
    """The filled home with a target that is due, and something that was done."""
    home = open_home(filled)
    put_target(
        home.store, Target("scrap_rate", (), 2.0, date(2024, 1, 1), due=date(2025, 12, 31)),
        who="me", when=WHEN, why="",
    )  # fmt: skip
    put_note(
        home.store, Event((("line", "L2"),), date(2025, 1, 10), "A <b>new</b> tool", "scrap_rate"),
        who="me", when=WHEN,
    )  # fmt: skip
    home.store.close()
    return opened().run()


def links(app):
    found = []
    for element in app.get("page_link"):
        address = urlparse(f"?{element.proto.query_string}")
        found.append((element.proto.label, element.proto.page, parse_qs(address.query)))
    return found


def test_every_question_is_one_click_from_its_answer(asked):
    assert not asked.exception
    told = {label: (page, query) for label, page, query in links(asked)}
    due = next(label for label in told if "Will we make 2" in label)
    assert told[due][1]["tab"] == ["next"]
    helped = next(label for label in told if "tool" in label)
    assert told[helped][1]["tab"] == ["effect"]
    assert told[helped][1]["event"][0]
    why = next(label for label in told if label.startswith("Why did scrap rate"))
    assert told[why][1]["tab"] == ["why"]
    assert {"since", "until"} <= set(told[why][1])
    line = next(label for label in told if label.startswith("Scrap") and "line" in told[label][1])
    assert {"line", "plant"} <= set(told[line][1])


def test_the_answers_stand_beside_the_questions(asked):
    text = said(asked)
    assert "Line by line: worse, or chance?" in text
    assert "the target of 2.00" in text or "too few data" in text
    assert "after 10 January 2025" in text
    assert "<b>new</b>" not in text, "what people write is shown as they wrote it"
