"""Why did it change? A change between two periods, its parts by slice, as steps and as a sentence."""

from dataclasses import dataclass, replace

from kpi.analysis import sentences, why_steps, why_words
from kpi.analysis.home import Home
from kpi.analysis.results import Filters, SeriesView
from kpi.analysis.series import series_view
from kpi.analysis.why_chance import chance_words, within_usual_range
from kpi.analysis.why_parts import WhyPart, WhyStep
from kpi.analysis.why_slices import Split, best_split, offered, split_by
from kpi.analysis.why_spans import Span, grain_of, spans_of
from kpi.errors import KpiError, UsageError
from kpi.measures import Kpi
from kpi.measures.quantities import recipe
from kpi.measures.question import dimension
from kpi.qms import Slice

AUTO = "auto"
"""The dimension that explains most with the fewest slices."""


@dataclass(frozen=True, slots=True)
class WhyView:
    """A change and what made it. The parts and the remainder add up to it.

    ``parts`` are all the slices, the largest first; ``steps`` what a waterfall shows of them.
    ``dimensions`` can be asked for, the one that explains most first. ``within_usual_range`` is
    ``None`` where there are too few points to tell.
    """

    kpi: Kpi  # with the decimals it takes to read the change
    slice: Slice
    period: str
    before: Span
    after: Span
    change: float
    change_text: str  # "+1.5 pt"
    by: str
    dimensions: tuple[str, ...]
    parts: tuple[WhyPart, ...]
    remainder: float
    steps: tuple[WhyStep, ...]
    within_usual_range: bool | None
    chance: str  # is there anything to explain?
    finding: str  # from what to what
    because: str  # what made it
    report_date: str
    remarks: tuple[str, ...]  # what is not known of the two sides: said beside the answer
    notes: tuple[str, ...]

    @property
    def sentence(self) -> str:
        """The whole answer: chance or not first, then what changed, then why."""
        return f"{self.chance} {self.finding}: {self.because}."

    @property
    def has_mix(self) -> bool:
        """Slices have a denominator of their own, so that rate and mix are told apart."""
        return any(part.share_to == part.share_to for part in self.parts)


def why_view(
    home: Home,
    kpi_id: str,
    filters: Filters,
    *,
    since: str = "",
    until: str = "",
    by: str = AUTO,
) -> WhyView:
    """What made a KPI change from one period (``since``) to another (``until``).

    Each is a label such as ``2026-04`` or a span such as ``2025-11..2026-04``. Unless given, the
    time since the present signal began is compared with the level before it, or the last period
    with the one before. ``by`` is a dimension, or ``auto``.

    Raises
    ------
    UsageError
        A period or dimension is unknown, or the KPI cannot be split by it.
    KpiError
        There is nothing to compare: a side has no value, or no parts are known.
    """
    filters = replace(filters, period=grain_of((since, until), filters.period))
    series = series_view(home, kpi_id, filters)[0]
    kpi = series.kpi
    if kpi.needs:
        raise KpiError(f"{kpi.title} cannot be computed yet. {kpi.needs}")
    made = recipe(kpi.id, home.settings)
    plus = made.plus if made else 0.0
    chosen = by if by == AUTO else _checked(kpi, filters, by)
    sides = spans_of(series, filters, since, until, plus)
    if chosen == AUTO:
        split, dimensions = best_split(home, kpi, filters, sides, plus)
    else:
        split = split_by(home, kpi, filters, chosen, sides, plus)
        dimensions = offered(kpi, filters)
    return _view(series, sides, split, dimensions)


def _checked(kpi: Kpi, filters: Filters, by: str) -> str:
    name = dimension(by)
    known = offered(kpi, filters)
    if name in known:
        return name
    if name in kpi.dimensions:
        raise UsageError(f"Only one {name} is chosen: there is nothing to split {kpi.title} by.")
    raise UsageError(f"{kpi.title} is not known by {name}. Choose one of: {', '.join(known)}.")


def _view(
    series: SeriesView, sides: tuple[Span, Span], split: Split, dimensions: tuple[str, ...]
) -> WhyView:
    kpi = series.kpi
    before, after = sides
    parts = _parts(kpi, split)
    change, left = split.found.change * kpi.per, split.found.remainder * kpi.per
    within = within_usual_range(series, before, after)
    several = len(before.labels) > 1 or len(after.labels) > 1
    shown = why_words.precise(kpi, change, several)
    told = why_words.Change(shown, series.period, before, after, change, split.by, left)
    effects = why_words.effects(told, parts)
    steps = tuple(WhyStep(*step) for step in why_steps.steps(told, effects))
    return WhyView(
        kpi=shown,
        slice=series.slice,
        period=series.period,
        before=before,
        after=after,
        change=change,
        change_text=why_words.whole(shown, before.value, after.value),
        by=split.by,
        dimensions=dimensions,
        parts=parts,
        remainder=left,
        steps=steps,
        within_usual_range=within,
        chance=chance_words(series, before, after, within),
        finding=why_words.finding(told, sentences.subject(kpi, series.slice)),
        because=why_words.because(told, effects, gaps=bool(split.unknown)),
        report_date=series.report_date.isoformat() if series.report_date else "",
        remarks=why_words.remarks(told, split.unknown, series.report_date),
        notes=series.notes,
    )


def _parts(kpi: Kpi, split: Split) -> tuple[WhyPart, ...]:
    found = split.found
    columns = (
        found.rate, found.mix, found.total, found.rate_from, found.rate_to,
    )  # fmt: skip
    rates = [(values * kpi.per).tolist() for values in columns]
    shares = [found.share_from.tolist(), found.share_to.tolist()]
    made = [
        WhyPart(label, code, kind, *numbers)
        for label, code, kind, *numbers in zip(
            split.labels, split.codes, found.kinds, *rates, *shares, strict=True
        )
    ]
    there = [p for p in made if p.total or p.rate_from or p.rate_to]
    return tuple(sorted(there, key=lambda part: (-abs(part.total), part.label)))
