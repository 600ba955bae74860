"""Records on a page: one record with its history and what belongs to it, and the form for it.

What a field is called, holds and needs is said by its kind; see ``kpi.qms.register``. A form keeps what
was typed until it is recorded, also while somebody looks elsewhere or the page is loaded again.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, Final, TypeVar

import streamlit as st

from kpi.access import Permission
from kpi.analysis import registering, words
from kpi.analysis.registering import Version
from kpi.errors import KpiError
from kpi.figures.escape import html, markdown
from kpi.qms.register import Item, Kind, Recorded, Shape, Told, in_words, told_fields
from kpi.store.records import SeenEarlierError
from pages.shared import cards, identity, inputs, recordfields
from pages.shared.messages import show_error, small
from pages.shared.parts import part
from pages.shared.recordlist import NOT_YET, link, listing

__all__ = [
    "NOT_YET", "back", "facts_of", "form", "history", "link", "listing", "opened", "related",
    "sides", "tell",
]  # fmt: skip

T = TypeVar("T", bound=Item)

VERSIONS_SHOWN: Final = 5


# --- one record -------------------------------------------------------------------------------


def tell() -> None:
    """The sentence on what was just recorded, once."""
    if told := inputs.told():
        st.success(markdown(told, longest=1000), icon=":material/check:")


def opened(kind: Kind[T]) -> Recorded[T] | None:
    """The record of a kind that the address asks for; ``None`` where it asks for none of it.

    What was just recorded is told above it.

    Raises
    ------
    UnknownNameError
        There is no such record.
    """
    tell()
    id = inputs.opened()
    if not id.startswith(f"{kind.stem}-"):
        return None
    return registering.found(inputs.here(), kind, id)


def back(page: str, kind: Kind[Any], *, tab: str = "", view: str = "") -> None:
    """The way from one record to the list: on its ``tab`` or in its ``view`` of the page."""
    st.page_link(
        page, label=f"All {kind.plural.lower()}", icon=":material/arrow_back:",
        query_params={"tab": tab} if tab else {"view": view} if view else None,
    )  # fmt: skip


def sides() -> tuple[Any, Any]:
    """What a record says, and beside it on wide screens its history and what belongs to it."""
    main, side = st.columns([5, 2], gap="large")
    return main, side


def facts_of(kind: Kind[T], entry: Recorded[T], *, without: Sequence[str] = ("title",)) -> None:
    """What a record says, field by field; what is empty is left out."""
    lines = [
        (about.label, _shown(about, getattr(entry.item, name)))
        for name, about in told_fields(kind.of).items()
        if name not in without
    ]
    cards.facts([line for line in lines if line[1]], wide=True)


def _shown(about: Told, value: Any) -> str:
    if about.shape is Shape.SLICE:
        return words.slice_words(value)
    if about.shape is Shape.DAY and value:
        return words.date_words(value)
    if about.shape is Shape.KPI and value:
        return recordfields.kpis().get(value, str(value))
    if about.among and value:
        known = recordfields.among(about.among)
        chosen = value if isinstance(value, tuple) else (value,)
        return "; ".join(known.get(one) or one for one in chosen)
    text = in_words(value)
    if isinstance(value, (int, float)):
        return text.replace("-", words.MINUS)
    return text[:1].upper() + text[1:] if about.shape is Shape.CHOICE else text


def history(kind: Kind[Any], entry: Recorded[Any]) -> None:
    """Every version, newest first: when, who, what changed, why; old ones folded away."""
    told = registering.history(inputs.here(), kind, entry.id)
    cards.section(f"History: {words.small_number(len(told))} version{'s' * (len(told) != 1)}")
    _versions(told[:VERSIONS_SHOWN])
    if len(told) > VERSIONS_SHOWN:
        with st.expander(f"{len(told) - VERSIONS_SHOWN} earlier", key=f"earlier {entry.id}"):
            _versions(told[VERSIONS_SHOWN:])


def _versions(told: Sequence[Version]) -> None:
    st.html("".join(map(_version, told)))


def _version(told: Version) -> str:
    changes = "".join(
        f"<li>{html(_change(c.label, c.before, c.after), longest=600)}</li>" for c in told.changes
    )
    when = told.when.astimezone().strftime("%Y-%m-%d %H:%M")
    why = f'<p class="cn-say">{html(told.why, longest=600)}</p>' if told.version > 1 else ""
    # The first version says everything that stands beside it anyway.
    changed = f'<ul class="cn-list cn-small">{changes}</ul>' if told.version > 1 else ""
    return (
        f'<div class="cn-version"><p class="cn-small"><b>{html(when)}</b> · {html(told.who)}</p>'
        f'{why}{changed}<p class="cn-small" title="{html(told.hash)}">'
        f"Version {told.version} · {html(told.hash[:12])}</p></div>"
    )


def _change(label: str, before: str, after: str) -> str:
    if not before:
        return f"{label}: {after}"
    return f"{label}: {before} → {after or 'empty'}"


def related(entry: Recorded[Any], pages: dict[str, str]) -> None:
    """What a record belongs to and what belongs to it, as links; ``pages`` by kind."""
    home = inputs.here()
    found = (*registering.linked(home, entry.item), *registering.linking(home, entry.id))
    gone = registering.purged_links(home, entry.item)
    if not found and not gone:
        return
    cards.section("Belongs together")
    for sentence in gone:
        st.html(f'<p class="cn-say">{html(sentence, longest=600)}</p>')
    for kind, other in dict.fromkeys(found):
        if kind.name in pages:
            link(pages[kind.name], other)
        else:
            st.html(
                f'<p class="cn-say">{html(f"{kind.title} {other.item.title} · {other.id}")}</p>'
            )


# --- the form ---------------------------------------------------------------------------------


def form(
    kind: Kind[T],
    entry: Recorded[T] | None = None,
    *,
    preset: T | None = None,
    only: Sequence[str] = (),
    label: str = "",
    key: str = "",
    then: str = "",
    by: Callable[..., Recorded[T]] | None = None,
    why: str = "",
    own: recordfields.Own | None = None,
) -> None:
    """The form for a record: a new one, as ``preset`` where given, or a change of ``entry``.

    Of a change, ``preset`` proposes the fields asked for that are still empty.

    ``only`` names the fields asked for; the others stay. ``label`` stands on the button, ``then``
    is told once it is recorded. ``by`` records what was typed where ``registering.record`` does not:
    it is called with home and item, and by name with id, version, who, when, why. ``why`` is the
    reason of a change that needs no other, and so is not asked for. ``own`` draws what has a form of
    its own (``Shape.OWN``), by field: see ``recordfields.draw``. Nothing stands there for whoever may not record.
    """
    if not identity.may(Permission.MANAGE):
        return
    if entry is not None and not registering.may_change(inputs.here(), entry.item):
        small("Whoever manages every plant this is about may change it.")
        return
    _form(kind, entry.id if entry else "", preset, tuple(only), label, key, then, by, why, own)


# A part runs alone at every change of a field, so that nothing else is worked out again; and no form of
# Streamlit's, which would tell what was typed only at the press of its button.
@part()
def _form(
    kind: Kind[T],
    id: str,
    preset: T | None,
    only: tuple[str, ...],
    label: str,
    key: str,
    then: str,
    by: Callable[..., Recorded[T]] | None,
    usual: str,
    own: recordfields.Own | None,
) -> None:
    home = inputs.here()
    entry = registering.found(home, kind, id) if id else None
    draft = inputs.Draft(f"{kind.name} {id or 'new'} {key}")
    if entry is not None and (seen := draft.begun(entry.version)) < entry.version:
        _renew(draft, kind, entry, seen)
    start = _filled(entry.item, preset, only) if entry else preset
    with st.container(key=f"form {kind.name} {id} {key}"):
        values = recordfields.draw(draft, kind, recordfields.asked(kind, only), start, own)
        why = _why(draft) if entry is not None and not usual else usual
        pressed = _buttons(draft, kind, entry, label)
    if pressed:
        _submit(kind, entry, start, values, why, draft, then, by)


def _filled(item: T, preset: T | None, only: Sequence[str]) -> T:
    """An item as its form begins: what is asked and still empty as proposed."""
    if preset is None:
        return item
    proposed = {name: getattr(preset, name) for name in only if not getattr(item, name)}
    return replace(item, **proposed)


def _renew(draft: inputs.Draft, kind: Kind[T], entry: Recorded[T], seen: int) -> None:
    """Somebody else changed the record since the form was begun: show theirs, keep what was typed."""
    typed = draft.everything()
    draft.renew(typed)
    draft.begun(entry.version)
    if typed:
        said = registering.changed_since(inputs.here(), kind, entry.id, seen)
        st.warning(markdown(said, longest=2000), icon=":material/group:")


def _why(draft: inputs.Draft) -> str:
    return st.text_input(
        "Why it changes *", key=draft.field("why", ""), on_change=draft.keeper("why", ""),
        placeholder="The reason stands in the history",
    )  # fmt: skip


def _buttons(draft: inputs.Draft, kind: Kind[T], entry: Recorded[T] | None, label: str) -> bool:
    usual = "Record the change" if entry else f"Record the {_within(kind.title)}"
    with st.container(horizontal=True, vertical_alignment="center"):
        pressed = st.button(label or usual, key=f"{draft.form} record", type="primary")
        # Always there, so that the button pressed does not move as the first field is typed.
        if st.button("Empty the form" if entry is None else "Take back what I typed", type="tertiary",
                     key=f"{draft.form} discard", disabled=not draft.everything()):  # fmt: skip
            draft.done()
            st.rerun(scope="app")
    return pressed


def _within(title: str) -> str:
    """A kind's title within a sentence; an abbreviation stays as it is."""
    return title if title[1:2].isupper() else f"{title[:1].lower()}{title[1:]}"


def _submit(
    kind: Kind[T],
    entry: Recorded[T] | None,
    start: T | None,
    values: dict[str, Any],
    why: str,
    draft: inputs.Draft,
    then: str,
    by: Callable[..., Recorded[T]] | None,
) -> None:
    """Record what was typed; what stands against it is told below it, and nothing is lost."""
    try:
        item = replace(start, **values) if start is not None else kind.of(**values)
        recorded = by or partial(registering.record, kind=kind)
        found = recorded(
            inputs.here(), item=item, id=entry.id if entry else "",
            version=entry.version if entry else 0, who=inputs.who(), when=inputs.now(), why=why,
        )  # fmt: skip
    except SeenEarlierError as error:
        # Between drawing the form and recording: the next run shows theirs beside what was typed.
        show_error(error)
        return
    except KpiError as error:
        show_error(error)
        return
    draft.done()
    inputs.open_record(found.id)
    inputs.tell(then or f"{found.id} is recorded.")
    st.rerun(scope="app")
