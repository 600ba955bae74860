"""Evidence, passport, the first month and the glossary on their pages."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from pages.shared import terms

NAVIGATION = Path(__file__).parents[2] / "pages" / "navigation.py"


def opened(page):
    app = AppTest.from_file(str(NAVIGATION), default_timeout=120)
    app.session_state["left the sample"] = True
    return app.run().switch_page(page).run()


def said(app):
    return " ".join(str(element.proto.body) for element in app.get("html"))


def test_the_first_month_stands_on_the_overview_until_it_is_hidden(empty):
    app = opened("overview.py")
    assert "From an empty home to a held review: none of 13 steps done." in said(app)
    app.button(key=next(b.key for b in app.button if b.label == "Hide this list")).click().run()
    assert "From an empty home" not in said(app)
    app.switch_page("evidence.py").run()
    assert "From an empty home to a held review" in said(app), "it comes back from there"


def test_the_answer_to_a_question_stands_on_the_evidence_page(empty):
    app = opened("evidence.py")
    assert not app.exception
    box = next(box for box in app.selectbox if box.label == "What an auditor asks")
    box.select(next(text for text in box.options if "climate change" in text)).run()
    assert not app.exception
    assert "None is recorded." in said(app)
    edition = next(box for box in app.selectbox if box.label == "Edition")
    edition.select("2015").run()
    assert "ISO 9001:2015" in said(app)


def test_a_word_of_the_glossary_is_explained_where_it_stands():
    told = terms.heading("Nonconformities")
    assert 'tabindex="0"' in told
    assert "Nonconformity: a requirement is not fulfilled." in told
    assert terms.heading("<b>Frame 3</b>") == "&lt;b&gt;Frame 3&lt;/b&gt;"
    assert terms.sentence("An audit <i> and a finding.").count("cn-term") == 2
    assert "&lt;i&gt; and a " in terms.sentence("An audit <i> and a finding.")


@pytest.mark.parametrize(
    ("label", "own", "told"),
    [
        pytest.param("Nonconformity", "As seen", "As seen", id="what the kind says comes first"),
        pytest.param(
            "Nonconformity",
            "",
            "Nonconformity: a requirement is not fulfilled.",
            id="else the glossary",
        ),
        pytest.param("Frame 3", "", None, id="else nothing"),
    ],
)
def test_the_help_of_a_field(label, own, told):
    assert terms.hint(label, own) == told


def test_the_glossary_is_searched_with_the_definitions(empty):
    app = opened("definitions.py")
    app.text_input[0].input("risk-based").run()
    assert "could go otherwise than planned" in said(app)
    assert "No definition has this word." not in said(app)
