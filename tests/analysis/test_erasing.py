"""An administrator's purge of a record, and everything that told of it before."""

import io
import json
import shutil
import zipfile
from dataclasses import replace
from datetime import UTC, date, datetime
from xml.sax.saxutils import escape

import pytest

from kpi import analysis
from kpi.access import Access, AccessDeniedError, Role
from kpi.analysis import health_books, registering, trail
from kpi.analysis.agenda import asked_of
from kpi.analysis.erasing import _as_written, _says, purge_record
from kpi.analysis.health import doctor
from kpi.analysis.holding import signature_fits
from kpi.analysis.packing import build_pack
from kpi.cli import main
from kpi.errors import UnknownNameError, UsageError
from kpi.qms.audit_items import FindingStatus
from kpi.qms.audits import AUDIT, FINDING
from kpi.qms.context import ISSUE, PARTY, Issue
from kpi.qms.kinds import ALL
from kpi.qms.nonconformities import NONCONFORMITY
from kpi.qms.processes import PROCESS
from kpi.qms.purged import PurgedRecordError
from kpi.qms.register import recorded_upto, versions
from kpi.qms.reviews import DECISION, REVIEW
from kpi.reports.pack import write_pack
from kpi.reports.pack_check import verify_pack
from tests.access import asked, canaries
from tests.access.filled import fill, filled
from tests.analysis import made_reviews as made

NAME = "Zbigniew-Oparek"
NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
BY = {"who": "Ada", "when": NOW}
WHY = "Request 17"
SAYS = "was purged on 2026-11-23 by Ada: Request 17. What it said is gone for good; the hashes of its 2 versions stay."


@pytest.fixture(scope="module")
def loaded(tmp_path_factory):
    home = made.make(tmp_path_factory.mktemp("erasing"))
    yield home.path
    home.store.close()


@pytest.fixture
def home(loaded, tmp_path):
    shutil.copytree(loaded, tmp_path / "home")
    opened = analysis.open_home(tmp_path / "home")
    yield opened
    opened.store.close()


def case(home, where=(("plant", "Nord"),)):
    """A nonconformity in two versions that names somebody."""
    said = {"who": "Q", "when": made.WHEN}
    one = registering.record(home, NONCONFORMITY, filled(NONCONFORMITY, NAME, where), **said)
    return registering.record(
        home, NONCONFORMITY, filled(NONCONFORMITY, f"{NAME} again", where), id=one.id, version=1,
        why=f"{NAME} told more", **said,
    )  # fmt: skip


def purged(home, id):
    return purge_record(home, id, why=WHY, **BY)


def files_saying(home, word=NAME):
    found = (p for p in home.path.rglob("*") if p.is_file() and word.encode() in p.read_bytes())
    return sorted(p.parent.name for p in found)


def test_nobody_reads_it_any_more_and_the_books_agree(home):
    before, id = home.store.records.number(), case(home).id
    then = home.store.records.number()
    done = purged(home, id)
    assert (done.versions, done.number, done.erased, done.kept_in, done.named_in) == (
        2, then + 1, True, (), (),
    )  # fmt: skip
    assert done.says == (
        f"{id} is purged: what it said in 2 versions is deleted for good. Record {done.number} keeps "
        "who, when, why and every hash, so that the trail still agrees.",
        "Start the dashboard again, so that nothing of it stays in its memory.",
    )
    assert registering.listed(home, NONCONFORMITY) == ()
    for number in (before, then, then + 1):
        assert recorded_upto(home.store, NONCONFORMITY, number) == ()
    assert versions(home.store, NONCONFORMITY, id) == ()
    with pytest.raises(PurgedRecordError) as told:
        registering.found(home, NONCONFORMITY, id)
    assert str(told.value) == f"{id} {SAYS}"
    with pytest.raises(PurgedRecordError):
        registering.record(
            home, NONCONFORMITY, filled(NONCONFORMITY, "x"), id=id, version=2, why="x", **BY
        )
    assert files_saying(home) == []
    checks = {check.name: check for check in doctor(home)}
    assert checks["Purged records"].says == "1 records were purged, and only their hashes are left."
    assert [c.name for c in checks.values() if not c.fine] == []
    assert registering.record(home, NONCONFORMITY, filled(NONCONFORMITY, "x"), **BY).id != id


def test_the_trail_keeps_who_when_and_hash(home):
    id = case(home).id
    before = {line.hash: line for line in trail.trail(home).lines}
    done = purged(home, id)
    lines = trail.trail(home).lines
    (deed,) = [line for line in lines if line.kind == "purge"]
    assert (deed.who, deed.when, deed.why, deed.hash) == ("Ada", NOW, WHY, done.hash)
    assert deed.what == (
        f"Nonconformity {id} purged: what it said in 2 versions is gone, the hashes stay."
    )
    own = [
        line
        for line in lines
        if line.what == f"Nonconformity {id}: purged, see record {done.number}."
    ]
    assert len(own) == 2
    for line in own:
        was = before[line.hash]
        assert (line.who, line.when, line.number, line.plants) == (
            was.who, was.when, was.number, was.plants,
        )  # fmt: skip
        assert (line.changes, line.why) == ((), "")
    assert NAME not in repr(lines)


def test_links_keep_the_id_and_say_what_became_of_it(home):
    id = case(home).id
    item = Issue(title="Regrind", owner="Q", links=(id,), since=date(2026, 9, 1), effect="x")
    other = registering.record(home, ISSUE, item, **BY)
    done = purged(home, id)
    assert done.named_in == (other.id,)
    assert f"also stands in {other.id}." in done.says[1]
    kept = registering.found(home, ISSUE, other.id).item
    assert (kept.links, registering.linked(home, kept)) == ((id,), ())
    assert registering.purged_links(home, kept) == (f"{id} {SAYS}",)
    changed = registering.record(
        home, ISSUE, kept, id=other.id, version=1, why="it may still change", **BY
    )
    assert changed.item.links == (id,)
    with pytest.raises(UsageError, match="There is no record"):
        registering.record(home, ISSUE, item, **BY)


@pytest.mark.parametrize("role", [Role.VIEWER, Role.CONTRIBUTOR, Role.QUALITY_MANAGER, None])
def test_only_an_administrator_of_every_plant_may(home, role):
    id = case(home).id
    whose = [Access.of({"*": role} if role else {}), Access.of({"Nord": Role.ADMINISTRATOR})]
    for access in whose:
        with pytest.raises(AccessDeniedError):
            purged(home.seen_by(access), id)
    assert home.store.records.purge_of(NONCONFORMITY.name, id) is None
    assert purged(home.seen_by(Access.of({"*": Role.ADMINISTRATOR})), id).erased


def test_who_sees_another_plant_is_told_nothing(home):
    id = case(home).id
    purged(home, id)
    mine, other = (home.seen_by(Access.of({p: Role.QUALITY_MANAGER})) for p in ("Nord", "Sued"))
    with pytest.raises(PurgedRecordError, match=WHY):
        registering.found(mine, NONCONFORMITY, id)
    with pytest.raises(UnknownNameError) as told:
        registering.found(other, NONCONFORMITY, id)
    assert type(told.value) is UnknownNameError
    assert any(line.kind == "purge" for line in trail.trail(mine).lines)
    assert not any(id in line.what for line in trail.trail(other).lines)


def test_what_is_refused(home):
    id = case(home).id
    with pytest.raises(UsageError, match="needs a reason"):
        purge_record(home, id, why=" ", **BY)
    with pytest.raises(UnknownNameError, match=r"There is no record 'XX-1'"):
        purged(home, "XX-1")
    with pytest.raises(UnknownNameError, match="There is no nonconformity 'NC-2026-099'"):
        purged(home, "NC-2026-099")
    purged(home, id)
    with pytest.raises(PurgedRecordError):
        purged(home, id)


# --- reviews ------------------------------------------------------------------------------------


def test_a_review_that_was_held_stays_with_its_decisions(home):
    entry = made.drafted(home)
    decision = made.decided(home, entry)
    with pytest.raises(UsageError, match=f"{decision.id} belongs to {entry.id}.*decisions first"):
        purged(home, entry.id)
    entry = made.held(home, entry)
    for id in (entry.id, decision.id):
        with pytest.raises(UsageError) as told:
            purged(home, id)
        assert f"{id} cannot be purged: {entry.id} is held" in str(told.value)
    entry = made.approved(home, made.concluded(home, entry))
    with pytest.raises(UsageError, match=f"{decision.id} cannot be purged: .* is approved"):
        purged(home, decision.id)
    assert signature_fits(home, entry.id)


def test_a_draft_goes_once_its_decisions_are_gone(home):
    entry = made.drafted(home)
    decision = made.decided(home, entry, title=f"{NAME} regrinds")
    purged(home, decision.id)
    purged(home, entry.id)
    assert (registering.listed(home, REVIEW), registering.listed(home, DECISION)) == ((), ())
    assert files_saying(home) == []


def test_documents_kept_with_a_review_are_named_and_stay(home):
    id = case(home, ()).id
    draft = made.drafted(home)
    made.decided(home, draft)
    entry = made.held(home, draft)
    done = purged(home, id)
    assert done.kept_in == (f"{entry.id} as held (2 documents)",)
    assert done.says[1] == (
        f"It stays in documents kept with reviews, which are evidence as they were rendered: "
        f"{entry.id} as held (2 documents)."
    )
    assert health_books.documents(home).startswith("2 kept documents are there")
    assert files_saying(home) == ["kept"]
    approved = made.approved(home, made.concluded(home, entry))
    assert signature_fits(home, approved.id)


# --- packs, the command line, every question ------------------------------------------------------


def test_a_pack_says_what_is_gone_and_verifies(home, tmp_path):
    id = case(home).id
    purged(home, id)
    pack = build_pack(
        home, asked_of(home, (), "2026-06", "2026-08"), edition="2026", who="Q", when=NOW
    )
    assert f"{id} {SAYS} The trail in this pack lists them." in pack.left_out
    with (tmp_path / "pack.zip").open("wb") as file:
        write_pack(pack, file)
    assert verify_pack(tmp_path / "pack.zip").fine
    with zipfile.ZipFile(tmp_path / "pack.zip") as archive:
        assert not any(NAME.encode() in archive.read(name) for name in archive.namelist())


def test_the_command(home, capsys):
    id = case(home).id
    told = ["--home", str(home.path), "records"]

    def run(*words):
        code = main([*told, *words])
        out, said = capsys.readouterr()
        assert "Traceback" not in said
        return code, out or said

    code, said = run("purge", id)
    assert (code, "needs a reason" in said) == (2, True)
    code, said = run("purge", id, "--why", WHY, "--json")
    done = json.loads(said)
    assert (code, done["id"], done["versions"], done["erased"]) == (0, id, 2, True)
    code, said = run("show", id, "--json")
    shown = json.loads(said)
    assert (code, shown["purged"]["why"], len(shown["versions"])) == (0, WHY, 2)
    assert all(len(one["hash"]) == 64 for one in shown["versions"])
    code, said = run("show", id, "--history")
    assert (code, WHY in said, said.count("purged, hash")) == (0, True, 2)
    assert run("list", "nonconformity")[1].strip() == "No nonconformity is recorded."
    assert run("show", "NC-2026-077")[0] == 2


@pytest.mark.long
def test_every_question_is_answered_after_a_purge_of_every_kind(tmp_path):
    own, other = canaries.plants(2)
    home = canaries.make(tmp_path, (own, other), kinds=("scrap",))
    before = {kind.name: set(_ids(home, kind)) for kind in ALL}
    fill(home.store, NAME, (("plant", own.name),), who="Q", when=made.WHEN)
    for kind in sorted(ALL, key=lambda kind: kind is REVIEW):  # its decision first
        for id in set(_ids(home, kind)) - before[kind.name]:
            purged(home, id)
    assert home.store.verify_record_purges() == len(ALL)
    assert files_saying(home) == []
    for name, ask in asked.QUESTIONS.items():
        assert NAME not in asked.content(ask(home)), name
    home.store.close()


def _ids(home, kind):
    return [entry.id for entry in registering.listed(home, kind)]


def test_a_party_that_names_a_person_leaves_the_list_of_its_plant(home):
    kept = registering.record(home, PARTY, filled(PARTY, "Other"), **BY)
    party = registering.record(home, PARTY, filled(PARTY, NAME), **BY)
    purged(home, party.id)
    assert [entry.id for entry in registering.listed(home, PARTY)] == [kept.id]


def test_a_finding_of_a_purged_audit_can_still_be_closed(home):
    """Else it stands as overdue for ever; a new one of that audit is refused."""
    process = registering.record(home, PROCESS, filled(PROCESS, "Ada"), **BY)
    audit = registering.record(
        home, AUDIT, replace(filled(AUDIT, NAME), processes=(process.id,)), **BY
    )
    item = replace(filled(FINDING, "b"), audit=audit.id, process=process.id, links=())
    finding = registering.record(home, FINDING, item, **BY)
    purged(home, process.id)
    same = replace(audit.item, criteria="another")
    registering.record(home, AUDIT, same, id=audit.id, version=1, why="it may change", **BY)
    purged(home, audit.id)
    closed = replace(item, status=FindingStatus.CLOSED, no_action="Nothing to do.")
    done = registering.record(home, FINDING, closed, id=finding.id, version=1, why="done", **BY)
    assert done.item.status is FindingStatus.CLOSED
    for new in (item, replace(item, audit=process.id)):
        with pytest.raises(UnknownNameError):
            registering.record(home, FINDING, new, **BY)
    with pytest.raises(PurgedRecordError):
        registering.record(home, AUDIT, replace(filled(AUDIT, "c"), processes=(process.id,)), **BY)


def test_words_are_found_however_a_document_writes_them():
    title = 'Müller & "Söhne" <Guss>'
    for text in (
        json.dumps({"title": title}),
        json.dumps({"title": title}, ensure_ascii=False),
        f"<w:t>{escape(title)}</w:t>",
    ):
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            archive.writestr("part", text)
        assert _says(packed.getvalue(), _as_written((title,))), text
    assert not _says(b"Mueller", _as_written((title,)))
