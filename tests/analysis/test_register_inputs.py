"""What registers tell a management review: verdicts from data, nothing to report, what is missing."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from kpi import analysis
from kpi.access import Access, Role
from kpi.analysis import putting, registering
from kpi.analysis.agenda_context import climate_decision, context_input, parties_input
from kpi.analysis.agenda_resources import resources_input, want_of
from kpi.analysis.agenda_results import Asked
from kpi.analysis.agenda_risks import matrix, opportunity_actions_input, risk_actions_input
from kpi.analysis.agenda_suppliers import suppliers_input
from kpi.analysis.evidence_names import climate_answer
from kpi.analysis.risk_effects import Verdict, risk_actions, risk_register
from kpi.analysis.sample import SAMPLE_FOLDER
from kpi.analysis.satisfaction import (
    customer_lines,
    previous,
    satisfaction_input,
    survey_words,
    surveys,
)
from kpi.analysis.supplier_tables import criteria_words, grade_history, scorecard_table
from kpi.analysis.suppliers import (
    criteria_in_force,
    grades_given,
    grading_periods,
    proposed,
    scorecard,
)
from kpi.errors import UnknownNameError, UsageError
from kpi.qms.actions import ACTION, Action, ActionStatus
from kpi.qms.context import (
    CLIMATE,
    ISSUE,
    PARTY,
    RESOURCE,
    Answer,
    ClimateDecision,
    Issue,
    Origin,
    Party,
    Resource,
)
from kpi.qms.risks import (
    OPPORTUNITY,
    RISK,
    Consequence,
    Gain,
    Likelihood,
    Opportunity,
    Pursuit,
    Risk,
    Standing,
    Treatment,
)
from kpi.qms.satisfaction import SURVEY, Better, Survey
from kpi.qms.suppliers import CRITERIA, SUPPLIER_GRADE, Grade, SupplierCriteria, SupplierGrade
from tests.access import canaries
from tests.analysis import made_actions, made_suppliers
from tests.analysis.made_actions import ACTED

WHEN = datetime(2026, 10, 20, 8, tzinfo=UTC)
YEAR = Asked((), date(2026, 1, 1), date(2026, 10, 31))

FILLS = (
    context_input, parties_input, satisfaction_input, suppliers_input, resources_input,
    risk_actions_input, opportunity_actions_input,
)  # fmt: skip


@pytest.fixture
def home(tmp_path):
    return analysis.open_home(tmp_path / "home")


@pytest.fixture(scope="module")
def bare(tmp_path_factory):
    """A home in which nothing is."""
    return analysis.open_home(tmp_path_factory.mktemp("bare") / "home")


def put(home, kind, item, **said):
    said = {"who": "A. Kern", "when": WHEN} | said
    return registering.record(home, kind, item, **said)


# --- nothing to report, and what an auditor would miss ----------------------------------------

NOTHING = {
    "context": (
        "Nothing to report: no issue is recorded.",
        (
            "Nobody has decided whether climate change is a relevant issue. Decide it, with a reason.",
            "No external issue is on record.", "No internal issue is on record.",
        ),
    ),
    "parties": (
        "Nothing to report: no interested party is recorded.", ("No interested party is on record.",),
    ),
    "satisfaction": (
        "Nothing to report: no survey ended from January 2026 to October 2026, and no complaint, "
        "return or delivery to a customer is on file.",
        ("No customer was ever asked how it perceives us: no survey is on record.",),
    ),
    "suppliers": (
        "Nothing to report: no purchase line was due and nothing received is on file from January "
        "2026 to October 2026.",
        ("No criteria for grading suppliers are on record.",),
    ),
    "resources": (
        "Nothing to report: no need of resources is recorded, and no reason of a stop from January "
        "2026 to October 2026 names a want of people or material.",
        ("No need of resources is on record, neither met nor open.",),
    ),
    "risk_actions": (
        "Nothing to report: no risk is recorded.",
        ("No risk is on record, so nobody can say that risks were looked for.",),
    ),
    "opportunity_actions": (
        "Nothing to report: no opportunity is recorded.",
        ("No opportunity is on record, so nobody can say that opportunities were looked for.",),
    ),
}  # fmt: skip


@pytest.mark.parametrize("fill", FILLS, ids=lambda f: f.__name__)
def test_an_empty_home_says_that_there_is_nothing_and_what_is_missing(bare, fill):
    found = fill(bare, YEAR)
    assert (found.nothing, found.missing) == NOTHING[found.key]
    assert found.finding == ""
    assert found.tables == ()


# --- context ----------------------------------------------------------------------------------

ENERGY = Issue(title="Energy", effect="Costs", since=date(2026, 5, 1), owner="A. Kern")
YES = ClimateDecision(
    relevant=Answer.YES, reason="River", decided=date(2026, 3, 3), by="Dr. Weiss", owner="A. Kern"
)


def test_of_several_climate_decisions_the_latest_by_the_day_is_in_force(home):
    put(home, CLIMATE, YES)
    put(home, CLIMATE, replace(YES, relevant=Answer.NO, decided=date(2025, 3, 3)))
    later = put(home, CLIMATE, replace(YES, relevant=Answer.NO, decided=date(2026, 12, 1)))
    assert climate_decision(home, (), YEAR.last).id == "CLI-2026-001"
    assert climate_decision(home).id == later.id
    assert climate_decision(home, (), date(2024, 1, 1)) is None
    told = registering.listed(home, CLIMATE)
    assert "Decided" not in climate_answer(told[:1])
    assert climate_answer(told[:2]).endswith(" Decided once before.")
    assert climate_answer(told).endswith(" Decided two times before.")
    assert context_input(home, YEAR).says == (
        "Yes: climate change is a relevant issue, decided on 3 March 2026 by Dr. Weiss: River",
    )


def test_issues_that_changed_in_the_days_reviewed_are_told_first(home):
    put(home, CLIMATE, replace(YES, review=date(2026, 9, 1)))
    put(home, ISSUE, replace(ENERGY, title="Old", since=date(2024, 1, 1), owner=""))
    changed = put(home, ISSUE, ENERGY)
    put(home, ISSUE, replace(ENERGY, title="Later", since=date(2026, 11, 1)))
    found = context_input(home, YEAR)
    assert found.finding == "One of two issues changed from January 2026 to October 2026: Energy."
    assert [line[0] for line in found.tables[0].lines] == ["Energy", "Old"]
    assert found.tables[0].ids[0] == changed.id
    assert found.missing == (
        "The decision on climate change was to be looked at again by 1 September 2026.",
        "No internal issue is on record.",
        "ISS-2026-001 “Old” has no owner.",
    )


def test_issues_of_which_none_changed_are_nothing_to_report_and_still_listed(home):
    put(home, ISSUE, replace(ENERGY, since=date(2024, 1, 1), origin=Origin.INTERNAL))
    found = context_input(home, YEAR)
    assert found.nothing == (
        "Nothing to report: the one issue on record did not change from January 2026 to October 2026."
    )
    assert len(found.tables[0].lines) == 1


def test_needs_of_parties_tell_climate_and_what_is_not_decided(home):
    need = Party(title="Halden", need="Footprint", changed=date(2026, 2, 1), owner="A. Kern")
    put(home, PARTY, replace(need, climate=True, relevant=Answer.YES))
    put(home, PARTY, replace(need, title="Authority", changed=date(2025, 1, 1)))
    found = parties_input(home, YEAR)
    assert found.finding == "One of two needs changed from January 2026 to October 2026: Halden."
    assert found.says == ("About climate change: Halden.",)
    assert found.missing == (
        "Whether the quality system takes up the need of PTY-2026-002 “Authority” is not decided.",
        "How the need of PTY-2026-001 “Halden” is watched is not said.",
    )


def test_a_register_nobody_touched_for_a_year_is_told(home):
    put(home, PARTY, Party(title="A", need="B", changed=date(2025, 1, 1), owner="A", relevant=Answer.NO),
        when=datetime(2025, 10, 29, 8, tzinfo=UTC))  # fmt: skip
    assert parties_input(home, YEAR).missing == (
        "No interested party was looked at since 29 October 2025.",
    )


# --- satisfaction -----------------------------------------------------------------------------

ROUND = Survey(
    title="Yearly", described="Ten questions by mail", first=date(2026, 9, 1), last=date(2026, 10, 1),
    asked=6, answered=5, score=7.9, lowest=0, highest=10, follows="Answer in three days",
)  # fmt: skip
EARLIER = replace(ROUND, first=date(2025, 9, 1), last=date(2025, 10, 1), score=7.4)


def test_a_survey_is_told_with_its_scale_its_answers_and_the_one_before(home):
    put(home, SURVEY, EARLIER)
    put(home, SURVEY, replace(EARLIER, last=date(2025, 11, 1), score=1.0, highest=5))
    put(home, SURVEY, ROUND)
    found = satisfaction_input(home, YEAR)
    assert found.finding == (
        "Yearly: Score 7.9 on a scale from 0 to 10 (high is good), 5 of 6 answered (83\u00a0%), better "
        "than 7.4 in the one up to 1 October 2025."
    )
    assert found.missing == ()
    assert "not what customers perceive" in found.says[-1]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"score": 7.4}, "as in the one up to 1 October 2025"),
        ({"score": 7.0}, "worse than 7.4 in the one up to 1 October 2025"),
        ({"better": Better.LOW}, ""), ({"highest": 20}, ""),
    ],
)  # fmt: skip
def test_surveys_are_compared_where_they_can_be(home, change, words):
    put(home, SURVEY, EARLIER)
    latest = put(home, SURVEY, replace(ROUND, **change))
    said = survey_words(latest, previous(surveys(home), latest))
    assert said.endswith(f", {words}." if words else "(83\u00a0%).")


def test_what_a_survey_does_not_say_is_said(home):
    bare = put(home, SURVEY, replace(ROUND, score=None, answered=None, follows=""))
    assert survey_words(bare) == "No score was recorded, how many answered is not recorded."
    assert satisfaction_input(home, YEAR).missing == (
        "SAT-2026-001 has no score.", "What follows from SAT-2026-001 is not said.",
    )  # fmt: skip


def test_a_survey_of_more_than_a_year_ago_is_missing(home):
    put(home, SURVEY, EARLIER)
    late = Asked((), date(2026, 9, 1), date(2026, 10, 31))
    assert satisfaction_input(home, late).missing == (
        "The last survey ended on 1 October 2025, more than a year before.",
    )


def test_a_customer_that_no_complaint_names_has_none_where_complaints_are_on_file(home):
    canaries.load(home, SAMPLE_FOLDER / "riverside_complaints.csv", "clerk")
    put(home, SURVEY, replace(EARLIER, customers=("Orbis = 7.5",)))
    days = date(2026, 6, 1), date(2026, 6, 30)
    figures = {line.customer: line.figures for line in customer_lines(home, (), *days)}
    assert len(figures) > 1
    assert figures["Orbis"][0].startswith("0"), "none of the complaints on file is theirs"
    assert figures["Orbis"][1:] == ("no data", "no data"), "nothing shipped is on file"
    (later,) = customer_lines(home, (), date(2027, 5, 1), date(2027, 5, 31))
    assert later.figures[0] == "no data", "no file is about those days"


def test_where_nobody_says_what_the_customer_asked_for_the_promise_tells(home, tmp_path):
    rows = ["Order;Plant;Customer;Ordered;Delivered;Promised date;Delivered on"]
    rows += [f"{n};Nord;Moser;10;10;2026-10-{n:02d};2026-10-{n + n // 9:02d}" for n in range(1, 11)]
    file = tmp_path / "orders.csv"
    file.write_text("\n".join(rows), encoding="utf-8")
    canaries.load(home, file, "clerk")
    (line,) = customer_lines(home, (), date(2026, 10, 1), date(2026, 10, 31))
    assert (line.titles[2], line.figures[2]) == ("On time to promise", "80.0\u00a0%")
    told = satisfaction_input(home, Asked((), date(2026, 10, 1), date(2026, 10, 31)))
    assert told.finding.startswith("No customer was asked in October 2026; complaints, returns and")
    assert told.tables[-1].headings[-1] == "On time to promise"


def test_a_review_without_a_survey_tells_the_one_before(home):
    put(home, SURVEY, ROUND)
    november = Asked((), date(2026, 11, 1), date(2026, 11, 30))
    told = satisfaction_input(home, november)
    assert told.nothing.startswith("Nothing to report: no survey ended in November 2026")
    assert told.says[0] == (
        "The latest survey before: Yearly, up to 1 October 2026. Score 7.9 on a scale from 0 to 10 "
        "(high is good), 5 of 6 answered (83\u00a0%)."
    )
    assert satisfaction_input(home, YEAR).says[0] == "What follows: Answer in three days"


def test_what_is_recorded_after_the_months_reviewed_is_not_dated_back_to_them(home):
    put(home, ISSUE, Issue(title="Steel is dear", effect="Cost", since=date(2026, 11, 2)))
    held = Asked((), date(2026, 10, 1), date(2026, 10, 31), on=date(2026, 11, 16))
    assert context_input(home, held).finding == (
        "The one issue on record changed from 1 October 2026 to 16 November 2026: Steel is dear."
    )
    assert satisfaction_input(home, held).nothing.startswith(
        "Nothing to report: no survey ended from 1 October 2026 to 16 November 2026"
    )


# --- resources --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("reason", "want"),
    [
        ("Operator absent", "people"), ("No operator", "people"), ("Personalmangel", "people"),
        ("Bediener fehlt", "people"), ("Falta de personal", "people"), ("Sin operario", "people"),
        ("Material fehlt", "material"), ("Waiting for material", "material"),
        ("Manque de matière", "material"), ("kein Material", "material"), ("No parts", "material"),
        ("Material dryer", ""), ("Short shot", ""), ("Operator error", ""), ("Robot fault", ""),
        ("No power", ""), ("Normal wear of parts", ""), ("", ""),
    ],
)  # fmt: skip
def test_a_reason_names_a_want_only_with_the_thing_wanted(reason, want):
    assert want_of(reason) == want


def test_resources_not_there_in_time_are_told(home):
    put(home, RESOURCE, Resource(title="Setter", purpose="Nights", asked=date(2026, 9, 1),
                                 needed=date(2026, 10, 1)))  # fmt: skip
    found = resources_input(home, YEAR)
    assert found.finding == (
        "One resource asked for and not there yet, none provided from January 2026 to October 2026."
    )
    assert found.missing == (
        "RES-2026-001 “Setter” has no owner.",
        "RES-2026-001 “Setter” was needed by 1 October 2026 and is not there.",
    )


# --- risks: verdicts from data ----------------------------------------------------------------


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    folder = tmp_path_factory.mktemp("verdicts")
    home = made_actions.make(folder, together=True)
    made_suppliers.load(home, folder / "files")
    return home


def risk(line, **values):
    slice = (("line", line), ("plant", "Nord"))
    usual = Risk(
        title=f"Scrap of {line}", effect="Late", likelihood=Likelihood.LIKELY,
        consequence=Consequence.HIGH, treatment=Treatment.REDUCE, slice=slice, kpi="scrap_rate",
        action="New tool", planned=ACTED, done=ACTED, status=Standing.DONE, owner="M. Brandt",
        identified=date(2025, 6, 1),
    )  # fmt: skip
    return replace(usual, **values)


NOT_DONE = {"done": None, "status": Standing.PLANNED}
VERDICTS = [
    pytest.param(risk("Down"), Verdict.FOR, "Worked: scrap rate of line Down, Nord fell from", id="for"),
    pytest.param(risk("Up"), Verdict.AGAINST, "Made it worse: scrap rate of line Up, Nord rose", id="against"),
    pytest.param(risk("Same"), Verdict.NOT_YET, "No evidence yet: scrap rate of line Same, Nord", id="chance"),
    pytest.param(
        risk("Down", done=date(2026, 10, 30)), Verdict.NOT_YET,
        "No evidence yet: no month after it counts so far.", id="too early",
    ),
    pytest.param(
        risk("Down", kpi=""), Verdict.NO_KPI,
        "No KPI is named by which the effect would show.", id="no KPI is told, not guessed",
    ),
    pytest.param(
        risk("Down", **NOT_DONE), Verdict.PENDING,
        "Not done yet: planned for 20 December 2025, overdue.", id="overdue",
    ),
    pytest.param(
        risk("Down", **NOT_DONE | {"planned": date(2026, 12, 1)}), Verdict.PENDING,
        "Not done yet: planned for 1 December 2026.", id="planned",
    ),
    pytest.param(
        risk("Down", **NOT_DONE | {"planned": None}), Verdict.PENDING,
        "Not done yet: without a day.", id="no day",
    ),
    pytest.param(
        risk("Down", done=date(2026, 11, 5)), Verdict.PENDING,
        "Not done yet: planned for 20 December 2025, overdue.", id="done after the days reviewed",
    ),
]  # fmt: skip


@pytest.mark.long
@pytest.mark.parametrize(("item", "verdict", "says"), VERDICTS)
def test_verdict_of_an_action_on_a_risk(data, item, verdict, says):
    (found,) = risk_actions(data, put(data, RISK, item), YEAR.last)
    assert found.verdict is verdict
    assert found.says.startswith(says)


@pytest.mark.long
def test_an_action_of_its_own_is_judged_by_its_kpi_or_else_by_that_of_the_risk(data):
    own = put(data, RISK, risk("Down", action="", done=None, status=Standing.OPEN))
    usual = Action(
        title="Tool",
        owner="M. Brandt",
        due=ACTED,
        done_on=ACTED,
        status=ActionStatus.DONE,
        links=(own.id,),
    )
    put(data, ACTION, usual)
    put(data, ACTION, replace(usual, title="Other", kpi="scrap_rate", slice=risk("Up").slice))
    put(data, ACTION, replace(usual, title="Given up", done_on=None, status=ActionStatus.CLOSED,
                              closed_because="No money"))  # fmt: skip
    found = risk_actions(data, own, YEAR.last)
    assert [(a.title, a.verdict) for a in found] == [
        ("Tool", Verdict.FOR), ("Other", Verdict.AGAINST)
    ]  # fmt: skip


@pytest.mark.long
def test_the_review_hears_the_verdicts_counted_and_what_is_missing(tmp_path):
    home = made_actions.make(tmp_path, together=True)
    for item in (risk("Down"), risk("Up"), risk("Same", kpi="")):
        put(home, RISK, item)
    put(home, RISK, Risk(title="Fire", effect="No plant", identified=date(2026, 1, 1)))
    put(home, RISK, Risk(title="Next year", effect="?", identified=date(2026, 12, 1)))
    found = risk_actions_input(home, YEAR)
    assert found.finding == (
        "Three actions on risks: 1 worked, 1 made it worse, 1 without a KPI that would show it."
    )
    assert found.missing == (
        "The action “New tool” on RSK-2026-003 “Scrap of Same” has no verdict: no KPI is named by "
        "which its effect would show.",
        "RSK-2026-004 “Fire” has no owner.",
        "RSK-2026-004 “Fire” is not rated.",
        "What is done about RSK-2026-004 “Fire” is not decided.",
    )
    register = found.tables[1]
    assert [(line[0], line[3]) for line in register.lines] == [
        ("Fire", "not rated"), ("Scrap of Down", "16"), ("Scrap of Up", "16"), ("Scrap of Same", "16")
    ]  # fmt: skip
    put(home, OPPORTUNITY, Opportunity(
        title="Board", effect="OTD", identified=date(2026, 1, 1), treatment=Pursuit.TAKE, owner="A",
        likelihood=Likelihood.LIKELY, consequence=Gain.HIGH,
    ))  # fmt: skip
    other = opportunity_actions_input(home, YEAR)
    assert other.nothing == ("Nothing to report: the one opportunity on record has no action.")
    assert other.missing == ("No action on OPP-2026-001 “Board” is recorded.",)


# --- suppliers --------------------------------------------------------------------------------

Q2 = (date(2026, 4, 1), date(2026, 6, 30))
OTD_ONLY = SupplierCriteria(
    otd_a=95, otd_b=85, meaning="C: no new orders", since=date(2026, 1, 1), owner="P. Lang"
)


def test_a_grade_that_somebody_writes_whole_is_filled_in_from_data(tmp_path):
    home = analysis.open_home(tmp_path / "home")
    made_suppliers.load(home, tmp_path)
    put(home, CRITERIA, OTD_ONLY)
    typed = SupplierGrade(
        title="Bolt & Co", first=Q2[0], last=Q2[1], grade=Grade.C, reason="Papers",
        decided=date(2026, 7, 2), by="P. Lang",
    )  # fmt: skip
    named = {"who": "P. Lang", "when": WHEN}
    given = putting.put(home, SUPPLIER_GRADE, typed, **named).item
    assert (given.computed, given.lines, given.grade) == (Grade.B, 12.0, Grade.C)
    assert given.links == ("CRI-2026-001",)
    (scored,) = (one for one in scorecard(home, (), *Q2) if one.supplier == "Bolt & Co")
    assert scored.given.item == given
    with pytest.raises(UsageError, match="The data say B, you say A: give the reason"):
        putting.put(home, SUPPLIER_GRADE, replace(typed, grade=Grade.A, reason=""), **named)
    with pytest.raises(UnknownNameError, match="Bolt & Co"):
        putting.put(home, SUPPLIER_GRADE, replace(typed, title="Bolts"), **named)


@pytest.mark.long
def test_the_scorecard_grades_by_the_criteria_in_force_and_keeps_what_a_person_gave(tmp_path):
    home = analysis.open_home(tmp_path / "home")
    made_suppliers.load(home, tmp_path)
    assert list(grading_periods(home)) == ["2026-Q3", "2026-Q2", "2026-Q1", "2026"]
    bare = scorecard(home, (), *Q2)
    assert {one.computed for one in bare} == {Grade.NONE}
    assert bare[0].shown[1] == "neither inspections nor complaints to suppliers are on file"
    with pytest.raises(UsageError, match="No criteria are recorded"):
        proposed(home, bare[0], (), *Q2)

    put(home, CRITERIA, OTD_ONLY)
    put(home, CRITERIA, replace(OTD_ONLY, otd_a=99, since=date(2026, 7, 1)))
    assert criteria_in_force(home, (), Q2[1]).item.otd_a == 95
    assert criteria_in_force(home).item.otd_a == 99
    with_ppm = replace(OTD_ONLY, otd_a=None, otd_b=None, ppm_a=1000, ppm_b=5000)
    assert criteria_words(with_ppm).startswith("Up to 1\u202f000 ppm is A, up to 5\u202f000 B;")
    assert criteria_words(OTD_ONLY) == (
        "On time from 95\u00a0% is A, from 85\u00a0% B; what reaches neither is C."
    )
    found = {one.supplier: one for one in scorecard(home, (), *Q2)}
    assert {name: one.computed for name, one in found.items()} == {
        "Alu AG": Grade.A, "Bolt & Co": Grade.B, "Cast Ltd": Grade.C,
    }  # fmt: skip
    assert [one.supplied.lines for one in found.values()] == [12.0, 12.0, 12.0]

    offered = proposed(home, found["Bolt & Co"], (), *Q2)
    assert (offered.grade, offered.lines, offered.ppm, offered.criteria) == (
        Grade.B, 12.0, None, "CRI-2026-001, version 1",
    )  # fmt: skip
    assert offered.links == ("CRI-2026-001",)
    given = replace(offered, grade=Grade.C, reason="Papers", decided=date(2026, 7, 2), by="P. Lang")
    put(home, SUPPLIER_GRADE, given)
    again = {one.supplier: one for one in scorecard(home, (), *Q2)}
    assert (again["Bolt & Co"].computed, again["Bolt & Co"].given.item.grade) == (Grade.B, Grade.C)
    later = {one.supplier: one for one in scorecard(home, (), date(2026, 7, 1), date(2026, 9, 30))}
    assert later["Bolt & Co"].before.item.grade is Grade.C
    assert grade_history(grades_given(home, ())) == (
        ("Supplier", "April 2026 to June 2026"), (("Bolt & Co", "C"),),
    )  # fmt: skip
    table = scorecard_table(list(again.values()))
    assert table.loc[table["Supplier"] == "Bolt & Co", "Grade given"].tolist() == ["C"]
    assert table["ppm"].isna().all()

    told = suppliers_input(home, YEAR)
    assert told.finding == "Three suppliers, 1 graded: 1 C."
    assert told.missing == (
        "Cast Ltd has no grade for the year up to 31 October 2026.",
        "Bolt & Co is graded C, and nothing agreed with them is on record.",
        "Alu AG has no grade for the year up to 31 October 2026.",
    )
    nord = (("plant", "Nord"),)
    of_nord = replace(given, slice=(("plant", "Nord"), ("supplier", "Bolt & Co")), grade=Grade.A)
    put(home, SUPPLIER_GRADE, of_nord)
    here = {one.supplier: one for one in scorecard(home, nord, *Q2)}
    whole = {one.supplier: one for one in scorecard(home, (), *Q2)}
    assert (here["Bolt & Co"].given.item.grade, whole["Bolt & Co"].given.item.grade) == (
        Grade.A, Grade.C,
    )  # fmt: skip
    assert suppliers_input(home, YEAR).finding == "Three suppliers, 1 graded: 1 C."
    put(home, SUPPLIER_GRADE, replace(of_nord, title="Alu AG",
                                      slice=(("plant", "Nord"), ("supplier", "Alu AG"))))  # fmt: skip
    lines = {line[0]: line for line in suppliers_input(home, YEAR).tables[0].lines}
    own = replace(of_nord, grade=Grade.B, computed=Grade.B, reason="", explained="As it was then.")
    put(home, SUPPLIER_GRADE, replace(own, title="Cast Ltd"))
    (cast,) = [t for t in suppliers_input(home, YEAR).tables[0].lines if t[0] == "Cast Ltd"]
    assert cast[-1] == "As it was then.", "why it was given, not what the data of these days say"
    assert lines["Alu AG"][4:6] == ("A", "April 2026 to June 2026, Nord")
    assert lines["Bolt & Co"][4:6] == ("C", "April 2026 to June 2026")
    outside = Asked((), date(2025, 1, 1), date(2025, 3, 31))
    assert suppliers_input(home, outside).nothing.startswith("Nothing to report: no purchase line")


def test_a_review_of_single_plants_says_that_the_companys_records_are_not_seen_from_there(home):
    put(home, CLIMATE, YES)
    alone = home.seen_by(Access.of({"Nord": Role.QUALITY_MANAGER}))
    found = context_input(alone, YEAR)
    assert found.says == (
        "Not decided for these plants alone: whether climate change is a relevant issue.",
        "What is recorded for the whole company is not seen from single plants.",
    )
    assert found.missing[0] == (
        "Nobody has decided for these plants alone whether climate change is a relevant issue. Decide "
        "it, with a reason."
    )
    assert context_input(home, YEAR).says == (
        "Yes: climate change is a relevant issue, decided on 3 March 2026 by Dr. Weiss: River",
    )
    assert suppliers_input(alone, YEAR).missing[-1] == found.says[-1]


def test_where_risks_lie_leaves_out_what_is_closed_or_not_rated(home):
    rated = Risk(
        title="Fire", effect="No plant", identified=date(2026, 1, 1),
        likelihood=Likelihood.LIKELY, consequence=Consequence.SEVERE,
    )  # fmt: skip
    for item in (
        rated, rated, replace(rated, likelihood=Likelihood.RARE, consequence=Consequence.MINOR),
        replace(rated, status=Standing.CLOSED), replace(rated, likelihood=Likelihood.UNRATED),
    ):  # fmt: skip
        put(home, RISK, item)
    assert matrix(risk_register(home, RISK.name)) == (
        ("5 almost certain", "", "", "", "", ""),
        ("4 likely", "", "", "", "", "RSK-2026-001, RSK-2026-002"),
        ("3 possible", "", "", "", "", ""),
        ("2 unlikely", "", "", "", "", ""),
        ("1 rare", "RSK-2026-003", "", "", "", ""),
    )
