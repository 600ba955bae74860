"""Registers as somebody of one plant sees and changes them, and as two people change one record."""

from dataclasses import replace
from datetime import date

import pytest

from kpi import analysis
from kpi.access import Access, AccessDeniedError, Role
from kpi.analysis import registering
from kpi.analysis.registering import bears_on
from kpi.errors import UnknownNameError
from kpi.qms.context import ISSUE, Issue
from kpi.qms.risks import RISK, Risk
from kpi.store.records import SeenEarlierError
from tests.analysis import made_actions
from tests.analysis.made_actions import MONTHS, WHEN

ENERGY = Issue(title="Energy", effect="Costs", since=date(2026, 5, 1), owner="A. Kern")
NORD, SUED = (("plant", "Nord"),), (("plant", "Sued"),)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("registering")
    home = analysis.open_home(folder / "home")
    made_actions.load(home, folder / "files", "both.csv", made_actions.rows(MONTHS[-2:]))
    return home.path


@pytest.fixture
def home(made, tmp_path):
    import shutil

    shutil.copytree(made, tmp_path / "home")
    return analysis.open_home(tmp_path / "home")


def put(home, item, kind=ISSUE, **said):
    return registering.record(home, kind, item, **({"who": "A. Kern", "when": WHEN} | said))


def of(home, **roles):
    return home.seen_by(Access.of(roles))


def titles(home, where=()):
    return [e.item.title for e in registering.listed(home, ISSUE, where)]


def test_somebody_of_one_plant_sees_and_changes_what_is_of_it_alone(home):
    put(home, ENERGY)
    mine = put(home, replace(ENERGY, title="Nord's", slice=NORD))
    other = put(home, replace(ENERGY, title="Sued's", slice=SUED))
    nord = of(home, Nord=Role.QUALITY_MANAGER)
    assert titles(nord) == ["Nord's"]
    assert registering.may_change(nord, mine.item)
    assert not registering.may_change(nord, other.item)
    with pytest.raises(UnknownNameError):
        registering.found(nord, ISSUE, other.id)
    with pytest.raises(UnknownNameError):
        put(nord, replace(other.item, owner="X"), id=other.id, version=1, why="mine now")
    with pytest.raises(UnknownNameError, match="Known are: Nord"):
        put(nord, replace(mine.item, slice=SUED), id=mine.id, version=1, why="moved")
    with pytest.raises(AccessDeniedError):
        put(of(home, Nord=Role.VIEWER), replace(ENERGY, slice=NORD))
    assert titles(home) == ["Energy", "Nord's", "Sued's"], "nothing was recorded"


def test_who_sees_one_plant_and_names_none_means_that_plant(home):
    found = put(of(home, Nord=Role.QUALITY_MANAGER), ENERGY)
    assert found.item.slice == NORD


def test_a_company_record_is_changed_by_who_manages_every_plant(home):
    whole = put(home, ENERGY)
    both = of(home, Nord=Role.QUALITY_MANAGER, Sued=Role.QUALITY_MANAGER)
    with pytest.raises((AccessDeniedError, UnknownNameError)):
        put(both, replace(ENERGY, owner="X"), id=whole.id, version=1, why="mine")
    assert registering.found(home, ISSUE, whole.id).item.owner == "A. Kern"


def test_a_list_holds_what_bears_on_the_plants_asked_for(home):
    put(home, ENERGY)
    put(home, replace(ENERGY, title="Nord's line", slice=(("line", "Up"), ("plant", "Nord"))))
    put(home, replace(ENERGY, title="Sued's", slice=SUED))
    assert titles(home, NORD) == ["Energy", "Nord's line"]
    assert titles(home, SUED) == ["Energy", "Sued's"]


@pytest.mark.parametrize(
    ("own", "chosen", "bears"),
    [
        ((), NORD, True), (NORD, (), True), (NORD, NORD, True), (NORD, SUED, False),
        ((("line", "Up"),), NORD, True), ((("line", "Up"), *NORD), (("line", "Down"), *NORD), False),
        ((*NORD, *SUED), SUED, True),
    ],
)  # fmt: skip
def test_bears_on(own, chosen, bears):
    assert bears_on(own, chosen) is bears


def test_an_unknown_kpi_or_line_is_named_and_nothing_is_recorded(home):
    risk = Risk(title="Fire", effect="No plant", identified=date(2026, 1, 1))
    with pytest.raises(UnknownNameError, match="scrap_rat"):
        put(home, replace(risk, kpi="scrap_rat"), RISK)
    with pytest.raises(UnknownNameError, match="Upp"):
        put(home, replace(risk, slice=(("line", "Upp"),)), RISK)
    assert registering.listed(home, RISK) == ()


def test_the_second_of_two_editors_is_told_what_the_first_changed(home):
    first = put(home, ENERGY)
    put(home, replace(ENERGY, owner="C. Neu"), id=first.id, version=1, why="handed over", who="B")
    with pytest.raises(SeenEarlierError) as raised:
        put(home, replace(ENERGY, effect="Mine"), id=first.id, version=1, why="mine")
    assert str(raised.value) == (
        "ISS-2026-001 was changed meanwhile by B: Owner is now C. Neu. Yours was not stored and "
        "stands in the form still; look, and record it again."
    )
    assert registering.found(home, ISSUE, first.id).item.effect == "Costs"


def test_links_lead_both_ways_as_far_as_they_may_be_seen(home):
    issue = put(home, replace(ENERGY, slice=SUED))
    risk = put(
        home,
        Risk(title="Fire", effect="No plant", identified=date(2026, 1, 1), slice=NORD, links=(issue.id,)),
        RISK,
    )  # fmt: skip
    assert [e.id for _, e in registering.linked(home, risk.item)] == [issue.id]
    assert [e.id for _, e in registering.linking(home, issue.id)] == [risk.id]
    nord = of(home, Nord=Role.QUALITY_MANAGER)
    assert registering.linked(nord, risk.item) == ()
    assert "A. Kern" not in registering.persons(nord)
    assert "A. Kern" in registering.persons(home)
