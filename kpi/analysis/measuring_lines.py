"""The lines of the measurement plan: an entry with its feeds, its analyses, and what is late."""

from collections.abc import Iterable
from datetime import date

from kpi.analysis import measuring_words, registering, words
from kpi.analysis.home import Home
from kpi.analysis.marked import Settled
from kpi.analysis.measuring_days import due_in, due_period, reaches
from kpi.analysis.measuring_results import FeedState, Late, PlanLine
from kpi.analysis.permitted import of_slice
from kpi.calendar import month_bounds
from kpi.errors import UnknownNameError
from kpi.measures import Kpi, kpi_of, values_of
from kpi.qms.measurement import ANALYSIS, Analysis, PlanEntry, Use
from kpi.qms.processes import PROCESS
from kpi.qms.register import Recorded
from kpi.store import Entry
from kpi.store.model import UploadPart


class Looked:
    """Everything the lines of a plan are made of, read once."""

    def __init__(self, home: Home, today: date) -> None:
        self._home, self._today = home, today
        self._view = home.view()
        self._settled = Settled(self._view)
        self._analyses = [
            e
            for e in latest_first(registering.listed(home, ANALYSIS))
            if (e.item.on or date.max) <= today
        ]
        self._uploads = [e for e in home.store.counting() if e.when.date() <= today]
        self._plants = self._view.plants()
        self._processes = registering.listed(home, PROCESS)
        self._names = values_of(self._view, "plant", ())
        self._code_of: dict[tuple[str, ...], tuple[str, ...]] = {}

    def line(self, entry: Recorded[PlanEntry]) -> PlanLine:
        """An entry with what the ledger and the analyses say of it."""
        item = entry.item
        try:
            kpi: Kpi | None = kpi_of(self._view, item.kpi)
        except UnknownNameError:
            kpi = None
        feeds = self._feeds(item, kpi) if kpi else ()
        uploaded = max((f.uploaded for f in feeds if f.uploaded), default=None)
        reach = min((f.reach for f in feeds if f.reach), default=None)
        latest = next((e for e in self._analyses if self._counts(e.item, item)), None)
        late = self._late(entry, feeds, latest) if item.status is Use.ACTIVE and kpi else ()
        return PlanLine(
            entry=entry,
            title=item.title,
            slice_words=words.slice_words(item.slice),
            definition=measuring_words.definition(item, kpi),
            process=self._process(item),
            feeds=feeds,
            uploaded=uploaded,
            reach=reach,
            uploaded_words=measuring_words.uploaded_words(uploaded, reach),
            analysed=latest,
            analysed_words=measuring_words.analysed_words(latest),
            late=late,
            lacks=measuring_words.lacks(item, kpi, self._process(item)),
        )

    def _process(self, item: PlanEntry) -> str:
        """The process as it is linked, else as it is named."""
        linked = [e.item.title for e in self._processes if e.id in item.links]
        return "; ".join(linked) or item.process

    # --- uploads ------------------------------------------------------------------------------

    def _feeds(self, item: PlanEntry, kpi: Kpi) -> tuple[FeedState, ...]:
        """Per plant and dataset how far the data reach; datasets nobody loads there are left out."""
        found = []
        for plant in self._plants_of(item):
            states = [self._state(plant, dataset, item.feeds) for dataset in _datasets(kpi)]
            loaded = [state for state in states if state.reach is not None]
            found += loaded or states[:1]
        return tuple(found)

    def _plants_of(self, item: PlanEntry) -> tuple[str, ...]:
        named = tuple(value for name, value in self._settled(item.slice) if name == "plant")
        return self._codes(named) if named else self._plants

    def _codes(self, named: tuple[str, ...]) -> tuple[str, ...]:
        """Plants as files carry them: a slice may say a plant's name."""
        if named not in self._code_of:
            codes = of_slice(self._home, tuple(("plant", name) for name in named))
            self._code_of[named] = tuple(c for c in codes if c in self._plants) or named
        return self._code_of[named]

    def _state(self, plant: str, dataset: str, feeds: tuple[str, ...]) -> FeedState:
        own = [
            (entry, _reach(entry, dataset, plant))
            for entry in self._uploads
            if not feeds or entry.feed in feeds
        ]
        known = [(entry, reach) for entry, reach in own if reach is not None]
        if not known:
            return FeedState(plant, dataset, (), None, "", None)
        last = max((entry for entry, _ in known), key=lambda entry: entry.position)
        return FeedState(
            plant=plant,
            dataset=dataset,
            feeds=tuple(dict.fromkeys(entry.feed for entry, _ in known)),
            uploaded=last.when.date(),
            who=last.who,
            reach=max(reach for _, reach in known),
        )

    # --- what is late -------------------------------------------------------------------------

    def _late(
        self,
        entry: Recorded[PlanEntry],
        feeds: tuple[FeedState, ...],
        latest: Recorded[Analysis] | None,
    ) -> tuple[tuple[Late, str], ...]:
        item = entry.item
        out: list[tuple[Late, str]] = []
        if missing := self._upload_late(item, feeds):
            out.append((Late.UPLOAD, missing))
        due = due_period(item.analysed, self._today)
        since = item.since or date.min
        if due.last >= since and (latest is None or (latest.item.on or date.min) <= due.last):
            out.append((Late.ANALYSIS, measuring_words.not_analysed(due, item.analysed, latest)))
        return tuple(out)

    def _upload_late(self, item: PlanEntry, feeds: tuple[FeedState, ...]) -> str:
        for state in sorted(feeds, key=lambda f: f.reach or date.min):
            due = due_in(self._home.settings, state.plant, item.measured, self._today)
            if reaches(state.reach, due):
                continue
            about = f"data on {words.within(state.title)} of {state.plant}"
            if state.reach is None:
                return f"Upload overdue: no {about} were ever uploaded."
            return (
                f"Upload overdue: {about} end on {words.date_words(state.reach)}; "
                f"{measuring_words.period_words(due, item.measured)} should be there."
            )
        return "" if feeds else "Upload overdue: nothing was ever uploaded for it."

    # --- analyses -----------------------------------------------------------------------------

    def _counts(self, analysis: Analysis, item: PlanEntry) -> bool:
        """Whether an analysis is one of a plan entry: of the same KPI and the same or a wider slice."""
        if analysis.kpi != item.kpi:
            return False
        own, looked = set(self._settled(item.slice)), set(self._settled(analysis.slice))
        if len(self._names) == 1:  # then to name it adds nothing
            own = {pair for pair in own if pair[0] != "plant"}
            looked = {pair for pair in looked if pair[0] != "plant"}
        return looked <= own


def latest_first(found: Iterable[Recorded[Analysis]]) -> tuple[Recorded[Analysis], ...]:
    """Analyses by the day they were made, the latest first."""
    return tuple(sorted(found, key=lambda e: (e.item.on or date.min, e.number), reverse=True))


def _reach(entry: Entry, dataset: str, plant: str) -> date | None:
    """The last day that an upload speaks of a dataset and plant; ``None`` where it does not."""
    found = [reach_of(part, plant) for part in entry.parts if part.dataset == dataset]
    return max((day for day in found if day is not None), default=None)


def reach_of(part: UploadPart, plant: str) -> date | None:
    """The same of one part: the end of what it claims to cover, else of its last month with rows.

    Order items carry no month, and fall due after the data were drawn: what is known of them ends
    with the data date.
    """
    covered = [c.last for c in part.coverage if c.plant == plant]
    months = [month for month, rows in part.months.get(plant, {}).items() if rows]
    if not covered and not months:
        return None
    dated = [month_bounds(month)[1] for month in months if month]
    ends = max(covered or dated, default=part.data_date)
    return min(ends, part.data_date) if ends and part.data_date else ends


def _datasets(kpi: Kpi) -> tuple[str, ...]:
    return kpi.datasets or ("reported_value",)
