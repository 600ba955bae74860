"""From raw tables to canonical parts: headings to fields, cells to values, tables to datasets.

Interpretation is a pure function of the tables and the context. Doubts come back as questions, all
in one round; until they are answered the parts show the reading of the best candidates.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from kpi.datasets import DATASETS
from kpi.ingest import checks
from kpi.ingest.changing import changed
from kpi.ingest.coded import codes_of
from kpi.ingest.codes import names_of_members
from kpi.ingest.complaint_lists import as_complaints
from kpi.ingest.confirming import (
    Told,
    columns_of,
    fixed_fields,
    with_fixed,
    with_questions,
)
from kpi.ingest.conventions import Context, Desk, Rejections
from kpi.ingest.coverage import (
    infer_coverage,
    latest_event,
    rows_within,
    stated_date,
    whole_months,
)
from kpi.ingest.dating import date_for
from kpi.ingest.evidence import drop_rates, prove_produced
from kpi.ingest.facts import Facts, read_facts, refusal
from kpi.ingest.gathering import gather
from kpi.ingest.grids import Grid, grid_of
from kpi.ingest.headerless import with_headings
from kpi.ingest.headings import (
    DATES,
    DURATIONS,
    Assignment,
    assign,
    binding,
    candidates,
    domains_of,
    known_domains,
    suggest,
)
from kpi.ingest.joins import missing_date, with_partner
from kpi.ingest.lookups import read_lookup
from kpi.ingest.measuring import as_measurements
from kpi.ingest.movements import read_movements
from kpi.ingest.outlines import with_outline
from kpi.ingest.places import place_rows
from kpi.ingest.profile_match import Known, decided_by, is_known_list, known_list, lacking
from kpi.ingest.profile_rows import apply_profile
from kpi.ingest.raw import RawTable
from kpi.ingest.recognising import Recalled, feed_of_parts, known_by, recall
from kpi.ingest.reconciling import control_totals
from kpi.ingest.reported import read_reported
from kpi.ingest.shape import reshape, runs_across
from kpi.ingest.sources import one_source
from kpi.ingest.split import fallback_plant, plant_of, split
from kpi.ingest.states import stops_of_states
from kpi.ingest.tables import CanonicalPart, rejected_table
from kpi.ingest.unread import note_unread, without_figures
from kpi.ingest.vocabulary import Match, vocabulary
from kpi.model import (
    ColumnReading,
    FeedMemory,
    LayoutChange,
    Problem,
    Question,
    Severity,
    TableLayout,
)
from kpi.texts import said, said_n

__all__ = ["CanonicalPart", "Context", "Interpretation", "interpret"]

Found = Sequence[tuple[Match, ...]]

_NO_ROWS: Final = said("it has headings and no rows below them")


@dataclass(frozen=True)
class Interpretation:
    """What the tables of a file read as.

    ``feed`` is the feed whose remembered headings its tables match, or are nearest to. ``unused``
    says per sheet why nothing was taken from it. ``columns`` are those of every table that is read
    or asked about, ``changes`` how they differ from the feed's last layout, ``layouts`` what is to
    be remembered of each table.
    """

    parts: tuple[CanonicalPart, ...]
    questions: tuple[Question, ...]
    problems: tuple[Problem, ...]
    feed: str | None
    unused: Mapping[str, str]
    columns: tuple[ColumnReading, ...] = ()
    changes: tuple[LayoutChange, ...] = ()
    layouts: tuple[TableLayout, ...] = ()
    rejections: tuple[Rejections, ...] = ()


def interpret(tables: Sequence[RawTable], *, context: Context) -> Interpretation:
    """Interpret all tables of one file.

    A first pass without answers finds the questions; where answers cover them all, a second pass
    uses them, and whatever only an answer makes doubtful is taken by its best candidate and said.
    """
    grids = gather([grid_of(t) for t in tables if len(t.rows) and t.columns])
    first = Desk(replace(context, answers={}), said=context.answers)
    bare = [t for t in tables if not len(t.rows) and any(t.headings)]
    outcome = _pass(grids, first, bare)
    asked = frozenset(first.questions)
    if not context.answers or not asked & set(context.answers):
        return outcome
    second = Desk(context, allowed=asked)
    outcome = _pass(grids, second, bare)
    waiting = tuple(q for q in first.questions.values() if q.id not in context.answers)
    open_ones = tuple(q for q in second.questions.values() if q.id in asked)
    return replace(outcome, questions=tuple({q.id: q for q in (*waiting, *open_ones)}.values()))


@dataclass(frozen=True)
class _Table:
    """A table on its way: what is remembered of it, and what was told of its columns."""

    recalled: Recalled | None
    told: Told
    known: Known | None = None


def _pass(grids: Sequence[Grid], desk: Desk, bare: Sequence[RawTable]) -> Interpretation:
    parts: list[CanonicalPart] = []
    unused: dict[str, str] = {t.sheet: _NO_ROWS for t in bare}
    if bare and not grids:
        _refuse_bare(bare[0], desk)
    feeds: dict[str, FeedMemory] = {}
    layouts: list[TableLayout] = []
    left: list[Grid] = []
    desk.workbook = grids
    for grid in grids:
        desk.open_table(None)
        found, why, recalled = _read_known(grid, desk)
        if found:
            layouts.append(_layout(grid, found))
            parts += [replace(part, signature=layouts[-1].signature) for part in found]
            plants = frozenset(p for part in found for p in _plants(part))
            if recalled is not None and (feed := feed_of_parts(recalled, plants)):
                feeds[feed] = recalled.memory
        if why:
            unused[grid.sheet] = why
            left.append(grid)
    for grid in left:
        if (names := names_of_members(grid, desk)) is not None:
            layouts.append(_layout(grid, [names]))
            parts.append(replace(names, signature=layouts[-1].signature))
            del unused[grid.sheet]
    unused |= {sheet: why for sheet, why in desk.partners.items() if sheet in unused}
    desk.feed = next(iter(feeds.values())) if len(feeds) == 1 else None
    kept, dropped = one_source(parts, desk)
    kept = [replace(p, conventions={**p.conventions, **desk.of_file}) for p in kept]
    unused |= dropped
    for sheet, why in unused.items():
        if sheet:
            told = said("nothing is read from sheet {sheet}: {why}", sheet=repr(sheet), why=why)
        else:
            told = said("nothing is read from this table: {why}", why=why)
        desk.note(sheet, told)
    return Interpretation(
        tuple(kept),
        tuple(desk.questions.values()),
        tuple(desk.problems),
        next(iter(feeds)) if len(feeds) == 1 else None,
        unused,
        with_questions(desk.columns if kept else [*desk.columns, *desk.unnamed], desk),
        tuple(desk.changes),
        tuple(layouts),
        tuple(desk.rejections),
    )


def _layout(grid: Grid, parts: Sequence[CanonicalPart]) -> TableLayout:
    """What is to be remembered of a table."""
    mapping = {h: f for part in parts for h, f in part.mapping.items()}
    conventions = {t: a for part in parts for t, a in part.conventions.items()}
    return TableLayout(known_by(grid), tuple(p.dataset for p in parts), mapping, conventions)


def _plants(part: CanonicalPart) -> list[str]:
    return [p for p in pc.unique(part.table["plant"]).to_pylist() if p is not None]


def _read_known(grid: Grid, desk: Desk) -> tuple[list[CanonicalPart], str | None, Recalled | None]:
    """Read a table as its feed did before; as a new one where the user says it is another export."""
    recalled = None
    if desk.context.memories:
        recalled = recall(grid, domains_of(grid, candidates(grid), None), desk)
    for known in (recalled, None):
        table = _Table(known, Told())
        desk.open_table(known.memory if known else None)
        read = _read_table(grid, desk, table)
        if read is not None:
            return *read, known
    raise AssertionError("a table without a memory is read")


def _refuse_bare(table: RawTable, desk: Desk) -> None:
    """A file of headings alone says neither what happened nor when."""
    desk.note(
        table.sheet,
        said("the table has headings and no rows below them"),
        severity=Severity.REJECTED,
        expected=said("at least one row below the headings"),
        advice=said("Where nothing happened there is nothing to load; else export it again."),
    )


def _read_table(
    grid: Grid, desk: Desk, table: _Table
) -> tuple[list[CanonicalPart], str | None] | None:
    shaped = _shaped(grid, desk)
    if isinstance(shaped, str):
        return [], shaped
    grid, known = known_list(shaped, desk)
    if known is not None and (lacks := lacking(grid, known, desk)):
        return [], lacks
    table = replace(table, known=known)
    found = candidates(grid)
    table.told.fixed |= fixed_fields(grid, found, domains_of(grid, found, None), desk)
    found = with_fixed(found, table.told.fixed)
    domains = known.profile.domains if known else domains_of(grid, found, None)
    forced = domains_of(grid, found, _forced(desk))
    if forced and known is None and (domains or not _is_lookup(grid, desk)):
        domains = forced
    if _forced(desk) in ("names", "reported_value"):
        domains = ()
    elif not domains:
        found = suggest(grid, found, desk)
        domains = domains_of(grid, found, None) or known_domains(desk.memory)
    if not domains:
        part = None
        if _forced(desk) != "reported_value":
            part = read_lookup(grid, desk)
        if part is None and _forced(desk) != "names":
            probed = read_reported(grid, found, None, Desk(desk.context), "")
            if probed is not None:  # only then is its plant worth a question
                part = read_reported(grid, found, None, desk, fallback_plant(desk))
        if part is not None:
            desk.columns += columns_of(grid, found, named_by(part, grid), desk, table.told, None)
            return [part], None
        desk.unnamed += columns_of(grid, found, _as_proposed(found), desk, table.told, None)
        return [], without_figures(grid, found) or _nothing_named(grid)
    remembered = binding(desk.memory, grid, found, domains)
    if table.recalled is not None and not table.recalled.exact:
        domains = tuple(dict.fromkeys((*domains, *known_domains(desk.memory))))
        settled = changed(grid, found, domains, table.recalled, remembered, table.told, desk)
        if settled is None:
            return None
        remembered, why = settled
        if why is not None:
            return [], why
    _tell_remembered(grid, remembered, desk, table.told)
    fixed = table.told.fixed
    if known is not None:
        fixed = decided_by(known, grid, remembered, table.told, desk)
    mapping = assign(grid, found, domains, desk, remembered, fixed)
    if "delivery" in domains and not mapping.has("order"):
        desk.columns += columns_of(grid, found, mapping, desk, table.told, None)
        return [], said("it has no order number")
    runs = _runs_not_stops(grid, mapping, desk)
    prove_produced(grid, mapping, desk)
    if not date_for(grid, mapping, desk):
        _say_undated(grid, mapping, desk)
        desk.columns += columns_of(grid, found, mapping, desk, table.told, None)
        return [], said("it has no date")
    return _read_rows(grid, found, mapping, desk, table, runs=runs)


def _tell_remembered(grid: Grid, remembered: Mapping[str, str], desk: Desk, told: Told) -> None:
    """Columns that are read as they were before."""
    if desk.memory is None:
        return
    for i, column in enumerate(grid.columns):
        if column.named.key in remembered and i not in told.changes:
            told.because[i] = said("as in {feed} before", feed=repr(desk.memory.feed))


def _read_rows(
    grid: Grid, found: Found, mapping: Assignment, desk: Desk, table: _Table, *, runs: bool
) -> tuple[list[CanonicalPart], str | None]:
    """The cells of a table whose columns are known to the canonical tables they give."""
    note_unread(grid, found, mapping, desk)
    facts = read_facts(grid, mapping, desk)
    without = checks.unlabelled_totals(facts)
    if without is not None:
        grid = without
        facts = read_facts(grid, mapping, desk)
    if table.known is not None:
        apply_profile(facts, table.known, desk)
    place_rows(facts, desk)
    if runs and {"start", "end"} <= facts.moments.keys():
        _as_running_time(facts)
    read_movements(facts, desk, table.known.profile.movements if table.known else None)
    _require(facts)
    checks.check_dates(facts, desk)
    checks.check_stops(facts)
    checks.check_quantities(facts, desk)
    drop_rates(facts, found, desk)
    tables = split(facts, desk)
    desk.columns += columns_of(grid, found, mapping, desk, table.told, facts)
    checks.note_mixed_units(facts, desk)
    checks.report_rejections(facts, desk)
    checks.note_duplicates(facts, desk)
    if not tables:
        return (
            [],
            said("none of its rows could be used")
            if not facts.good.all()
            else said("its rows hold no figures"),
        )
    parts = _parts(facts, tables, desk)
    if grid.grain is not None:
        reported = read_reported(grid, found, mapping, desk, plant_of(facts, desk))
        parts += [reported] if reported is not None else []
    return parts, None


def _as_proposed(found: Found) -> Assignment:
    """The one field each heading stands for, in a table of which nothing is measured."""
    out = Assignment()
    for i, matches in enumerate(found):
        names = {m.field for m in matches} - {"ignore", "personal", "rate"}
        if len(names) == 1 and not out.has(*names):
            out.fields[names.pop()] = [i]
    return out


def named_by(part: CanonicalPart, grid: Grid) -> Assignment:
    """The columns of a table as a part that was read without an assignment tells them."""
    out = Assignment()
    for i, column in enumerate(grid.columns):
        name = part.mapping.get(column.heading or column.letter, "ignore")
        if name != "ignore":
            out.fields.setdefault(name, []).append(i)
    return out


def _shaped(grid: Grid, desk: Desk) -> Grid | str:
    """The table with headings and one fact per row, or why it cannot be had."""
    if not any(c.heading for c in grid.columns):
        named = with_headings(grid, desk)
        if named is None:
            return said("its columns have no headings: write them into the first row")
        grid = named
    if is_known_list(grid, desk):
        return grid
    if not runs_across(grid, desk):
        grid = with_outline(grid, desk)
        listed = as_measurements(grid, desk) or as_complaints(grid, desk)
        if listed is not None:
            return listed
    shaped = reshape(grid, desk)
    if isinstance(shaped, str):
        return shaped
    grid = with_partner(shaped, desk)
    if not domains_of(grid, candidates(grid), None):
        grid = stops_of_states(grid, desk) or grid
    return grid


def _nothing_named(grid: Grid) -> str:
    """What is missing in a table of which nothing is measured here, with its headings."""
    shown = [repr(c.heading) for c in grid.columns if c.heading][:6]
    more = ["..."] if sum(bool(c.heading) for c in grid.columns) > 6 else []
    return said(
        "its headings ({headings}) name no produced or scrapped quantity, no minutes of downtime, "
        "and no order with a date",
        headings=[*shown, *more],
    )


def _is_lookup(grid: Grid, desk: Desk) -> bool:
    return not _has_date(grid) and read_lookup(grid, Desk(desk.context)) is not None


def _runs_not_stops(grid: Grid, mapping: Assignment, desk: Desk) -> bool:
    """Whether rows with a start and an end, and no word of a stop, are runs; asked."""
    if mapping.domains != ("downtime",) or mapping.has(*DURATIONS) or mapping.has("reason"):
        return False
    if not mapping.has("start") or not mapping.has("end") or desk.context.dataset == "downtime":
        return False
    words = vocabulary()
    stops = set(words.fields["stops"])
    texts = [*grid.titles, *(c.heading for c in grid.columns)]
    if any(words.normalise(t).tokens & stops for t in texts):
        return False
    answer = desk.ask(
        "dataset",
        grid.sheet,
        "dataset",
        said("Is each row a run of the line, or a stop?"),
        [
            ("running_time", said("rows have a start and an end, and nothing speaks of a stop")),
            ("downtime", said("each row is a stop from its start to its end")),
        ],
    )
    return answer == "running_time"


def _as_running_time(facts: Facts) -> None:
    """Rows from start to end as minutes run."""
    begun, ended = facts.moments["start"], facts.moments.pop("end")
    facts.reject(ended < begun, said("the end lies before the start"), facts.heading("end"))
    facts.numbers["run_min"] = (ended - begun) / np.timedelta64(60_000_000, "us")


def _has_date(grid: Grid) -> bool:
    audit = vocabulary().is_audit
    return any(c.shares["date"] > 0.5 and not audit(c.heading) for c in grid.columns)


def _forced(desk: Desk) -> str | None:
    if desk.context.dataset:
        return desk.context.dataset
    return None


def _say_undated(grid: Grid, mapping: Assignment, desk: Desk) -> None:
    """Refuse a table of dated facts without a date, stating the quantities it holds."""
    for column in grid.columns:
        dated = {m.field for m in vocabulary().lookup(column.heading)} & DATES
        why = refusal(column) if dated else None
        if why is not None:
            desk.note(
                grid.sheet,
                why,
                column.heading,
                severity=Severity.REJECTED,
                expected=said("dates with day, month and year"),
                advice=said("Export again and open the file without saving it in a spreadsheet."),
            )
    facts = read_facts(grid, mapping, Desk(desk.context))
    facts.reject(np.ones(len(grid), bool), said("no date"))
    desk.note(
        grid.sheet,
        said_n(
            "{n} row without any date column; it carries {totals}",
            "{n} rows without any date column; they carry {totals}",
            n=len(grid),
            totals=checks.carried(facts),
        ),
        severity=Severity.REJECTED,
        expected=said("a column with the date of each row"),
        advice=missing_date(grid),
    )


def _require(facts: Facts) -> None:
    """Reject rows that lack what their dataset cannot do without."""
    mapping = facts.mapping
    if "delivery" in mapping.domains:
        missing = np.asarray(facts.texts["order"].is_null().to_numpy(zero_copy_only=False))
        facts.reject(missing, said("no order number"), facts.heading("order"))
        return
    day = facts.moments.get("date")
    for name in ("at", "start"):
        other = facts.moments.get(name)
        if other is not None:
            whole = other.astype("M8[D]").astype("M8[us]")
            day = whole if day is None else np.where(np.isnat(day), whole, day)
    if day is None:
        day = np.full(len(facts), np.datetime64("NaT", "us"))
    facts.moments["date"] = day
    source = next((n for n in ("date", "at", "start") if mapping.has(n)), "date")
    why = facts.unusable.get(source)
    text = said("the date cannot be used: {why}", why=why) if why else said("no date")
    facts.reject(np.isnat(day), text, facts.heading(source))


def _parts(facts: Facts, tables: Mapping[str, pa.Table], desk: Desk) -> list[CanonicalPart]:
    grid = facts.grid
    good = {
        n: np.where(facts.good, v, np.datetime64("NaT", "us")) for n, v in facts.moments.items()
    }
    drawn: date | None = stated_date(grid.titles) or latest_event(good)
    if grid.grain is not None and drawn is not None and not stated_date(grid.titles):
        drawn = whole_months(drawn, drawn, grain=grid.grain)[1]
    mapping = shown_mapping(facts)
    totals = control_totals(facts, desk)
    rejected = rejected_table(grid, facts.reasons)
    spans = _spans(facts)
    return [
        CanonicalPart(
            name,
            grid.sheet,
            table,
            grid.rows_told,
            table.num_rows,
            rejected.num_rows,
            mapping,
            dict(desk.decided),
            tuple(
                replace(c, line=facts.only_line)
                for c in infer_coverage(name, spans, table, grid.grain)
            ),
            drawn,
            tuple(t for t in totals if t.field in DATASETS[name].names),
            grid.signature,
            rejected,
            tuple(c.heading for c in grid.columns),
            rows_within(name, spans, table, grid.grain),
        )
        for name, table in tables.items()
    ]


def _spans(facts: Facts) -> pa.Table:
    """Per plant the first and the last day of its usable rows, as two rows of ``plant`` and ``day``.

    What all datasets of the table speak for; a row that names no plant has null.
    """
    days = facts.moments.get("date", np.full(len(facts), np.datetime64("NaT", "us")))
    rows = np.flatnonzero(facts.good & ~np.isnat(days))
    names, codes = pa.array([], pa.string()), np.full(len(rows), -1)
    if "plant" in facts.texts:
        plant = facts.texts.coded("plant")
        names, codes = plant.dictionary, codes_of(plant)[rows]
    held = pa.table({"code": codes, "day": days[rows].astype("M8[D]")})
    ends = held.group_by("code", use_threads=False).aggregate([("day", "min"), ("day", "max")])
    code = ends["code"].to_numpy()
    plants = names.take(pa.array(np.maximum(code, 0), mask=code < 0))
    day = pa.chunked_array([*ends["day_min"].chunks, *ends["day_max"].chunks], pa.date32())
    return pa.table({"plant": pa.chunked_array([plants, plants]), "day": day})


def shown_mapping(facts: Facts) -> dict[str, str]:
    """Every heading with the field it is read as, "ignore" where it is not.

    Blank columns whose cells would have to decide are left out: nothing is known of them yet.
    """
    out: dict[str, str] = {}
    for i, column in enumerate(facts.grid.columns):
        if i in facts.mapping.open:
            continue
        heading = column.heading or column.letter
        field = next((n for n, at in facts.mapping.fields.items() if i in at), "ignore")
        if field != "ignore" or heading not in out:
            out[heading] = field
    return out
