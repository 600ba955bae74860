"""Exports of known systems: a profile says in data what a system's list is and what its columns mean.

One JSON file describes one system and its lists. A list is recognised by its headings, in any
language and order, never by the file's name; then it decides what the headings alone leave open.
Adding one needs no code: a file in ``data/profiles``, or a site's own beside its data.
"""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from kpi.datasets import DATASETS
from kpi.errors import KpiError
from kpi.ingest.vocabulary import DATA, vocabulary
from kpi.texts import Said, said

DOMAIN_OF: Final = {
    "production": "making", "scrap": "making", "downtime": "downtime", "running_time": "downtime",
    "order_item": "delivery", "shipment": "delivery", "complaint": "complaint",
}  # fmt: skip
HELPERS: Final = frozenset(
    [
        "ignore",
        "personal",
        "work_center",
        "movement_type",
        "cancelled",
        "reversed",
        "reversal_of",
        "breakdown",
        "entry_kind",
        "parent_item",
        "item_of_shipment",
        "purchase_order",
        "confirmation",
        "unit_text",
        "sub_item",
        "stop_reason",
        "direction",
    ]
)
"""What a column may give beside the columns of the datasets: what its rows mean, not what they hold."""

DERIVED: Final = frozenset(
    [
        "pair_reversals",
        "negative_confirmations",
        "split_items",
        "delivered_is_ordered",
        "deliveries_as_orders",
        "stops_by_their_span",
        "sub_items",
        "scrap_on_top",
        "cancelled_but_delivered",
    ]
)
"""What a profile may name in ``derive``; see the functions of that name in ``profile_rows``."""

WHERE: Final = ("filled", "blank", "true", "false", "nonzero", "in", "not_in")
"""How a rule about rows looks at a cell."""

_KINDS: Final = ("", "date", "clock", "number", "text")
_TABLE: Final = re.compile(r"^[A-Z][A-Z0-9_]{2,15}-(?=[A-Z][A-Z0-9_]*$)")


class ProfileError(KpiError):
    """A profile that cannot be used."""

    def __init__(self, where: str, why: str) -> None:
        super().__init__(said("The profile {where} cannot be used: {why}.", where=where, why=why))


@dataclass(frozen=True, slots=True)
class ProfileColumn:
    """One column of a list: the field it gives and the headings it may have.

    ``plain`` are headings that any hand-made table may have: they tell nothing of the system.
    ``technical`` are names of fields in its database: printed in capitals, they always do.
    ``after`` names the column to its left where several have one heading. ``unit`` is what its bare
    numbers are in, ``likely_unit`` what they usually are in (asked), ``unit_from`` the column that says it row by row. ``of`` names the column it
    belongs to: without that it gives nothing. Where another column gives the field as well: ``ask``
    lets a person choose, ``adds`` adds the figures up, ``fills`` fills the other's blanks. ``choose``
    are fields a person has to choose from, with what speaks for each, the likeliest first.
    """

    name: str
    field: str
    keys: frozenset[str]
    plain: frozenset[str] = frozenset()
    technical: frozenset[str] = frozenset()
    kind: str = ""
    after: str = ""
    unit: str = ""
    likely_unit: str = ""
    unit_from: str = ""
    of: str = ""
    ask: bool = False
    adds: bool = False
    fills: bool = False
    choose: tuple[tuple[str, str], ...] = ()
    pattern: str = ""


@dataclass(frozen=True, slots=True)
class Need:
    """Columns of which one has to be there, and what to do where none is."""

    columns: tuple[str, ...]
    advice: str


@dataclass(frozen=True, slots=True)
class RowRule:
    """Rows that are left out (or the only ones kept) by what one column says of them."""

    column: str
    where: str
    texts: frozenset[str]
    keep: bool
    says: str
    none: str = ""  # where no row is kept: "ask"


@dataclass(frozen=True)
class Profile:
    """A list of a known system.

    ``telling`` are columns by which it is known, ``least`` how many of them must be there, ``must``
    those that have to be; ``forbids`` columns that make it another list. ``codes`` translate cell texts per field,
    ``constants`` fill fields that no column gives, ``conventions`` answer questions by topic.
    ``derive`` names what the rows' meaning is made of beyond that (see ``kpi.ingest.profile_rows``).
    """

    id: str
    title: str
    says: str
    system: str
    datasets: tuple[str, ...]
    columns: tuple[ProfileColumn, ...]
    telling: tuple[str, ...]
    least: int
    must: tuple[str, ...] = ()
    forbids: tuple[str, ...] = ()
    needs: tuple[Need, ...] = ()
    wants: tuple[Need, ...] = ()
    rows: tuple[RowRule, ...] = ()
    codes: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    constants: Mapping[str, str] = field(default_factory=dict)
    conventions: Mapping[str, str] = field(default_factory=dict)
    movements: Mapping[str, str] = field(default_factory=dict)
    derive: tuple[str, ...] = ()
    ask_it: str = ""
    sources: tuple[str, ...] = ()

    @property
    def domains(self) -> tuple[str, ...]:
        """The groups of datasets it speaks of, in the order of interpretation."""
        mine = {DOMAIN_OF[d] for d in self.datasets}
        return tuple(d for d in ("making", "downtime", "delivery", "complaint") if d in mine)

    def column(self, name: str) -> ProfileColumn:
        """The column of that name."""
        return next(c for c in self.columns if c.name == name)


def keys_of(heading: str) -> tuple[str, ...]:
    """A heading as profiles compare it; the table's name before a technical field goes.

    >>> keys_of("MSEG-BWART"), keys_of("Qty in UnE")
    (('bwart',), ('qtyinune',))
    """
    text = _TABLE.sub("", heading.strip())
    return vocabulary().normalise(text).keys or ((text,) if text else ())


def read_profiles(text: str, where: str = "profile") -> tuple[Profile, ...]:
    """The lists that one profile file describes.

    Raises
    ------
    ProfileError
        The sentence names the file and what is wrong with it.
    """
    try:
        told = json.loads(text)
        if not isinstance(told, dict):
            raise ProfileError(where, "it holds no object")
        lists = told.get("lists", [told])
        return tuple(_profile(told | one, where) for one in lists)
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError) as error:
        what = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
        raise ProfileError(where, what) from error


def _profile(told: Mapping[str, Any], where: str) -> Profile:
    prefixes = tuple(told.get("prefixes", ()))
    columns = tuple(_column(name, c, prefixes) for name, c in told["columns"].items())
    names = {c.name for c in columns}
    known = told.get("recognise", {})
    profile = Profile(
        id=str(told["id"]),
        title=str(told["title"]),
        says=str(told["says"]),
        system=str(told.get("system", told["title"])),
        datasets=tuple(told["datasets"]),
        columns=columns,
        telling=tuple(known["telling"]),
        least=int(known.get("at_least", len(known["telling"]))),
        must=tuple(known.get("must", ())),
        forbids=tuple(known.get("never", ())),
        needs=_needs(told.get("needs", ())),
        wants=_needs(told.get("wants", ())),
        rows=tuple(_rule(r) for r in told.get("rows", ())),
        codes={f: dict(c) for f, c in told.get("codes", {}).items()},
        constants=dict(told.get("constants", {})),
        conventions=dict(told.get("conventions", {})),
        movements=dict(told.get("movements", {})),
        derive=tuple(told.get("derive", ())),
        ask_it=str(told.get("ask_it", "")),
        sources=tuple(told.get("sources", ())),
    )
    used = {*profile.telling, *profile.must, *profile.forbids, *(r.column for r in profile.rows)}
    used |= {n for need in (*profile.needs, *profile.wants) for n in need.columns}
    used |= {n for c in columns for n in (c.after, c.unit_from, c.of) if n}
    _hold(where, not used - names, f"it has no column {', '.join(sorted(used - names))}")
    fields = {c.name for d in profile.datasets for c in DATASETS[d].columns} | HELPERS
    used = {c.field for c in columns} | {f for c in columns for f, _ in c.choose}
    odd = sorted({f for f in used if not f.startswith("names.")} - fields)
    _hold(where, not odd, f"{', '.join(odd)} is no field of {', '.join(profile.datasets)}")
    odd = sorted(set(profile.derive) - DERIVED)
    _hold(where, not odd, f"nothing is derived by the name {', '.join(odd)}")
    _hold(where, 0 < profile.least <= len(profile.telling), "nothing tells it from other tables")
    return profile


def _hold(where: str, right: bool, why: str) -> None:
    if not right:
        raise ProfileError(where, why)


def _column(name: str, told: Mapping[str, Any], prefixes: Sequence[str]) -> ProfileColumn:
    sources = (told.get("headings", {}), shared_words().get(told.get("words", ""), {}))
    groups = [s if isinstance(s, Mapping) else {"": s} for s in sources if s]
    if not groups:
        raise ValueError(f"the column {name} has no headings")

    def keys(*only: str) -> frozenset[str]:
        """The comparable headings of some groups (all without a word), with every prefix."""
        return frozenset(
            key
            for group in groups
            for language, texts in group.items()
            if not only or language in only
            for text in texts
            for before in ("", *prefixes)
            for key in keys_of(before + text)
        )

    kind, pattern = str(told.get("kind", "")), str(told.get("pattern", ""))
    if kind not in _KINDS:
        raise ValueError(f"{kind} is no kind of column")
    re.compile(pattern)
    return ProfileColumn(
        name=name,
        field=str(told.get("field", name)),
        keys=keys(),
        plain=keys("plain"),
        technical=keys("technical"),
        kind=kind,
        after=str(told.get("after", "")),
        unit=str(told.get("unit", "")),
        likely_unit=str(told.get("likely_unit", "")),
        unit_from=str(told.get("unit_from", "")),
        of=str(told.get("of", "")),
        ask=bool(told.get("ask", False)),
        adds=bool(told.get("adds", False)),
        fills=bool(told.get("fills", False)),
        choose=tuple((str(f), str(why)) for f, why in told.get("choose", {}).items()),
        pattern=pattern,
    )


def _needs(told: Iterable[Mapping[str, Any]]) -> tuple[Need, ...]:
    return tuple(Need(tuple(n["any"]), str(n["advice"])) for n in told)


def _rule(told: Mapping[str, Any]) -> RowRule:
    keep = "keep" in told
    where = str(told["where"])
    if where not in WHERE:
        raise ValueError(f"{where} is no way to look at a cell")
    texts = frozenset(folded(t) for t in told.get("texts", ()))
    column = str(told["keep"] if keep else told["leave_out"])
    return RowRule(column, where, texts, keep, str(told["says"]), str(told.get("none", "")))


def folded(text: str) -> str:
    """A cell's text as codes are compared: without case and outer blanks.

    >>> folded(" WIP  Completion ")
    'wip completion'
    """
    return " ".join(text.split()).casefold()


@lru_cache(maxsize=1)
def shared_words() -> dict[str, Any]:
    """Headings that several lists of one family of systems share, by name."""
    words: dict[str, Any] = json.loads((DATA / "profile_words.json").read_text("utf-8"))
    return words


@lru_cache(maxsize=1)
def packaged() -> tuple[Profile, ...]:
    """The profiles that come with the package."""
    files = sorted((DATA / "profiles").glob("*.json"))
    return tuple(p for f in files for p in read_profiles(f.read_text("utf-8"), f.name))


LARGEST_BYTES: Final = 1 << 20


def site_profiles(folder: Path) -> tuple[str, ...]:
    """The texts of a site's own profiles (``*.json`` in a folder), checked; none where it has none.

    Raises
    ------
    ProfileError
        The first file that cannot be used, named.
    """
    texts = []
    for file in sorted(folder.glob("*.json")):
        try:
            if file.stat().st_size > LARGEST_BYTES:
                raise ProfileError(file.name, "it is larger than 1 MB")
            text = file.read_text("utf-8-sig")
        except (OSError, UnicodeDecodeError) as error:
            raise ProfileError(file.name, type(error).__name__) from error
        read_profiles(text, file.name)
        texts.append(text)
    return tuple(texts)


@lru_cache(maxsize=4)
def with_own(texts: tuple[str, ...]) -> tuple[Profile, ...]:
    """A site's own profiles, then the package's; the site's wins where both have one id."""
    own = [p for text in texts for p in read_profiles(text)]
    ids = {p.id for p in own}
    return (*own, *(p for p in packaged() if p.id not in ids))


def spoken(text: str) -> Said:
    """A sentence of a profile, which catalogues may translate as a whole."""
    return Said(text, text.replace("{", "{{").replace("}", "}}"))


def said_of_profiles() -> tuple[str, ...]:
    """Every sentence of the profiles in the package, for who translates them."""
    found: list[str] = []
    for profile in packaged():
        found += [
            profile.title,
            profile.says,
            profile.ask_it,
            *(rule.says for rule in profile.rows),
        ]
        found += [need.advice for need in (*profile.needs, *profile.wants)]
        found += [because for column in profile.columns for _, because in column.choose]
    return tuple(dict.fromkeys(text for text in found if text))
