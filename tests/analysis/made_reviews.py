"""A tiny home for tests of management reviews: scrap of two plants over eight months.

Every month is 100 scrapped of 10 000 pieces in Nord and 300 in Sued, so that what must come out is
known without the code that is tried: 1 %, 3 %, and 2 % together.
"""

from datetime import UTC, date, datetime
from pathlib import Path

from kpi import analysis
from kpi.analysis import holding, registering, reviewing
from kpi.analysis.agenda import asked_of
from kpi.qms.reviews import (
    CONCLUSIONS,
    REVIEW,
    Attendee,
    Conclusion,
    Decision,
    DecisionType,
    Judged,
)

WHEN = datetime(2026, 9, 10, 9, tzinfo=UTC)
HELD_ON = date(2026, 9, 9)
MONTHS = tuple(date(2026, month, 1) for month in range(1, 9))
SCRAPPED = {"Nord": 100, "Sued": 300}
PRODUCED = 10_000
HEAD = "Date;Plant;Line;Reason;Scrapped quantity;Produced quantity"
BOSS = Attendee(name="Anna Kern", role="Managing director", top=True)


def scrap_file(folder: Path, name: str, months, *, plant="Nord", scrapped=None) -> Path:
    """A file with one row a month, of the scrap usual there or of another."""
    count = SCRAPPED[plant] if scrapped is None else scrapped
    rows = [f"{m.replace(day=15)};{plant};L1;Flash;{count};{PRODUCED}" for m in months]
    path = folder / name
    path.write_text("\n".join([HEAD, *rows]) + "\n", encoding="utf-8")
    return path


def load(home, path):
    """Put a file in force, the best reading of every question taken."""
    outcome = analysis.ingest_file(home, path, who="loader", when=WHEN)
    if outcome.state == "needs_answer":
        answers = {question.id: question.candidates[0].value for question in outcome.questions}
        outcome = analysis.ingest_file(home, path, who="loader", when=WHEN, answers=answers)
    assert outcome.state == "committed", outcome.says
    return outcome


def make(folder: Path):
    """The home with both plants' files in force."""
    folder.mkdir(exist_ok=True)
    home = analysis.open_home(folder / "home")
    for plant in SCRAPPED:
        load(home, scrap_file(folder, f"{plant} scrap.csv", MONTHS, plant=plant))
    return home


def correct(home, folder: Path, *, scrapped=150, month=MONTHS[-1], plant="Nord"):
    """A later upload that says otherwise of one month."""
    path = scrap_file(
        folder, f"{plant} {month:%m} corrected.csv", [month], plant=plant, scrapped=scrapped
    )
    return load(home, path)


def drafted(home, *, where=(), first="2026-06", last="2026-08", edition="2026", boss=BOSS):
    """A draft with somebody of top management there."""
    asked = asked_of(home, where, first, last)
    entry = reviewing.draft(home, asked, edition=edition, who="Q", when=WHEN)
    return changed(home, entry, attendance=(boss,))


def changed(home, entry, *, why="for tests", **values):
    """A review with some fields changed."""
    from dataclasses import replace

    return registering.record(
        home, REVIEW, replace(entry.item, **values), id=entry.id, version=entry.version,
        who="Q", when=WHEN, why=why,
    )  # fmt: skip


def plain(home, agenda):
    """A writer whose bytes are easily known: what was rendered, and of what status."""
    return {"deck.pptx": f"{agenda.record.item.status} {agenda.position}".encode()}


def held(home, entry, *, render=plain, **named):
    """The review held."""
    return holding.hold(
        home, entry.id, version=entry.version, held_on=HELD_ON, render=render, who="Q", when=WHEN,
        **named,
    )  # fmt: skip


def decided(home, entry, title="Regrind the tool", **values):
    """A decision with all that approving asks for."""
    usual = {"type": DecisionType.IMPROVEMENT, "owner": "Bo", "due": date(2026, 12, 1)}
    decision = Decision(title=title, **{**usual, **values})
    return reviewing.decide(home, entry.id, decision, who="Q", when=WHEN)


def concluded(home, entry):
    """The review with all four words said."""
    words = tuple(Conclusion(word=word, says=Judged.YES) for word in CONCLUSIONS)
    return changed(home, entry, conclusion=words)


def approved(home, entry, *, render=plain, **named):
    """The review approved."""
    return holding.approve(
        home, entry.id, version=entry.version, name="Anna Kern", role="Managing director",
        signed_in=False, render=render, who="Q", when=WHEN, **named,
    )  # fmt: skip
