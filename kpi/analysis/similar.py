"""Similar cases: where else the same reason, product or line signals now, or was found before."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from kpi.analysis import registering
from kpi.analysis.home import Home
from kpi.analysis.marked import Settled
from kpi.analysis.results import Filters, Screened
from kpi.analysis.screening import screen
from kpi.qms.nonconformities import NONCONFORMITY, Nonconformity
from kpi.qms.register import Recorded
from kpi.qms.targets import Slice

SHARED: Final = ("reason", "product", "line")
"""What makes cases alike, in the order in which it is told. A line is of one plant."""


@dataclass(frozen=True, slots=True)
class Similar:
    """A case like another. ``because`` says what they share; one of ``signal`` and ``entry`` is set."""

    because: str
    says: str
    slice: Slice
    signal: Screened | None = None
    entry: Recorded[Nonconformity] | None = None


def similar_to(home: Home, id: str) -> tuple[Similar, ...]:
    """Cases like a recorded nonconformity; see ``similar_cases``.

    Raises
    ------
    UnknownNameError
        There is none with this id, or none that may be seen.
    """
    return similar_cases(home, registering.found(home, NONCONFORMITY, id).item, id)


def similar_cases(home: Home, item: Nonconformity, id: str = "") -> tuple[Similar, ...]:
    """Cases like a nonconformity in the plants seen: signals of now, then what was recorded before.

    Alike is what shares its reason or its product (in any plant), its line, or its KPI on another
    line or plant. A nonconformity with a signal of its own takes the reason that makes most of it.
    """
    settled = Settled(home.view())
    found = screen(home, Filters(period=_period(item)))
    signals = (*found.act, *found.watch, *found.improving)
    own = _told_closer(item, settled(item.slice), signals, settled)
    return (*_signals(item, own, signals, settled), *_recorded(home, item, own, id, settled))


def _period(item: Nonconformity) -> str:
    return item.evidence.period if item.evidence and item.evidence.period != "day" else "month"


def _told_closer(
    item: Nonconformity, own: Slice, signals: Iterable[Screened], settled: Settled
) -> Slice:
    """Its slice with what screening says makes nearly all of it."""
    for one in signals:
        if one.kpi.id == item.kpi and one.decisive and {*settled(one.slice)} == {*own}:
            return tuple(dict.fromkeys((*own, *one.decisive)))
    return own


def _signals(
    item: Nonconformity, own: Slice, signals: Iterable[Screened], settled: Settled
) -> list[Similar]:
    found = []
    for one in signals:
        if one.worse is False:
            continue
        place = settled(one.slice)
        other = tuple(dict.fromkeys((*place, *settled(one.decisive))))
        same = one.kpi.id == item.kpi and {*place} <= {*own}
        because = "" if same else _because(item.kpi, own, one.kpi.id, other)
        if because:
            found.append(Similar(because, one.headline, one.slice, signal=one))
    return sorted(_told_once(found), key=_order)


def _told_once(found: Iterable[Similar]) -> list[Similar]:
    """The clearest signal of each KPI and place: others there only repeat it, shift by shift."""
    kept: dict[tuple[str, str, Slice], Similar] = {}
    for one in found:  # they come clearest first
        place = tuple(pair for pair in one.slice if pair[0] in ("plant", "line"))
        kpi = one.signal.kpi.id if one.signal else ""
        kept.setdefault((kpi, one.because, tuple(sorted(place))), one)
    return list(kept.values())


def _recorded(
    home: Home, item: Nonconformity, own: Slice, id: str, settled: Settled
) -> list[Similar]:
    found = []
    for entry in registering.listed(home, NONCONFORMITY):
        if entry.id == id:
            continue
        other = settled(entry.item.slice)
        because = _because(item.kpi, own, entry.item.kpi, other)
        if not because and item.kpi and item.kpi == entry.item.kpi and {*other} == {*own}:
            because = "the same KPI and place"
        if because:
            says = f"{entry.id} {entry.item.title} ({entry.item.status})"
            found.append(Similar(because, says, entry.item.slice, entry=entry))
    return sorted(found, key=_order)


def _because(kpi: str, own: Slice, other_kpi: str, other: Slice) -> str:
    """What two cases share, in words; empty where nothing makes them alike."""
    shared = {*own} & {*other}
    told = []
    for name in SHARED:
        values = [value for dimension, value in sorted(shared) if dimension == name]
        if values and (name != "line" or _same_plant(own, other)):
            told.append(f"the same {name}, {', '.join(values)}")
    if told:
        return "; ".join(told)
    elsewhere = {*own} != {*other} and not {*own} <= {*other} and not {*other} <= {*own}
    return "the same KPI elsewhere" if kpi and kpi == other_kpi and elsewhere else ""


def _same_plant(own: Slice, other: Slice) -> bool:
    plants, others = ({v for d, v in s if d == "plant"} for s in (own, other))
    return not plants or not others or bool(plants & others)


def _order(one: Similar) -> tuple[int, str]:
    ranked = [n for n, name in enumerate(SHARED) if f"same {name}" in one.because]
    return (ranked[0] if ranked else len(SHARED), one.says)
