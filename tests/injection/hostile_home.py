"""A home in which every text that can come from a file, or from a form, is a payload."""

import csv
import io
import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from openpyxl import Workbook

from kpi import analysis
from kpi.analysis.annotating import accept_step, exclude_point, record_event
from kpi.analysis.home import Home
from kpi.analysis.results import FileOutcome, Filters
from kpi.qms import Target, put_target
from kpi.settings import FILE_NAME
from tests.injection.payloads import FORGED, LINKS, MARKDOWN, MARKUP, NAMES, TEMPLATES

WHEN = datetime(2026, 11, 2, 8, tzinfo=UTC)
MONTHS = tuple(date(2026, month, 1) for month in range(3, 11))
WHO = MARKUP
PLANTS = (MARKDOWN, TEMPLATES)
STEP = date(2026, 5, 1)

Rows = Iterator[list[object]]


def _name(number: int, role: str) -> str:
    """One payload after the other; roles are told apart by a word at the end."""
    return f"{NAMES[number % len(NAMES)]} {role}"


def _scrap() -> Rows:
    yield ["Date", "Plant", "Line", "Machine", "Shift", "Product", "Reason", "Produced quantity", "Scrapped quantity",
           "Scrap cost", "Currency", "Remark"]  # fmt: skip
    for number, month in enumerate(MONTHS):
        for line in range(len(NAMES)):
            worse = 40 if line == 1 and month >= STEP else 0
            for day in (5, 19):
                yield [
                    month.replace(day=day), PLANTS[line % 2], _name(line, "line"), _name(line + 1, "machine"),
                    _name(number, "shift"), _name(line + 2, "product"), _name(number + line + day, "reason"),
                    1000 + line, 20 + (number * 7 + line * 3 + day) % 9 + worse, 30 + line, "EUR", FORGED,
                ]  # fmt: skip


def _stops() -> Rows:
    yield ["Date", "Plant", "Line", "Machine", "Reason", "Start", "End", "Minutes", "Stop class"]
    for number, month in enumerate(MONTHS):
        for line in range(len(NAMES)):
            start = datetime(month.year, month.month, 3 + line, 8, 10)
            long = 20 + (number * 5 + line) % 30
            yield [
                start.date(), PLANTS[line % 2], _name(line, "line"), _name(line + 1, "machine"),
                _name(line + number, "stop"), f"{start:%Y-%m-%d %H:%M}",
                f"{start + timedelta(minutes=long):%Y-%m-%d %H:%M}", long, "unplanned",
            ]  # fmt: skip


def _orders() -> Rows:
    yield ["Order", "Item", "Plant", "Customer", "Product", "Order date", "Requested date", "First promise date",
           "Promised date", "Delivered date", "Ordered quantity", "Delay reason"]  # fmt: skip
    for number, month in enumerate(MONTHS):
        for item in range(len(NAMES)):
            promise = month + timedelta(days=4 + item)
            late = 3 if (number + item) % 5 == 0 else 0
            yield [
                f"{NAMES[item][:60]}{number}", item, PLANTS[item % 2], _name(item, "customer"),
                _name(item + 2, "product"), month - timedelta(days=20), promise, promise, promise,
                promise + timedelta(days=late), 100, _name(item, "delay") if late else "",
            ]  # fmt: skip


def _complaints() -> Rows:
    yield ["Complaint number", "Date", "Plant", "Customer", "Supplier", "Type", "Product", "Defect code",
           "Complaint quantity", "Description"]  # fmt: skip
    for number, month in enumerate(MONTHS):
        for item in range(len(NAMES)):
            yield [
                f"{NAMES[item][:60]}{number}", month + timedelta(days=2 * item), PLANTS[item % 2],
                _name(item, "customer") if number % 2 else "", "" if number % 2 else _name(item, "supplier"),
                "customer" if number % 2 else "supplier", _name(item + 2, "product"), _name(item, "defect"),
                1 + item, FORGED,
            ]  # fmt: skip


def _measured() -> Rows:
    yield [
        "Date",
        "Plant",
        "Line",
        "Product",
        "Characteristic",
        "Measured value",
        "Unit",
        "LSL",
        "USL",
        "Gauge",
    ]
    for item in range(4):
        for day in range(30):
            yield [
                date(2026, 9, 1) + timedelta(days=day), PLANTS[item % 2], _name(item, "line"),
                _name(item + 2, "product"), _name(item, "characteristic"),
                10 + (day * 7 + item) % 11 / 100, f"{NAMES[item][:40]}", 9.5, 10.5, _name(item, "gauge"),
            ]  # fmt: skip


def _reported() -> Rows:
    yield ["Month", "Plant", "KPI", "Value", "Unit"]
    for number, month in enumerate(MONTHS):
        for item in range(len(NAMES)):
            name = _name(item, "figure")
            yield [f"{month:%Y-%m}", PLANTS[item % 2], name, 50 + (number * 3 + item) % 7, "%"]


def _spoiled() -> Rows:
    """A file with rows that cannot be used: it stays as a workbook of rejected rows."""
    yield ["Date", "Plant", "Line", "Reason", "Scrapped quantity", "Produced quantity", MARKDOWN]
    for item, name in enumerate(NAMES):
        bad = name if item % 2 else 5
        yield [date(2026, 11, 1), PLANTS[0], _name(item, "line"), name, bad, 1000, FORGED]


def csv_file(rows: Rows) -> bytes:
    buffer = io.StringIO()
    csv.writer(buffer, delimiter=";").writerows(rows)
    return buffer.getvalue().encode()


def workbook(rows: Rows, sheet: str) -> bytes:
    book = Workbook()
    page = book.active
    page.title = sheet
    for row in rows:
        page.append([_storable(cell) for cell in row])
    for line in page.iter_rows():
        for cell in line:
            if cell.data_type == "f":
                cell.data_type = "s"
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def _storable(cell: object) -> object:
    """A workbook cannot hold control characters; a CSV does."""
    if not isinstance(cell, str):
        return cell
    return "".join(c for c in cell if c.isprintable() or c in "\t\n\u202e\u200b\ufeff")


SHEET = "=7qz<b>{0}$x$ %s&zq7"
"""As much as Excel lets the name of a sheet be."""


def name_of_file(payload: str, ending: str) -> str:
    """A file name that a system takes: no slash, not too long."""
    return f"{payload.replace('/', '∕')[:150]}{ending}"


def files() -> dict[str, bytes]:
    """Every file of the home, in the order of loading."""
    return {
        name_of_file(MARKUP, ".csv"): csv_file(_scrap()),
        name_of_file(MARKDOWN, ".csv"): csv_file(_stops()),
        name_of_file(TEMPLATES, ".csv"): csv_file(_orders()),
        name_of_file(LINKS, ".csv"): csv_file(_complaints()),
        name_of_file(f"-{MARKUP}", ".csv"): csv_file(_measured()),
        name_of_file(f"@{MARKUP}", ".csv"): csv_file(_reported()),
        name_of_file(FORGED, ".xlsx"): workbook(_spoiled(), SHEET),
    }  # fmt: skip


SETTINGS = """
company = '''{0}'''
default_plant = '''{0}'''

[every_plant]
shifts = [{{ name = '''{0}''', start = "06:00", end = "14:00" }}]
"""


def write_settings(home: Path) -> None:
    home.mkdir(parents=True, exist_ok=True)
    (home / FILE_NAME).write_text(SETTINGS.format(LINKS.replace("'", "’")), encoding="utf-8")


PROFILE = {
    "id": "hostile",
    "title": MARKUP,
    "says": MARKDOWN,
    "datasets": ["production", "scrap"],
    "columns": {
        "date": {"headings": ["Shipday"]},
        "made": {"field": "qty_produced", "headings": ["Ins"]},
        "bad": {"field": "qty_scrap", "headings": ["Outs"]},
    },
    "recognise": {"telling": ["date", "made", "bad"], "at_least": 3},
}
KNOWN_BY_PROFILE = b"Shipday,Ins,Outs\n2026-10-29,100,4\n2026-10-30,200,6\n"


def write_profile(home: Path) -> None:
    """A site's own profile of a system, whose name is a payload."""
    (home / "profiles").mkdir()
    (home / "profiles" / "hostile.json").write_text(json.dumps(PROFILE), encoding="utf-8")


def put_in_force(home: Home, file: Path) -> FileOutcome:
    """Load a file, the best reading of every question taken, as often as it asks."""
    answers: dict[str, str] = {}
    for _ in range(4):
        outcome = analysis.ingest_file(home, file, who=WHO, when=WHEN, answers=answers)
        if outcome.state != "needs_answer":
            break
        answers |= {q.id: q.candidates[0].value for q in outcome.questions if q.candidates}
    return outcome


def note_everything(home: Home) -> None:
    """A target, an event, a phase and an excluded point, each said in payloads."""
    for kpi, value in (("scrap_rate", 2.0), ("otd_promise", 95.0)):
        for chosen in ((), (("plant", PLANTS[0]),)):
            target = Target(kpi, chosen, value, date(2026, 1, 1), due=date(2026, 12, 31))
            put_target(home.store, target, who=WHO, when=WHEN, why=FORGED)
    filters = Filters()
    record_event(home, (), date(2026, 5, 4), MARKDOWN, who=WHO, when=WHEN, action=TEMPLATES)
    accept_step(
        home, "scrap_rate", filters, "2026-05", cause=LINKS, who=WHO, when=WHEN, action=MARKUP
    )
    exclude_point(home, "scrap_rate", filters, "2026-04", reason=MARKUP, who=WHO, when=WHEN)


def make_home(folder: Path) -> Home:
    """The home with everything in force."""
    write_settings(folder / "home")
    write_profile(folder / "home")
    home = analysis.open_home(folder / "home")
    (folder / "files").mkdir()
    for name, content in files().items():
        path = folder / "files" / name
        path.write_bytes(content)
        outcome = put_in_force(home, path)
        assert outcome.state == "committed", (name, outcome.state, outcome.says, outcome.problems)
    note_everything(home)
    return home


def spoiled_workbook() -> bytes:
    """The workbook with rows that cannot be used, once more and of another month."""
    rows = list(_spoiled())
    later = [[date(2026, 10, 30), *row[1:]] for row in rows[1:]]
    return workbook(iter([rows[0], *later]), SHEET)
