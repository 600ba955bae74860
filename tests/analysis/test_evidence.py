"""The evidence page: what shows each clause on an empty home, and every question on the sample plant."""

import subprocess
import sys
from datetime import date, datetime
from pathlib import Path

import pytest

from kpi import analysis
from kpi.access import Access, Role
from kpi.analysis.agenda import TOPICS
from kpi.analysis.evidence import PAGE_OF_KIND, evidence
from kpi.analysis.evidence_facts import FACTS
from kpi.analysis.evidence_results import Standing
from kpi.analysis.guide import first_month
from kpi.analysis.inputs_asked import year_up_to
from kpi.analysis.passport import passport
from kpi.analysis.sample_records import complete_sample, is_complete
from kpi.analysis.weaknesses import weaknesses
from kpi.errors import UnknownNameError
from kpi.measures import CATALOG
from kpi.qms.clauses import auditor_questions, clauses, in_order, reviewed
from kpi.qms.kinds import ALL, BY_NAME
from kpi.qms.register import recorded, versions
from kpi.qms.reviews import REVIEW, ReviewStatus
from tests.analysis.interrupted import complete_ended_often

ROOT = Path(__file__).parents[2]
TODAY = date(2026, 11, 23)


# --- the data ---------------------------------------------------------------------------------


def test_what_a_clause_names_is_there():
    for clause in clauses():
        assert {*clause.kinds} <= {*BY_NAME}, clause.clause
        assert {*clause.inputs} <= {*TOPICS, "previous_actions"}, clause.clause
        assert {*clause.facts} <= {*FACTS}, clause.clause
        assert {*clause.kpis} <= {*CATALOG}, clause.clause
        assert all((ROOT / "pages" / f"{page}.py").exists() for page in clause.pages)
        assert clause.pages and (clause.kinds or clause.facts)
    assert {name for clause in clauses() for name in clause.facts} == {*FACTS}


def test_every_kind_of_record_is_evidence_for_a_clause_and_has_its_page():
    """A kind that is added to the registers does not fall out of the evidence."""
    assert {kind.name for kind in ALL} == {*PAGE_OF_KIND}
    assert {*PAGE_OF_KIND} == {name for clause in clauses() for name in clause.kinds}
    assert all((ROOT / "pages" / f"{page}.py").exists() for page in PAGE_OF_KIND.values())


def test_only_the_number_of_improvement_differs_between_the_editions():
    other = {c.clause: c.in_2026 for c in clauses() if c.clause != c.in_2026}
    assert other == {"10.3": "10.1"}
    numbers = [c.number("2026") for c in in_order("2026")]
    assert numbers[-2:] == ["10.1", "10.2"]
    assert [c.number("2015") for c in in_order("2015")][-2:] == ["10.2", "10.3"]
    assert "secondary sources" in reviewed()
    with pytest.raises(UnknownNameError):
        in_order("2008")


def test_every_question_stands_under_a_clause_that_shows_its_answer():
    shown = {c.clause: {*c.kinds, *c.inputs, *c.facts, *c.kpis} for c in clauses()}
    assert {q.clause for q in auditor_questions()} == set(shown)
    for question in auditor_questions():
        assert question.question.endswith(("?", "."))
        assert {*question.answers} <= shown[question.clause], question.question


@pytest.mark.long
def test_the_document_says_what_the_data_say():
    script = (
        "import runpy; print(runpy.run_path('docs/make_auditor_questions.py')['page'](), end='')"
    )
    made = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    assert (ROOT / "docs" / "auditor-questions.md").read_text(encoding="utf-8") == made


# --- an empty home ----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def empty(tmp_path_factory):
    return analysis.open_home(tmp_path_factory.mktemp("empty") / "home")


@pytest.mark.parametrize("edition", ["2015", "2026"])
def test_an_empty_home_shows_nothing_and_says_what_is_missing(empty, edition):
    found = evidence(empty, year_up_to(empty, (), TODAY), TODAY, edition)
    assert found.headline.endswith("17 are not shown yet.")
    for clause in found.clauses:
        assert clause.standing is Standing.NOTHING, clause.number
        assert clause.fresh == ""
        for shown in clause.shown:
            assert shown.says, (clause.number, shown.key)
    lacking = {c.clause for c in found.clauses if not c.missing}
    assert lacking <= {"7.5", "9.3.2", "10.2"}, "of these nothing may rightly be on record"


def test_a_year_up_to_today_begins_with_a_month(empty):
    asked = year_up_to(empty, (), TODAY)
    assert (asked.first, asked.last) == (date(2025, 12, 1), TODAY)
    asked = year_up_to(empty, (), date(2026, 12, 31))
    assert asked.first == date(2026, 1, 1)


def test_the_first_month_of_an_empty_home_begins_with_an_upload(empty):
    found = first_month(empty)
    assert found.next.key == "upload"
    assert not any(step.done for step in found.steps), "of files that are not there nobody knows"
    assert found.says == (
        "From an empty home to a held review: none of 13 steps done. Next: upload the first files."
    )
    for step in found.steps:
        assert step.says.endswith(".")
        assert (ROOT / "pages" / f"{step.page}.py").exists()


def test_a_step_is_done_by_what_the_home_holds(made_home):
    done = {step.key for step in first_month(made_home).steps if step.done}
    assert done == {"upload", "objectives"}, "files and targets alone; its stops have codes"


# --- the sample plant -------------------------------------------------------------------------


@pytest.fixture(scope="module")
def sample(tmp_path_factory):
    """The sample plant with its records, made by process after process that was ended; the documents of its reviews are stand-ins of a few bytes."""
    home = analysis.prepare_sample(tmp_path_factory.mktemp("sample") / "home")
    with pytest.MonkeyPatch.context() as patch:
        ended = complete_ended_often(
            patch, home, lambda home, agenda: {"deck.pptx": agenda.edition.encode()}
        )
    assert ended > 30
    return home


@pytest.fixture(scope="module")
def shown(sample):
    return evidence(sample, year_up_to(sample, (), TODAY), TODAY, "2026")


@pytest.mark.long
def test_every_question_of_an_auditor_is_answered_on_the_sample_plant(shown):
    asked = [question for clause in shown.clauses for question in clause.asked]
    assert len(asked) == len(auditor_questions())
    assert [q.question for q in asked if not q.there] == []
    for question in asked:
        assert all(answer.says and answer.page for answer in question.answers), question.question


@pytest.mark.long
def test_every_clause_is_shown_on_the_sample_plant_and_every_record_opens(sample, shown):
    assert [c.number for c in shown.clauses if c.standing is Standing.NOTHING] == []
    ids = {e.id for kind in ALL for e in recorded(sample.store, kind)}
    for clause in shown.clauses:
        for one in clause.shown:
            assert not one.record or one.record in ids
            if one.key in BY_NAME and one.count:
                assert one.count == len(recorded(sample.store, BY_NAME[one.key]))


@pytest.mark.long
def test_the_sample_has_the_weaknesses_it_was_given(shown):
    assert {w.key for w in shown.weaknesses} >= {
        "previous_dropped", "no_effect_checked", "without_owner", "without_measure",
        "never_analysed",
    }  # fmt: skip
    assert "Reviews without decision, or not held" in shown.sound


@pytest.mark.long
def test_the_sample_is_completed_once_and_resumed_where_it_was(sample):
    assert is_complete(sample)
    number = sample.store.records.number()
    assert not complete_sample(sample, lambda home, agenda: {})
    assert sample.store.records.number() == number
    for kind in ALL:  # also by a process that was ended before
        titles = [entry.item.title for entry in recorded(sample.store, kind)]
        assert sorted(set(titles)) == sorted(titles)
    reviews = recorded(sample.store, REVIEW)
    assert [r.item.status for r in reviews] == [
        ReviewStatus.APPROVED, ReviewStatus.APPROVED, ReviewStatus.DRAFT,
    ]  # fmt: skip
    for entry in reviews:
        moments = [version.when for version in versions(sample.store, REVIEW, entry.id)]
        assert moments == sorted(moments)
        assert all(isinstance(moment, datetime) for moment in moments)


@pytest.mark.long
def test_the_first_review_of_the_sample_was_restated_since(sample, shown):
    found = passport(sample, "complaints", analysis.Filters(), "2026-06")
    assert len(found.restated) == 1
    assert found.restated[0].startswith(
        "REV-2026-001 used 4\u00a0complaints; it is 6\u00a0complaints"
    )
    restated = next(s for c in shown.clauses for s in c.shown if s.key == "restated")
    assert any("nobody has accepted" in text for text in restated.missing)


@pytest.mark.long
def test_somebody_of_one_plant_is_shown_that_plant(sample):
    own = analysis.open_home(sample.path).seen_by(Access.of({"Riverside": Role.VIEWER}))
    asked = year_up_to(own, (), TODAY)
    told = repr(evidence(own, asked, TODAY)) + repr(weaknesses(own, asked, TODAY))
    assert "Riverside" in told
    assert "Nordhafen" not in told
