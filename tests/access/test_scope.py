"""What somebody of one plant is told: nothing of the others, and what is their own as it is."""

import re

import pytest

from kpi.access import NOBODY, Access, AccessDeniedError, Role
from kpi.analysis import Filters, digest, health, members, series_view, targets
from kpi.analysis.permitted import sight_words
from kpi.analysis.trail_check import full_check
from kpi.errors import KpiError
from tests.access import asked, canaries
from tests.access.canaries import COMPANY, MARKS, MIXED, access, plants

OWN, FOREIGN = plants(2)
HIDDEN = (*MARKS[1:], MIXED, COMPANY)

SILENT = {
    "agenda_own.carried_decisions", "agenda_own.previous_actions_input", "holding.open_points",
    "holding.signature_fits", "restated_review.since_review", "restatements.restatements",
    "restatements.reviews_touched", "restating.held_reviews", "reviewing.agenda_of",
    "reviewing.due", "reviewing.latest_held", "reviewing.months_offered", "audits.partial",
    "guide.first_month", "passport_records.reviews_with", "passport_records.analyses_of",
    "objectives.baseline_of", "permitted.may_withdraw", "trail_check.trail_state",
    "trail_check.compare_head", "review.months_to_review", "watching.set_aside",
    "watching.watched_folders", "definitions.catalogue", "redating.redating",
    "measured.characteristics", "measured.measured_view", "drill.loss_ledger",
    "lateness.lateness", "why.why_view", "forecasting.forecast_view", "loop.loop_counts",
    "similar.similar_to", "verdicts.verdicts", "verdicts.check_day", "witnessing.restated",
    "witnessing.evidence_files", "agenda_resources.stops_for_want", "suppliers.grading_periods",
    "targets_compared.contradictions", "targets_compared.told_of_target",
    "targets_compared.told_of_objective", "weakness_goals.acted_on", "registering.purged_links",
    "coverage.lacking_notes",
}  # fmt: skip
"""Answers that name nothing of one's own in a home of scrap alone."""


@pytest.fixture
def mine(two_plants):
    return two_plants.seen_by(access(OWN, Role.ADMINISTRATOR))


def test_every_question_is_tried():
    """A new one has to be put where it is tried with every role."""
    known = {*asked.QUESTIONS, *asked.WRITES, *asked.ELSEWHERE, *asked.OF_EVERYTHING, *asked.INNER}
    assert asked.found_in_the_package() - known == set()


HEAVY = re.compile(
    r"(agenda|attention|effectiveness|evidence\.|forecasting|landing|mending|packing|review|screen|why)"
)


def lighter_first(questions):
    """The questions, those that take long marked as such."""
    return [pytest.param(q, marks=pytest.mark.long if HEAVY.match(q) else ()) for q in questions]


@pytest.mark.parametrize("question", lighter_first(asked.QUESTIONS))
def test_an_answer_tells_of_the_plants_seen(two_plants, mine, question):
    told = asked.content(asked.QUESTIONS[question](mine))
    assert [mark for mark in HIDDEN if mark in told.replace("quxol line 9", "")] == []
    if question not in SILENT:
        assert OWN.mark in told


OPEN = {
    "aims.targets": COMPANY, "coverage.coverage_calendar": "", "coverage.ledger_lines": MIXED,
    "drill.pareto_view": "", "drill.rows_view": "", "series.choices": "", "landing.overview": "",
    "freshness.status": MIXED, "trail.trail": MIXED, "marked.standing_notes": COMPANY,
    "known.memories_of": MIXED,
}  # fmt: skip


COSTLY = re.compile(r"(drill|landing)")


@pytest.mark.parametrize(
    "question",
    [pytest.param(q, marks=pytest.mark.long if COSTLY.match(q) else ()) for q in OPEN],
)
def test_the_same_question_tells_an_administrator_of_all(two_plants, question):
    """What is looked for above is there to be found."""
    told = asked.content(asked.QUESTIONS[question](two_plants))
    assert FOREIGN.mark in told
    assert OPEN[question] in told


@pytest.mark.long
def test_somebody_without_a_role_is_told_of_no_plant(two_plants):
    nobody = two_plants.seen_by(NOBODY)
    for question, ask in asked.QUESTIONS.items():
        try:
            told = asked.content(ask(nobody))
        except (KpiError, IndexError, StopIteration):
            continue
        told = told.replace("quxol line 9", "")
        assert not any(m in told for m in (*MARKS, MIXED, COMPANY)), question


def test_figures_of_one_plant_are_those_of_a_filter_on_it(two_plants, mine):
    chosen = Filters(where=(("plant", OWN.name),))
    whole, own = (
        series_view(two_plants, "scrap_rate", chosen)[0],
        series_view(mine, "scrap_rate", Filters())[0],
    )
    assert own.points.equals(whole.points)
    assert own.target == whole.target or own.target.value == whole.target.value
    assert own.verdict == whole.verdict
    assert [n.id for n in own.notes_on_chart.exclusions] == [
        n.id for n in whole.notes_on_chart.exclusions
    ]


def test_a_target_of_the_whole_company_is_for_those_who_see_it(two_plants, mine):
    assert {t.slice for t in targets(mine)} == {(("plant", OWN.name),)}
    assert () in {t.slice for t in targets(two_plants)}
    both = Access.of({OWN.name: Role.VIEWER, FOREIGN.name: Role.VIEWER})
    assert series_view(two_plants.seen_by(both), "scrap_rate", Filters())[0].target is None
    assert series_view(two_plants, "scrap_rate", Filters())[0].target is not None


def test_a_foreign_name_is_not_even_guessed_at(mine):
    """A name that somebody knows or guesses is answered like one that never was."""
    from kpi.analysis.series import check_slice
    from kpi.errors import UnknownNameError

    said = []
    for name in (FOREIGN.name, "Quxom Works"):
        with pytest.raises(UnknownNameError) as told:
            check_slice(mine, Filters(where=(("plant", name),)))
        said.append(str(told.value).replace(name, ""))
    assert len(set(said)) == 1
    assert FOREIGN.mark not in " ".join(said).lower()


def test_a_foreign_plant_in_a_filter_leaves_nothing(mine):
    for where in ((("plant", FOREIGN.name),), (("line", f"{FOREIGN.mark} line 1"),)):
        found = series_view(mine, "scrap_rate", Filters(where=where))[0]
        assert not found.points["value"].notna().any()


def test_one_is_told_which_plants_one_sees(two_plants, mine):
    assert sight_words(mine) == f"You see the plant {OWN.name}; all figures are of it."
    assert sight_words(two_plants) == ""
    both = Access.of({OWN.name: Role.VIEWER, FOREIGN.name: Role.VIEWER})
    assert "all figures are of them" in sight_words(two_plants.seen_by(both))
    assert "see none" in sight_words(two_plants.seen_by(NOBODY))


def test_the_home_as_a_whole_is_for_its_administrators(two_plants, mine):
    everyone = (lambda h: digest.seen_as(h, "a@example.com"), lambda h: digest.seen_of(h, ()))
    for asked_for in (
        health.doctor, full_check, members.members, members.known_plants, digest.everybody, *everyone
    ):  # fmt: skip
        with pytest.raises(AccessDeniedError):
            asked_for(mine)


def test_a_sight_is_taken_of_the_whole_home_and_never_of_another(two_plants, mine):
    other = mine.seen_by(access(FOREIGN, Role.VIEWER))
    assert other.store.plants() == (FOREIGN.name,)
    assert mine.seen_by(two_plants.access).store is two_plants.store


@pytest.mark.long
def test_what_is_remembered_for_one_is_not_told_to_another(two_plants):
    """All questions of all three, one after the other, and then again."""
    sights = [two_plants.seen_by(access(p, Role.QUALITY_MANAGER)) for p in (OWN, FOREIGN)]
    for _ in range(2):
        for plant, home in zip((OWN, FOREIGN), sights, strict=True):
            other = FOREIGN.mark if plant is OWN else OWN.mark
            for question in ("landing.overview", "due_outlooks.objective_outlooks", "why.why_view"):
                assert other not in asked.content(asked.QUESTIONS[question](home)), question
        asked.QUESTIONS["landing.overview"](two_plants)


def test_pages_remember_by_who_looks(two_plants, mine):
    from pages.shared import cached

    versions = {
        cached.version(home)
        for home in (
            two_plants, mine, two_plants.seen_by(access(OWN, Role.VIEWER)),
            two_plants.seen_by(NOBODY), two_plants.seen_by(access(FOREIGN, Role.VIEWER)),
        )
    }  # fmt: skip
    assert len(versions) == 5


def test_the_sample_is_seen_whole_by_whoever_has_a_role(two_plants):
    from dataclasses import replace

    sample = replace(two_plants, is_sample=True)
    assert sample.seen_by(access(OWN, Role.VIEWER)).limit is None
    assert sample.seen_by(NOBODY).limit == ()


def test_settings_tell_of_the_plants_seen(two_plants):
    from dataclasses import replace

    from kpi.settings import PlantSettings

    stated = tuple(PlantSettings(name=p.name) for p in canaries.plants(3))
    origins = tuple((f"plants.{p.name}.shifts", "settings.toml") for p in stated)
    settings = replace(
        two_plants.settings, plants=stated, default_plant=FOREIGN.name, origins=origins
    )
    home = replace(two_plants, settings=settings).seen_by(access(OWN, Role.VIEWER))
    assert [p.name for p in home.settings.plants] == [OWN.name]
    assert home.settings.default_plant == OWN.name
    assert FOREIGN.mark not in repr(home.settings).lower()
    assert home.seen_by(two_plants.access).settings is settings
