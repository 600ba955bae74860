"""``python -m kpi restatements``: which later entries changed figures already reported."""

import argparse
import math
from typing import TYPE_CHECKING, Any

from kpi.cli.parts import DONE, declare, home_of, show, time_now, user

if TYPE_CHECKING:
    from kpi.analysis.restatement_results import Cause, Restated, Restatement, SinceReview


def add(commands: Any) -> None:
    """Make the command known."""
    parser = declare(commands, "restatements", _list, "what changed in months already reported")
    parser.add_argument(
        "--review", metavar="REV-ID", help="a held review's figures against today's"
    )
    parser.add_argument("--latest", type=int, metavar="N", help="ledger entries looked through")
    what = parser.add_subparsers(title="what to do", metavar="WHAT", parser_class=type(parser))
    one = declare(what, "accept", _accept, "record that a restatement is right")
    one.add_argument(
        "position", type=int, nargs="?", metavar="ENTRY", help="position of the ledger entry"
    )
    one.add_argument(
        "--review", default=argparse.SUPPRESS, metavar="REV-ID",
        help="accept what settings or definitions changed of a held review's figures",
    )  # fmt: skip
    one.add_argument("--why", required=True, metavar="TEXT")


def _list(arguments: argparse.Namespace) -> int:
    from kpi.analysis import restated_review, restatements

    home = home_of(arguments)
    if arguments.review:
        since = restated_review.since_review(home, arguments.review)
        show(arguments, lambda: since_told(since), lambda: since_text(since))
        return DONE
    found = restatements.restatements(home, latest=arguments.latest or restatements.LATEST)
    show(
        arguments,
        lambda: [told(one) for one in found],
        lambda: "\n\n".join(map(text, found)) or "Nothing that was reported was changed since.",
    )
    return DONE


def _accept(arguments: argparse.Namespace) -> int:
    from kpi.analysis import restated_review, restatements
    from kpi.errors import UsageError

    if bool(arguments.position) is bool(arguments.review):
        raise UsageError("Name the ledger entry to be accepted, or a review with --review.")
    home, by = home_of(arguments), {"why": arguments.why, "who": user(), "when": time_now()}
    if arguments.review:
        entry = restated_review.accept_without_entry(home, arguments.review, **by)
    else:
        entry = restatements.accept(home, arguments.position, **by)
    item = entry.item
    what = f"ledger entry {item.entry}" if item.entry else f"{item.review} by other settings"
    show(
        arguments,
        lambda: {
            "id": entry.id,
            "entry": item.entry or None,
            "review": item.review,
            "why": item.why,
            "figures": item.figures,
        },
        lambda: f"{entry.id}: the restatement of {what} is accepted.",
    )
    return DONE


def told(one: "Restatement") -> dict[str, Any]:
    """What an entry restated, as JSON."""
    return {
        **_cause(one.cause), "reviews": one.reviews, "plants": one.plants, "says": one.says,
        "figures": [_figure(f) | {"says": f.says_of_entry} for f in one.figures],
    }  # fmt: skip


def since_told(since: "SinceReview") -> dict[str, Any]:
    """A held review against today, as JSON."""
    return {
        "review": since.review, "position_then": since.position_then, "position": since.position,
        "compared": since.compared, "says": since.says,
        "figures": [_figure(f) for f in since.figures],
        "causes": [_cause(c) for c in since.causes],
    }  # fmt: skip


def _figure(figure: "Restated") -> dict[str, Any]:
    return {
        "kpi": figure.kpi, "slice": dict(figure.slice), "month": figure.month,
        "before": _or_none(figure.before), "after": _or_none(figure.after),
        "change": figure.change_words, "causes": figure.causes, "reviews": figure.reviews,
        "says": figure.says,
    }  # fmt: skip


def _cause(cause: "Cause") -> dict[str, Any]:
    return {
        "entry": cause.position or None, "upload": cause.upload, "file": cause.file,
        "who": cause.who, "when": cause.when.isoformat() if cause.when else None,
        "what": cause.says, "accepted": cause.accepted or None,
    }  # fmt: skip


def _or_none(value: float) -> float | None:
    return None if math.isnan(value) else value


def text(one: "Restatement") -> str:
    """What an entry restated, as text."""
    accepted = f"Accepted by {one.cause.accepted}" if one.cause.accepted else "Not accepted yet."
    lines = [
        f"Entry {one.cause.position}. {one.says}",
        *(f"  {f.says_of_entry}" for f in one.figures),
    ]
    return "\n".join([*lines, f"  {accepted}"])


def since_text(since: "SinceReview") -> str:
    """A held review against today, as text."""
    figures = [f"  {f.says}" for f in since.figures]
    causes = [f"  {c.says} {c.accepted and f'Accepted by {c.accepted}'}" for c in since.causes]
    return "\n".join([since.says, *figures, *causes])
