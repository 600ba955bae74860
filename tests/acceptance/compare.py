"""Two tables of cells held against each other: the product's, and one made by plain arithmetic."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from plain_sample import period_of


def sums(
    table: pd.DataFrame, by: Sequence[str], period: str, numerator: str, denominator: str | None
) -> pd.DataFrame:
    """Numerator and denominator per period and slice; by reason the denominator ignores it."""
    table = table.assign(period=period_of(table["day"], period))
    keys = ["period", *by]
    grouped = table.groupby(keys, dropna=False)
    out = grouped[[numerator]].sum().rename(columns={numerator: "numerator"})
    if denominator is None:
        return out.reset_index().assign(denominator=np.nan)
    shared = [k for k in keys if k != "reason"]
    below = table.groupby(shared, dropna=False)[denominator].sum().rename("denominator")
    return out.reset_index().merge(below.reset_index(), on=shared, how="left")


def differences(
    product: pd.DataFrame, plain: pd.DataFrame, by: Sequence[str], *, per: float = 1.0
) -> list[str]:
    """What differs, a line each; none where the product is right.

    A cell that only the product has may hold nothing, or a zero. One that only the plain table has
    may hold neither numerator nor denominator.
    """
    keys = ["period", *by]
    product = product.loc[:, ~product.columns.duplicated()]
    left = product.assign(**{k: product[k].astype(object).fillna("-") for k in keys})
    right = plain.assign(**{k: plain[k].astype(object).fillna("-") for k in keys})
    both = left.merge(right, on=keys, how="outer", suffixes=("", "_plain"))
    ratio = plain["denominator"].notna().any()
    numerator = both["numerator"].fillna(0.0) - both["numerator_plain"].fillna(0.0)
    wrong = numerator.abs() > 1e-6
    value = both["numerator_plain"].fillna(0.0) * per
    if ratio:
        known = both["denominator_plain"].notna()
        below = both["denominator"].fillna(0.0) - both["denominator_plain"].fillna(0.0)
        wrong |= known & (below.abs() > 1e-6)
        base = both["denominator_plain"].where(both["denominator_plain"] > 0)
        value = value / base
    stated = value.notna() & both["numerator_plain"].notna()
    wrong |= stated & ~(both["value"] - value).abs().le(1e-9 * value.abs().clip(lower=1.0))
    wrong |= stated & (value != 0) & (both["state"] != "value")
    wrong |= stated & (value == 0) & (both["state"] != "zero")
    bad = both[wrong.to_numpy(dtype=bool)]
    shown = [*keys, "numerator", "numerator_plain", "denominator", "denominator_plain", "state"]
    return [str(r) for r in bad[shown].to_dict("records")]
