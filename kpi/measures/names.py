"""Codes and their names: a reason A31 that reads Porosity."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pandas as pd

from kpi.measures.question import ALIASES
from kpi.measures.source import FactSource


@dataclass(frozen=True, slots=True)
class _Field:
    """What one dimension's codes are called: anywhere, at a plant, and where no plant is told."""

    digits: bool  # all codes are digits
    general: Mapping[Any, Any]
    own: Mapping[tuple[Any, Any], Any]
    alone: Mapping[Any, Any]  # codes that plants name alike


@dataclass(frozen=True, eq=False)
class Names:
    """The names of codes, per dimension and, where they differ, per plant.

    ``table`` has ``field``, ``code``, ``name``, ``plant`` (missing: every plant). Where all codes
    of a dimension are digits they say nothing to a person, so the name stands in their place;
    codes of the plant's own (L1, D-01) stay, with the name beside them.
    """

    table: pd.DataFrame

    @cached_property
    def _fields(self) -> Mapping[str, _Field]:
        """Looked through once: a page asks for names hundreds of times."""
        return {str(name): _field(mine) for name, mine in self.table.groupby("field", sort=False)}

    @cached_property
    def _meant(self) -> Mapping[tuple[str, str], Sequence[str]]:
        """The codes that bear a name, by dimension and folded name."""
        found: dict[tuple[str, str], list[str]] = {}
        for field, code, name in self.table[["field", "code", "name"]].itertuples(index=False):
            found.setdefault((field, str(name).casefold()), []).append(str(code))
        return found

    def fields(self) -> frozenset[str]:
        """The dimensions with names."""
        return frozenset(self._fields)

    def replaces(self, field: str) -> bool:
        """Whether names stand in place of the codes of this dimension."""
        return field in self._fields and self._fields[field].digits

    def codes(self, field: str, values: Iterable[str]) -> list[str]:
        """The codes meant by codes or names; each value itself is always one of them."""
        wanted = [value for value in values if value]
        folded = dict.fromkeys(value.casefold() for value in wanted)
        named = [code for name in folded for code in self._meant.get((field, name), ())]
        return list(dict.fromkeys([*wanted, *named]))

    def of(self, field: str, codes: pd.Series, plants: pd.Series | None) -> pd.Series:
        """The name of each code; missing where it has none. ``plants`` picks a plant's own names."""
        mine = self._fields.get(field, _UNNAMED)
        found = codes.map(dict(mine.general))
        if plants is None or not mine.own:
            if plants is None and mine.own:
                found = found.astype(object).fillna(codes.map(dict(mine.alone)).astype(object))
            return found
        keys = pd.Series(list(zip(plants, codes, strict=True)), index=codes.index, dtype=object)
        return keys.map(dict(mine.own)).astype(object).fillna(found.astype(object))


_UNNAMED = _Field(digits=False, general={}, own={}, alone={})


def _field(mine: pd.DataFrame) -> _Field:
    general = mine[mine["plant"].isna()].drop_duplicates("code", keep="last")
    special = mine[mine["plant"].notna()]
    once = special.groupby("code")["name"].agg(["first", "nunique"])
    return _Field(
        all(str(code).isdigit() for code in mine["code"]),
        dict(zip(general["code"], general["name"], strict=True)),
        {(p, c): n for p, c, n in special[["plant", "code", "name"]].itertuples(index=False)},
        once.loc[once["nunique"] == 1, "first"].to_dict(),
    )


def read_names(source: FactSource, texts: Sequence[pd.DataFrame] = ()) -> Names:
    """The names in force; ``texts`` are pairs (``code``, ``name``) of reasons, as rows told them.

    A name from the dataset of names goes before what rows tell.
    """
    declared: pd.DataFrame = source.arrow("names").to_pandas()
    declared = declared[["field", "code", "name", "plant"]].dropna(subset=["field", "code", "name"])
    declared["field"] = declared["field"].map(lambda f: ALIASES.get(f, f))
    told = [t.assign(field="reason", plant=None)[["field", "code", "name", "plant"]] for t in texts]
    known = set(declared.loc[declared["field"] == "reason", "code"])
    told = [t[~t["code"].isin(known)] for t in told if len(t)]
    frames = [frame.astype(object) for frame in (*told, declared) if len(frame)]
    table = pd.concat(frames, ignore_index=True) if frames else declared.astype(object)
    return Names(table.drop_duplicates(["field", "code", "plant"], keep="last"))
