"""A home whose scrap tells what became of an action: thirty months of two plants, small and quick.

Line Up of Nord doubles its scrap from January 2026 on, line Down halves it, line Same does neither,
all at reason Burr. Sued has a line of its own with reason Burr that doubles, too, and one with
another reason.
"""

from datetime import UTC, date, datetime

from kpi import analysis
from kpi.qms import Target, put_target

WHEN = datetime(2026, 11, 9, 8, tzinfo=UTC)
TODAY = date(2026, 11, 9)
MONTHS = tuple(date(2024 + (4 + m) // 12, (4 + m) % 12 + 1, 1) for m in range(30))
TURN = date(2026, 1, 1)
ACTED = date(2025, 12, 20)
LINES = (
    ("Nord", "Up", "Burr", 20, 40), ("Nord", "Down", "Burr", 40, 20), ("Nord", "Same", "Burr", 30, 30),
    ("Sued", "Twin", "Burr", 20, 40), ("Sued", "Other", "Dent", 30, 30),
)  # fmt: skip
"""Plant, line, reason, and scrap in thousand pieces before and after the turn."""


def _wobble(index):
    """Numbers that look like chance and are the same in every run: 0 to 8."""
    return (index * 7919 + index * index * 104_729) % 10_007 % 9


def rows(months=MONTHS, plants=("Nord", "Sued"), more=0):
    """The lines of a scrap list; ``more`` pieces of scrap in each row than there were."""
    out = ["Date;Plant;Line;Reason;Scrapped quantity;Produced quantity"]
    for month in months:
        place = month.year * 12 + month.month
        for plant, line, reason, before, after in LINES:
            if plant not in plants:
                continue
            for day in (4, 13, 22):
                chance = _wobble(place * 97 + day * 31 + len(line) * 7 + ord(line[0]) + 35) - 4
                bad = (after if month >= TURN else before) + chance + more
                on = month.replace(day=day)
                out.append(f"{on};{plant};{line};{reason};{bad};1000")
    return out


def load(home, folder, name, lines):
    """Put a list in force, the best reading of every question taken."""
    folder.mkdir(exist_ok=True)
    file = folder / name
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    given = {}
    for _ in range(4):
        outcome = analysis.ingest_file(home, file, who="clerk", when=WHEN, answers=given)
        if outcome.state != "needs_answer":
            break
        given |= {q.id: q.candidates[0].value for q in outcome.questions}
    assert outcome.state == "committed", outcome.says
    return outcome


def make(folder, *, together=False):
    """The home; with a file per plant, or one file of both."""
    home = analysis.open_home(folder / "home")
    if together:
        load(home, folder / "files", "both.csv", rows())
    else:
        for plant in ("Nord", "Sued"):
            load(home, folder / "files", f"{plant}.csv", rows(plants=(plant,)))
    target = Target("scrap_rate", (), 3.0, date(2024, 1, 1))
    put_target(home.store, target, who="tester", when=WHEN, why="for tests")
    return home
