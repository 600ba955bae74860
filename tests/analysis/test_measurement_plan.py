"""The measurement plan: what is due when, how far data reach, which analyses count, what is proposed."""

import shutil
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from kpi import analysis
from kpi.access import Access, AccessDeniedError, Role
from kpi.analysis import measuring, planning, registering
from kpi.analysis.agenda_results import Asked
from kpi.analysis.measuring_days import due_in, due_period, reaches
from kpi.analysis.measuring_lines import reach_of
from kpi.analysis.measuring_results import Late
from kpi.analysis.results import Filters
from kpi.analysis.series import series_view
from kpi.calendar import Period
from kpi.errors import UnknownNameError, UsageError
from kpi.model import Coverage
from kpi.qms.measurement import ANALYSIS, PLAN_ENTRY, Analysis, Frequency, PlanEntry, Use
from kpi.qms.processes import PROCESS, Process, ProcessStatus
from kpi.settings import PlantSettings, Settings
from kpi.store.model import UploadPart
from tests.analysis.trail_deeds import MONTHS

WHEN = datetime(2026, 11, 3, 8, tzinfo=UTC)
TODAY = date(2026, 11, 12)
PLANT = (("plant", "Nordhafen"),)
BY = {"who": "Ada", "when": WHEN}
SCRAP = PlanEntry(
    title="Scrap rate", slice=PLANT, kpi="scrap_rate", process="Production", method="as defined",
    definition=1, owner="Ada", kept="here", since=date(2026, 1, 1),
)  # fmt: skip
LOOKED = Analysis(
    title="Scrap rate, October", slice=PLANT, owner="Bo", kpi="scrap_rate", on=date(2026, 11, 5),
    concluded="Nothing changed.", ledger=1,
)  # fmt: skip


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """Thirty-four months of two plants, up to 28 October 2026, loaded on 3 November."""
    folder = tmp_path_factory.mktemp("plan")
    home = analysis.open_home(folder / "home")
    path = folder / "scrap.csv"
    rows = [
        f"{m:%Y-%m}-28,{plant},L1,1000,{20 + n % 5}"
        for plant in ("Nordhafen", "Suedwerk")
        for n, m in enumerate(MONTHS)
    ]
    path.write_text("\n".join(["Date,Plant,Line,Produced Qty,Scrap Qty", *rows]) + "\n")
    analysis.ingest_file(home, path, who="loader", when=WHEN)
    return home


@pytest.fixture
def home(data, tmp_path):
    shutil.copytree(data.path, tmp_path / "home")
    return analysis.open_home(tmp_path / "home")


def put(home, kind, item):
    return registering.record(home, kind, item, **BY)


# --- when something is due --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("frequency", "today", "first", "last"),
    [
        (Frequency.DAILY, date(2026, 11, 12), date(2026, 11, 11), date(2026, 11, 11)),
        (Frequency.WEEKLY, date(2026, 11, 10), date(2026, 10, 26), date(2026, 11, 1)),
        (Frequency.WEEKLY, date(2026, 11, 11), date(2026, 11, 2), date(2026, 11, 8)),
        (Frequency.MONTHLY, date(2026, 11, 9), date(2026, 9, 1), date(2026, 9, 30)),
        (Frequency.MONTHLY, date(2026, 11, 10), date(2026, 10, 1), date(2026, 10, 31)),
        (Frequency.MONTHLY, date(2027, 1, 5), date(2026, 11, 1), date(2026, 11, 30)),
        (Frequency.QUARTERLY, date(2026, 10, 19), date(2026, 4, 1), date(2026, 6, 30)),
        (Frequency.QUARTERLY, date(2026, 10, 20), date(2026, 7, 1), date(2026, 9, 30)),
        (Frequency.HALF_YEARLY, date(2026, 7, 29), date(2025, 7, 1), date(2025, 12, 31)),
        (Frequency.HALF_YEARLY, date(2026, 7, 30), date(2026, 1, 1), date(2026, 6, 30)),
        (Frequency.YEARLY, date(2026, 11, 12), date(2025, 1, 1), date(2025, 12, 31)),
    ],
)
def test_the_latest_period_that_should_be_known(frequency, today, first, last):
    found = due_period(frequency, today)
    assert (found.first, found.last) == (first, last)


def test_a_day_nobody_works_is_not_due():
    plant = PlantSettings(
        "Nordhafen", planned_minutes=(480, 480, 480, 480, 480, 0, 0),
        closed_days=frozenset({date(2026, 11, 6)}),
    )  # fmt: skip
    monday = date(2026, 11, 9)
    found = due_in(Settings(plants=(plant,)), "Nordhafen", Frequency.DAILY, monday)
    assert found.first == date(2026, 11, 5)  # Friday was a holiday


@pytest.mark.parametrize(
    ("reach", "there"),
    [
        (None, False),
        (date(2026, 10, 31), True),
        (date(2026, 11, 15), True),
        (date(2026, 10, 28), True),
        (date(2026, 10, 26), False),
        (date(2026, 9, 30), False),
    ],
)
def test_a_month_is_there_where_its_last_working_days_are(reach, there):
    october = Period("2026-10", date(2026, 10, 1), date(2026, 10, 31))
    assert reaches(reach, october) is there


@pytest.mark.parametrize(
    ("coverage", "months", "drawn", "reach"),
    [
        ((date(2026, 10, 31),), {}, date(2026, 11, 2), date(2026, 10, 31)),
        ((date(2026, 12, 31),), {}, date(2026, 11, 2), date(2026, 11, 2)),
        ((), {"2026-09": 5, "2026-10": 7}, date(2026, 11, 2), date(2026, 10, 31)),
        ((), {"2026-09": 5, "2026-10": 0}, None, date(2026, 9, 30)),
        ((), {"": 40}, date(2026, 11, 2), date(2026, 11, 2)),
        ((), {}, date(2026, 11, 2), None),
    ],
)
def test_how_far_a_file_reaches(coverage, months, drawn, reach):
    part = UploadPart(
        dataset="scrap", rows_read=1, rows_accepted=1, rows_rejected=0,
        coverage=tuple(Coverage("N", None, date(2026, 1, 1), last) for last in coverage),
        data_date=drawn, rank_date=drawn, months={"N": months}, lines={}, scope=(), columns=(),
        checksum="", keyed=False, meets=(), mapping={}, conventions={}, signature=(),
        control_totals=(),
    )  # fmt: skip
    assert reach_of(part, "N") == reach
    assert reach_of(part, "another") is None


# --- the plan ---------------------------------------------------------------------------------


def test_what_was_uploaded_and_never_analysed(home):
    entry = put(home, PLAN_ENTRY, SCRAP)
    (line,) = measuring.plan(home, today=TODAY)
    assert line.uploaded_words == "3 November 2026, data up to 28 October 2026"
    assert (line.analysed_words, line.definition) == ("never", "version 1")
    assert {feed.plant for feed in line.feeds} == {"Nordhafen"}
    assert line.late == (
        (
            Late.ANALYSIS,
            "Analysis overdue: October 2026 should have been looked at, and nobody ever did.",
        ),
    )
    (late,) = measuring.overdue(home, TODAY)
    assert (late.id, late.kind, late.owner) == (entry.id, Late.ANALYSIS, "Ada")


def test_an_upload_is_overdue_by_how_far_data_reach_and_not_by_when_a_file_came(home):
    put(home, PLAN_ENTRY, replace(SCRAP, since=date(2027, 1, 1)))
    assert measuring.overdue(home, date(2026, 12, 9)) == ()
    (late,) = measuring.overdue(home, date(2026, 12, 10))
    assert late.kind is Late.UPLOAD
    assert late.says.startswith("Upload overdue: data on ")
    assert late.says.endswith("of Nordhafen end on 28 October 2026; November 2026 should be there.")


def test_a_day_before_the_file_came_nothing_was_there(home):
    put(home, PLAN_ENTRY, SCRAP)
    (line,) = measuring.plan(home, today=date(2026, 11, 2))
    assert line.uploaded_words == "never"
    assert line.late[0] == (
        Late.UPLOAD, "Upload overdue: no data on scrap and rework of Nordhafen were ever uploaded.",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("changed", "counts"),
    [
        ({}, True),
        ({"slice": ()}, True),
        ({"slice": (("line", "L1"), ("plant", "Nordhafen"))}, False),
        ({"slice": (("plant", "Suedwerk"),)}, False),
        ({"kpi": "scrap_ppm"}, False),
        ({"on": date(2026, 10, 31)}, False),
        ({"on": date(2026, 11, 1)}, True),
        ({"on": date(2026, 11, 13)}, False),  # not yet, as of that day
    ],
)
def test_which_analyses_count(home, changed, counts):
    put(home, PLAN_ENTRY, SCRAP)
    put(home, ANALYSIS, replace(LOOKED, **changed))
    (line,) = measuring.plan(home, today=TODAY)
    assert (line.late == ()) is counts
    if counts:
        assert line.analysed_words.endswith("2026 by Bo: Nothing changed.")
        assert line.says == "Up to date."


def test_what_began_later_and_what_is_withdrawn_is_not_overdue(home):
    put(home, PLAN_ENTRY, replace(SCRAP, since=date(2026, 11, 1)))
    put(home, PLAN_ENTRY, replace(SCRAP, status=Use.WITHDRAWN))
    assert measuring.overdue(home, TODAY) == ()
    assert [line.active for line in measuring.plan(home, today=TODAY)] == [True, False]


def test_what_an_auditor_would_miss(home):
    put(
        home, PLAN_ENTRY,
        replace(SCRAP, owner="", process="", kept="", definition=7, since=date(2026, 11, 1)),
    )  # fmt: skip
    (line,) = measuring.plan(home, today=TODAY)
    assert line.lacks == (
        "The definition has changed since it was agreed: version 1 is in force; version 7 was "
        "agreed.",
        "Nobody is named as its owner.",
        "It names no process.",
        "It does not say where the records are kept.",
    )


def test_a_linked_process_is_told_by_its_name(home):
    process = put(home, PROCESS, Process(title="Moulding", owner="Cy"))
    put(home, PLAN_ENTRY, replace(SCRAP, process="", links=(process.id,)))
    (line,) = measuring.plan(home, today=TODAY)
    assert line.process == "Moulding"


def test_the_review_is_told_what_is_overdue(home):
    asked = Asked((), date(2026, 10, 1), TODAY)
    nothing = measuring.plan_input_part(home, asked)
    assert nothing.missing == ("No measurement plan is recorded.",)
    put(home, PLAN_ENTRY, SCRAP)
    put(home, PLAN_ENTRY, replace(SCRAP, title="Internal ppm", kpi="scrap_ppm"))
    put(home, ANALYSIS, LOOKED)
    part = measuring.plan_input_part(home, asked)
    assert part.finding == (
        "The measurement plan has two entries: one analysis is overdue, and one of two was never "
        "analysed so far."
    )
    assert [line[5] != "" for line in part.lines] == [False, True]
    assert part.ids == ("MEA-2026-001", "MEA-2026-002")


def test_what_is_not_due_yet_is_not_told_as_looked_at(home):
    put(home, PLAN_ENTRY, replace(SCRAP, since=date(2026, 11, 1)))
    part = measuring.plan_input_part(home, Asked((), date(2026, 10, 1), TODAY))
    assert part.finding == (
        "The measurement plan has one entry; nothing is overdue, and it was never analysed so far."
    )
    put(home, ANALYSIS, LOOKED)
    part = measuring.plan_input_part(home, Asked((), date(2026, 10, 1), TODAY))
    assert part.finding == "The measurement plan has one entry; nothing is overdue."


# --- proposing, noting ------------------------------------------------------------------------


@pytest.mark.long
def test_a_plan_is_proposed_from_what_is_loaded_and_recorded_only_then(home):
    found = planning.proposed(home, today=TODAY)
    assert {(e.kpi, e.slice[0][1]) for e in found} >= {
        ("scrap_rate", "Nordhafen"), ("scrap_rate", "Suedwerk"),
    }  # fmt: skip
    assert not any(e.kpi.startswith("otd") for e in found), "nothing of deliveries is loaded"
    assert registering.listed(home, PLAN_ENTRY) == ()
    made = planning.record_proposed(home, found, **BY)
    assert len(made) == len(found)
    assert planning.proposed(home, today=TODAY) == ()
    with pytest.raises(UsageError, match="There is nothing to add"):
        planning.record_proposed(home, (), **BY)
    entry = next(e.item for e in made if e.item.kpi == "scrap_rate")
    assert (entry.process, entry.definition, entry.since) == ("Production", 1, TODAY)
    assert entry.feeds
    assert entry.method.startswith("Scrapped quantity ÷ produced quantity, from the uploaded ")


def test_a_plan_is_proposed_with_the_processes_of_the_plant_it_is_for(home):
    """The owner of a process in one plant does not answer for the figures of another."""
    of = {"kpis": ("scrap_rate",), "title": "Molding"}
    put(home, PROCESS, Process(slice=PLANT, owner="Ada", **of))
    gone = Process(slice=(("plant", "Suedwerk"),), owner="Cleo", **of)
    put(home, PROCESS, replace(gone, status=ProcessStatus.WITHDRAWN))
    theirs = put(home, PROCESS, replace(gone, owner="Bo"))
    found = planning.proposed(home, today=TODAY, where=(("plant", "Suedwerk"),))
    entry = next(e for e in found if e.kpi == "scrap_rate")
    assert (entry.owner, entry.links) == ("Bo", (theirs.id,))


def test_an_analysis_is_filled_from_the_chart(home):
    view = series_view(home, "scrap_rate", Filters(where=PLANT))[0]
    item = planning.analysis_of(view, who="Ada", on=TODAY)
    assert (item.concluded, item.ledger, item.kpi) == (view.headline, 1, "scrap_rate")
    assert (item.first, item.last) == (date(2024, 1, 1), date(2026, 10, 31))
    assert item.value == "2.30\u00a0% (October 2026)"
    assert (item.variation, item.assurance) == ("common cause", "no target")
    entry = put(home, ANALYSIS, item)
    assert measuring.analyses(home, PLANT, "scrap_rate")[0].id == entry.id


@pytest.mark.long
def test_whoever_sees_one_plant_plans_and_sees_no_other(home):
    put(home, PLAN_ENTRY, SCRAP)
    other = put(home, PLAN_ENTRY, replace(SCRAP, slice=(("plant", "Suedwerk"),), title="Theirs"))
    manager = home.seen_by(Access.of({"Nordhafen": Role.QUALITY_MANAGER}))
    assert [line.title for line in measuring.plan(manager, today=TODAY)] == ["Scrap rate"]
    assert {o.title for o in measuring.overdue(manager, TODAY)} == {"Scrap rate"}
    assert {e.slice for e in planning.proposed(manager, today=TODAY)} == {PLANT}
    with pytest.raises(UnknownNameError):
        planning.record_proposed(manager, [other.item], **BY)
    viewer = home.seen_by(Access.of({"Nordhafen": Role.VIEWER}))
    with pytest.raises(AccessDeniedError):
        registering.record(viewer, ANALYSIS, LOOKED, **BY)
