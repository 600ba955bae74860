"""Capability of a CSV file's values: its options, its answer as JSON-able data and as text."""

import argparse
import math
from collections.abc import Iterator, Mapping
from typing import Any, Final, cast

from kpi.analysis.chart_options import number
from kpi.errors import UsageError
from kpi.spc import Capability, Options, capability
from kpi.spc.capability_intervals import Index
from kpi.spc.capability_result import Parts
from kpi.spc.percentiles import PercentileForm

KIND: Final = "capability"
"""The kind that is capability first, over whichever chart suits the values."""

CHARTS: Final = ("imr", "xbar_r", "xbar_s")
"""Charts that take limits, too."""

CONFIDENCE: Final = 0.95


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of capability."""
    add = parser.add_argument_group("capability").add_argument
    add("--lsl", type=number, metavar="X", help="lower limit of the tolerance")
    add("--usl", type=number, metavar="X", help="upper limit of the tolerance")
    add("--lowest", type=number, metavar="X", help="no value can be less (0 of a length)")
    add("--highest", type=number, metavar="X", help="no value can be more")
    add("--form", default="auto", choices=["auto", "normal", "percentile"],
        help="percentiles of a fitted shape: where values are not normal (auto), never, always")  # fmt: skip
    add("--bound", default="two-sided", choices=["two-sided", "lower"], help="of the intervals")
    add("--intervals", default="sigma", choices=["sigma", "qcc"],
        help="degrees of freedom of the sigma method, or n − 1 as R qcc")  # fmt: skip


def asked(args: argparse.Namespace) -> bool:
    """Whether the arguments ask for capability; ``UsageError`` where they cannot have it."""
    wanted = args.kind == KIND or args.lsl is not None or args.usl is not None
    if not wanted:
        return False
    if args.kind not in (KIND, *CHARTS):
        raise UsageError(f"--lsl and --usl go with {', '.join(CHARTS)} and {KIND}.")
    if args.multiply != 1:
        raise UsageError("Limits are in the unit of the file: leave out --multiply.")
    return True


def found(args: argparse.Namespace, given: Mapping[str, Any], options: Options) -> Capability:
    """Capability of what a chart was asked of: ``given`` holds values, subgroup, baseline and so on."""
    if given["values"] is None:
        raise UsageError("Capability needs measured values: --value COL.")
    return capability(
        given["values"],
        lsl=args.lsl,
        usl=args.usl,
        target=args.target,
        bounds=(args.lowest, args.highest),
        kind=args.kind if args.kind in ("xbar_r", "xbar_s") else None,
        confidence=CONFIDENCE if args.confidence is None else args.confidence,
        bound=cast(Any, args.bound),
        intervals=cast(Any, args.intervals),
        form=cast(Any, args.form),
        options=options,
        **{name: given[name] for name in ("subgroup", "baseline", "phases", "excluded", "rules")},
    )


def capability_data(one: Capability) -> dict[str, Any]:
    """Every index with its interval (``cp``, ``cp_low``, ``cp_high``, …), ``None`` where it is not."""
    data: dict[str, Any] = {}
    for name, index in one.indices.items():
        data |= _index(name, index)
    used = one.tolerance.effective
    return {
        **data,
        "lsl": _number(used.lsl),
        "usl": _number(used.usl),
        "target": _number(used.target),
        "n": one.n,
        "points": one.points,
        "center": _number(one.center),
        "sigma_within": _number(one.sigma_within),
        "sigma_overall": _number(one.sigma_overall),
        "sigma_method": one.method,
        "degrees_of_freedom": _number(one.freedom),
        "confidence": one.confidence,
        "observed_ppm": _parts(one.observed),
        "expected_within_ppm": _parts(one.expected_within),
        "expected_overall_ppm": _parts(one.expected_overall),
        "normality": {
            "anderson_darling": _number(one.anderson_darling),
            "p_value": _number(one.normality),
            "normal": one.normal,
        },
        "percentile": None if one.percentile is None else _shape(one.percentile),
        "signals": [point + 1 for point in one.signals],
        "headline": None if one.headline is None else one.headline.name,
        "headline_form": None if one.headline is None else one.headline.form,
        "headline_value": None if one.headline is None else _number(one.headline.index.value),
        "why": one.why,
        "provisional": one.provisional,
        "notes": list(one.notes),
        "convention": one.convention,
    }


def _index(name: str, index: Index) -> dict[str, float | None]:
    ends = {"": index.value, "_low": index.low, "_high": index.high}
    return {name + end: _number(value) for end, value in ends.items()}


def _shape(form: PercentileForm) -> dict[str, Any]:
    data: dict[str, Any] = {
        "distribution": form.distribution,
        "fit_p_value": _number(form.fit),
        "low": _number(form.low),
        "median": _number(form.median),
        "high": _number(form.high),
        "expected_ppm": _parts(Parts(form.below * 1e6, form.above * 1e6)),
    }
    for name, index in form.indices.items():
        data |= _index(name, index)
    return data


def _parts(parts: Parts) -> dict[str, float | None]:
    return {side: _number(getattr(parts, side)) for side in ("below", "above", "total")}


def _number(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None


def capability_text(one: Capability) -> str:
    """The headline and why, then every index that there is with its interval, then the notes."""
    return "\n".join(_lines(one))


def _lines(one: Capability) -> Iterator[str]:
    if one.headline is None:
        yield f"No capability. {one.why}"
    else:
        yield f"{one.headline.name.capitalize()} {_with_ends(one.headline.index)}. {one.why}"
    yield one.convention + "."
    yield from one.notes
    yield ""
    for name, index in one.indices.items():
        if not math.isnan(index.value):
            about = " (about the target)" if name in ("cpm", "ppm") else ""
            yield f"{name.capitalize():>6} {_with_ends(index)}{about}"
    if one.percentile is not None:
        for name, index in one.percentile.indices.items():
            if not math.isnan(index.value):
                yield f"{name.capitalize():>6} {_with_ends(index)} by {one.percentile.distribution}"
    used = one.tolerance.effective
    limits = [f"{n} {v:g}" for n, v in (("from", used.lsl), ("to", used.usl)) if not math.isnan(v)]
    yield (
        f"Limits {' '.join(limits)}; mean {one.center:.8g}; sigma within "
        f"{_figure(one.sigma_within)}, overall {_figure(one.sigma_overall)}; {one.n} values."
    )
    if not math.isnan(one.observed.total):
        yield f"Outside: {one.observed.total:,.0f} of a million observed, " + _expected(one) + "."
    if one.normal is not None:
        yield f"Test of normality (Anderson-Darling): p = {one.normality:.3g}."


def _figure(value: float) -> str:
    return "–" if math.isnan(value) else f"{value:.4g}"


def _expected(one: Capability) -> str:
    form = one.percentile
    if form is not None:
        return f"{Parts(form.below * 1e6, form.above * 1e6).total:,.0f} expected"
    return f"{one.expected_overall.total:,.0f} expected"


def _with_ends(index: Index) -> str:
    if math.isnan(index.low):
        return f"{index.value:.4g}"
    if math.isnan(index.high):
        return f"{index.value:.4g} (at least {index.low:.4g})"
    return f"{index.value:.4g} ({index.low:.4g} to {index.high:.4g})"
