"""Which index of capability to tell, why, and what to know beside it."""

import math
from collections.abc import Iterator

from kpi.spc.capability_intervals import Bound
from kpi.spc.capability_result import Capability, Headline
from kpi.spc.capability_sample import PhaseValues
from kpi.spc.constants import MIN_POINTS

_MOST_NAMED = 6


def headline(found: Capability, least: int) -> tuple[Headline | None, str]:
    """The index to tell and the reason: Cpk of a stable process, Ppk otherwise; ``None`` for none.

    Cpk says what the process could do if it stayed as it is within a sample: no promise for a
    process that signals, nor for values whose shape is not the one it assumes.
    """
    if found.n < max(least, 2):
        there = "There is 1 value" if found.n == 1 else f"There are {found.n} values"
        return None, f"{there}; capability needs at least {max(least, 2)}."
    if not found.sigma_overall > 0:
        return None, "All values are equal: there is no spread to compare with the tolerance."
    unstable = _unstable(found)
    shape = found.percentile
    if shape is not None:
        why = f"Ppk compares the limits with {_shape_words(found)}."
        return Headline("ppk", "percentile", shape.indices["ppk"]), f"{why} {unstable}".strip()
    ppk = Headline("ppk", "normal", found.indices["ppk"])
    if unstable:
        # whether values are normal can be asked of a stable process only
        promise = "; Cpk would promise what it does not hold" if found.signals else ""
        return ppk, f"{unstable} Ppk tells what it did{promise}."
    if found.normal is False:
        return ppk, (
            f"The values are not normal ({_p(found.normality)}) and no simple shape fits them: Ppk is "
            "a rough figure."
        )
    if not found.sigma_within > 0:
        return ppk, "The spread within samples cannot be told: Ppk rests on all values."
    why = "The process keeps to its usual range, so Cpk tells what it can do."
    return Headline("cpk", "normal", found.indices["cpk"]), why


def _unstable(found: Capability) -> str:
    """Why the process cannot be called stable; empty where it can."""
    if found.signals:
        named = [str(point + 1) for point in found.signals[:_MOST_NAMED]]
        more = "" if len(found.signals) <= _MOST_NAMED else " and more"
        return f"The process signals (point{'s' * (len(named) > 1)} {', '.join(named)}{more})."
    if found.points < MIN_POINTS:
        return f"There are only {found.points} points: whether the process is stable cannot be told yet."
    return ""


def _shape_words(found: Capability) -> str:
    assert found.percentile is not None
    name = found.percentile.distribution
    what = (
        name if name.startswith("percentiles") else f"percentiles of a fitted {name} distribution"
    )
    if found.normal is False:
        return f"{what}, as the values are not normal ({_p(found.normality)})"
    return what


def _p(value: float) -> str:
    return "p < 0.001" if value < 0.001 else f"p = {value:.2g}"


def limits_left_out(found: Capability) -> Iterator[str]:
    """Limits that count as none."""
    given, used = found.tolerance, found.tolerance.effective
    for name, asked, kept in (("lower", given.lsl, used.lsl), ("upper", given.usl, used.usl)):
        if not math.isnan(asked) and math.isnan(kept):
            yield f"No value can pass the {name} limit {asked:g} anyhow: it asks for nothing."


def known(found: Capability, firm: int) -> Iterator[str]:
    """What to know beside the indices."""
    given, used = found.tolerance, found.tolerance.effective
    yield from limits_left_out(found)
    if found.provisional:
        yield f"Provisional: the indices rest on {found.n} values; {firm} make them firm."
    if math.isnan(used.lsl) or math.isnan(used.usl):
        side = "lower" if math.isnan(used.lsl) else "upper"
        yield f"There is no {side} limit: Cp, Pp and Cpm need both."
    elif math.isnan(given.target):
        yield f"No target is given: Cpm takes the middle of the tolerance, {used.target:g}."
    if not math.isnan(given.target) and (given.target < used.lsl or given.target > used.usl):
        yield f"The target {given.target:g} lies outside the limits."
    if found.normal is None:
        yield "There are too few values to test whether they are normal."
    if not found.sigma_within > 0 and found.sigma_overall > 0:
        yield "Cp and Cpk are not computable: there is no spread within samples."


def convention(used: PhaseValues, intervals: str, bound: Bound, confidence: float) -> str:
    """How the indices and their intervals were computed."""
    freedom = used.within.freedom
    level = f"{confidence * 100:g} %"
    how = "n − 1 degrees of freedom, as R qcc gives them"
    if intervals == "sigma":
        known = math.isinf(freedom) or math.isnan(freedom)
        how = "degrees of freedom of the sigma method" + ("" if known else f" ({freedom:.1f})")
    ends = f"{level} intervals" if bound == "two-sided" else f"lower {level} bounds"
    return (
        f"Cp, Cpk: sigma within = {used.method}; Pp, Ppk: standard deviation of all values (n − 1); "
        f"{ends} by χ² (Cp, Pp, Cpm) and Bissell (Cpk, Ppk) with {how}"
    )
