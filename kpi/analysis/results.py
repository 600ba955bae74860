"""What the questions of ``kpi.analysis`` answer with.

Results carry finished words and numbers: whoever shows them calculates nothing. A sentence that a
manager reads is made once (``kpi.analysis.sentences``) and is the same on page, deck and API.
"""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import pandas as pd

from kpi.ingest import SheetNote
from kpi.measures import Kpi
from kpi.model import (
    Assurance,
    ColumnReading,
    ControlTotal,
    Coverage,
    LayoutChange,
    Problem,
    Question,
    State,
    Variation,
)
from kpi.qms import NO_NOTES, ChartNotes, Slice, Target
from kpi.spc import Chart, Verdict
from kpi.store import RowChanges


@dataclass(frozen=True, slots=True)
class Filters:
    """The site-wide choices a page is seen through; hashable, and written in its address.

    ``where`` repeats a dimension for OR. ``first`` and ``last`` bound the periods; ``period`` is
    one of the names of ``kpi.calendar``. ``ledger`` and ``as_of`` look back: the facts as the
    ledger had them, and the report date.
    """

    where: Slice = ()
    period: str = "month"
    first: date | None = None
    last: date | None = None
    as_of: date | None = None
    ledger: int | None = None


@dataclass(frozen=True, slots=True)
class SuggestedStep:
    """Where the level seems to have moved: a suggestion, which a person may accept as a new phase.

    ``period`` and ``start`` are the first period of the new level; ``before`` and ``after`` in the
    KPI's unit; ``p_value`` is corrected for the number of places tried; ``says`` is the sentence.
    """

    period: str
    start: date
    before: float
    after: float
    p_value: float
    says: str


@dataclass(frozen=True, slots=True)
class SeriesView:
    """One KPI through one slice, period by period, with its chart and what it says.

    ``points`` has one row per period: ``period`` (label), ``period_start``, ``period_end``,
    ``numerator``, ``denominator``, ``value`` (in ``kpi.unit``; NaN unless the state is value or
    zero), ``state`` (the values of ``State``), ``reason``, ``center``, ``lcl``, ``ucl`` (NaN where
    there is no limit), ``signals`` (rules in words, joined by "; ", empty where none), ``rules``
    (the same by their ids),
    ``member`` (True where the point belongs to a run that signals), ``target`` (NaN: none),
    ``phase`` (from 1, over all time), ``excluded`` (why the point does not count, empty where it
    does). Of windows it has ``since``, the first day that a point is of.
    """

    kpi: Kpi
    slice: Slice
    slice_words: str  # "Line 3, Nordhafen"; "All plants"
    period: str
    points: pd.DataFrame
    chart: Chart | None
    chart_name: str  # "Laney p′ chart"; empty without a chart
    chart_reason: str  # why this chart
    convention: str  # limits, baseline, rules: said under the chart
    verdict: Verdict | None
    variation: Variation
    assurance: Assurance
    target: Target | None
    headline: str  # the sentence a manager reads first
    last_label: str  # "October 2026"
    last_value: str  # "2.41 %", or why there is none
    last_change: str  # "+0.4 pt against September", or ""
    report_date: date | None
    position: int
    notes: tuple[str, ...]
    notes_on_chart: ChartNotes = NO_NOTES  # what people accepted, excluded and noted here
    phase_since: str = ""  # label of the period in which the current phase was accepted to begin
    suggestion: SuggestedStep | None = None  # a step of the current phase nobody accepted yet
    over: str = ""  # "rolling 3 months": what each point is of, where that is more than its period

    @property
    def place(self) -> str:
        """What it is of in a few words: the slice, and the window where it is one."""
        return f"{self.slice_words}, {self.over}" if self.over else self.slice_words

    @property
    def changed(self) -> bool:
        """A signal is in force: limits describe the level before it, the assurance the one since."""
        return self.verdict is not None and self.verdict.since is not None


@dataclass(frozen=True, slots=True)
class Cost:
    """What a change comes to, a month: money, hours, or a count of things; negative: it saves that.

    ``unit`` is a currency, ``h``, or a noun. ``basis`` says where the price is from, empty where
    there is none.
    """

    amount: float
    kind: str  # money | hours | count | level (of a figure that does not add up)
    unit: str
    basis: str = ""


@dataclass(frozen=True, slots=True)
class Screened:
    """One series among all that were looked at: what speaks for a change, and what it comes to.

    ``grade`` is act, watch or leave_alone; ``worse`` says which way it goes (``None``: the KPI has
    no better direction). ``p_value`` is how often an unchanged process shows as much, ``q_value``
    the same with all series looked at taken into account. ``since`` is the label of the period it
    began in. ``usual`` and ``recent`` are levels in the KPI's unit. ``decisive`` is the slice within
    it that makes nearly all of the change; ``folded`` how many series that only repeat it are told
    with it, ``related`` KPIs of the same slice that changed with it. Higher ``rank`` comes first.
    """

    kpi: Kpi
    slice: Slice
    period: str
    grade: str
    worse: bool | None
    p_value: float
    q_value: float
    signal: bool
    since: str
    lasted: int  # periods with a value since then
    usual: float
    recent: float
    excess: float  # of the numerator, per period
    cost: Cost
    chart: str
    points: int
    autocorrelated: bool
    seasonal: bool
    rank: float
    headline: str = ""
    sure: str = ""
    cost_words: str = ""
    checked: str = ""
    decisive: Slice = ()
    folded: int = 0
    related: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class GlanceCell:
    """One KPI of one line: did it change, or is it chance?"""

    kpi: Kpi
    slice: Slice
    title: str  # the KPI in a word
    variation: Variation
    says: str  # "worse since March 2026", "steady"


@dataclass(frozen=True, slots=True)
class Glance:
    """A line with its main KPIs."""

    plant: str
    line: str
    cells: tuple[GlanceCell, ...]


@dataclass(frozen=True, slots=True)
class Screening:
    """Everything that was looked at, and what came of it; each list worst (or clearest) first.

    ``act`` and ``watch`` are told once per story. ``improving`` are changes for the better that are
    no chance. ``false_alarms`` is how many of the series would show a signal within their last
    periods if nothing at all had changed; ``left_alone`` counts all others.
    """

    period: str
    looked_at: int
    false_alarms: float
    act: tuple[Screened, ...]
    watch: tuple[Screened, ...]
    improving: tuple[Screened, ...]
    watched: int  # how many series are on the watch list, told or not
    left_alone: int
    looked_at_words: str
    quiet: str
    lines: tuple[Glance, ...] = ()


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that needs attention: a sentence with its evidence. Worst first by ``rank``."""

    headline: str
    detail: str  # from what level to what level, and the target
    advice: str  # what can be done from here
    series: SeriesView
    rank: float
    cost_words: str
    sure: str = ""  # how sure, in words
    checked: str = ""  # what else was tested: neighbours alike, a yearly pattern
    since: str = ""  # label of the period it began in
    related: str = ""  # which other KPIs changed with it

    @property
    def variation(self) -> Variation:
        """What its chart says now; ``CHANGED`` where the last point is back within the limits."""
        told = self.series.variation
        steady = told in (Variation.COMMON_CAUSE, Variation.TOO_FEW)
        return Variation.CHANGED if steady else told


@dataclass(frozen=True, slots=True)
class Ask:
    """A question somebody may have now, with where its answer stands: a KPI's page and tab.

    ``since`` and ``until`` are the labels of the periods compared, ``event`` the id of what was
    done; empty where the question has none.
    """

    text: str
    kpi: Kpi
    slice: Slice
    tab: str  # why | next | effect
    since: str = ""
    until: str = ""
    event: str = ""


@dataclass(frozen=True, slots=True)
class CoverageCell:
    """What is known of one dataset, plant and month."""

    dataset: str
    plant: str
    month: str
    state: State  # VALUE (rows), ZERO (covered, no rows), MISSING, NOT_SCHEDULED
    rows: int
    words: str


@dataclass(frozen=True, slots=True)
class CoverageCalendar:
    """Plant and dataset against month: is it there, zero, missing, or not scheduled?"""

    months: tuple[str, ...]
    cells: tuple[CoverageCell, ...]
    missing: tuple[str, ...]  # sentences, one per hole


@dataclass(frozen=True, slots=True)
class Overview:
    """The landing page: one line on top, what needs attention, KPI cards, coverage."""

    top_line: str
    findings: tuple[Finding, ...]
    improvements: tuple[Finding, ...]  # what got better and is no chance
    quiet: str  # the sentence that stands where nothing needs attention
    looked_at: str  # how many series were looked at, and how many false alarms to expect
    watch: tuple[Screened, ...]  # not sure, or not worse: worth a look next time
    more: tuple[Screened, ...]  # what needs attention beside the findings shown
    left_alone: int
    lines: tuple[Glance, ...]  # is a line getting worse, or is it chance?
    asks: tuple[Ask, ...]
    cards: tuple[tuple[str, tuple[SeriesView, ...]], ...]  # (domain title, its KPIs)
    coverage: CoverageCalendar


@dataclass(frozen=True, slots=True)
class ParetoView:
    """Shares of a KPI's numerator by one dimension, the unassigned first, then largest first.

    ``bars``: ``label``, ``code``, ``amount``, ``share`` (0-100), ``cumulative`` (0-100),
    ``unassigned`` (bool).
    """

    kpi: Kpi
    slice: Slice
    dimension: str
    title: str  # the finding as a sentence
    amount_title: str  # what the bars measure, with unit
    period_words: str
    bars: pd.DataFrame
    total: float


@dataclass(frozen=True, slots=True)
class RowsView:
    """The rows behind a figure: each with the file, sheet and row it came from.

    ``rows`` begins with ``side`` (numerator or denominator), ``file``, ``sheet``, ``row``,
    ``upload``, then the dataset's columns; at most ``limit`` of ``total``.
    """

    title: str
    formula: str
    numerator: float | None
    denominator: float | None
    rows: pd.DataFrame
    total: int


@dataclass(frozen=True, slots=True)
class KpiView:
    """A KPI page: the verdict, the chart, where it comes from, which rows."""

    series: SeriesView
    facts: tuple[tuple[str, str], ...]  # label and text, beside the chart
    split: tuple[SeriesView, ...]  # small multiples by `split_by`, worst first
    split_by: str | None
    pareto: ParetoView | None
    partner: SeriesView | None  # the KPI shown together with it (Goodhart pair)


@dataclass(frozen=True, slots=True)
class LossLine:
    """One line of the loss-time ledger."""

    label: str
    minutes: float
    says: str


@dataclass(frozen=True, slots=True)
class LossLedger:
    """Minutes recorded down to the unplanned minutes kept; balances to the minute."""

    lines: tuple[LossLine, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DatasetReport:
    """What one dataset of a file came to."""

    dataset: str
    sheet: str
    rows_read: int
    rows_accepted: int
    rows_rejected: int
    mapping: dict[str, str]
    conventions: dict[str, str]
    coverage: tuple[Coverage, ...]
    control_totals: tuple[ControlTotal, ...]
    sample: pd.DataFrame  # first canonical rows


@dataclass(frozen=True, slots=True)
class Contents:
    """What one dataset of a file would put in force, in words and in figures.

    ``says`` are short sentences: rows and days, where, what they feed. ``first`` and ``last`` are
    the days its rows speak of, ``None`` where they carry no date; ``feeds`` titles of KPIs.
    """

    dataset: str
    title: str
    rows: int
    first: date | None
    last: date | None
    plants: tuple[str, ...]
    lines: tuple[str, ...]
    feeds: tuple[str, ...]
    says: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Gap:
    """KPIs that a file cannot give: why (``says``), and what to ask IT for (``ask``)."""

    kpis: tuple[str, ...]  # their titles
    says: str
    ask: str


@dataclass(frozen=True, slots=True)
class Effect:
    """What an upload would change: one KPI of one slice and month, before and after.

    ``plant`` and ``line`` are ``""`` where the figure has none; ``month`` is its label (2026-10).
    ``usual`` says between what values the slice's other months lie, where that is known. Where the
    month has no figure before (after), ``was_there`` (``stays``) is ``False``.
    """

    kpi: str
    title: str
    slice_words: str
    period: str
    before: str
    after: str
    jump: bool  # larger than the chart would believe
    plant: str = ""
    line: str = ""
    month: str = ""
    usual: str = ""
    was_there: bool = True
    stays: bool = True


@dataclass(frozen=True, slots=True)
class FileOutcome:
    """What became of one file: the answer of ingest, on the page and from the command line."""

    file: str
    sha256: str
    state: str  # committed | unchanged | needs_answer | rejected | previewed
    upload: str | None
    feed: str | None
    datasets: tuple[DatasetReport, ...]
    questions: tuple[Question, ...]
    problems: tuple[Problem, ...]
    effects: tuple[Effect, ...]
    rows_new: int
    rows_changed: int
    rows_gone: int
    says: str  # one sentence: what happened, or what will
    seconds: float
    extra: dict[str, Any] = field(default_factory=dict)
    columns: tuple[ColumnReading, ...] = ()  # how every column of the file is read
    sheets: tuple[SheetNote, ...] = ()
    changes: tuple[LayoutChange, ...] = ()  # against the feed's last layout
    contents: tuple[Contents, ...] = ()
    cannot: tuple[Gap, ...] = ()  # what this file cannot give
    touches: tuple[str, ...] = ()  # held reviews that used figures it would change, a sentence each
    new_feed: bool = False
    rows: int = 0  # rows of the file that are, or would be, in force
    row_changes: tuple[RowChanges, ...] = ()  # per dataset, against what is in force now


@dataclass(frozen=True, slots=True)
class LedgerLine:
    """One entry of the ledger as a person reads it."""

    position: int
    kind: str  # upload | withdrawal | purge
    upload: str
    feed: str
    file: str
    sha256: str
    who: str
    when: datetime
    data_date: date | None
    coverage: str
    rows: str
    in_force: bool
    says: str


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file that a figure rests on."""

    upload: str
    file: str
    sha256: str
    who: str
    when: datetime
    rows: int


@dataclass(frozen=True, slots=True)
class ReviewKpi:
    """One KPI of a review: its slide. ``title`` is the finding, ``since`` when it began ("–": nothing did)."""

    series: SeriesView
    title: str
    since: str
    see: str
    mean: str
    decision: str
    sources: tuple[SourceFile, ...]
    noted: tuple[str, ...] = ()  # phases, excluded points, events of its chart: who, when, why
    stands: tuple[str, str] = ("", "")  # of an objective or action: "is met", "are met"; else empty


@dataclass(frozen=True, slots=True)
class ReviewPage:
    """KPIs that stand in one table: what joins them, and the finding over all of them."""

    words: str  # "Scrap and downtime"
    title: str
    kpis: tuple[ReviewKpi, ...]


@dataclass(frozen=True, slots=True)
class Redating:
    """On-time delivery of the same order lines to the first promise and to the present one.

    ``months``: ``period``, ``lines`` (promised both then and now), ``redated`` (their promise
    moved), ``won`` (on time only by the present promise), ``lost`` (only by the first), ``points``
    (won less lost per 100 lines, in percentage points), by the month of the first promise.
    """

    title: str
    see: str
    mean: str
    decision: str
    months: pd.DataFrame


@dataclass(frozen=True, slots=True)
class Review:
    """Everything the deck shows for one month, decided before any slide is drawn."""

    month: str
    month_words: str
    title: str
    plants: str
    company: str
    report_date: date | None
    position: int
    made: datetime
    made_by: str
    findings: tuple[Finding, ...]
    kpis: tuple[ReviewKpi, ...]
    pages: tuple[ReviewPage, ...]
    improvements: tuple[Finding, ...]
    redating: Redating | None  # None: no order line was promised
    paretos: tuple[ParetoView, ...]
    coverage: CoverageCalendar
    quality: tuple[tuple[str, str], ...]  # kind (Missing, Rejected, Assumed) and sentence
    sources: tuple[SourceFile, ...]
    head: str = ""  # of the audit trail when it was made

    @property
    def too_early(self) -> bool:
        """Whether no chart has enough months yet, so that nobody can call anything ordinary."""
        return all(k.series.variation is Variation.TOO_FEW for k in self.kpis)

    @property
    def worsening(self) -> tuple[str, ...]:
        """The KPIs whose own chart shows that they got worse, by title."""
        worse = Variation.WORSENING
        return tuple(k.series.kpi.title for k in self.kpis if k.series.variation is worse)
