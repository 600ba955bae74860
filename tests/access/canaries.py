"""A home of plants whose every word tells which plant it belongs to, so that a leak can be seen.

Each plant has a mark, a made-up word that no sentence of ours holds. It stands in the plant's name,
in lines, reasons, products, customers, suppliers, files, people, notes and targets. One file carries
rows of two plants, and one record of each kind belongs to the whole company.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from kpi import analysis
from kpi.access import Access, Role
from kpi.analysis import Home
from kpi.qms import Event, Exclusion, PhaseStart, Target, put_note, put_target
from kpi.qms.people import Person, put_person
from tests.access.filled import fill

WHEN = datetime(2026, 11, 2, 8, tzinfo=UTC)
MARKS = ("zebuq", "quxol", "wyrmx")
MIXED, COMPANY = "mixoz", "cmpyk"
"""Marks of the file with rows of the first two plants, and of what belongs to the whole company."""

MONTHS = tuple(date(2025 + (m + 2) // 12, (m + 2) % 12 + 1, 1) for m in range(20))
STEP = 12
"""The month, counted from 0, from which on the first line makes more scrap."""


@dataclass(frozen=True)
class Plant:
    """One plant: its mark, and how much of everything it has."""

    mark: str
    size: int = 1

    @property
    def name(self) -> str:
        return f"{self.mark.capitalize()} Works"

    def files(self) -> dict[str, list[str]]:
        """The plant's files by name, as lines of text."""
        return {
            f"{self.mark} scrap.csv": self._scrap(),
            f"{self.mark} stops.csv": self._stops(),
            f"{self.mark} orders.csv": self._orders(),
            f"{self.mark} measured.csv": self._measured(),
            f"{self.mark} complaints.csv": self._complaints(),
        }

    def _scrap(self) -> list[str]:
        rows = ["Date;Plant;Line;Product;Reason;Scrapped quantity;Produced quantity;Scrap cost"]
        for place, month in enumerate(MONTHS):
            for line in (1, 2):
                for day in (3, 12, 21):
                    bad = 18 + (place * 7 + day * line) % 9
                    bad += 22 if line == 1 and place >= STEP else 0
                    made = self.size * 1000 + place
                    rows.append(
                        f"{month.replace(day=day)};{self.name};{self.mark} line {line};"
                        f"{self.mark} part {line};{self.mark} crack {day % 2};{bad * self.size};"
                        f"{made};{bad * 3}"
                    )
        rows.append(f"{self.mark} rejected;{self.name};;;;{self.mark} no number;1;1")
        return rows

    def _stops(self) -> list[str]:
        rows = ["Date;Plant;Line;Machine;Reason;Start;End;Minutes;Stop class"]
        for place, month in enumerate(MONTHS):
            for day in (4, 11, 18):
                start = datetime(month.year, month.month, day, 8, 10)
                length = 25 * self.size + (place * 5 + day) % 11
                end = start + timedelta(minutes=length)
                rows.append(
                    f"{start:%Y-%m-%d};{self.name};{self.mark} line 1;{self.mark} press;"
                    f"{self.mark} fault {day % 2};{start:%Y-%m-%d %H:%M};{end:%Y-%m-%d %H:%M};"
                    f"{length};unplanned"
                )
        return rows

    def _orders(self) -> list[str]:
        rows = [
            "Order;Item;Plant;Customer;Order date;Requested date;First promise date;"
            "Promised date;Delivered date;Ordered quantity"
        ]
        for place, month in enumerate(MONTHS):
            for item in range(6):
                promise = month + timedelta(days=4 + item * 3)
                late = (place + item * self.size) % 5 == 0
                done = promise + timedelta(days=3 if late else 0)
                rows.append(
                    f"{self.mark}-{place}-{item};1;{self.name};{self.mark} customer {item % 2};"
                    f"{month - timedelta(days=20)};{promise};{promise};{promise};{done};"
                    f"{100 * self.size}"
                )
        return rows

    def _measured(self) -> list[str]:
        rows = ["Date;Plant;Product;Characteristic;Value;LSL;USL;Unit"]
        for place, month in enumerate(MONTHS):
            for day in (2, 9):
                value = self.size + ((place * 3 + day) % 7) / 100
                rows.append(
                    f"{month.replace(day=day)};{self.name};{self.mark} part 1;{self.mark} width;"
                    f"{value:.3f};{self.size - 0.2:.2f};{self.size + 0.2:.2f};mm"
                )
        return rows

    def _complaints(self) -> list[str]:
        rows = ["Complaint;Date;Plant;Customer;Product;Reason;Quantity;Confirmed"]
        for place, month in enumerate(MONTHS):
            rows.append(
                f"{self.mark}-c{place};{month.replace(day=15)};{self.name};{self.mark} customer 1;"
                f"{self.mark} part 1;{self.mark} scratch;{self.size + place % 3};yes"
            )
        return rows


def plants(count: int = 3, sizes: Sequence[int] = (1, 2, 3)) -> tuple[Plant, ...]:
    """The first few plants; ``sizes`` says how much of everything each has."""
    return tuple(Plant(mark, size) for mark, size in zip(MARKS[:count], sizes, strict=False))


def mixed_file(first: Plant, second: Plant) -> list[str]:
    """Running times of two plants in one file."""
    rows = ["Date;Plant;Line;Planned minutes;Run minutes"]
    for place, month in enumerate(MONTHS):
        for plant in (first, second):
            rows += [
                f"{month.replace(day=day)};{plant.name};{plant.mark} line 1;480;"
                f"{440 - place % 5 * plant.size}"
                for day in (5, 15)
            ]
    return rows


def load(home: Home, path: Path, who: str) -> str:
    """Put one file in force, the best reading of every question taken; the upload's id."""
    given: dict[str, str] = {}
    for _ in range(3):
        outcome = analysis.ingest_file(home, path, who=who, when=WHEN, answers=given)
        if outcome.state != "needs_answer":
            break
        given |= {q.id: q.candidates[0].value for q in outcome.questions}
    assert outcome.state == "committed", f"{path.name}: {outcome.state} {outcome.says}"
    return str(outcome.upload)


def make(
    folder: Path,
    own: Sequence[Plant],
    *,
    kinds: Sequence[str] = ("scrap", "stops", "orders", "measured", "complaints"),
    mixed: bool = True,
    notes: bool = True,
) -> Home:
    """A home with the files, notes, targets and people of some plants."""
    files = folder / "files"
    files.mkdir(parents=True)
    home = analysis.open_home(folder / "home")
    for plant in own:
        for name, rows in plant.files().items():
            if name.split(" ")[1].removesuffix(".csv") in kinds:
                load(home, written(files, name, rows), f"{plant.mark} clerk")
    if mixed and len(own) > 1:
        name = f"{MIXED} {own[0].mark} {own[1].mark} running.csv"
        load(home, written(files, name, mixed_file(*own[:2])), f"{MIXED} clerk")
    if notes:
        for plant in own:
            _notes(home, plant)
        _of_the_company(home)
    return home


def written(folder: Path, name: str, rows: Sequence[str]) -> Path:
    """A file of these lines."""
    path = folder / name
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return path


def _notes(home: Home, plant: Plant) -> None:
    mark, who = plant.mark, f"{plant.mark} manager"
    here = (("plant", plant.name),)
    line = (("line", f"{mark} line 1"), *here)
    step = PhaseStart("scrap_rate", line, "month", MONTHS[STEP], f"{mark} tool")
    point = Exclusion("scrap_rate", here, "month", MONTHS[2], f"{mark} stocktake")
    for note in (step, point):
        put_note(home.store, note, who=who, when=WHEN)
    for where in (here, line):
        put_note(home.store, Event(where, MONTHS[8], f"{mark} event"), who=who, when=WHEN)
    target = Target(
        "scrap_rate", here, 60.0 + plant.size, date(2025, 1, 1), who, f"{mark} agreed",
        date(2027, 3, 31),
    )  # fmt: skip
    put_target(home.store, target, who=who, when=WHEN, why=target.why)
    fill(home.store, mark, here, who=who, when=WHEN)


def _of_the_company(home: Home) -> None:
    who = f"{COMPANY} boss"
    target = Target("scrap_rate", (), 71.7, date(2025, 1, 1))
    put_target(home.store, target, who=who, when=WHEN, why=f"{COMPANY} target")
    put_note(home.store, Event((), MONTHS[9], f"{COMPANY} event"), who=who, when=WHEN)
    fill(home.store, COMPANY, (), who=who, when=WHEN)


def let_in(home: Home, name: str, access: Access) -> Person:
    """A person with a role, as an administrator would enter them."""
    email = f"{name}@example.com"
    person = Person("", email, name, access)
    return put_person(home.store, person, who="root", when=WHEN, why="test")


def access(plant: Plant, role: Role) -> Access:
    """A role in one plant."""
    return Access.of({plant.name: role})
