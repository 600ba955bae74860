"""What stands in a cell of a list of audits, as the value its field takes; a reason where it is none."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from kpi.calendar import month_bounds
from kpi.errors import UsageError
from kpi.ingest.dates import month_names
from kpi.measures import Kpi
from kpi.qms.agenda import Edition
from kpi.qms.audit_headings import choice_of, choices, folded
from kpi.qms.processes import check_clauses
from kpi.qms.register import Kind, Shape, options, told_fields
from kpi.safe_text import neutral_cell, one_line

_SEVERAL: Final = re.compile(r"\s*(?:[;\n|]|\s/\s|\s&\s)\s*")
_STANDARD: Final = re.compile(r"(?i)\b(?:iso|en|din|iatf|ts)\b[\s/-]*(?:9001|\d{4,5})?(?:\s*[:\-]\s*20\d\d)?|9001(?:\s*[:\-]\s*20\d\d)?")  # fmt: skip
_CONTROLS: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_TWO_WAYS: Final = re.compile(r"\d{1,2}\s?[-/]\s?\d{1,2}\s?[-/]\s?\d{2,4}")
_CLAUSE: Final = re.compile(r"\d+(?:\.\d+)*")
_QUARTERS: Final = re.compile(r"(?i)(?:q|t)\s?([1-4])[\s/.-]*(20\d\d)|(20\d\d)[\s/.-]*q([1-4])")
_WEEKS: Final = re.compile(r"(?i)(?:kw|cw|w|s|wk|week)\s?(\d{1,2})[\s/.-]+(20\d\d)|(20\d\d)[\s/.-]*(?:kw|w)(\d{1,2})")  # fmt: skip
_MONTH: Final = re.compile(r"(20\d\d)[-/.](\d{1,2})|(\d{1,2})[-/.](20\d\d)")

CHOICES: Final[Mapping[tuple[str, str], str]] = {
    ("audit", "status"): "audit status",
    ("finding", "status"): "finding status",
    ("process", "status"): "process status",
}
"""The choices of a field where its name alone does not say which."""


class CellError(UsageError):
    """A cell does not hold what its field takes; ``field`` names it."""

    def __init__(self, field: str, says: str) -> None:
        super().__init__(says)
        self.field = field


@dataclass(frozen=True, slots=True)
class Days:
    """The days of one column: each text as a day, and whether day or month comes first is open."""

    read: Mapping[str, date]
    doubtful: bool

    def of(self, field: str, text: str) -> date:
        """The day a text names.

        Raises
        ------
        CellError
            It names none, or may be two.
        """
        if self.doubtful and _TWO_WAYS.fullmatch(text):
            raise CellError(
                field, f"{text!r} can be read with the day or the month first. Say which it is."
            )
        if text not in self.read:
            raise CellError(field, f"{text!r} is no day. Write it as 2026-03-31.")
        return self.read[text]


def days_of(texts: Iterable[str], order: str = "") -> Days:
    """The days of a column; ``order`` is ``dmy`` or ``mdy`` where somebody said which it is."""
    import pyarrow as pa

    from kpi.ingest.dates import read_date_texts

    distinct = list(dict.fromkeys(texts))
    found = read_date_texts(pa.array(distinct, pa.string()), order=order or None)
    read = {
        text: stamp.astype("datetime64[D]").item()
        for text, stamp, fine in zip(distinct, found.stamps, found.readable, strict=True)
        if fine
    }
    open_ = not order and (found.doubtful or found.conflicting)
    return Days(read, open_ and any(_TWO_WAYS.fullmatch(text) for text in distinct))


def span_of(text: str) -> tuple[date, date] | None:
    """First and last day of a month, quarter or calendar week that is planned for; else ``None``.

    >>> span_of("März 2026"), span_of("2026-Q2")[1], span_of("KW 12/2026")[0], span_of("5.3.2026")
    ((datetime.date(2026, 3, 1), datetime.date(2026, 3, 31)), datetime.date(2026, 6, 30), datetime.date(2026, 3, 16), None)
    """
    plain = text.strip()
    if found := _QUARTERS.fullmatch(plain):
        quarter, year = int(found[1] or found[4]), found[2] or found[3]
        return month_bounds(f"{year}-{3 * quarter - 2:02d}")[0], month_bounds(f"{year}-{3 * quarter:02d}")[1]  # fmt: skip
    if found := _WEEKS.fullmatch(plain):
        return _week(int(found[2] or found[3]), int(found[1] or found[4]))
    if found := _MONTH.fullmatch(plain):
        year, month = found[1] or found[4], int(found[2] or found[3])
    else:
        words = folded(plain).split()
        if len(words) != 2 or not re.fullmatch(r"20\d\d", words[1]):
            return None
        year, month = words[1], month_names().get(words[0], 0)
    return month_bounds(f"{year}-{month:02d}") if 1 <= month <= 12 else None


def _week(year: int, week: int) -> tuple[date, date] | None:
    try:
        monday = date.fromisocalendar(year, week, 1)
    except ValueError:
        return None
    return monday, monday + timedelta(days=4)


def plain(text: str) -> str:
    """A cell's text without the apostrophe that this program puts before what looks like a formula.

    Control characters, which no one sees, are left out.
    """
    bare = text[1:] if text.startswith("'") and neutral_cell(text[1:]) == text else text
    return _CONTROLS.sub("", bare)


def value_of(kind: Kind[Any], field: str, text: str) -> Any:
    """What a cell says of a field of text, names, clauses or choice.

    Raises
    ------
    CellError
        It is none of the choices, or no clause.
    """
    about = told_fields(kind.of)[field]
    text = plain(text)
    if field in ("clauses", "clause"):
        found = _clauses(field, text)
        return found if field == "clauses" else next(iter(found), "")
    if field == "links":
        return tuple(dict.fromkeys(re.split(r"[\s;,]+", text.strip())))
    match about.shape:
        case Shape.CHOICE:
            return _choice(kind, field, text)
        case Shape.LINES:
            return names(text)
        case Shape.TEXT:
            return text.replace("\r\n", "\n").strip()
    return " ".join(one_line(text).split())


def _choice(kind: Kind[Any], field: str, text: str) -> Any:
    if field == "edition":
        found = next((e for e in Edition if str(e) in text), None)
        if found is None:
            raise CellError(field, f"{text!r} is no edition. Write 2015 or 2026.")
        return found
    name = CHOICES.get((kind.name, field), field)
    chosen = choice_of(name, text)
    if not chosen:
        raise CellError(field, f"{text!r} is none of: {', '.join(choices(name))}.")
    return next(member for member in options(kind.of, field) if str(member) == chosen)


def _clauses(field: str, text: str) -> tuple[str, ...]:
    found = tuple(dict.fromkeys(_CLAUSE.findall(_STANDARD.sub(" ", text))))
    if not found:
        raise CellError(field, f"{text!r} names no clause. Write numbers such as 8.5 or 8.5.1.")
    try:
        check_clauses(found)
    except UsageError as error:
        raise CellError(field, str(error)) from error
    return found


def names(text: str) -> tuple[str, ...]:
    """Names in a cell, apart. A comma parts them only where each part is more than one word.

    >>> names("Anna Vogel; Jan Peters"), names("Vogel, Anna"), names("Anna Vogel, Jan Peters")
    (('Anna Vogel', 'Jan Peters'), ('Vogel, Anna',), ('Anna Vogel', 'Jan Peters'))
    """
    parts = [part for part in _SEVERAL.split(text.strip()) if part]
    if len(parts) == 1 and all(len(p.split()) > 1 for p in parts[0].split(",")):
        parts = [part.strip() for part in parts[0].split(",")]
    return tuple(dict.fromkeys(" ".join(one_line(part).split()) for part in parts))


def parts_of(text: str) -> tuple[str, ...]:
    """Several names of things in a cell, by any of the marks people part them with."""
    return tuple(dict.fromkeys(p for p in re.split(r"\s*(?:[;\n|,]|\s/\s)\s*", text.strip()) if p))


def kpis_of(text: str, catalogue: Iterable[Kpi]) -> tuple[str, ...]:
    """KPIs a cell names by their ids or titles.

    Raises
    ------
    CellError
        One is unknown.
    """
    known = {folded(name): k.id for k in catalogue for name in (k.title, k.id)}
    found = []
    for part in parts_of(plain(text)):
        if folded(part) not in known:
            raise CellError("kpis", f"There is no KPI {part!r}. `python -m kpi kpis` lists them.")
        found.append(known[folded(part)])
    return tuple(dict.fromkeys(found))


def slice_of(text: str) -> tuple[tuple[str, str], ...]:
    """What a record is about, as exports write it: ``plant=Nord; line=L1``.

    >>> slice_of("plant=Nord; line=L1"), slice_of("all plants")
    ((('plant', 'Nord'), ('line', 'L1')), ())
    """
    pairs = (part.partition("=") for part in plain(text).split(";"))
    return tuple((name.strip(), value.strip()) for name, mark, value in pairs if mark)
