"""The glossary: one source for tooltips, the page of definitions and the document."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from kpi.errors import UnknownNameError
from kpi.qms.glossary import Family, find_term, glossary, meaning, words_in

ROOT = Path(__file__).parents[1]

OF_THE_SPECIFICATION = (
    "nonconformity", "correction", "corrective action", "objective evidence", "conformity",
    "effectiveness", "efficiency", "continual improvement", "process approach",
    "risk-based thinking", "interested party", "external provider", "documented information",
    "top management", "customer focus", "leadership", "engagement of people", "improvement",
    "evidence-based decision making", "relationship management",
)  # fmt: skip


@pytest.mark.parametrize("word", OF_THE_SPECIFICATION)
def test_every_word_of_the_specification_is_explained(word):
    assert find_term(word) is not None


def test_there_are_seven_principles():
    assert len([t for t in glossary() if t.family is Family.PRINCIPLE]) == 7


def test_no_form_belongs_to_two_words():
    forms = [form.casefold() for term in glossary() for form in term.forms]
    assert sorted(forms) == sorted(set(forms))


@pytest.mark.parametrize("term", glossary(), ids=lambda t: t.word)
def test_a_meaning_is_a_short_clause_that_does_not_explain_itself_by_itself(term):
    assert 10 < len(term.says) < 160
    assert not term.says.endswith(".")
    own = re.search(rf"\b{re.escape(term.word)}\b", term.says, re.IGNORECASE)
    assert own is None or term.word == "line", "a word is not explained by itself"


def test_an_unknown_word_is_told():
    with pytest.raises(UnknownNameError, match="nonconformety"):
        meaning("nonconformety")


def test_words_are_found_whole_and_the_longest_form_wins():
    found = words_in("An internal audit of the audit programme, not auditors")
    assert [term.word for _, _, term in found] == ["audit", "audit programme"]


def test_the_document_says_what_the_data_say():
    script = "import runpy; print(runpy.run_path('docs/make_glossary.py')['page'](), end='')"
    made = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    assert (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8") == made
