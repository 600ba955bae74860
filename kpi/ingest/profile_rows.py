"""What the rows of a recognised list mean: which are left out, what their codes say, what adds up."""

from collections.abc import Callable, Mapping
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from kpi.ingest.conventions import Desk
from kpi.ingest.durations import MINUTES_PER
from kpi.ingest.facts import Facts
from kpi.ingest.numbers import Mask
from kpi.ingest.profile_deliveries import (
    cancelled_but_delivered,
    delivered_is_ordered,
    deliveries_as_orders,
    marks_of,
    split_items,
    sub_items,
)
from kpi.ingest.profile_match import Known
from kpi.ingest.profiles import ProfileColumn, RowRule, folded, spoken
from kpi.ingest.vocabulary import vocabulary
from kpi.model import Severity
from kpi.texts import said, said_n

_NEAR: Final = 1.25
_ENOUGH: Final = 3


def apply_profile(facts: Facts, known: Known, desk: Desk) -> None:
    """Give the rows of a recognised list their meaning, before any is checked."""
    profile = known.profile
    for name, code in profile.constants.items():
        if name not in facts.texts:
            facts.texts[name] = pa.repeat(pa.scalar(code, pa.string()), len(facts))
    for column in profile.columns:
        if column.fills and column.name in known.at and column.field in facts.texts:
            more = facts.grid.columns[known.at[column.name]].as_text()
            facts.texts[column.field] = pc.coalesce(facts.texts[column.field], more)
    for name, codes in profile.codes.items():
        if name in facts.texts:
            facts.texts[name] = _translated(facts.texts[name], codes)
    for rule in profile.rows:
        if rule.column in known.at:
            _follow(facts, rule, profile.column(rule.column), known.at[rule.column], desk)
    for name in profile.derive:
        _MADE_BY[name](facts, desk)


def _translated(texts: pa.Array, codes: Mapping[str, str]) -> pa.Array:
    """Texts by a table of codes; one that the table does not know stays as it is.

    A text of several codes ("NOCO ORAS") has the meaning of the first of the table's that is in it.
    """
    table = {folded(code): text for code, text in codes.items()}
    encoded = pc.dictionary_encode(texts)
    read = [_meaning(t, table) for t in encoded.dictionary.to_pylist()]
    return pa.array(read, pa.string()).take(encoded.indices)


def _meaning(text: str, table: Mapping[str, str]) -> str:
    whole = table.get(folded(text))
    words = folded(text).split()
    return whole or next((meaning for code, meaning in table.items() if code in words), text)


def matching(texts: pa.Array, rule: RowRule) -> Mask:
    """The rows of which a rule speaks."""
    encoded = pc.dictionary_encode(texts)
    cells = [t or "" for t in encoded.dictionary.to_pylist()]
    found = np.array([*(_speaks(t, rule) for t in cells), _speaks("", rule)], bool)
    codes = encoded.indices.fill_null(len(cells)).to_numpy(zero_copy_only=False)
    return np.asarray(found[codes])


def _speaks(text: str, rule: RowRule) -> bool:
    words = folded(text)
    answers = {
        "filled": bool(words),
        "blank": not words,
        "true": vocabulary().is_true(text),
        "false": not vocabulary().is_true(text),
        "nonzero": bool(words.strip("0")),
        "in": words in rule.texts,
        "not_in": words not in rule.texts,
    }
    return answers[rule.where]


def _follow(facts: Facts, rule: RowRule, column: ProfileColumn, place: int, desk: Desk) -> None:
    heading = facts.grid.columns[place].heading
    found = matching(facts.grid.columns[place].as_text(), rule)
    out = ~found if rule.keep else found
    if rule.keep and not found.any():
        if rule.none == "ask":
            _none_kept(facts, rule, column, heading, desk)
            return
        if rule.none == "all":
            return
    left = out & ~facts.aside
    facts.aside |= out
    facts.reasons[out] = ""  # whatever is wrong with a row that does not count
    if left.any():
        desk.note(
            facts.grid.sheet,
            said_n(
                "{n} row is not read: {what}",
                "{n} rows are not read: {what}",
                n=int(left.sum()),
                what=spoken(rule.says),
            ),
            heading,
        )


def _none_kept(
    facts: Facts, rule: RowRule, column: ProfileColumn, heading: str, desk: Desk
) -> None:
    """No row is marked as one that counts: the mark is not used here, or nothing happened."""
    answer = desk.ask(
        "convention",
        facts.grid.sheet,
        f"rows:{column.name}",
        said("No row is marked in {heading}. Do all of them count?", heading=repr(heading)),
        [
            ("all", said("the mark is not used in this plant, every row counts")),
            ("none", said("a row without the mark is none of these: {what}", what=rule.says)),
        ],
        heading=heading,
    )
    if answer == "none":
        facts.aside |= np.ones(len(facts), bool)


# --- what a list's rows mean beyond that, by the names a profile may use in "derive" -------------


def pair_reversals(facts: Facts, desk: Desk) -> None:
    """Cancelled rows and the rows that cancel them, where only one of the two is marked.

    The marked row is out. Its counterpart, of the same order and quantities (with the other sign,
    where the cancelled one is the one marked), is out with it.
    """
    marked = [n for n in ("reversed", "reversal_of") if n in facts.texts]
    figures = [n for n in ("qty_good", "qty_scrap", "qty_rework") if n in facts.numbers]
    if len(marked) != 1 or not figures or not facts.aside.any():
        return
    names = ("confirmation", "order", "product", "machine", "work_center")
    marks = marks_of([facts.texts[n] for n in names if n in facts.texts], len(facts))
    amounts = np.stack([np.nan_to_num(facts.numbers[n]) for n in figures], axis=1)
    waiting: dict[tuple[object, ...], int] = {}
    for i in np.flatnonzero(facts.aside).tolist():
        key = (marks[i], *np.abs(amounts[i]).tolist())
        waiting[key] = waiting.get(key, 0) + 1
    wanted = (amounts <= 0).all(axis=1) if marked == ["reversed"] else (amounts >= 0).all(axis=1)
    other = np.zeros(len(facts), bool)
    for i in np.flatnonzero(wanted & (amounts != 0).any(axis=1) & ~facts.aside).tolist():
        key = (marks[i], *np.abs(amounts[i]).tolist())
        if waiting.get(key, 0) > 0:
            waiting[key] -= 1
            other[i] = True
    facts.aside |= other
    facts.reasons[other] = ""
    if other.any():
        desk.note(
            facts.grid.sheet,
            said_n(
                "{n} row is not read: it is the counterpart of a cancelled one",
                "{n} rows are not read: they are the counterparts of cancelled ones",
                n=int(other.sum()),
            ),
        )


def negative_confirmations(facts: Facts, desk: Desk) -> None:
    """Rows that take back an earlier one by negative quantities net out, with all their figures.

    Both rows of a pair are left out: the same order and the same quantities with the other sign.
    """
    figures = [n for n in ("qty_good", "qty_scrap", "qty_rework") if n in facts.numbers]
    if not figures:
        return
    amounts = np.stack([np.nan_to_num(facts.numbers[n]) for n in figures], axis=1)
    amounts[facts.aside] = 0
    taken_back = (amounts <= 0).all(axis=1) & (amounts < 0).any(axis=1)
    if not taken_back.any():
        return
    names = ("confirmation", "order", "product", "machine", "reason")
    marks = marks_of([facts.texts[n] for n in names if n in facts.texts], len(facts))
    waiting: dict[tuple[object, ...], list[int]] = {}
    positive = (amounts >= 0).all(axis=1) & (amounts > 0).any(axis=1)
    for i in np.flatnonzero(positive).tolist():
        waiting.setdefault((marks[i], *amounts[i].tolist()), []).append(i)
    pairs = 0
    for i in np.flatnonzero(taken_back).tolist():
        others = waiting.get((marks[i], *np.abs(amounts[i]).tolist()))
        if others:
            facts.aside[[i, others.pop()]] = True
            pairs += 1
    if pairs:
        desk.note(
            facts.grid.sheet,
            said_n(
                "{n} row and the one that takes it back are not read: together they are nothing",
                "{n} rows and those that take them back are not read: together they are nothing",
                n=pairs,
            ),
        )


def stops_by_their_span(facts: Facts, desk: Desk) -> None:
    """Durations held against start and end: a unit that is plainly another, or a zero, gives way.

    A stop that is still open has no duration, whatever is printed.
    """
    minutes, begun = facts.numbers.get("minutes"), facts.moments.get("start")
    ended = facts.moments.get("end")
    if minutes is None or begun is None:
        return
    if ended is None:
        return
    spans = (ended - begun) / np.timedelta64(60_000_000, "us")
    values = minutes.copy()
    if {"start", "end"} <= facts.timed:
        usable = (spans > 0) & (values > 0) & facts.good
        if int(usable.sum()) >= _ENOUGH:
            ratio = float(np.median(spans[usable] / values[usable]))
            factor = next((f for f in _FACTORS if f / _NEAR < ratio < f * _NEAR), 1.0)
            if factor != 1.0:
                values = values * factor
                desk.note(
                    facts.grid.sheet,
                    said(
                        "The durations are {factor} times too small or large for their start and "
                        "end: they are read in the unit that fits.",
                        factor=float(1 / factor if factor < 1 else factor),
                    ),
                    facts.heading("minutes"),
                    severity=Severity.WARNING,
                    expected=said("durations that fit start and end"),
                )
        zero = (values == 0) & (spans > 0) & facts.good
        if zero.any():
            values = np.where(zero, spans, values)
            desk.note(
                facts.grid.sheet,
                said_n(
                    "{n} row states a duration of 0 between a start and a later end: it counts "
                    "from start to end",
                    "{n} rows state a duration of 0 between a start and a later end: they count "
                    "from start to end",
                    n=int(zero.sum()),
                ),
                facts.heading("minutes"),
            )
    values = np.where(~np.isnat(begun) & np.isnat(ended) & (values == 0), np.nan, values)
    facts.numbers["minutes"] = values


def scrap_on_top(facts: Facts, desk: Desk) -> None:
    """Completions are good pieces here: what was scrapped was produced as well."""
    facts.scrap_on_top = True


_FACTORS: Final = (
    1.0,
    *(b / a for a in MINUTES_PER.values() for b in MINUTES_PER.values() if a != b),
)
_MADE_BY: Final[Mapping[str, Callable[[Facts, Desk], None]]] = {
    "pair_reversals": pair_reversals,
    "negative_confirmations": negative_confirmations,
    "split_items": split_items,
    "delivered_is_ordered": delivered_is_ordered,
    "deliveries_as_orders": deliveries_as_orders,
    "stops_by_their_span": stops_by_their_span,
    "sub_items": sub_items,
    "scrap_on_top": scrap_on_top,
    "cancelled_but_delivered": cancelled_but_delivered,
}
