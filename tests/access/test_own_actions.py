"""Who may do what about nonconformities and actions: by role, plant, and whose action it is."""

from dataclasses import replace
from datetime import timedelta

import pytest

from kpi.access import LOCAL, NOBODY, Access, AccessDeniedError, Role
from kpi.analysis import acting, nonconforming, progress, registering, similar
from kpi.errors import KpiError, UnknownNameError, UsageError
from kpi.qms.actions import ACTION, Action, ActionStatus, Decision
from kpi.qms.nonconformities import NONCONFORMITY, Nonconformity
from tests.access.canaries import WHEN, access, let_in, plants

OWN, FOREIGN = plants(2)
TODAY = WHEN.date()
BY = {"who": "boss", "when": WHEN}
MANAGING = (Role.QUALITY_MANAGER, Role.ADMINISTRATOR)


def of(plant):
    return (("plant", plant.name),)


def a_case(home, plant=OWN):
    item = Nonconformity(title="Burr", found_on=TODAY, slice=of(plant), kpi="scrap_rate")
    return nonconforming.record(home.seen_by(LOCAL), item, **BY)


def an_action(home, owner, plant=OWN, **said):
    item = Action(title="Tool", owner=owner, due=TODAY, slice=of(plant), **said)
    return acting.record(home.seen_by(LOCAL), item, **BY)


def version(entry):
    return {"id": entry.id, "version": entry.version}


DEEDS = {
    "record a nonconformity": lambda h, c, a: nonconforming.record(
        h, replace(c.item, title="Other"), **version(c), why="x", **BY
    ),
    "open a nonconformity": lambda h, c, a: nonconforming.record(h, replace(c.item), **BY),
    "close a nonconformity": lambda h, c, a: nonconforming.close(
        h, replace(c.item, conclusion="x", waived="x"), **version(c), **BY
    ),
    "plan an action": lambda h, c, a: acting.record(h, replace(a.item, title="Other"), **BY),
    "begin": lambda h, c, a: acting.begin(h, **version(a), **BY),
    "done": lambda h, c, a: acting.done(h, **version(a), day=TODAY, **BY),
    "cancel": lambda h, c, a: acting.cancel(h, **version(a), because="x", **BY),
}
"""What takes a quality manager of the plants it is about."""


@pytest.mark.parametrize(
    "role",
    [
        pytest.param(r, marks=() if r is Role.QUALITY_MANAGER else pytest.mark.long)
        for r in (None, *Role)
    ],
    ids=str,
)
def test_managing_actions_takes_a_manager_of_the_plant(copied, role):
    home = copied.seen_by(NOBODY if role is None else access(OWN, role))
    case, action = a_case(copied), an_action(copied, "somebody")
    foreign = a_case(copied, FOREIGN), an_action(copied, "somebody", FOREIGN)
    number = copied.store.records.number()
    for deed in DEEDS.values():
        with pytest.raises(KpiError) as refused:
            deed(home, *foreign)
        assert FOREIGN.mark not in str(refused.value).lower().replace(FOREIGN.name.lower(), "")
        if role not in MANAGING:
            with pytest.raises(KpiError):
                deed(home, case, action)
    assert copied.store.records.number() == number
    if role in MANAGING:
        DEEDS["begin"](home, case, action)


def test_an_owner_who_contributes_reports_on_their_own_action(copied):
    person = let_in(copied, "anna", access(OWN, Role.CONTRIBUTOR))
    home = copied.seen_by(person.access)
    for owner in (person.email, person.label, person.name):
        entry = an_action(copied, owner)
        assert progress.may_report(home, entry.item, person.label)
        said = progress.report(
            home, **version(entry), progress="Half done", who=person.label, when=WHEN
        )
        assert (said.item.status, said.item.progress) == (ActionStatus.UNDER_WAY, "Half done")
        told = progress.report(
            home, **version(said), progress="Mounted", done_on=TODAY, who=person.label, when=WHEN
        )
        assert (told.item.status, told.item.reported_on) == (ActionStatus.UNDER_WAY, TODAY)
        assert told.item.done_on is None
        assert told.who == person.label
        # Nothing but the report has changed.
        assert (
            replace(told.item, status=entry.item.status, progress="", reported_on=None)
            == entry.item
        )
    assert not home.seen_by(LOCAL).store.records.history("event", "none")


def test_done_and_its_event_stay_the_managers(copied):
    from kpi.analysis.marked import standing_notes

    person = let_in(copied, "anna", access(OWN, Role.CONTRIBUTOR))
    home = copied.seen_by(person.access)
    entry = an_action(copied, person.email)
    before = standing_notes(copied)
    said = {"who": person.label, "when": WHEN}
    for deed in (
        lambda: acting.done(home, **version(entry), day=TODAY, **said),
        lambda: acting.cancel(home, **version(entry), because="x", **said),
        lambda: acting.record(
            home, replace(entry.item, due=TODAY + timedelta(days=99)), **version(entry), why="x",
            **said,
        ),
        lambda: acting.decide(
            home, **version(entry), decision=Decision.WORKED, reason="x", **said
        ),
    ):  # fmt: skip
        with pytest.raises((AccessDeniedError, UsageError)):
            deed()
    assert standing_notes(copied) == before
    assert registering.found(copied, ACTION, entry.id).version == entry.version


@pytest.mark.long
@pytest.mark.parametrize(
    ("role", "owner", "plant", "may"),
    [
        pytest.param(Role.CONTRIBUTOR, "anna@example.com", OWN, True, id="her own"),
        pytest.param(Role.CONTRIBUTOR, "ben@example.com", OWN, False, id="somebody else's"),
        pytest.param(Role.CONTRIBUTOR, "", OWN, False, id="nobody's"),
        pytest.param(Role.VIEWER, "anna@example.com", OWN, False, id="a viewer only looks"),
        pytest.param(
            Role.CONTRIBUTOR, "anna@example.com", FOREIGN, False, id="of a plant she is not in"
        ),
        pytest.param(Role.QUALITY_MANAGER, "ben@example.com", OWN, True, id="a manager, on any"),
    ],
)
def test_who_may_report_on_an_action(copied, role, owner, plant, may):
    person = let_in(copied, "anna", access(OWN, role))
    let_in(copied, "ben", access(OWN, Role.CONTRIBUTOR))
    home = copied.seen_by(person.access)
    item = Action(title="Tool", owner=owner, due=TODAY, slice=of(plant))
    assert progress.may_report(home, item, person.label) is may
    if owner:
        entry = an_action(copied, owner, plant)
        number = copied.store.records.number()
        if not may:
            with pytest.raises((AccessDeniedError, UnknownNameError)):
                progress.report(home, **version(entry), progress="x", who=person.label, when=WHEN)
            assert copied.store.records.number() == number


@pytest.mark.long
def test_a_name_that_two_people_have_is_nobodys(copied):
    """People may set their name at the identity provider as they like; an address they may not."""
    from kpi.qms.people import Person, put_person

    anna = let_in(copied, "anna", access(OWN, Role.CONTRIBUTOR))
    said = {"who": "root", "when": WHEN, "why": "test"}
    put_person(
        copied.store, Person("", "other@example.com", "anna", access(OWN, Role.CONTRIBUTOR)), **said
    )
    home = copied.seen_by(anna.access)
    assert not progress.owns(home, an_action(copied, "anna").item, anna.label)
    assert progress.owns(home, an_action(copied, anna.email).item, anna.label)
    assert not progress.owns(home, an_action(copied, anna.email).item, "other@example.com")
    assert not progress.owns(home, an_action(copied, anna.email).item, "")


@pytest.mark.long
def test_nothing_is_reported_on_what_is_over(copied):
    person = let_in(copied, "anna", access(OWN, Role.CONTRIBUTOR))
    entry = an_action(copied, person.email)
    acting.cancel(copied, **version(entry), because="not needed", **BY)
    now = registering.found(copied, ACTION, entry.id)
    with pytest.raises((AccessDeniedError, UsageError)):
        progress.report(
            copied.seen_by(person.access), **version(now), progress="x", who=person.label, when=WHEN
        )
    with pytest.raises(UsageError, match="nothing to report"):
        progress.report(copied, **version(now), progress="x", **BY)


@pytest.mark.long
def test_evidence_tells_no_file_that_holds_other_plants(copied):
    """Recorded by somebody who sees all, and read by somebody who sees one plant."""
    from kpi.analysis.results import Filters
    from kpi.analysis.witnessing import evidence_files
    from tests.access.asked import content
    from tests.access.canaries import MIXED

    draft = nonconforming.draft_from_signal(
        copied, "availability", Filters(where=of(OWN)), today=TODAY
    )
    entry = nonconforming.record(copied, draft, **BY)
    mine = copied.seen_by(access(OWN, Role.VIEWER))
    seen = registering.found(mine, NONCONFORMITY, entry.id)
    told = content((seen, evidence_files(mine, seen.item.evidence)))
    assert MIXED not in told
    assert FOREIGN.mark not in told
    unnamed = [file for file in seen.item.evidence.files if not file.file]
    assert unnamed
    whole = {
        file.upload: (name, file.sha256)
        for file, name in evidence_files(copied, seen.item.evidence)
    }
    assert all(whole[file.upload][0].startswith(MIXED) for file in unnamed)
    assert all(len(whole[file.upload][1]) == 64 for file in unnamed)


@pytest.mark.long
def test_similar_cases_are_of_plants_seen(copied):
    mine, foreign = a_case(copied), a_case(copied, FOREIGN)
    whole = similar.similar_to(copied, mine.id)
    own = similar.similar_to(copied.seen_by(access(OWN, Role.VIEWER)), mine.id)
    assert foreign.id in [one.entry.id for one in whole if one.entry]
    assert foreign.id not in [one.entry.id for one in own if one.entry]


@pytest.mark.long
def test_a_manager_of_two_plants_acts_on_both_and_sees_both(copied):
    both = Access.of({OWN.name: Role.QUALITY_MANAGER, FOREIGN.name: Role.QUALITY_MANAGER})
    home = copied.seen_by(both)
    case = nonconforming.record(
        home, Nonconformity(title="Both", found_on=TODAY, slice=(*of(OWN), *of(FOREIGN))), **BY
    )
    with pytest.raises(UnknownNameError):
        registering.found(copied.seen_by(access(OWN, Role.QUALITY_MANAGER)), NONCONFORMITY, case.id)
    draft = acting.draft_action(home, case.id, today=TODAY, owner="boss")
    acting.record(home, replace(draft, title="Tool"), **BY)
    assert registering.found(home, NONCONFORMITY, case.id).item.status == "action under way"
