"""The figures a held review used, written down so that they can be read again whatever changes since."""

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

import pandas as pd

from kpi.analysis.agenda_results import Agenda, AgendaInput, Asked
from kpi.analysis.as_json import decoded, encoded
from kpi.errors import KpiError, StoreError
from kpi.measures import FactSource, SeriesQuestion, evaluate, kpi_of
from kpi.measures.wide import wide
from kpi.qms import Slice
from kpi.settings import Settings

FORMAT: Final = 1

SPLIT: Final = ("plant", "line")


@dataclass(frozen=True, slots=True)
class Figure:
    """A KPI of one slice and month as it was worked out; ``value`` is NaN where there was none."""

    kpi: str
    title: str
    unit: str
    decimals: int
    slice: Slice
    month: str
    numerator: float
    denominator: float
    value: float

    @property
    def key(self) -> tuple[str, Slice, str]:
        """What it is the figure of."""
        return self.kpi, self.slice, self.month


def figures_of(
    source: FactSource, settings: Settings, kpis: Sequence[str], asked: Asked
) -> tuple[Figure, ...]:
    """Every KPI by month over the days reviewed: of all plants reviewed together, and by line."""
    return tuple(
        figure
        for kpi in kpis
        for by in ((), SPLIT)
        for figure in _figures(source, settings, kpi, by, asked)
    )


def _figures(
    source: FactSource, settings: Settings, kpi_id: str, by: tuple[str, ...], asked: Asked
) -> list[Figure]:
    """All slices of a split at once, as screening asks for them: one by one takes ten times as long."""
    question = SeriesQuestion(kpi_id, "month", by, asked.where, asked.first, asked.last)
    try:
        kpi_of(source, kpi_id)
    except KpiError:  # a reported figure nobody reports any more
        return []
    answered = wide(source, question, settings)
    if not answered.series:
        return _without_slices(source, question, settings, asked)
    kpi = answered.kpi
    columns = (answered.numerator.T, answered.denominator.T, answered.value.T)
    found = []
    for values, *numbers in zip(answered.slices, *columns, strict=True):
        own = _own(zip(by, values, strict=True))
        if by and not own:
            continue
        told = (kpi.id, kpi.title, kpi.unit, kpi.decimals, own if by else asked.where)
        of_months = zip(answered.labels, *(n.tolist() for n in numbers), strict=True)
        found += [Figure(*told, *month) for month in of_months]
    return found


def _without_slices(
    source: FactSource, question: SeriesQuestion, settings: Settings, asked: Asked
) -> list[Figure]:
    """Figures of a split that one side of a KPI is not recorded by: months that say so, if any."""
    answered = evaluate(source, question, settings)
    kpi, by = answered.kpi, question.by
    found = []
    for row in answered.frame.to_dict("records"):
        own = _own((d, row[d]) for d in by)
        if by and not own:
            continue
        values = [_number(row[name]) for name in ("numerator", "denominator", "value")]
        chosen = own if by else asked.where
        found.append(
            Figure(kpi.id, kpi.title, kpi.unit, kpi.decimals, chosen, str(row["period"]), *values)
        )
    return found


def _own(pairs: Iterable[tuple[str, Any]]) -> Slice:
    """The slice that values of dimensions make, without those not assigned."""
    return tuple((d, str(value)) for d, value in pairs if isinstance(value, str) and value)


def _number(value: Any) -> float:
    return math.nan if pd.isna(value) else float(value)


# --- the file -----------------------------------------------------------------------------------


def written(agenda: Agenda, figures: Sequence[Figure]) -> bytes:
    """An agenda with its figures as a JSON file; the same agenda gives the same bytes."""
    told = {
        "format": FORMAT,
        "edition": agenda.edition,
        "review": agenda.record.id if agenda.record else "",
        "plants": [value for _, value in agenda.asked.where],
        "first": agenda.asked.first.isoformat(),
        "last": agenda.asked.last.isoformat(),
        "ledger_position": agenda.position,
        "records_number": agenda.number,
        "trail_head": agenda.review.head,
        "made": agenda.made.isoformat(),
        "made_by": agenda.made_by,
        "inputs": [_input(one) for one in agenda.inputs],
        "figures": [_plain(figure) for figure in figures],
        "agenda": encoded(agenda),
    }
    return json.dumps(told, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()


def _input(one: AgendaInput) -> dict[str, Any]:
    return {
        "letter": one.letter, "key": one.key, "title": one.title, "finding": one.finding,
        "nothing": one.nothing, "says": one.says, "missing": one.missing, "records": one.records,
        "tables": [asdict(table) for table in one.tables],
    }  # fmt: skip


def _plain(figure: Figure) -> dict[str, Any]:
    numbers = {n: _or_none(getattr(figure, n)) for n in ("numerator", "denominator", "value")}
    return asdict(figure) | numbers


def _or_none(value: float) -> float | None:
    return value if math.isfinite(value) else None


def figures_in(data: bytes) -> tuple[Figure, ...]:
    """The figures of a kept agenda.

    Raises
    ------
    StoreError
        The file is of another version, or no such file.
    """
    return tuple(
        Figure(
            one["kpi"], one["title"], one["unit"], one["decimals"],
            tuple((d, v) for d, v in one["slice"]), one["month"],
            *(_number(one[name]) for name in ("numerator", "denominator", "value")),
        )
        for one in _read(data)["figures"]
    )  # fmt: skip


def agenda_in(data: bytes) -> Agenda:
    """A kept agenda as it was, with charts and tables.

    Raises
    ------
    StoreError
        It was kept by a version that this one does not read.
    """
    found: Agenda = decoded(_read(data)["agenda"])
    return found


def _read(data: bytes) -> Mapping[str, Any]:
    told: Mapping[str, Any] = json.loads(data)
    if told.get("format") != FORMAT:
        raise StoreError(
            "This agenda was kept by a newer version of Clause Nine. Install that version to show "
            "its figures; its documents are handed out all the same."
        )
    return told
