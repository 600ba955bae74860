"""Every question of ``kpi.analysis``, asked of a home as somebody of the first marked plant would ask."""

import importlib
import inspect
import pickle
import pkgutil
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

import kpi.analysis
from kpi.analysis import (
    Home,
    acting,
    agenda,
    agenda_context,
    agenda_improvement,
    agenda_own,
    agenda_resources,
    agenda_risks,
    agenda_suppliers,
    annotating,
    attention,
    audit_coverage,
    audit_import,
    audit_lines,
    audit_priority,
    audit_review,
    audit_tables,
    audits,
    coverage,
    definitions,
    digest,
    drill,
    due_actions,
    due_outlooks,
    effectiveness,
    evidence,
    evidence_facts,
    forecasting,
    freshness,
    guide,
    holding,
    inputs_asked,
    known,
    landing,
    lateness,
    loop,
    marked,
    measured,
    measuring,
    mending,
    nonconforming,
    nonconformities_agenda,
    objective_agenda,
    objectives,
    packing,
    passport,
    passport_records,
    permitted,
    planning,
    redating,
    registering,
    restated_review,
    restatements,
    restating,
    review,
    reviewing,
    risk_effects,
    satisfaction,
    screen_series,
    screening,
    series,
    similar,
    suppliers,
    table,
    targets_compared,
    trail,
    trail_check,
    verdicts,
    watching,
    weakness_goals,
    weaknesses,
    why,
    witnessing,
)  # fmt: skip
from kpi.analysis.agenda_results import Asked
from kpi.analysis.results import Filters
from kpi.analysis.weaknesses import LOOKED_FOR
from kpi.errors import KpiError
from kpi.ingest import WrittenSheet
from kpi.measures import CATALOG
from kpi.qms import Target
from kpi.qms.audits import AUDIT, FINDING
from kpi.qms.context import ISSUE
from kpi.qms.kinds import ALL
from kpi.qms.measurement import PLAN_ENTRY
from kpi.qms.nonconformities import NONCONFORMITY
from kpi.qms.objectives import OBJECTIVE, Window
from kpi.qms.reviews import REVIEW
from kpi.qms.risks import RISK
from tests.access.canaries import MONTHS, STEP, WHEN

EVERYTHING = Filters()
RATE = "scrap_rate"
ASKED = Asked((), MONTHS[0], WHEN.date())
_DAYS = (MONTHS[0], WHEN.date())
LAST, BEFORE = f"{MONTHS[-1]:%Y-%m}", f"{MONTHS[STEP - 1]:%Y-%m}"

LATER = date(2027, 6, 30)
REVIEWED = Asked((), date(2026, 1, 1), LATER)

QUESTIONS: Mapping[str, Callable[[Home], Any]] = {
    "agenda.asked_of": lambda h: agenda.asked_of(h, (), BEFORE, LAST),
    "agenda.build_agenda": lambda h: agenda.build_agenda(
        h, agenda.asked_of(h, (), LAST, LAST), edition="2026", who="me", when=WHEN
    ),
    "packing.build_pack": lambda h: packing.build_pack(
        h, agenda.asked_of(h, (), LAST, LAST), edition="2026", who="me", when=WHEN, uploads=True
    ),
    "agenda.plants_asked": lambda h: agenda.plants_asked(h, ()),
    "agenda_own.carried_decisions": lambda h: agenda_own.carried_decisions(h, _asked(h)),
    "agenda_own.monitoring_input": lambda h: agenda_own.monitoring_input(
        h, _asked(h), review.build_review(h, LAST, who="me", when=WHEN)
    ),
    "agenda_improvement.improvement_input": lambda h: agenda_improvement.improvement_input(
        h, _asked(h), review.build_review(h, LAST, who="me", when=WHEN)
    ),
    "agenda_own.previous_actions_input": lambda h: agenda_own.previous_actions_input(h, _asked(h)),
    "holding.open_points": lambda h: holding.open_points(h, _own_review(h)),
    "holding.signature_fits": lambda h: holding.signature_fits(h, _own_review(h)),
    "restated_review.since_review": lambda h: _told(
        lambda: restated_review.since_review(h, _own_review(h))
    ),
    "restatements.restatements": restatements.restatements,
    "restatements.reviews_touched": lambda h: restatements.reviews_touched(h, [("", LAST)]),
    "restating.held_reviews": restating.held_reviews,
    "reviewing.agenda_of": lambda h: _told(
        lambda: reviewing.agenda_of(h, _own_review(h), who="me", when=WHEN)
    ),
    "reviewing.due": lambda h: reviewing.due(h, WHEN.date()),
    "reviewing.latest_held": lambda h: reviewing.latest_held(h, _asked(h)),
    "reviewing.months_offered": reviewing.months_offered,
    "reviewing.new_review": lambda h: reviewing.new_review(h, _asked(h), edition="2026"),
    "reviewing.taken_in": lambda h: reviewing.taken_in(h, _own_review(h)),
    "audits.programme": lambda h: audits.programme(h, "2026", WHEN.date()),
    "audits.years": lambda h: audits.years(h, WHEN.date()),
    "audits.overdue": lambda h: audits.overdue(h, WHEN.date()),
    "audits.partial": audits.partial,
    "audit_lines.findings": lambda h: audit_lines.findings(h, WHEN.date()),
    "audit_lines.found_in": audit_lines.found_in,
    "audit_lines.process_titles": audit_lines.process_titles,
    "audit_lines.turns": lambda h: audit_lines.turns(h, WHEN.date()),
    "audit_coverage.coverage": lambda h: audit_coverage.coverage(h, MONTHS[0], WHEN.date()),
    "audit_priority.priorities": lambda h: audit_priority.priorities(h, WHEN.date()),
    "audit_review.audits_input": lambda h: audit_review.audits_input(
        h, Asked((), MONTHS[0], WHEN.date())
    ),
    "audit_tables.audit_book": lambda h: audit_tables.audit_book(
        h, MONTHS[0], WHEN.date(), WHEN.date()
    ),
    "audit_tables.titles_of": audit_tables.titles_of,
    "audit_import.plan_import": lambda h: audit_import.plan_import(
        h,
        [WrittenSheet("", 0, (1, 2), (("Prozess", "Prozesseigner"), ("Lager", "Eva Braun")))],
        file="list.csv",
    ),
    "agenda_context.climate_decision": agenda_context.climate_decision,
    "agenda_context.context_input": lambda h: agenda_context.context_input(h, ASKED),
    "agenda_context.parties_input": lambda h: agenda_context.parties_input(h, ASKED),
    "agenda_resources.resources_input": lambda h: agenda_resources.resources_input(h, ASKED),
    "agenda_resources.stops_for_want": lambda h: agenda_resources.stops_for_want(h, ASKED),
    "agenda_risks.risk_actions_input": lambda h: agenda_risks.risk_actions_input(h, ASKED),
    "agenda_risks.opportunity_actions_input": lambda h: agenda_risks.opportunity_actions_input(
        h, ASKED
    ),
    "agenda_suppliers.suppliers_input": lambda h: agenda_suppliers.suppliers_input(h, ASKED),
    "aims.targets": kpi.analysis.targets,
    "acting.draft_action": lambda h: acting.draft_action(h, _case(h).id, today=WHEN.date()),
    "annotating.notes_on": lambda h: annotating.notes_on(h, RATE, EVERYTHING),
    "annotating.note_history": lambda h: annotating.note_history(h, RATE, EVERYTHING),
    "attention.attention": lambda h: attention.attention(h, EVERYTHING),
    "coverage.coverage_calendar": lambda h: coverage.coverage_calendar(h, EVERYTHING),
    "coverage.ledger_lines": coverage.ledger_lines,
    "coverage.lacking_notes": lambda h: coverage.lacking_notes(h, CATALOG[RATE], EVERYTHING, ()),
    "definitions.catalogue": definitions.catalogue,
    "digest.digest": lambda h: digest.digest(h, LATER),
    "digest.overdue_lines": lambda h: digest.overdue_lines(h, LATER),
    "drill.pareto_view": lambda h: drill.pareto_view(h, RATE, "reason", EVERYTHING),
    "drill.rows_view": lambda h: drill.rows_view(h, RATE, EVERYTHING, None),
    "drill.cells_view": lambda h: drill.cells_view(h, _own_upload(h), *_place(h)),
    "drill.source_files": lambda h: drill.source_files(h, {f"U{n:06d}": 1 for n in range(1, 30)}),
    "drill.rows_and_files": lambda h: drill.rows_and_files(h, RATE, EVERYTHING, LAST),
    "evidence.evidence": lambda h: evidence.evidence(h, ASKED, WHEN.date()),
    "guide.first_month": guide.first_month,
    "inputs_asked.topic_inputs": lambda h: inputs_asked.topic_inputs(h, ASKED, WHEN.date()),
    "inputs_asked.year_up_to": lambda h: inputs_asked.year_up_to(h, (), WHEN.date()),
    "passport.passport": lambda h: passport.passport(h, RATE, EVERYTHING, LAST),
    "passport_records.analyses_of": lambda h: passport_records.analyses_of(
        h, CATALOG[RATE], (), *_DAYS
    ),
    "passport_records.records_about": lambda h: passport_records.records_about(
        h, CATALOG[RATE], ()
    ),
    "passport_records.reviews_with": lambda h: passport_records.reviews_with(h, (), *_DAYS),
    "weaknesses.weaknesses": lambda h: weaknesses.weaknesses(h, ASKED, LATER),
    "drill.loss_ledger": lambda h: drill.loss_ledger(h, EVERYTHING),
    "due_actions.to_do": lambda h: due_actions.to_do(h, LATER),
    "due_actions.overdue": lambda h: due_actions.overdue(h, LATER),
    "effectiveness.events_on": lambda h: effectiveness.events_on(h, RATE, EVERYTHING),
    "effectiveness.effect_of_event": lambda h: effectiveness.effect_of_event(
        h, RATE, EVERYTHING, effectiveness.events_on(h, RATE, EVERYTHING)[0].id
    ),
    "effectiveness.effect_view": lambda h: effectiveness.effect_view(
        h, RATE, EVERYTHING, MONTHS[STEP]
    ),
    "effectiveness.event_verdicts": lambda h: effectiveness.event_verdicts(h, EVERYTHING),
    "forecasting.forecast_view": lambda h: forecasting.forecast_view(h, RATE, EVERYTHING),
    "due_outlooks.objective_outlooks": lambda h: due_outlooks.objective_outlooks(h, EVERYTHING),
    "freshness.status": freshness.status,
    "known.known_to": known.known_to,
    "known.memories_of": lambda h: known.memories_of(h, None),
    "landing.overview": lambda h: landing.overview(h, EVERYTHING),
    "landing.kpi_view": lambda h: landing.kpi_view(h, RATE, EVERYTHING, split_by="line"),
    "lateness.lateness": lambda h: lateness.lateness(
        h, series.series_view(h, RATE, EVERYTHING)[0], EVERYTHING
    ),
    "loop.loop_counts": lambda h: loop.loop_counts(h, REVIEWED),
    "loop.taken_up": lambda h: loop.taken_up(h, RATE, EVERYTHING),
    "marked.standing_notes": marked.standing_notes,
    "measured.characteristics": lambda h: measured.characteristics(h, EVERYTHING),
    "measured.measured_view": lambda h: [
        measured.measured_view(h, EVERYTHING, c.product, c.name)
        for c in measured.characteristics(h, EVERYTHING)
    ],
    "measuring.plan": lambda h: measuring.plan(h, today=WHEN.date()),
    "measuring.plan_line": lambda h: measuring.plan_line(
        h, registering.listed(h, PLAN_ENTRY)[0].id, today=WHEN.date()
    ),
    "measuring.overdue": lambda h: measuring.overdue(h, WHEN.date()),
    "measuring.plan_input_part": lambda h: measuring.plan_input_part(h, ASKED),
    "measuring.analyses": measuring.analyses,
    "mending.rejected_rows": lambda h: mending.rejected_rows(h, _own_upload(h)),
    "nonconforming.draft_from_signal": lambda h: nonconforming.draft_from_signal(
        h, RATE, EVERYTHING, today=WHEN.date()
    ),
    "nonconforming.draft_from_record": lambda h: nonconforming.draft_from_record(
        h, _own_issue(h), today=WHEN.date()
    ),
    "nonconformities_agenda.nonconformities_input": lambda h: (
        nonconformities_agenda.nonconformities_input(h, REVIEWED)
    ),
    "objective_agenda.objectives_input": lambda h: objective_agenda.objectives_input(h, ASKED),
    "objectives.objectives": lambda h: objectives.objectives(h, today=WHEN.date()),
    "objectives.objective": lambda h: objectives.objective(
        h, registering.listed(h, OBJECTIVE)[0].id, today=WHEN.date()
    ),
    "objectives.baseline_of": lambda h: objectives.baseline_of(
        h, RATE, (), Window.ROLLING_12, MONTHS[0], MONTHS[-1]
    ),
    "targets_compared.contradictions": targets_compared.contradictions,
    "targets_compared.told_of_target": lambda h: targets_compared.told_of_target(
        h, Target("scrap_rate", (), 3.0, date(2024, 1, 1))
    ),
    "targets_compared.told_of_objective": lambda h: targets_compared.told_of_objective(
        h, "OBJ-2026-001"
    ),
    "weakness_goals.acted_on": lambda h: [
        weakness_goals.acted_on(h, one) for one in objectives.objectives(h, today=LATER)
    ],
    "reviewing.left_behind": lambda h: reviewing.left_behind(h, LATER),
    "objectives.windowed_outlooks": lambda h: objectives.windowed_outlooks(h, EVERYTHING),
    "planning.proposed": lambda h: planning.proposed(h, today=WHEN.date()),
    "permitted.sight_words": permitted.sight_words,
    "permitted.may_withdraw": lambda h: permitted.may_withdraw(
        h, [e.upload for e in h.store.entries()]
    ),
    "registering.listed": lambda h: [registering.listed(h, kind) for kind in ALL],
    "registering.found": lambda h: registering.found(h, ISSUE, _own_issue(h)),
    "registering.history": lambda h: registering.history(h, ISSUE, _own_issue(h)),
    "registering.linking": lambda h: [
        registering.linking(h, e.id) for e in registering.listed(h, AUDIT)
    ],
    "registering.linked": lambda h: [
        registering.linked(h, e.item) for e in registering.listed(h, FINDING)
    ],
    "registering.persons": registering.persons,
    "registering.purged_links": lambda h: [
        registering.purged_links(h, e.item) for e in registering.listed(h, FINDING)
    ],
    "redating.redating": lambda h: redating.redating(h, EVERYTHING, LAST),
    "review.build_review": lambda h: review.build_review(h, LAST, who="me", when=WHEN),
    "review.months_to_review": review.months_to_review,
    "risk_effects.risk_register": lambda h: risk_effects.risk_register(h, RISK.name),
    "risk_effects.actions_on": lambda h: risk_effects.actions_on(h, RISK.name, _own_risk(h).id),
    "risk_effects.risk_actions": lambda h: risk_effects.risk_actions(h, _own_risk(h)),
    "registering.changed_since": lambda h: registering.changed_since(h, ISSUE, _own_issue(h), 0),
    "satisfaction.satisfaction_input": lambda h: satisfaction.satisfaction_input(h, ASKED),
    "satisfaction.customer_lines": lambda h: satisfaction.customer_lines(h, (), *_DAYS),
    "satisfaction.surveys": satisfaction.surveys,
    "suppliers.criteria_in_force": suppliers.criteria_in_force,
    "suppliers.grades_given": lambda h: suppliers.grades_given(h, ()),
    "suppliers.grading_periods": suppliers.grading_periods,
    "suppliers.scorecard": lambda h: suppliers.scorecard(h, (), *_DAYS),
    "suppliers.proposed": lambda h: suppliers.proposed(
        h, suppliers.scorecard(h, (), *_DAYS)[0], (), *_DAYS
    ),
    "screen_series.blocks": lambda h: list(screen_series.blocks(h, EVERYTHING)),
    "screening.screen": lambda h: screening.screen(h, EVERYTHING, everything=True),
    "series.ask": lambda h: series.ask(h, RATE, EVERYTHING, ("line",)),
    "series.series_view": lambda h: series.series_view(h, RATE, EVERYTHING, by=("reason",)),
    "series.choices": lambda h: series.choices(h, EVERYTHING),
    "series.check_slice": lambda h: _told(
        lambda: series.check_slice(h, Filters(where=(("line", "quxol line 9"),)))
    ),
    "similar.similar_to": lambda h: similar.similar_to(h, _case(h).id),
    "table.series_table": lambda h: table.series_table(h, RATE, EVERYTHING, by=("line",)),
    "trail.trail": trail.trail,
    "trail_check.trail_state": trail_check.trail_state,
    "trail_check.compare_head": lambda h: trail_check.compare_head(h, "no head at all"),
    "verdicts.verdicts": verdicts.verdicts,
    "verdicts.check_day": lambda h: verdicts.check_day(
        h, acting.draft_action(h, _case(h).id, today=WHEN.date())
    ),
    "watching.set_aside": watching.set_aside,
    "watching.watched_folders": watching.watched_folders,
    "witnessing.take_evidence": lambda h: witnessing.take_evidence(h, RATE, EVERYTHING),
    "witnessing.restated": lambda h: witnessing.restated(
        h, witnessing.take_evidence(h, RATE, EVERYTHING)
    ),
    "witnessing.evidence_files": lambda h: witnessing.evidence_files(
        h, witnessing.take_evidence(h, "availability", EVERYTHING)
    ),
    "why.why_view": lambda h: why.why_view(h, RATE, EVERYTHING, since=BEFORE, until=LAST),
}
"""The questions by where they stand. ``Filters`` name no plant: what is seen is what answers."""

WRITES = frozenset(
    [
        "holding.add_addendum",
        "holding.approve",
        "holding.hold",
        "putting.put",
        "restated_review.accept_without_entry",
        "restatements.accept",
        "reviewing.decide",
        "reviewing.draft",
        "aims.set_target",
        "acting.record",
        "acting.begin",
        "acting.done",
        "acting.cancel",
        "acting.decide",
        "progress.report",
        "nonconforming.record",
        "nonconforming.close",
        "nonconforming.reopen",
        "planning.record_proposed",
        "registering.record",
        "registering.record_all",
        "annotating.accept_step",
        "audit_import.record_import",
        "audit_planning.plan_audit",
        "annotating.exclude_point",
        "annotating.record_event",
        "annotating.take_note_back",
        "ingesting.ingest_file",
        "ingesting.withdraw",
        "watching.answer_set_aside",
        "watching.remember_folder",
        "watching.remember",
        "clients.add_client",
        "clients.revoke_client",
        "keeping.back_up",
        "keeping.purge",
        "keeping.purge_due",
        "erasing.purge_record",
        "members.invite",
        "members.give_roles",
        "members.deactivate",
        "members.activate",
        "members.sign_out_everywhere",
        "members.sign_in_anew",
        "settings_history.change_settings",
    ]
)
"""What changes something: tried with every role in ``test_scope_changes``."""

ELSEWHERE = frozenset(
    [
        "ingesting.unknown_answers",
        "ingesting.read_files",
        "ingesting.memory_of",
        "mending.in_its_place",
        "mending.read_again",
        "gaps.gaps_of",
        "effects.of_upload",
    ]
)
"""About a file on its way in: tried with the changes."""

OF_EVERYTHING = frozenset(
    [
        "health.doctor",
        "digest.seen_as",
        "digest.seen_of",
        "digest.everybody",
        "trail_check.full_check",
        "clients.clients",
        "members.members",
        "members.known_plants",
        "members.history",
        "keeping.due",
        "keeping.last_backup",
        "keeping.kept_for",
        "rebuilding.rebuild",
        "proving.prove_rollups",
    ]
)
"""Only for administrators of every plant; everybody else is refused."""

INNER = frozenset(
    [
        "agenda.of_plants",
        "restated_review.annex",
        "restated_review.restated_sentences",
        "restatements.restated_by",
        "restatements.restatement_of",
        "restating.cause_of",
        "putting.refuse_typed",
        "restating.quoted",
        "reviewing.document",
        "reviewing.frozen_agenda",
        "reviewing.shown",
        *(f"{f.__module__.rpartition('.')[2]}.{f.__name__}" for f in evidence_facts.FACTS.values()),
        "evidence_names.about_kind",
        "evidence_reviews.last_held",
        "passport_records.cause_words",
        "passport_records.value_then",
        *(f"{look.__module__.rpartition('.')[2]}.{look.__name__}" for look in LOOKED_FOR),
        "sample_records.complete_sample",
        "sample_records.is_complete",
        "progress.may_report",
        "progress.owns",
        "annotating.event_of",
        "loop.proven_effective",
        "nonconforming.standing",
        "nonconforming.lacking",
        "nonconforming.asks_for_action",
        "similar.similar_cases",
        "verdicts.verdict_of",
        "verdicts.effect_kept",
        "annotating.note_words",
        "audit_lines.audit_lines",
        "audit_lines.finding_line",
        "annotating.signed_notes",
        "attention.finding_of",
        "agenda_words.unseen",
        "risk_effects.judged",
        "suppliers.for_plants",
        "why_slices.best_split",
        "why_slices.split_by",
        "action_charts.action_charts",
        "drill.files_behind",
        "permitted.of_slice",
        "registering.may_change",
        "registering.settled_slice",
        "permitted.require_slice",
        "permitted.of_upload",
        "table.asked_position",
        "watching.forget",
        "watching.forget_the_gone",
        "watching.in_force",
        "settings_history.keep_settings",
        "settings_history.unrecorded",
        "settings_history.profile_hashes",
    ]
)
"""Words of what is given to them, parts of questions above, or the program's own housekeeping."""


def _own_risk(home: Home) -> Any:
    return registering.listed(home, RISK)[0]


def _own_review(home: Home) -> str:
    return registering.listed(home, REVIEW)[0].id


def _asked(home: Home) -> Any:
    return agenda.asked_of(home, (), LAST, LAST)


def _own_issue(home: Home) -> str:
    return registering.listed(home, ISSUE)[0].id


MODULES_APART = frozenset({"signing_in", "health_books", "health_place", "home", "sample"})
"""Who somebody is, which is asked of the whole home; and what ``doctor`` looks at."""


def _case(home: Home) -> Any:
    return registering.listed(home, NONCONFORMITY)[0]


def found_in_the_package() -> frozenset[str]:
    """Every public function of ``kpi.analysis`` that is asked of a home."""
    found = set()
    for module in pkgutil.iter_modules(kpi.analysis.__path__):
        if module.name in MODULES_APART:
            continue
        inside = importlib.import_module(f"kpi.analysis.{module.name}")
        for name, value in vars(inside).items():
            own = inspect.isfunction(value) and value.__module__ == inside.__name__
            if own and not name.startswith("_") and _of_a_home(value):
                found.add(f"{module.name}.{name}")
    return frozenset(found)


def _of_a_home(function: Callable[..., Any]) -> bool:
    return next(iter(inspect.signature(function).parameters), "") == "home"


def content(answer: Any) -> str:
    """Everything in an answer as text, in lower case: whatever is not shown could be one day."""
    return pickle.dumps(answer).decode("latin-1").lower()


def _told(ask: Callable[[], Any]) -> str:
    try:
        return str(ask())
    except KpiError as error:
        return str(error)


def _own_upload(home: Home) -> str:
    return next(e.upload for e in home.store.entries() if home.store.sees_all_of(e.upload))


def _place(home: Home) -> tuple[str, int]:
    rows = home.view().arrow("scrap").to_pylist()
    row = next(r for r in rows if r["upload"] == _own_upload(home))
    return row["sheet"], row["row"]
