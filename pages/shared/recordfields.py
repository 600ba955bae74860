"""The fields of a record's form: one widget per shape, laid out so that a form fits a screen."""

from collections.abc import Callable, Iterator, Mapping
from datetime import date
from typing import Any, Final, Literal

import streamlit as st

from kpi.analysis import registering
from kpi.analysis.results import Filters
from kpi.datasets import DIMENSIONS
from kpi.figures.escape import clean
from kpi.qms.items import default_of
from kpi.qms.kinds import ALL, kind_of
from kpi.qms.processes import CLAUSES
from kpi.qms.register import Kind, Shape, Told, options, told_fields
from pages.shared import cached, inputs, terms

EARLIEST: Final = date(1970, 1, 1)
LATEST: Final = date(2100, 12, 31)

_WHOLE: Final = 12
_WIDE: Final = frozenset(
    {Shape.TEXT, Shape.LINES, Shape.SLICE, Shape.LINKS, Shape.LINE, Shape.KPI, Shape.SEVERAL,
     Shape.ONE}
)  # fmt: skip
"""What takes half a row; other fields take a quarter, and the title the whole."""


def asked(kind: Kind[Any], only: tuple[str, ...]) -> dict[str, Told]:
    """The fields a form asks for, in its order: what it is first, what it belongs to last."""
    found = {
        name: about
        for name, about in told_fields(kind.of).items()
        if about.shape is not Shape.OWN and (not only or name in only)
    }
    links = found.pop("links", None)
    return {**found, "links": links} if links is not None else found


Own = Mapping[str, Callable[[inputs.Draft, Any, dict[str, Any]], Any]]
"""How fields that have a form of their own are drawn: with the draft, what the record says now, and
what was typed into the other fields; each hands back what the field holds."""


def draw(
    draft: inputs.Draft,
    kind: Kind[Any],
    fields: Mapping[str, Told],
    start: Any,
    own: Own | None = None,
) -> dict[str, Any]:
    """Draw the fields, seeded from ``start`` and what was typed; their values by name.

    Those with a form of their own come last, in the order of ``own``.
    """
    values: dict[str, Any] = {}
    for row in _rows(fields):
        ticked = any(fields[n].shape is Shape.YES for n, _ in row)
        beside: Literal["bottom", "top"] = "bottom" if ticked else "top"
        parts: list[int | float] = [width for _, width in row]
        if len(row) == 1 and parts[0] < _WHOLE:  # several share the row among them
            parts = [_WHOLE // 2, _WHOLE // 2]  # a quarter would cut off what stands in it
        columns = st.columns(parts, vertical_alignment=beside)
        for (name, _), column in zip(row, columns, strict=False):
            with column:
                values[name] = _field(draft, kind, name, fields[name], _begun(kind, start, name))
    for name, drawn in (own or {}).items():
        values[name] = drawn(draft, getattr(start, name, None), values)
    return values


def _begun(kind: Kind[Any], start: Any, name: str) -> Any:
    """What a field begins as: as the record says, or as its kind says where nothing is recorded."""
    return default_of(kind.of, name) if start is None else getattr(start, name, None)


def _rows(fields: Mapping[str, Told]) -> Iterator[list[tuple[str, int]]]:
    """Fields side by side as long as they fit."""
    row: list[tuple[str, int]] = []
    for name, about in fields.items():
        width = _WHOLE if name == "title" else 6 if about.shape in _WIDE else 3
        if sum(w for _, w in row) + width > _WHOLE:
            yield row
            row = []
        row.append((name, width))
    if row:
        yield row


class _Asked:
    """One field: its draft, its name, and what stands beside it."""

    def __init__(self, draft: inputs.Draft, name: str, about: Told) -> None:
        self.draft, self.name = draft, name
        self.label = f"{about.label} *" if about.required else about.label
        self.help = terms.hint(about.label, about.help)

    def kept(self, default: Any, choices: Any = None) -> dict[str, Any]:
        """What every widget is given: label, help, its key, and how a change is kept."""
        return {
            "label": self.label,
            "help": self.help,
            "key": self.draft.field(self.name, default, choices),
            "on_change": self.draft.keeper(self.name, default),
        }


def _field(draft: inputs.Draft, kind: Kind[Any], name: str, about: Told, value: Any) -> Any:
    field = _Asked(draft, name, about)
    if about.shape is Shape.CHOICE:
        return _choice(field, list(options(kind.of, name)), value)
    if about.among:
        return (_several if about.shape is Shape.SEVERAL else _one)(field, about.among, value)
    widget: Callable[[_Asked, Any], Any] = _DRAWN.get(about.shape, _line)
    return widget(field, value)


def _line(field: _Asked, value: Any) -> str:
    return str(st.text_input(**field.kept(value or ""))).strip()


def _text(field: _Asked, value: Any) -> str:
    return str(st.text_area(**field.kept(value or ""), height=90)).strip()


def _lines(field: _Asked, value: Any) -> tuple[str, ...]:
    field.label += " (one a line)"
    text = st.text_area(**field.kept("\n".join(value or ())), height=90)
    return tuple(line.strip() for line in str(text).splitlines() if line.strip())


def _day(field: _Asked, value: Any) -> Any:
    return st.date_input(
        **field.kept(value), value=None, format="YYYY-MM-DD", min_value=EARLIEST, max_value=LATEST
    )


def _number(field: _Asked, value: Any) -> Any:
    kept = field.kept(None if value is None else float(value))
    return st.number_input(**kept, value=None, format="%.10g")


def _yes(field: _Asked, value: Any) -> bool:
    return bool(st.checkbox(**field.kept(bool(value))))


def _choice(field: _Asked, choices: list[Any], value: Any) -> Any:
    kept = field.kept(value if value in choices else choices[0], choices)
    return st.selectbox(options=choices, **kept, format_func=_capital)


def _capital(choice: Any) -> str:
    text = str(choice)
    return text[:1].upper() + text[1:]


def _person(field: _Asked, value: Any) -> str:
    kept = field.kept(value or None)
    known = [None, *registering.persons(inputs.here()), st.session_state.get(kept["key"])]
    found = st.selectbox(
        options=list(dict.fromkeys(known)), **kept, accept_new_options=True,
        placeholder="Choose or type a name", format_func=lambda n: clean(n) if n else "–",
    )  # fmt: skip
    return (found or "").strip()


def kpis() -> dict[str, str]:
    """Every KPI by id, with its unit."""
    return {
        k.id: f"{k.title} ({k.unit})" if k.unit else k.title
        for k in cached.catalogue(inputs.here())
    }


def _kpi(field: _Asked, value: Any) -> str:
    known = kpis()
    choices = list(dict.fromkeys(["", *known, value or ""]))
    found: str = st.selectbox(
        options=choices, **field.kept(value or "", choices),
        format_func=lambda k: clean(known.get(k, k or "–")),
    )  # fmt: skip
    return found


def _slice(field: _Asked, value: Any) -> tuple[tuple[str, str], ...]:
    kept = field.kept(list(value or ()))
    present = cached.choices(inputs.here(), Filters())
    pairs = [(d, v) for d in DIMENSIONS for v in present.get(d, ())]
    pairs += st.session_state.get(kept["key"]) or []
    found = st.multiselect(
        options=list(dict.fromkeys(pairs)), **kept, placeholder="The whole company",
        format_func=lambda pair: f"{pair[0].capitalize()}: {clean(pair[1])}",
    )  # fmt: skip
    return tuple((str(d), str(v)) for d, v in found)


def _links(field: _Asked, value: Any) -> tuple[str, ...]:
    kept = field.kept(list(value or ()))
    home = inputs.here()
    titles = {e.id: e.item.title for kind in ALL for e in registering.listed(home, kind)}
    ids = list(dict.fromkeys([*titles, *(st.session_state.get(kept["key"]) or [])]))
    found = st.multiselect(
        options=ids, **kept, placeholder="Nothing" if ids else "Nothing is recorded yet",
        format_func=lambda id: clean(f"{titles[id]} ({id})" if id in titles else id),
    )  # fmt: skip
    return tuple(found)


def among(name: str) -> dict[str, str]:
    """What a field of one or several may hold, with how it is shown: KPIs, clauses, records."""
    if name == "kpi":
        return kpis()
    if name == "clause":
        return dict.fromkeys(CLAUSES, "")
    found = registering.listed(inputs.here(), kind_of(name))
    return {entry.id: f"{entry.item.title} ({entry.id})" for entry in found}


def _one(field: _Asked, name: str, value: Any) -> str:
    known = among(name)
    choices = list(dict.fromkeys(["", *known, value or ""]))
    found: str = st.selectbox(
        options=choices, **field.kept(value or "", choices),
        format_func=lambda one: clean(known.get(one) or one or "–"),
    )  # fmt: skip
    return found


def _several(field: _Asked, name: str, value: Any) -> tuple[str, ...]:
    kept = field.kept(list(value or ()))
    known = among(name)
    chosen = st.session_state.get(kept["key"]) or []
    found = st.multiselect(
        options=list(dict.fromkeys([*known, *chosen])), **kept,
        accept_new_options=name == "clause",
        placeholder="Choose or type numbers" if name == "clause" else "Choose",
        format_func=lambda one: clean(known.get(one) or one),
    )  # fmt: skip
    return tuple(str(one).strip() for one in found)


_DRAWN: Final[dict[Shape, Callable[[_Asked, Any], Any]]] = {
    Shape.TEXT: _text, Shape.LINES: _lines, Shape.DAY: _day, Shape.NUMBER: _number,
    Shape.YES: _yes, Shape.PERSON: _person, Shape.KPI: _kpi, Shape.SLICE: _slice,
    Shape.LINKS: _links,
}  # fmt: skip
