"""``python -m kpi review draft | hold | approve | …``: management reviews, as on their page."""

import argparse
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from kpi.cli.parts import DONE, as_day, as_pair, declare, home_of, show, time_now, user
from kpi.cli.review_told import agenda_input, agenda_lines, decision, line, told

if TYPE_CHECKING:
    from kpi.analysis.home import Home
    from kpi.qms.register import Recorded
    from kpi.qms.reviews import Attendee, Review

TYPES: Final = {"improvement": "IMPROVEMENT", "change": "CHANGE", "resources": "RESOURCES"}
"""Types of decisions as one types them, and the members they mean."""


def add(parser: argparse.ArgumentParser) -> None:
    """Make the words after ``review`` known; without one it makes the deck of a month."""
    what = parser.add_subparsers(title="what to do", metavar="WHAT", parser_class=type(parser))
    declare(what, "list", _list, "management reviews, and when the next is due")
    _of(declare(what, "show", _show, "one review: its agenda, minutes, decisions, documents"))

    one = declare(what, "draft", _draft, "draft a review of some months")
    one.add_argument("--from", dest="first", required=True, metavar="YYYY-MM")
    one.add_argument("--to", dest="last", required=True, metavar="YYYY-MM")
    one.add_argument("--plant", action="append", default=[], help="only this plant")
    one.add_argument("--edition", default="", metavar="2015|2026")
    one.add_argument("--planned", type=as_day, metavar="DATE")

    one = _of(
        declare(what, "minutes", _minutes, "record attendance, what was said, the conclusion")
    )
    _minutes_options(one)
    one.add_argument("--why", default="Minutes", metavar="TEXT", help="of a correction once held")

    one = _of(declare(what, "decide", _decide, "record a decision of a review"))
    one.add_argument("--decision", required=True, metavar="TEXT")
    one.add_argument("--type", choices=list(TYPES))
    one.add_argument("--owner", default="", metavar="NAME")
    one.add_argument("--due", type=as_day, metavar="DATE")

    one = _of(declare(what, "hold", _hold, "freeze the figures, render and keep the documents"))
    one.add_argument("--on", type=as_day, metavar="DATE", help="held on (default: today)")
    _drawn_in(one)

    one = _of(declare(what, "approve", _approve, "sign what was said and decided; self-declared"))
    one.add_argument("--by", required=True, metavar="NAME", help="who signs")
    one.add_argument("--role", default="", metavar="ROLE")
    _drawn_in(one)

    one = _of(declare(what, "document", _document, "hand out a kept document, byte for byte"))
    one.add_argument("name", metavar="NAME", help="deck.pptx, minutes.docx, …")
    one.add_argument("--as", dest="status", default="", choices=("held", "approved"))
    one.add_argument("--out", type=Path, required=True, metavar="FILE")


def _of(parser: argparse.ArgumentParser) -> argparse.ArgumentParser:
    parser.add_argument("id", metavar="REV-ID")
    return parser


def _drawn_in(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--template", type=Path, default=argparse.SUPPRESS, metavar="FILE.pptx",
        help="the company's own design for the deck (default: the setting template)",
    )  # fmt: skip


def _minutes_options(one: argparse.ArgumentParser) -> None:
    pairs: dict[str, Any] = {"action": "append", "type": as_pair, "default": []}
    one.add_argument("--present", **pairs, metavar="NAME=ROLE")
    one.add_argument("--top", **pairs, metavar="NAME=ROLE", help="present, of top management")
    one.add_argument("--absent", **pairs, metavar="NAME=ROLE")
    one.add_argument("--said", **pairs, metavar="INPUT=TEXT", help="what was said of an input")
    one.add_argument(
        "--conclude", **pairs, metavar="WORD=yes|no[: remark]",
        help="of suitable, adequate, effective, aligned",
    )  # fmt: skip
    one.add_argument("--undecided", metavar="TEXT", help="why nothing was decided")


# --- asking -------------------------------------------------------------------------------------


def _list(arguments: argparse.Namespace) -> int:
    from kpi.analysis import registering, reviewing
    from kpi.qms.reviews import REVIEW

    home = home_of(arguments)
    found = registering.listed(home, REVIEW)
    due = reviewing.due(home, time_now().date())
    show(
        arguments,
        lambda: {
            "reviews": [told(one) for one in found],
            "due": [{"of": d.of, "on": d.on.isoformat(), "days_late": d.late, "says": d.says}
                    for d in due],
        },
        lambda: "\n".join([*(line(one) for one in found), *(d.says for d in due)])
        or "No management review is on record. `python -m kpi review draft` begins one.",
    )  # fmt: skip
    return DONE


def _show(arguments: argparse.Namespace) -> int:
    from kpi.analysis import registering, reviewing
    from kpi.qms.reviews import REVIEW

    home = home_of(arguments)
    entry = registering.found(home, REVIEW, arguments.id)
    agenda = reviewing.agenda_of(home, entry.id, who=user(), when=time_now())
    show(
        arguments,
        lambda: {**told(entry), "inputs": [agenda_input(one) for one in agenda.inputs],
                 "decisions": [decision(d) for d in agenda.decisions]},
        lambda: "\n".join([line(entry), *agenda_lines(agenda)]),
    )  # fmt: skip
    return DONE


# --- doing --------------------------------------------------------------------------------------


def _draft(arguments: argparse.Namespace) -> int:
    from kpi.analysis import reviewing
    from kpi.analysis.agenda import asked_of
    from kpi.qms.agenda import LATEST

    home = home_of(arguments)
    where = tuple(("plant", plant) for plant in arguments.plant)
    asked = asked_of(home, where, arguments.first, arguments.last)
    entry = reviewing.draft(
        home, asked, edition=arguments.edition or LATEST, planned=arguments.planned,
        who=user(), when=time_now(),
    )  # fmt: skip
    return _done(arguments, entry)


def _minutes(arguments: argparse.Namespace) -> int:
    from kpi.analysis import registering
    from kpi.qms.reviews import REVIEW

    home = home_of(arguments)
    entry = registering.found(home, REVIEW, arguments.id)
    item = _with_minutes(entry.item, arguments)
    done = registering.record(
        home, REVIEW, item, id=entry.id, version=entry.version, who=user(), when=time_now(),
        why=arguments.why,
    )  # fmt: skip
    return _done(arguments, done)


def _with_minutes(item: "Review", arguments: argparse.Namespace) -> "Review":
    from kpi.errors import UnknownNameError
    from kpi.qms.agenda import points
    from kpi.qms.reviews import Discussed

    known = {point.key for point in points(item.edition)}
    for key, _ in arguments.said:
        if key not in known:
            raise UnknownNameError("input of the review", key, known=known)
    said = {one.key: one.text for one in item.discussion} | dict(arguments.said)
    undecided = item.undecided if arguments.undecided is None else arguments.undecided
    return replace(
        item,
        attendance=_attendance(item, arguments),
        discussion=tuple(Discussed(key=key, text=text) for key, text in said.items() if text),
        conclusion=_conclusion(item, arguments),
        undecided=undecided,
    )


def _attendance(item: "Review", arguments: argparse.Namespace) -> "tuple[Attendee, ...]":
    from kpi.qms.reviews import Attendee

    people = {one.name: one for one in item.attendance}
    for pairs, top, present in (
        (arguments.present, False, True), (arguments.top, True, True),
        (arguments.absent, False, False),
    ):  # fmt: skip
        for name, role in pairs:
            was = people.get(name)
            is_top = top or (was.top if was and not present else False)
            people[name] = Attendee(name=name, role=role, top=is_top, present=present)
    return tuple(people.values())


def _conclusion(item: "Review", arguments: argparse.Namespace) -> Any:
    from kpi.errors import UnknownNameError, UsageError
    from kpi.qms.reviews import CONCLUSIONS, Conclusion, Judged

    found = {word: item.concluded(word) for word in CONCLUSIONS}
    for word, text in arguments.conclude:
        if word not in found:
            raise UnknownNameError("word of the conclusion", word, known=CONCLUSIONS)
        says, _, remark = text.partition(":")
        if says.strip() not in (Judged.YES, Judged.NO):
            raise UsageError(f"{word} is concluded with yes or no, not with {says.strip()!r}.")
        found[word] = Conclusion(word=word, says=Judged(says.strip()), remark=remark.strip())
    return tuple(found.values())


def _decide(arguments: argparse.Namespace) -> int:
    from kpi.analysis import reviewing
    from kpi.qms.reviews import Decision, DecisionType

    home = home_of(arguments)
    typed = DecisionType[TYPES[arguments.type]] if arguments.type else DecisionType.OPEN
    item = Decision(title=arguments.decision, type=typed, owner=arguments.owner, due=arguments.due)
    entry = reviewing.decide(home, arguments.id, item, who=user(), when=time_now())
    show(
        arguments, lambda: decision(entry),
        lambda: f"{entry.id} is recorded in {arguments.id}: {entry.item.title}",
    )  # fmt: skip
    return DONE


def _hold(arguments: argparse.Namespace) -> int:
    from kpi.analysis import holding
    from kpi.reports.documents import render

    home, entry = _entry(arguments)
    now = time_now()
    done = holding.hold(
        home, entry.id, version=entry.version, held_on=arguments.on or now.date(),
        render=partial(render, template=arguments.template), who=user(), when=now,
    )  # fmt: skip
    return _done(arguments, done)


def _approve(arguments: argparse.Namespace) -> int:
    from kpi.analysis import holding
    from kpi.reports.documents import render

    home, entry = _entry(arguments)
    done = holding.approve(
        home, entry.id, version=entry.version, name=arguments.by, role=arguments.role,
        signed_in=False, render=partial(render, template=arguments.template), who=user(),
        when=time_now(),
    )  # fmt: skip
    return _done(arguments, done)


def _document(arguments: argparse.Namespace) -> int:
    from kpi.analysis import reviewing
    from kpi.errors import StoreError
    from kpi.qms.reviews import ReviewStatus

    home, entry = _entry(arguments)
    status = ReviewStatus(arguments.status) if arguments.status else entry.item.status
    data = reviewing.document(home, entry.id, arguments.name, status)
    try:
        arguments.out.write_bytes(data)
    except OSError as error:
        raise StoreError(f"{arguments.out} cannot be written: {error.strerror}.") from error
    file = entry.item.file(arguments.name, status)
    sha256 = file.sha256 if file else ""
    show(
        arguments,
        lambda: {"file": str(arguments.out), "bytes": len(data), "sha256": sha256,
                 "as": str(status)},
        lambda: f"{arguments.name} of {entry.id} as {status}: {arguments.out} (SHA-256 {sha256}).",
    )  # fmt: skip
    return DONE


def _entry(arguments: argparse.Namespace) -> "tuple[Home, Recorded[Review]]":
    from kpi.analysis import registering
    from kpi.qms.reviews import REVIEW

    home = home_of(arguments)
    return home, registering.found(home, REVIEW, arguments.id)


def _done(arguments: argparse.Namespace, entry: "Recorded[Review]") -> int:
    show(arguments, lambda: told(entry), lambda: line(entry))
    return DONE
