"""Codes and their names: a reason A31 that reads Porosity."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import pandas as pd

from kpi.measures.question import ALIASES
from kpi.measures.source import FactSource


@dataclass(frozen=True, slots=True)
class Names:
    """The names of codes, per dimension and, where they differ, per plant.

    ``table`` has ``field``, ``code``, ``name``, ``plant`` (missing: every plant). Where all codes
    of a dimension are digits they say nothing to a person, so the name stands in their place;
    codes of the plant's own (L1, D-01) stay, with the name beside them.
    """

    table: pd.DataFrame

    def fields(self) -> frozenset[str]:
        """The dimensions with names."""
        return frozenset(self.table["field"])

    def replaces(self, field: str) -> bool:
        """Whether names stand in place of the codes of this dimension."""
        codes = self.table.loc[self.table["field"] == field, "code"]
        return bool(len(codes)) and all(str(code).isdigit() for code in codes)

    def codes(self, field: str, values: Iterable[str]) -> list[str]:
        """The codes meant by codes or names; each value itself is always one of them."""
        wanted = [value for value in values if value]
        folded = {value.casefold() for value in wanted}
        mine = self.table[self.table["field"] == field]
        named = mine.loc[mine["name"].str.casefold().isin(folded), "code"] if len(mine) else ()
        return list(dict.fromkeys([*wanted, *map(str, named)]))

    def of(self, field: str, codes: pd.Series, plants: pd.Series | None) -> pd.Series:
        """The name of each code; missing where it has none. ``plants`` picks a plant's own names."""
        mine = self.table[self.table["field"] == field]
        general = mine[mine["plant"].isna()].drop_duplicates("code", keep="last")
        found = codes.map(dict(zip(general["code"], general["name"], strict=True)))
        special = mine[mine["plant"].notna()]
        if plants is None or special.empty:
            if plants is None and len(special):
                once = special.groupby("code")["name"].agg(["first", "nunique"])
                alone = once.loc[once["nunique"] == 1, "first"]
                found = found.astype(object).fillna(codes.map(alone.to_dict()).astype(object))
            return found
        own = {(p, c): n for p, c, n in special[["plant", "code", "name"]].itertuples(index=False)}
        keys = pd.Series(list(zip(plants, codes, strict=True)), index=codes.index, dtype=object)
        return keys.map(own).astype(object).fillna(found.astype(object))


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
