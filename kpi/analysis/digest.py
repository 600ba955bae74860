"""The digest of a week: what needs attention, what is overdue, what is missing, what changed since."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from kpi.access import EVERY_PLANT, Access, Permission, Role
from kpi.analysis import audits, due_actions, measuring, registering, reviewing, words
from kpi.analysis.attention import attention
from kpi.analysis.coverage import coverage_calendar
from kpi.analysis.evidence import PAGE_OF_KIND
from kpi.analysis.freshness import status
from kpi.analysis.home import Home
from kpi.analysis.measuring_results import Late
from kpi.analysis.restatements import restatements
from kpi.analysis.results import Filters
from kpi.errors import NotEnoughDataError, UnknownNameError
from kpi.qms.kinds import kind_of_id
from kpi.qms.people import people
from kpi.qms.reviews import DECISION, DecisionStatus

DAYS: Final = 7
"""How far back the digest tells of changes, unless it is asked otherwise."""

MOST_LINES: Final = 10
"""Lines of a part that are told one by one; the page tells the others."""

OLD_AFTER: Final = 38
"""Days after which the newest data of a feed are old: a month, and a week to send its export."""


@dataclass(frozen=True, slots=True)
class DigestLine:
    """One thing to look at. ``page`` and ``id`` are where it stands; ``owner`` whose it is."""

    says: str
    more: str = ""
    owner: str = ""
    page: str = ""
    id: str = ""


@dataclass(frozen=True, slots=True)
class DigestPart:
    """One question of the digest with its answer. ``says`` is one sentence; ``left`` were not listed."""

    key: str
    title: str
    says: str
    lines: tuple[DigestLine, ...]
    left: int = 0
    page: str = ""


@dataclass(frozen=True, slots=True)
class Digest:
    """The digest of a day, as somebody with certain plants reads it. ``of`` names the plants."""

    company: str
    of: str
    day: date
    since: date
    subject: str
    fresh: str
    parts: tuple[DigestPart, ...]

    def part(self, key: str) -> DigestPart:
        """The part with a key: attention, overdue, missing or changed."""
        return next(one for one in self.parts if one.key == key)


def digest(home: Home, today: date, *, days: int = DAYS) -> Digest:
    """What somebody should know on a day, of the plants they see."""
    since = today - timedelta(days=days)
    parts = (
        _attention(home),
        _overdue(home, today),
        _missing(home, today),
        _changed(home, since),
    )
    of = words.listed(home.store.plants()) or "No plant yet"
    return Digest(
        home.settings.company, of, today, since, _subject(home.settings.company, parts, today),
        _fresh(home, today), parts,
    )  # fmt: skip


def _subject(company: str, parts: tuple[DigestPart, ...], today: date) -> str:
    counts = {part.key: len(part.lines) + part.left for part in parts}
    told = [
        f"{counts['attention']} to look at" if counts["attention"] else "",
        f"{counts['overdue']} overdue" if counts["overdue"] else "",
        f"{counts['missing']} missing" if counts["missing"] else "",
    ]
    said = ", ".join(filter(None, told)) or "nothing out of the ordinary"
    return f"{company + ': ' if company else ''}{said} ({words.date_words(today)})"


def _fresh(home: Home, today: date) -> str:
    drawn = home.view().data_date()
    if drawn is None:
        return "No data are loaded yet."
    ago = (today - drawn).days
    when = "" if ago <= 0 else f", {ago} day{'s' * (ago != 1)} ago"
    return f"The newest data were drawn on {words.date_words(drawn)}{when}."


def _part(
    key: str, title: str, lines: Iterable[DigestLine], *, says: Callable[[int], str], page: str
) -> DigestPart:
    found = list(lines)
    return DigestPart(
        key, title, says(len(found)), tuple(found[:MOST_LINES]), max(0, len(found) - MOST_LINES),
        page,
    )  # fmt: skip


def _number(count: int, noun: str) -> str:
    return f"{words.small_number(count)} {noun}{'s' * (count != 1)}".capitalize()


def _attention(home: Home) -> DigestPart:
    title = "Needs attention"
    try:
        found = attention(home, Filters())
    except NotEnoughDataError as reason:
        return DigestPart("attention", title, str(reason), ())
    lines = [
        DigestLine(one.headline, " ".join(filter(None, (one.cost_words, one.detail))), page="")
        for one in found.findings
    ]
    screened = found.screening
    if not lines:
        return DigestPart("attention", title, screened.quiet, ())
    says = (
        f"{_number(len(lines), 'finding')} {'are' if len(lines) != 1 else 'is'} no chance; "
        f"{screened.looked_at_words.partition('. ')[0]}."
    )
    return DigestPart("attention", title, says, tuple(lines))


def _overdue(home: Home, today: date) -> DigestPart:
    def says(count: int) -> str:
        if not count:
            return "Nothing is overdue."
        return f"{_number(count, 'thing')} should have been done by today, the longest first."

    return _part("overdue", "Overdue", overdue_lines(home, today), says=says, page="actions")


def overdue_lines(home: Home, today: date) -> tuple[DigestLine, ...]:
    """Actions, audits, findings, analyses, decisions and reviews whose day has passed, longest first."""
    found = [
        *_late_actions(home, today), *_late_audits(home, today), *_late_analyses(home, today),
        *_late_decisions(home, today), *_late_reviews(home, today),
    ]  # fmt: skip
    return tuple(line for _, line in sorted(found, key=lambda pair: (-pair[0], pair[1].id)))


_Lines = Iterable[tuple[int, DigestLine]]
"""Days late, and the line."""


def _late_actions(home: Home, today: date) -> _Lines:
    for one in due_actions.overdue(home, today):
        yield one.days(today), _of(one.id, f"{one.id} {one.title}: {one.says}.", one.owner)


def _late_audits(home: Home, today: date) -> _Lines:
    for one in audits.overdue(home, today):
        yield one.days, _of(one.id, one.says, one.owner)


def _late_analyses(home: Home, today: date) -> _Lines:
    for one in measuring.overdue(home, today):
        if one.kind is Late.ANALYSIS:
            yield 0, _of(one.id, f"{one.id} {one.title}: {one.says}", one.owner)


def _late_decisions(home: Home, today: date) -> _Lines:
    for one in registering.listed(home, DECISION):
        due = one.item.due
        if one.item.status is DecisionStatus.OPEN and due is not None and due < today:
            of = f"a decision of {one.item.review}, due on {words.date_words(due)}"
            says = f"{one.id} {one.item.title}: {of}."
            yield (today - due).days, _of(one.id, says, one.item.owner)


def _late_reviews(home: Home, today: date) -> _Lines:
    for one in reviewing.due(home, today):
        if one.late:
            yield one.late, DigestLine(one.says, page="review", id=one.id)


def _of(id: str, says: str, owner: str) -> DigestLine:
    kind = kind_of_id(id)
    page = PAGE_OF_KIND.get(kind.name, "") if kind else ""
    return DigestLine(says, owner=owner, page=page, id=id)


def _missing(home: Home, today: date) -> DigestPart:
    def says(count: int) -> str:
        if not count and home.view().data_date() is None:
            return "No data are loaded yet."
        if not count:
            return "Nothing is missing: every month of every feed is there."
        return f"{_number(count, 'gap')} in what was uploaded; figures of those months are not complete."

    return _part("missing", "Missing", _missing_lines(home, today), says=says, page="upload")


def _missing_lines(home: Home, today: date) -> Iterable[DigestLine]:
    planned = [one for one in measuring.overdue(home, today) if one.kind is Late.UPLOAD]
    for one in planned:
        yield _of(one.id, f"{one.id} {one.title}: {one.says}", one.owner)
    for hole in coverage_calendar(home, Filters()).missing:
        yield DigestLine(hole, page="upload")
    if planned:
        return
    for feed in status(home).feeds:
        if feed.data_date is not None and (ago := (today - feed.data_date).days) > OLD_AFTER:
            when = words.date_words(feed.data_date)
            yield DigestLine(
                f"{feed.feed}: nothing newer than {when}, {ago} days ago.", page="upload"
            )


def _changed(home: Home, since: date) -> DigestPart:
    def says(count: int) -> str:
        if not count:
            return f"No figure that was reported has changed since {words.date_words(since)}."
        noun = "entry" if count == 1 else "entries"
        number = words.small_number(count).capitalize()
        return f"{number} {noun} of the ledger changed reported figures since {words.date_words(since)}."

    lines = []
    for one in restatements(home):
        when = one.cause.when
        if when is None or when.date() < since:
            continue
        accepted = (
            f"Accepted by {one.cause.accepted}."
            if one.cause.accepted
            else "Nobody accepted it yet."
        )
        lines.append(DigestLine(one.says, accepted, page="restatements"))
    return _part("changed", "Changed since", lines, says=says, page="restatements")


def seen_as(home: Home, address: str) -> Home:
    """The home as the person with an address sees it.

    Raises
    ------
    AccessDeniedError
        Only an administrator of every plant may.
    UnknownNameError
        Nobody who may sign in has this address: nobody knows what they may see.
    """
    _of_administrators(home)
    known = {p.email.casefold(): p for p in people(home.store) if p.active and p.email}
    person = known.get(address.casefold())
    if person is None:
        raise UnknownNameError("person", address, known=known)
    return home.seen_by(person.access)


def seen_of(home: Home, plants: Iterable[str]) -> Home:
    """The home as somebody sees it who may see some plants; none named: all of it.

    Raises
    ------
    AccessDeniedError
        Only an administrator of every plant may.
    UnknownNameError
        A plant is unknown.
    """
    _of_administrators(home)
    named = tuple(plants)
    known = {*home.store.plants(), *(plant.name for plant in home.settings.plants)}
    for plant in named:
        if plant not in known and plant != EVERY_PLANT:
            raise UnknownNameError("plant", plant, known=known)
    if not named or EVERY_PLANT in named:
        return home
    return home.seen_by(Access.of(dict.fromkeys(named, Role.VIEWER)))


def everybody(home: Home) -> tuple[str, ...]:
    """The addresses of everybody who may sign in; for administrators of every plant."""
    _of_administrators(home)
    return tuple(p.email for p in people(home.store) if p.active and p.email)


def _of_administrators(home: Home) -> None:
    home.access.require(Permission.ADMINISTER, [EVERY_PLANT])
