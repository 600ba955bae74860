"""Everything that can be changed, done once by Anna, for the tests of the audit trail."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from kpi import analysis
from kpi.access import EVERY_PLANT, Role
from kpi.analysis import (
    acting,
    annotating,
    audit_import,
    audit_planning,
    clients,
    erasing,
    keeping,
    members,
    planning,
    progress,
    registering,
    reviewing,
    settings_history,
    watching,
)
from kpi.analysis.agenda_results import Asked
from kpi.analysis.aims import set_target
from kpi.analysis.ingesting import ingest_file
from kpi.analysis.marked import standing_notes
from kpi.analysis.results import Filters
from kpi.ingest import WrittenSheet
from kpi.qms import Target
from kpi.qms.actions import ACTION
from kpi.qms.context import ISSUE, PARTY
from kpi.qms.measurement import PLAN_ENTRY
from kpi.qms.people import put_person
from kpi.qms.processes import PROCESS
from kpi.qms.register import Edit
from kpi.qms.reviews import Decision
from tests.access.filled import filled

ANNA = "Anna Kern"
LOADED = datetime(2026, 11, 2, 8, tzinfo=UTC)
NOW = datetime(2026, 11, 3, 9, 30, tzinfo=UTC)
WHY = "asked for by the audit of November"
BY = {"who": ANNA, "when": NOW}
MONTHS = [date(2024 + m // 12, m % 12 + 1, 1) for m in range(34)]
KPI = "scrap_rate"
PLANT = (("plant", "Nordhafen"),)


def scrap_file(folder: Path, name: str = "scrap.csv", plant: str = "Nordhafen", more: int = 0):
    """Thirty-four months of a line, a row each."""
    rows = ["Date,Plant,Line,Produced Qty,Scrap Qty"]
    rows += [f"{m:%Y-%m}-15,{plant},L1,1000,{20 + n % 5 + more}" for n, m in enumerate(MONTHS)]
    path = folder / name
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return path


def loaded(folder: Path):
    """A home with one file in force."""
    home = analysis.open_home(folder / "home")
    ingest_file(home, scrap_file(folder), who="loader", when=LOADED)
    return home


def draft_a_review(home):
    asked = Asked((), date(2026, 7, 1), date(2026, 9, 30))
    return reviewing.draft(home, asked, edition="2026", **BY)


def decided_in_a_review(home, _):
    entry = draft_a_review(home)
    return reviewing.decide(home, entry.id, Decision(title="Regrind the tool"), why=WHY, **BY)


def purge_a_record(home, _):
    recorded = registering.record(home, ISSUE, filled(ISSUE, "Eva", PLANT), **BY)
    erasing.purge_record(home, recorded.id, why=WHY, **BY)


def an_action_done(home, _):
    item = replace(filled(ACTION, "a", PLANT), check_on=None, counts_from=None)
    planned = acting.record(home, item, why=WHY, **BY)
    acting.done(home, id=planned.id, version=1, day=NOW.date(), why=WHY, **BY)


def reported_on(home, _):
    planned = acting.record(home, filled(ACTION, "a", PLANT), why=WHY, **BY)
    progress.report(home, id=planned.id, version=1, progress="half of it", **BY)


def set_a_target(home, folder):
    """Twice, so that there is a value before."""
    first = Target(KPI, PLANT, 3.0, date(2026, 1, 1), ANNA, WHY)
    set_target(home, first, when=NOW)
    set_target(home, replace(first, value=2.5), when=NOW)


def invited(home, why=WHY):
    members.invite(
        home, "boss@example.com", {EVERY_PLANT: Role.ADMINISTRATOR}, name="Bo", why=why, **BY
    )
    return members.invite(
        home, "a@example.com", {"Nordhafen": Role.VIEWER}, name="A", why=why, **BY
    )


def give_roles(home, folder):
    invited(home)
    members.give_roles(home, "a@example.com", {"Nordhafen": Role.CONTRIBUTOR}, why=WHY, **BY)


def deactivate(home, folder):
    invited(home)
    members.deactivate(home, "a@example.com", why=WHY, **BY)


def activate(home, folder):
    deactivate(home, folder)
    members.activate(home, "a@example.com", why=WHY, **BY)


def sign_out_everywhere(home, folder):
    invited(home)
    members.sign_out_everywhere(home, "a@example.com", why=WHY, **BY)


def sign_in_anew(home, folder):
    bound = replace(invited(home), subject="https://id.example.com a")
    put_person(home.store, bound, why=WHY, **BY)
    members.sign_in_anew(home, "a@example.com", why=WHY, **BY)


def add_client(home, folder):
    return clients.add_client(
        home, "Power BI", role=Role.VIEWER, plants=["Nordhafen"],
        expires=NOW.date() + timedelta(days=30), **BY,
    )  # fmt: skip


def revoke_client(home, folder):
    found, _ = add_client(home, folder)
    clients.revoke_client(home, found.id, why=WHY, **BY)


def take_back(home, folder):
    annotating.accept_step(home, KPI, Filters(where=PLANT), "2025-06", cause=WHY, **BY)
    (note,) = standing_notes(home).phases
    annotating.take_note_back(home, note, why=WHY, **BY)


def change_settings(home, folder):
    wanted = replace(home.settings, company="Kern AG")
    settings_history.change_settings(home, wanted, why=WHY, **BY)


def found_changed(home, folder):
    (home.path / "settings.toml").write_text('company = "Kern AG"\n', encoding="utf-8")
    settings_history.keep_settings(home, **BY)


def set_aside_and_answered(home, folder):
    """A file of a drop folder that waited, put in force by an answer."""
    drop = folder / "drop"
    (drop / "needs answer").mkdir(parents=True)
    path = scrap_file(drop / "needs answer", "waits.csv", "Südstadt")
    outcome = ingest_file(home, path, dry_run=True, **BY)
    watching.remember(home, drop, path, outcome, when=NOW)
    (file,) = watching.set_aside(home)
    watching.answer_set_aside(home, file, {}, **BY)


def record_an_issue(home, folder):
    """New, and changed."""
    said = {"why": WHY, **BY}
    entry = registering.record(home, ISSUE, filled(ISSUE, "a", PLANT), **said)
    changed = replace(entry.item, effect="less")
    registering.record(home, ISSUE, changed, id=entry.id, version=1, **said)


def record_all(home, folder):
    edits = [Edit(kind, filled(kind, "a", PLANT), WHY) for kind in (ISSUE, PARTY)]
    registering.record_all(home, edits, **BY)


def import_a_process(home, _):
    """One row of a list."""
    rows = (("Prozess", "Prozesseigner", "Werk"), ("Lager", "Eva Braun", "Nordhafen"))
    plan = audit_import.plan_import(home, [WrittenSheet("", 0, (1, 2), rows)], file=WHY)
    audit_import.record_import(home, plan, **BY)


def plan_an_audit(home, _):
    """Of a process that somebody recorded."""
    process = registering.record(home, PROCESS, filled(PROCESS, "a", PLANT), why=WHY, **BY)
    audit_planning.plan_audit(home, process.id, today=NOW.date(), **BY)


DEEDS = {
    "acting.done": an_action_done,
    "progress.report": reported_on,
    "aims.set_target": set_a_target,
    "annotating.accept_step": lambda home, _: annotating.accept_step(
        home, KPI, Filters(where=PLANT), "2025-06", cause=WHY, **BY
    ),
    "annotating.exclude_point": lambda home, _: annotating.exclude_point(
        home, KPI, Filters(where=PLANT), "2025-06", reason=WHY, **BY
    ),
    "annotating.record_event": lambda home, _: annotating.record_event(
        home, PLANT, date(2025, 6, 3), WHY, **BY
    ),
    "annotating.take_note_back": take_back,
    "audit_import.record_import": import_a_process,
    "audit_planning.plan_audit": plan_an_audit,
    "clients.add_client": add_client,
    "clients.revoke_client": revoke_client,
    "ingesting.ingest_file": lambda home, folder: ingest_file(
        home, scrap_file(folder, "again.csv", more=3), **BY
    ),
    "ingesting.withdraw": lambda home, _: analysis.withdraw(home, "U000001", why=WHY, **BY),
    "keeping.back_up": lambda home, folder: keeping.back_up(home, folder / "backups", **BY),
    "keeping.purge": lambda home, _: keeping.purge(home, "U000001", why=WHY, **BY),
    "erasing.purge_record": purge_a_record,
    "members.activate": activate,
    "members.deactivate": deactivate,
    "members.give_roles": give_roles,
    "members.invite": lambda home, _: invited(home),
    "members.sign_in_anew": sign_in_anew,
    "members.sign_out_everywhere": sign_out_everywhere,
    "planning.record_proposed": lambda home, _: planning.record_proposed(
        home, [filled(PLAN_ENTRY, "a", PLANT)], **BY
    ),
    "registering.record": record_an_issue,
    "reviewing.decide": decided_in_a_review,
    "reviewing.draft": lambda home, _: draft_a_review(home),
    "registering.record_all": record_all,
    "settings_history.change_settings": change_settings,
    "settings_history.keep_settings": found_changed,
    "watching.answer_set_aside": set_aside_and_answered,
    "watching.remember_folder": lambda home, folder: watching.remember_folder(
        home, folder / "drop", **BY
    ),
}
"""How each is done once. The trail must tell it with who, when and what."""

NO_CHANGE = {
    "acting.begin": "acting.record does it",
    "acting.cancel": "acting.record does it",
    "acting.decide": "registering.record_all does it",
    "acting.record": "registering.record_all does it",
    "forecast_words.expected_sentence": "makes a sentence",
    "forecast_words.verdict_sentence": "makes a sentence",
    "nonconforming.close": "registering.record does it",
    "nonconforming.record": "registering.record does it",
    "nonconforming.reopen": "nonconforming.record does it",
    "progress.may_report": "reads",
    "progress.owns": "reads",
    "agenda.build_agenda": "reads",
    "packing.build_pack": "reads; the head it prints is kept in heads.txt",
    "holding.add_addendum": "registering.record does it",
    "holding.approve": "registering.record does it, once the documents are kept",
    "holding.hold": "registering.record_all does it, once the documents are kept",
    "putting.put": "registering.record does it, or what the kind is recorded by",
    "restated_review.accept_without_entry": "registering.record does it",
    "restatements.accept": "registering.record does it",
    "reviewing.agenda_of": "reads",
    "keeping.due": "lists what is due, and deletes nothing",
    "keeping.purge_due": "calls keeping.purge for each",
    "keeping.restore": "makes another home, whose trail begins with it",
    "planning.analysis_of": "fills an analysis, which registering.record then records",
    "review.build_review": "reads; the head it prints is kept in heads.txt",
    "sentences.pareto_sentence": "makes a sentence",
    "signing_in.sign_out": "calls what members.sign_out_everywhere calls, in one's own name",
    "trail_head.printed_head": "keeps what is printed, as remember_head",
    "trail_head.remember_head": "keeps what was printed, which vouches and changes nothing",
    "watching.remember": "lists a file that waits; its folder is the truth, and nothing counts yet",
}
"""Functions that take a who or a when and leave no entry of their own, and why."""
