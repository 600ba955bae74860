"""Who may change what: every function that writes, by every role, in one's own plant and in another."""

import shutil
from dataclasses import replace
from datetime import date

import pytest

from kpi import analysis
from kpi.access import LOCAL, NOBODY, Access, AccessDeniedError, Role
from kpi.analysis import (
    Delivered,
    Filters,
    audit_import,
    audit_planning,
    erasing,
    ingesting,
    keeping,
    members,
    mending,
    permitted,
    planning,
    registering,
    reviewing,
)
from kpi.analysis.agenda_results import Asked
from kpi.analysis.annotating import (
    accept_step,
    exclude_point,
    note_history,
    record_event,
    take_note_back,
)
from kpi.analysis.watching import SetAside, answer_set_aside, remember_folder
from kpi.errors import KpiError, UnknownNameError
from kpi.ingest import WrittenSheet
from kpi.qms import Target, put_target
from kpi.qms.context import ISSUE
from kpi.qms.measurement import PLAN_ENTRY
from kpi.qms.processes import PROCESS
from kpi.qms.reviews import REVIEW, Decision
from kpi.qms.risks import RISK
from tests.access.canaries import (
    COMPANY,
    MARKS,
    MIXED,
    MONTHS,
    STEP,
    WHEN,
    access,
    load,
    mixed_file,
    plants,
    written,
)
from tests.access.filled import filled

OWN, FOREIGN = plants(2)
ROLES = (None, *Role)
BY = {"who": "me", "when": WHEN}
WHY = {**BY, "why": "test"}
MANAGING = (Role.QUALITY_MANAGER, Role.ADMINISTRATOR)
UPLOADING = (Role.CONTRIBUTOR, *MANAGING)


def of(plant):
    return (("plant", plant.name),)


def standing(home, plant):
    return next(e for e in home.store.entries() if e.file == f"{plant.mark} scrap.csv").upload


def a_note(home, plant):
    whole = home.seen_by(LOCAL)
    from kpi.analysis.marked import standing_notes

    return next(n for n in standing_notes(whole).events if n.slice == of(plant))


def upload_of(home, plant, folder):
    path = written(folder, f"{plant.mark} more.csv", _more(plant))
    return analysis.ingest_file(home, path, **BY, answers=answered(home, path))


def answered(home, path):
    """The best reading of every question, as the administrator is asked."""
    whole = home.seen_by(LOCAL)
    outcome = analysis.ingest_file(whole, path, **BY, dry_run=True)
    return {q.id: q.candidates[0].value for q in outcome.questions}


def _more(plant):
    rows = plant.files()[f"{plant.mark} scrap.csv"]
    return [rows[0], *(r.replace("2026-10-", "2026-11-") for r in rows if r.startswith("2026-10"))]


def _change_a_risk(home, plant):
    entry = next(
        e for e in registering.listed(home.seen_by(LOCAL), RISK) if e.item.slice == of(plant)
    )
    changed = replace(entry.item, title="changed", slice=of(OWN))
    registering.record(home, RISK, changed, id=entry.id, version=entry.version, **WHY)


def _plan_an_audit(home, plant):
    every = registering.listed(home.seen_by(LOCAL), PROCESS)
    entry = next(e for e in every if e.item.slice == of(plant))
    audit_planning.plan_audit(home, entry.id, today=WHEN.date(), **BY)


def _decide(home, plant):
    every = registering.listed(home.seen_by(LOCAL), REVIEW)
    entry = next(e for e in every if e.item.slice == of(plant))
    reviewing.decide(home, entry.id, Decision(title="mine"), **BY)


def _import_a_process(home, plant):
    rows = (("Prozess", "Prozesseigner", "Werk"), ("Lager", "Eva Braun", plant.name))
    plan = audit_import.plan_import(home, [WrittenSheet("", 0, (1, 2), rows)], file="list.csv")
    audit_import.record_import(home, plan, **BY)


CHANGES = {
    "set a target": lambda h, p, _: analysis.set_target(
        h, Target("scrap_rate", of(p), 2.0, date(2026, 1, 1), "me", "test"), when=WHEN
    ),
    "accept a step": lambda h, p, _: accept_step(
        h, "scrap_rate", Filters(where=of(p)), f"{MONTHS[STEP]:%Y-%m}", cause="tool", **BY
    ),
    "exclude a point": lambda h, p, _: exclude_point(
        h, "scrap_rate", Filters(where=of(p)), f"{MONTHS[3]:%Y-%m}", reason="stock", **BY
    ),
    "note an event": lambda h, p, _: record_event(h, of(p), MONTHS[3], "event", **BY),
    "record an issue": lambda h, p, _: registering.record(
        h, ISSUE, filled(ISSUE, "mine", of(p)), **WHY
    ),
    "record a proposed plan": lambda h, p, _: planning.record_proposed(
        h, [filled(PLAN_ENTRY, "mine", of(p))], **BY
    ),
    "draft a review": lambda h, p, _: reviewing.draft(
        h, Asked(of(p), date(2026, 9, 1), date(2026, 9, 30)), edition="2026", **BY
    ),
    "decide in a review": lambda h, p, _: _decide(h, p),
    "plan an audit": lambda h, p, _: _plan_an_audit(h, p),
    "import a process": lambda h, p, _: _import_a_process(h, p),
    "change a risk": lambda h, p, _: _change_a_risk(h, p),
    "take a note back": lambda h, p, _: take_note_back(h, a_note(h, p), **WHY),
    "withdraw": lambda h, p, _: analysis.withdraw(h, standing(h.seen_by(LOCAL), p), **WHY),
}
"""What takes a quality manager."""


def told_nothing(error):
    """Of a foreign plant nothing but its name as it was asked for."""
    text = str(error).lower().replace(FOREIGN.name.lower(), "")
    assert not any(mark in text for mark in (*MARKS[1:], MIXED, COMPANY)), text


@pytest.mark.parametrize(
    "role",
    [pytest.param(r, marks=() if r is Role.QUALITY_MANAGER else pytest.mark.long) for r in ROLES],
)
def test_managing_takes_a_manager_of_the_plant(copied, tmp_path, role):
    home = copied.seen_by(NOBODY if role is None else access(OWN, role))
    before = copied.position, copied.store.records.number()
    for change in CHANGES.values():
        with pytest.raises(KpiError) as refused:
            change(home, FOREIGN, tmp_path)
        told_nothing(refused.value)
        if role not in MANAGING:
            with pytest.raises(KpiError):
                change(home, OWN, tmp_path)
    assert (copied.position, copied.store.records.number()) == before
    if role in MANAGING:
        for change in CHANGES.values():
            change(home, OWN, tmp_path)
        assert copied.position == before[0] + 1
        assert copied.store.records.number() == before[1] + len(CHANGES) - 1


@pytest.mark.long
@pytest.mark.parametrize("role", [None, Role.VIEWER, Role.CONTRIBUTOR])
def test_uploading_takes_a_contributor_of_the_plant(copied, tmp_path, role):
    home = copied.seen_by(NOBODY if role is None else access(OWN, role))
    with pytest.raises(AccessDeniedError) as refused:
        upload_of(home, FOREIGN, tmp_path)
    told_nothing(refused.value)
    assert copied.position == 3
    if role in UPLOADING:
        assert upload_of(home, OWN, tmp_path).state == "committed"
        assert copied.position == 4
    else:
        with pytest.raises(AccessDeniedError):
            upload_of(home, OWN, tmp_path)


@pytest.mark.long
def test_a_file_of_another_plant_is_refused_before_anything_is_told(copied, tmp_path):
    """Also the very file that was loaded for it: whether it is there is nobody else's business."""
    home = copied.seen_by(access(OWN, Role.ADMINISTRATOR))
    name = f"{FOREIGN.mark} scrap.csv"
    there = written(tmp_path, name, FOREIGN.files()[name])
    changed = [row.replace("2026-10-", "2026-11-") for row in FOREIGN.files()[name]]
    never = written(tmp_path, "never loaded.csv", changed)
    both = written(tmp_path, "both.csv", mixed_file(OWN, FOREIGN))
    said = set()
    for path in (there, never, both):
        for dry in (True, False):
            with pytest.raises(AccessDeniedError) as refused:
                analysis.ingest_file(home, path, **BY, dry_run=dry, answers=answered(copied, path))
            said.add(str(refused.value))
        with pytest.raises(AccessDeniedError):
            ingesting.unknown_answers(home, [path], {"x": "y"})
    assert len(said) == 1
    assert copied.position == 3


def test_a_plants_contributor_loads_its_file_and_no_other(copied, tmp_path):
    home = copied.seen_by(access(OWN, Role.CONTRIBUTOR))
    with pytest.raises(AccessDeniedError) as refused:
        analysis.ingest_file(
            home, written(tmp_path, "other.csv", FOREIGN.files()[f"{FOREIGN.mark} scrap.csv"]), **BY
        )
    told_nothing(refused.value)
    assert copied.position == 3


@pytest.mark.long
def test_one_who_may_upload_for_both_plants_loads_a_file_of_both(copied, tmp_path):
    both = Access.of({OWN.name: Role.CONTRIBUTOR, FOREIGN.name: Role.CONTRIBUTOR})
    path = written(
        tmp_path, "both.csv", [r.replace(";480;", ";470;") for r in mixed_file(OWN, FOREIGN)]
    )
    seen = Access.of({OWN.name: Role.CONTRIBUTOR, FOREIGN.name: Role.VIEWER})
    with pytest.raises(AccessDeniedError):
        load(copied.seen_by(seen), path, "me")
    assert load(copied.seen_by(both), path, "me")


@pytest.mark.long
def test_reading_a_file_tells_nothing_of_other_plants(copied, tmp_path):
    """A feed of another plant is not recognised, its layout not offered, its plant not proposed."""
    home = copied.seen_by(access(OWN, Role.CONTRIBUTOR))
    rows = [row.replace(f"{FOREIGN.name};", "", 1) for row in _more(FOREIGN)]
    rows = [rows[0].replace("Plant;", ""), *(r.replace(FOREIGN.mark, "other") for r in rows[1:])]
    path = written(tmp_path, "no plant.csv", rows)
    (reading,) = analysis.read_files(home, [Delivered(path, path.name)])
    assert FOREIGN.mark not in repr(reading).lower()
    outcome = analysis.ingest_file(home, path, **BY, dry_run=True)
    told = repr((outcome.questions, outcome.feed, outcome.says, outcome.problems)).lower()
    assert FOREIGN.mark not in told
    assert all(c.plants == (OWN.name,) for c in outcome.contents)


@pytest.mark.long
def test_what_an_upload_would_change_is_told_of_ones_own_plant(copied, tmp_path):
    home = copied.seen_by(access(OWN, Role.CONTRIBUTOR))
    path = written(tmp_path, f"{OWN.mark} more.csv", _more(OWN))
    outcome = analysis.ingest_file(home, path, **BY, dry_run=True, answers=answered(copied, path))
    assert outcome.state == "previewed"
    assert {effect.plant for effect in outcome.effects} == {OWN.name}


@pytest.mark.long
def test_a_question_that_names_a_file_of_others_is_not_asked(copied, tmp_path):
    """The days of the mixed file again, from another feed: only who sees all of it may decide."""
    rows = [r.replace(";480;", ";470;") for r in mixed_file(OWN, FOREIGN) if FOREIGN.name not in r]
    path = written(tmp_path, "own running.csv", rows)
    asks = analysis.ingest_file(copied, path, **BY, dry_run=True, feed="Own running")
    assert any(MIXED in q.ask for q in asks.questions), "nothing is asked that could leak"
    home = copied.seen_by(access(OWN, Role.CONTRIBUTOR))
    for dry in (True, False):
        with pytest.raises(AccessDeniedError) as refused:
            analysis.ingest_file(home, path, **BY, dry_run=dry, feed="Own running")
        told_nothing(refused.value)


def test_a_manager_of_one_plant_means_it_where_none_is_named(copied):
    home = copied.seen_by(access(OWN, Role.QUALITY_MANAGER))
    analysis.set_target(home, Target("rework_rate", (), 1.5, date(2026, 1, 1), "me"), when=WHEN)
    assert record_event(home, (), MONTHS[4], "everywhere here", **BY)
    latest = [t for t in analysis.targets(copied) if t.kpi == "rework_rate"]
    assert [t.slice for t in latest] == [of(OWN)]
    lines = note_history(home, "scrap_rate", Filters())
    assert any("everywhere here" in line.says for line in lines)
    other = copied.seen_by(access(FOREIGN, Role.QUALITY_MANAGER))
    assert not any("everywhere" in n.says for n in note_history(other, "scrap_rate", Filters()))


def test_what_holds_for_every_plant_takes_a_role_in_every_plant(copied, tmp_path):
    some = copied.seen_by(
        Access.of({OWN.name: Role.ADMINISTRATOR, FOREIGN.name: Role.ADMINISTRATOR})
    )
    everything = Target("scrap_rate", (), 2.0, date(2026, 1, 1), "me")
    waiting = SetAside("x.csv", tmp_path / "x.csv", tmp_path, WHEN, "needs_answer", "")
    for refused in (
        lambda: analysis.set_target(some, everything, when=WHEN),
        lambda: record_event(some, (), MONTHS[3], "event", **BY),
        lambda: analysis.doctor(some),
        lambda: remember_folder(some, tmp_path, **BY),
        lambda: answer_set_aside(some, waiting, {}, **BY),
        lambda: keeping.back_up(some, tmp_path / "backups", **BY),
        lambda: keeping.purge(some, standing(copied, OWN), **WHY),
        lambda: erasing.purge_record(some, registering.listed(some, ISSUE)[0].id, **WHY),
        lambda: members.members(some),
        lambda: members.invite(some, "x@example.com", {OWN.name: Role.VIEWER}, **WHY),
    ):
        with pytest.raises(AccessDeniedError) as told:
            refused()
        told_nothing(told.value)
    every = copied.seen_by(Access.of({"*": Role.QUALITY_MANAGER}))
    analysis.set_target(every, everything, when=WHEN)


def test_a_file_with_other_plants_rows_stays_closed(copied):
    home = copied.seen_by(access(OWN, Role.ADMINISTRATOR))
    mixed = next(e for e in copied.store.entries() if MIXED in e.file).upload
    for refused in (
        lambda: analysis.cells_view(home, mixed, "", 2),
        lambda: mending.rejected_rows(home, mixed),
        lambda: analysis.withdraw(home, mixed, **WHY),
    ):
        with pytest.raises(AccessDeniedError) as told:
            refused()
        told_nothing(told.value)
    foreign = standing(copied, FOREIGN)
    for unknown in (
        lambda: analysis.cells_view(home, foreign, "", 2),
        lambda: mending.rejected_rows(home, foreign),
        lambda: analysis.withdraw(home, foreign, **WHY),
    ):
        with pytest.raises(UnknownNameError) as told:
            unknown()
        told_nothing(told.value)
    assert permitted.may_withdraw(home, [mixed, standing(home, OWN)]) == {standing(home, OWN)}


@pytest.mark.long
def test_mended_rows_of_another_plants_file_find_no_file(copied, tmp_path):
    """As if that file had never been there."""
    from kpi.reports.rejected import rejected_workbook

    found = mending.rejected_rows(copied, standing(copied, FOREIGN))
    path = tmp_path / "mended.xlsx"
    path.write_bytes(rejected_workbook(found))
    home = copied.seen_by(access(OWN, Role.ADMINISTRATOR))
    outcome = analysis.ingest_file(home, path, **BY, dry_run=True)
    assert outcome.state == "rejected"
    assert "never put in force here" in " ".join(p.actual for p in outcome.problems)


def test_a_feed_of_other_plants_has_no_memory(copied):
    home = copied.seen_by(access(OWN, Role.ADMINISTRATOR))
    foreign = next(f.name for f in copied.store.feeds() if f.plants == (FOREIGN.name,))
    with pytest.raises(UnknownNameError) as told:
        ingesting.memory_of(home, foreign)
    assert FOREIGN.mark not in str(told.value).lower().replace(foreign.lower(), "")
    with pytest.raises(UnknownNameError):
        home.store.set_mode(foreign, "incremental", **WHY)


def test_what_one_changes_holds_for_all(copied):
    """A restricted writer writes into the whole home: the others' facts and books are as before."""
    home = copied.seen_by(access(OWN, Role.QUALITY_MANAGER))
    before = copied.view().arrow("scrap", plants=[FOREIGN.name])
    analysis.withdraw(home, standing(home, OWN), **WHY)
    assert copied.view().arrow("scrap", plants=[FOREIGN.name]).equals(before)
    assert copied.view().arrow("scrap", plants=[OWN.name]).num_rows == 0
    assert copied.store.verify_chain()
    assert replace(home, access=LOCAL).position == copied.position
    shutil.rmtree(copied.path / "rollups", ignore_errors=True)


@pytest.mark.parametrize("called", [FOREIGN.name, FOREIGN.name.upper()])
def test_calling_ones_plant_as_another_opens_nothing_of_the_other(copied, tmp_path, called):
    """A contributor gives their own plant a name; that of another plant makes it no other plant."""
    mine = copied.seen_by(access(OWN, Role.QUALITY_MANAGER))
    before = analysis.targets(mine)
    rows = ["field;code;name;plant", f"plant;{OWN.name};{called};{OWN.name}"]
    outcome = analysis.ingest_file(mine, written(tmp_path, "names.csv", rows), **BY)
    assert outcome.state == "committed", outcome.says
    mine = copied.seen_by(access(OWN, Role.QUALITY_MANAGER))
    assert analysis.targets(mine) == before
    for change in ("set a target", "note an event", "take a note back"):
        with pytest.raises((AccessDeniedError, UnknownNameError)):
            CHANGES[change](mine, FOREIGN, tmp_path)
    CHANGES["set a target"](mine, OWN, tmp_path)


def test_calling_ones_plant_as_one_without_uploads_opens_nothing_of_it(copied, tmp_path):
    """Somebody has a role in a plant for which nothing was uploaded yet, and a target stands for it."""
    members.invite(copied, "new@example.com", {"Later Works": "viewer"}, **WHY)
    target = Target(
        "scrap_rate", (("plant", "Later Works"),), 1.0, date(2026, 1, 1), "new", "first"
    )
    put_target(copied.store, target, **WHY)
    mine = copied.seen_by(access(OWN, Role.QUALITY_MANAGER))
    before = analysis.targets(mine)
    rows = ["field;code;name;plant", f"plant;{OWN.name};Later Works;{OWN.name}"]
    assert analysis.ingest_file(mine, written(tmp_path, "n.csv", rows), **BY).state == "committed"
    assert analysis.targets(copied.seen_by(access(OWN, Role.QUALITY_MANAGER))) == before


def test_what_became_another_plants_is_no_longer_shown_as_it_was(copied):
    from kpi.qms.context import Issue

    def put(plant, **named):
        item = Issue(title="Moved", effect="x", since=date(2026, 1, 1), slice=(("plant", plant),))
        return registering.record(copied, ISSUE, item, who="X", when=WHEN, **named)

    own, other = (copied.seen_by(Access.of({p.name: Role.QUALITY_MANAGER})) for p in (OWN, FOREIGN))
    entry = put(OWN.name)
    put(FOREIGN.name, id=entry.id, version=entry.version, why="It is theirs")
    assert entry.id not in [e.id for e in registering.listed(own, ISSUE)]
    assert entry.id in [e.id for e in registering.listed(other, ISSUE)]
    with pytest.raises(UnknownNameError):
        registering.record(
            own, ISSUE, entry.item, id=entry.id, version=entry.version, who="X", when=WHEN, why="x"
        )
    assert len(registering.history(own, ISSUE, entry.id)) == 1
    assert len(registering.history(other, ISSUE, entry.id)) == 1


def test_nobody_hangs_a_record_on_one_of_another_plant(copied):
    from kpi.qms.nonconformities import NONCONFORMITY
    from tests.access.filled import filled

    def put(home, plant, **fields):
        item = replace(filled(NONCONFORMITY, "m", (("plant", plant),)), **fields)
        return registering.record(home, NONCONFORMITY, item, who="X", when=WHEN)

    theirs = put(copied, FOREIGN.name)
    own = copied.seen_by(Access.of({OWN.name: Role.QUALITY_MANAGER}))
    with pytest.raises(UnknownNameError):
        put(own, OWN.name, links=(theirs.id,))
    mine = put(own, OWN.name)
    assert put(own, OWN.name, links=(mine.id,)).item.links == (mine.id,)
    assert registering.linking(copied, theirs.id) == ()
