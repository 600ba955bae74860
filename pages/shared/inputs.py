"""What the user chose: every session key and the address are owned here.

Streamlit forgets a widget as soon as its page is left, so each choice is kept under a key of our
own and the widget seeded from it. The address wins over what was kept whenever somebody else has
written it: a link, the back button, a hand.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any, Final

import streamlit as st

from kpi.analysis import Home, default_home, permitted, sample_home
from kpi.analysis.results import Filters
from kpi.datasets import DIMENSIONS
from kpi.figures.escape import clean, markdown
from pages.shared import address, cached, first, identity

_FILTERS: Final = "filters"
_EXTRAS: Final = "extras"  # the page's own choices, as they stand in the address
_LEFT: Final = "left"  # how pages stood when a link led away from them
_WRITTEN: Final = "written"  # the parameters as this session last wrote them
_KEPT: Final = "kept"  # choices of single pages, by name
_OWN: Final = "left the sample"
_UPLOADS: Final = "uploads"
_DECK: Final = "deck"
_TOLD: Final = "told"
_PAGE: Final = "page"
_LANGUAGE: Final = "language"
_DRAFTS: Final = "drafts"

NEW: Final = "new"
"""Begins what stands in the address in place of an id where a record is begun."""

_BEGINS: Final = ("kpi", "until", "source")
_MOST_TYPED: Final = 2000  # fields of drafts kept for a person

PERIOD_WORDS: Final = {
    "month": "Months",
    "week": "Weeks",
    "day": "Days",
    "quarter": "Quarters",
    "year": "Years",
    "fiscal": "Fiscal periods",
}


# --- who, when, where -------------------------------------------------------------------------


def who() -> str:
    """The name under which an entry is made: without sign-in, the account this runs under."""
    return identity.person().label


def now() -> datetime:
    """The clock, read by pages only."""
    return datetime.now().astimezone()


def own_home() -> Home:
    """The site's own home, even while the sample is shown, with what the person may do in it."""
    return cached.home(str(default_home()), False).seen_by(identity.access())


def here() -> Home:
    """The home this session looks at: the sample until there is an upload or a record, or it was left.

    ``KPI_SAMPLE=off`` in the environment does without the sample altogether.
    """
    own = own_home()
    if st.session_state.get(_OWN) or own.position > 0 or first.no_sample() or cached.begun(own):
        return own
    if own.access.highest is None:  # nobody is signed in: nothing is loaded for them
        return own
    sample = cached.sample(str(sample_home()))
    return own if sample is None else sample.seen_by(own.access)


def leave_sample() -> None:
    """Look at the user's own home from now on, with no filter left over from the sample."""
    st.session_state[_OWN] = True
    set_filters(Filters())


# --- filters and the address ------------------------------------------------------------------


def filters() -> Filters:
    """The site-wide choices in force."""
    kept: Filters = st.session_state.get(_FILTERS, Filters())
    return kept


def set_filters(chosen: Filters) -> None:
    """Keep the choices; widgets are seeded from them on the next run."""
    st.session_state[_FILTERS] = chosen
    st.session_state.pop(_LEFT, None)


def read_address(page: str) -> None:
    """Take over what the address asks for, unless it is what this session wrote itself.

    An empty address on another page than before is the menu's, and what was chosen stays; on the
    same page somebody went back to it or emptied it by hand. A page that a link led away from is
    found again as it was left: the filters were the link's, and nobody chose them.
    """
    asked = address.known({key: st.query_params.get_all(key) for key in st.query_params})
    before, standing = st.session_state.get(_PAGE), filters()
    left: dict[str, Filters] = st.session_state.get(_LEFT, {})
    st.session_state[_PAGE] = page
    same_page = before == page
    if not (asked or same_page):
        st.session_state[_FILTERS] = left.pop(page, standing)
    elif asked != st.session_state.get(_WRITTEN, {}):
        st.session_state[_FILTERS] = address.read(asked)
        if before is not None and not same_page:
            st.session_state[_LEFT] = {**left, before: standing}
        kept = st.session_state.setdefault(_KEPT, {})
        for extra in address.EXTRAS:
            if extra in asked:
                kept[f"asked {extra}"] = asked[extra][0]
        kept.setdefault("asked tab", "")
        kept.setdefault("asked record", "")
    elif not same_page:  # the menu leads to the list
        st.session_state.setdefault(_KEPT, {})["asked record"] = ""
    st.session_state[_EXTRAS] = {}


def write_address() -> None:
    """Let the address say what is shown."""
    wanted = address.write(filters(), st.session_state.get(_EXTRAS, {}))
    st.session_state[_WRITTEN] = wanted
    present = {key: st.query_params.get_all(key) for key in st.query_params}
    others = {key: values for key, values in present.items() if key not in address.KEYS}
    if present != {**others, **wanted}:
        st.query_params.from_dict({**others, **wanted})


def link(filters_there: Filters, **extras: str) -> list[tuple[str, str]]:
    """The parameters of a link to another page, seen through other filters."""
    found = address.write(filters_there, extras)
    return [(key, value) for key, values in found.items() for value in values]


def filter_panel() -> None:
    """The site-wide filters, in the sidebar."""
    home = here()
    if home.position == 0:
        return
    present = cached.choices(home, replace(filters(), where=()))
    with st.sidebar:
        st.subheader("Show")
        if sight := permitted.sight_words(home):
            st.caption(markdown(sight))
        for dimension in DIMENSIONS:
            _dimension_filter(dimension, present.get(dimension, ()))
        _period_filter()
        with st.expander("Time and report date", expanded=_looks_back()):
            _day_filter("From", "first")
            _day_filter("To", "last")
            _day_filter("As of (report date)", "as_of")
        if filters() != Filters():
            st.button("Clear all", key="clear", on_click=set_filters, args=(Filters(),))


def _looks_back() -> bool:
    chosen = filters()
    return any((chosen.first, chosen.last, chosen.as_of))


def _dimension_filter(dimension: str, values: Sequence[str]) -> None:
    chosen = [value for d, value in filters().where if d == dimension]
    options = list(dict.fromkeys([*values, *chosen]))
    if not options:
        return
    key = f"_filter {dimension}"
    st.session_state[key] = chosen

    def keep() -> None:
        others = [pair for pair in filters().where if pair[0] != dimension]
        mine = [(dimension, value) for value in st.session_state[key]]
        ordered = sorted([*others, *mine], key=lambda pair: DIMENSIONS.index(pair[0]))
        set_filters(replace(filters(), where=tuple(ordered)))

    shown = told_apart({option: option for option in options})
    st.multiselect(
        dimension.capitalize(), options, key=key, on_change=keep, placeholder="All",
        format_func=lambda option: shown.get(option, clean(option)),
    )  # fmt: skip


def _period_filter() -> None:
    key = "_filter period"
    st.session_state[key] = filters().period

    def keep() -> None:
        set_filters(replace(filters(), period=st.session_state[key]))

    st.selectbox(
        "Period", address.PERIODS, key=key, on_change=keep, format_func=PERIOD_WORDS.__getitem__
    )


def _day_filter(label: str, field: str) -> None:
    key = f"_filter {field}"
    chosen: date | None = getattr(filters(), field)
    st.session_state[key] = chosen

    def keep() -> None:
        set_filters(replace(filters(), **{field: st.session_state[key]}))

    st.date_input(label, value=None, key=key, on_change=keep, format="YYYY-MM-DD")


def told_apart(names: dict[str, str]) -> dict[str, str]:
    """Options with how a list shows them: one line each, and no two alike.

    What differs only in marks nobody sees, or beyond the characters shown, gets a number: the list
    would otherwise give the first for the second.
    """
    shown: dict[str, str] = {}
    taken: dict[str, int] = {}
    for option, name in names.items():
        label = clean(name)
        taken[label] = taken.get(label, 0) + 1
        shown[option] = label if taken[label] == 1 else f"{label} ({taken[label]})"
    return shown


# --- choices of one page ----------------------------------------------------------------------


def choose(
    label: str,
    name: str,
    options: Sequence[str],
    *,
    extra: str = "",
    words: dict[str, str] | None = None,
    segmented: bool = False,
    usual: str = "",
) -> str:
    """One of ``options``, remembered under ``name``; as ``extra`` it is part of the address.

    Until somebody chooses it is the ``usual`` one, or else the first.
    """
    kept = st.session_state.setdefault(_KEPT, {})
    asked = kept.pop(f"asked {extra}", None)
    if asked in options:
        kept[name] = asked
    key = f"_choice {name}"
    first = usual if usual in options else options[0]
    st.session_state[key] = kept[name] if kept.get(name) in options else first

    def keep() -> None:
        kept[name] = st.session_state[key]

    told = {option: (words or {}).get(option, option) for option in options}
    listed = told_apart(told)

    def in_words(option: str) -> str:
        # a select box shows text as it is
        return markdown(told[option]) if segmented else listed[option]

    if segmented:
        st.segmented_control(
            label, options, key=key, on_change=keep, format_func=in_words, required=True,
            label_visibility="collapsed",
        )  # fmt: skip
    else:
        st.selectbox(label, options, key=key, on_change=keep, format_func=in_words)
    chosen: str = st.session_state[key]
    # Only what somebody chose: an address rewritten on arrival would trap the back button.
    if extra and name in kept:
        st.session_state[_EXTRAS][extra] = chosen
    return chosen


def tabs(name: str, titles: dict[str, str]) -> dict[str, Any]:
    """Tabs of which one is open, by their ids; the address may ask for one, and says which is open.

    ``titles`` maps ids to what stands on the tabs, the usual one first.
    """
    kept = st.session_state.setdefault(_KEPT, {})
    asked = kept.pop("asked tab", None)
    key = f"tabs {name}"
    if asked in titles:
        kept[key] = asked
    elif asked is not None:  # a link that names no tab leads to the first
        kept.pop(key, None)
    # Tabs of other titles are another widget, which would open at its first.
    others = kept.get(f"titles of {key}") != titles
    if asked is not None or others or st.session_state.get(key) not in titles.values():
        first = next(iter(titles))
        st.session_state[key] = titles[kept[key] if kept.get(key) in titles else first]

    def keep() -> None:
        kept[key] = next(id for id, title in titles.items() if title == st.session_state[key])

    kept[f"titles of {key}"] = dict(titles)
    drawn = st.tabs(list(titles.values()), key=key, on_change=keep)
    if key in kept:
        st.session_state[_EXTRAS]["tab"] = kept[key]
    return dict(zip(titles, drawn, strict=True))


def opened() -> str:
    """The id of the record that is open on this page, as its address says; empty where none is."""
    kept = st.session_state.setdefault(_KEPT, {})
    asked = kept.pop("asked record", None)
    if asked is not None:
        kept["record"] = asked
        kept["begun"] = {}
        if asked.startswith(NEW):
            kept["begun"] = {extra: kept.pop(f"asked {extra}", "") for extra in _BEGINS}
    id: str = kept.get("record", "")
    if id:
        st.session_state[_EXTRAS]["record"] = id
    return id


def begun() -> dict[str, str]:
    """What the address gives for a record that is begun on this page: KPI, period, and its source."""
    given: dict[str, str] = st.session_state.setdefault(_KEPT, {}).get("begun", {})
    st.session_state[_EXTRAS].update({extra: text for extra, text in given.items() if text})
    return given


def asks_for(extra: str) -> bool:
    """Whether a link that was just followed names a choice of the page, not yet made."""
    return bool(st.session_state.get(_KEPT, {}).get(f"asked {extra}"))


def settle(name: str, choice: str) -> None:
    """Make a choice of a page, as if it had been clicked."""
    st.session_state.setdefault(_KEPT, {})[name] = choice


def open_record(id: str) -> None:
    """Open a record on this page with the next run, or with an empty id the list."""
    st.session_state.setdefault(_KEPT, {})["asked record"] = id


class Draft:
    """What somebody types into a form: kept until it is recorded, also while they look elsewhere.

    A session that begins finds what its person had typed in others, so that a draft survives a page
    that is loaded again; it ends with the server. Only what differs from the default counts as typed.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._everywhere = _drafts_of(str(here().path), identity.person().label)
        self._kept: dict[str, Any] = st.session_state.setdefault(_DRAFTS, dict(self._everywhere))
        self._round: int = self._kept.get(f"round {name}", 0)

    def _key(self, field: str) -> str:
        return f"draft {self._name} {self._round} {field}"

    @property
    def form(self) -> str:
        """The key of the form itself."""
        return self._key("form")

    def field(self, name: str, default: Any = None, options: Sequence[Any] | None = None) -> str:
        """The key of a field, seeded with what was typed, or else with ``default``."""
        key = self._key(name)
        typed = st.session_state.get(key, self._kept.get(key, default))
        if options is not None and typed not in options:
            typed = default if default in options else next(iter(options), None)
        self._keep(key, typed, default)
        st.session_state[key] = typed
        return key

    def keeper(self, name: str, default: Any = None) -> Callable[[], None]:
        """What keeps a field the moment it changes, also where the change leads to another page."""
        key = self._key(name)
        return lambda: self._keep(key, st.session_state.get(key, default), default)

    def _keep(self, key: str, typed: Any, default: Any) -> None:
        if typed == default:
            self._drop(key)
        else:
            self._put(key, typed)

    def _put(self, key: str, value: Any) -> None:
        self._kept[key] = self._everywhere[key] = value

    def _drop(self, key: str) -> None:
        self._kept.pop(key, None)
        self._everywhere.pop(key, None)

    def begun(self, version: int) -> int:
        """The version of the record that was seen when this draft was begun: by default this one."""
        key = f"{self._stem}(seen)"
        if key not in self._kept:
            self._put(key, version)
        seen: int = self._kept[key]
        return seen

    def typed(self, name: str) -> str:
        """What was typed into a field, also where its form is gone; empty where nothing was."""
        key = self._key(name)
        return str(st.session_state.get(key, self._kept.get(key, "")) or "").strip()

    def everything(self) -> dict[str, Any]:
        """What was typed, by field."""
        found = {key.removeprefix(self._stem): self._kept[key] for key in self._keys()}
        return {name: value for name, value in found.items() if name != "(seen)"}

    @property
    def _stem(self) -> str:
        return self._key("")

    def _keys(self) -> list[str]:
        return [key for key in list(self._kept) if key.startswith(self._stem)]

    def renew(self, typed: dict[str, Any]) -> None:
        """Begin anew with what was typed into some fields; the others are as recorded."""
        self.done()
        self._round += 1
        for name, value in typed.items():
            self._put(self._key(name), value)

    def done(self) -> None:
        """Forget what was typed: it is recorded."""
        for key in self._keys():
            self._drop(key)
        self._put(f"round {self._name}", self._round + 1)


_drafts: Final[dict[tuple[str, str], dict[str, Any]]] = {}


def _drafts_of(home: str, person: str) -> dict[str, Any]:
    """What one person has typed in one home and not recorded, by key; the oldest goes first."""
    kept = _drafts.setdefault((home, person), {})
    while len(kept) > _MOST_TYPED:
        kept.pop(next(iter(kept)), None)
    return kept


def hidden(name: str) -> bool:
    """Whether the person hid a part of a page, in this session or another."""
    return bool(_drafts_of(str(here().path), identity.person().label).get(f"hidden {name}"))


def hide(name: str) -> None:
    """Do without a part of a page from now on, until the server starts anew."""
    _drafts_of(str(here().path), identity.person().label)[f"hidden {name}"] = True


def kept_language() -> str | None:
    """The language picked in this session."""
    picked: str | None = st.session_state.get(_LANGUAGE)
    return picked


def keep_language(code: str) -> None:
    """Remember the language picked for as long as the session lasts."""
    st.session_state[_LANGUAGE] = code


def uploads() -> dict[str, Any]:
    """The journeys of the files dropped in this session, by the uploader's own id of each."""
    found: dict[str, Any] = st.session_state.setdefault(_UPLOADS, {})
    return found


def deck() -> dict[str, Any]:
    """The last deck built in this session with its review, by what it was built from."""
    found: dict[str, Any] = st.session_state.setdefault(_DECK, {})
    return found


def tell(text: str) -> None:
    """Keep a sentence for after the rerun that its cause asks for."""
    st.session_state[_TOLD] = text


def told() -> str:
    """The sentence kept by ``tell``, once."""
    text: str = st.session_state.pop(_TOLD, "")
    return text
