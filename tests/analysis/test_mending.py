"""Rejected rows out as a workbook, mended there, and back: as if the file had been right at once."""

import io
import os
import random
import re
import shutil
import subprocess
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from openpyxl import Workbook, load_workbook

from kpi import analysis
from kpi.analysis.home import open_home
from kpi.errors import UsageError
from kpi.reports.rejected import rejected_workbook
from tests.ingest import exports

WHEN = datetime(2026, 11, 2, 8, tzinfo=UTC)
DATASETS = ("production", "scrap", "downtime", "order_item", "shipment")


class Plant:
    """A home, and the ways of a file into it."""

    def __init__(self, folder):
        self.folder = folder
        self.home = open_home(folder / "home")

    def put(self, path, **more):
        return analysis.ingest_file(self.home, path, who="me", when=WHEN, **more)

    def sure(self, path):
        """In force, with the first answer to whatever is asked."""
        outcome = self.put(path)
        answers = {q.id: q.candidates[0].value for q in outcome.questions}
        outcome = self.put(path, answers=answers) if answers else outcome
        assert outcome.state == "committed", outcome.says
        return outcome

    def rejected(self, source, name="rejected.xlsx"):
        path = self.folder / name
        path.write_bytes(rejected_workbook(analysis.rejected_rows(self.home, source)))
        return path

    def facts(self):
        """All facts in force without what tells where they came from."""
        view = self.home.view()
        found = {}
        for dataset in DATASETS:
            table = view.arrow(dataset).drop_columns(["upload", "sheet", "row"])
            if "source" in table.column_names:
                table = table.drop_columns(["source"])
            found[dataset] = sorted(map(repr, table.to_pylist()))
        return found


@pytest.fixture
def plant(tmp_path):
    found = Plant(tmp_path)
    yield found
    found.home.store.close()


@pytest.fixture
def other(tmp_path):
    (tmp_path / "other").mkdir()
    found = Plant(tmp_path / "other")
    yield found
    found.home.store.close()


def scrap_csv(folder, name="scrap.csv", **wrong):
    """A month of scrap as a German system prints it; ``wrong`` gives row -> its line."""
    lines = ["Datum;Werk;Linie;Material;Produzierte Menge;Ausschuss;Ausschussgrund"]
    lines += [
        f"{day:02d}.10.2026;Nord;L{day % 2};00{day:03d};1.500,0;{day % 5},5;Lunker"
        for day in range(1, 31)
    ]
    for row, line in wrong.items():
        lines[int(row[1:]) - 1] = line
    path = folder / name
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


RIGHT = "04.10.2026;Nord;L0;00004;1.500,0;4,5;Lunker"
WRONG = {
    "r5": RIGHT.replace("1.500,0", "1.5OO,0"),
    "r9": "08.1O.2026;Nord;L0;00008;1.500,0;3,5;Lunker",
}


def edited(path, changes, name="mended.xlsx"):
    """The workbook with cells changed: {(row of the file, heading): value}."""
    book = load_workbook(path)
    for sheet in book:
        heads = {cell.value: cell.column for cell in sheet[3]}
        for row in sheet.iter_rows(min_row=4):
            for (number, heading), value in changes.items():
                if row[2].value == number and heading in heads:
                    row[heads[heading] - 1].value = value
    out = path.with_name(name)
    book.save(out)
    return out


MENDED = {(5, "Produzierte Menge"): "1.500,0", (9, "Datum"): "08.10.2026"}


def test_the_workbook_holds_the_rows_with_their_reasons(plant):
    outcome = plant.sure(scrap_csv(plant.folder, **WRONG))
    sheet = load_workbook(plant.rejected(outcome.upload)).active
    rows = [[cell.value for cell in row] for row in sheet.iter_rows()]
    assert rows[0][0] == f"Clause Nine: rows rejected from scrap.csv ({outcome.sha256[:16]})"
    assert rows[2][:4] == ["Why rejected", "Sheet", "Row", "Datum"]
    assert [row[2] for row in rows[3:]] == [5, 9]
    assert rows[3][3:] == ["04.10.2026", "Nord", "L0", "00004", "1.5OO,0", "4,5", "Lunker"]
    at_fault = [[c.coordinate for c in row if c.comment] for row in sheet.iter_rows(min_row=4)]
    assert at_fault == [["H4"], ["D5"]]
    assert sheet["H4"].comment.text == rows[3][0]
    assert sheet["H4"].fill.start_color.rgb != sheet["G4"].fill.start_color.rgb
    assert sheet.freeze_panes == "D4"


def test_before_it_is_in_force(plant):
    found = analysis.rejected_rows(plant.home, scrap_csv(plant.folder, **WRONG), name="my file.csv")
    assert (found.file, found.rows, found.name) == ("my file.csv", 2, "my file rejected.xlsx")


def test_mended_it_is_as_if_the_file_had_been_right(plant, other):
    first = plant.sure(scrap_csv(plant.folder, **WRONG))
    mended = edited(plant.rejected(first.upload), MENDED)
    seen = plant.put(mended, dry_run=True)
    assert (seen.state, seen.says) == ("previewed", "2 mended rows would count.")
    assert seen.effects
    outcome = plant.put(mended)
    assert (outcome.state, outcome.questions) == ("committed", ())
    assert outcome.says == "2 mended rows count now."
    other.sure(scrap_csv(other.folder))
    assert plant.facts() == other.facts()
    assert analysis.rejected_rows(plant.home, first.upload).rows == 0
    assert plant.put(mended).state == "unchanged"
    second, line = analysis.ledger_lines(plant.home)
    assert (second.says, line.says) == (
        "In force: mends U000001.",
        "In force, mended by U000002.",
    )
    analysis.withdraw(plant.home, "U000001", who="me", when=WHEN, why="")
    _, second, _ = analysis.ledger_lines(plant.home)
    assert (second.in_force, second.says) == (False, "Mends U000001, which is not in force.")
    plant.put(plant.folder / "scrap.csv")
    assert plant.facts() == other.facts()
    assert all(check.fine for check in analysis.doctor(plant.home))


@pytest.mark.long
def test_rows_and_review_tell_of_the_mend(plant):
    first = plant.sure(scrap_csv(plant.folder, **WRONG))
    review = analysis.build_review(plant.home, "2026-10", who="me", when=WHEN)
    assert "2 rows of 1 file" in dict(review.quality)["Rejected"]
    plant.put(edited(plant.rejected(first.upload), MENDED))
    review = analysis.build_review(plant.home, "2026-10", who="me", when=WHEN)
    assert "Rejected" not in dict(review.quality)
    assert {s.file for s in review.sources} == {"scrap.csv, mended by mended.xlsx"}
    rows = analysis.rows_view(plant.home, "scrap_rate", analysis.Filters(), "2026-10").rows
    assert set(rows["file"]) == {"scrap.csv, mended by mended.xlsx"}


def test_untouched_it_changes_nothing(plant):
    first = plant.sure(scrap_csv(plant.folder, **WRONG))
    before = plant.facts()
    outcome = plant.put(edited(plant.rejected(first.upload), {}))
    assert outcome.state == "unchanged"
    assert plant.facts() == before


def test_what_is_still_wrong_is_rejected_again(plant, other):
    first = plant.sure(scrap_csv(plant.folder, **WRONG))
    workbook = plant.rejected(first.upload)
    half = plant.put(edited(workbook, {(5, "Produzierte Menge"): "1.500,0", (9, "Datum"): "soon"}))
    assert half.says == "1 mended row counts now. 1 row of the file is still rejected."
    again = plant.rejected(half.upload, "again.xlsx")
    assert [r[2].value for r in load_workbook(again).active.iter_rows(min_row=4)] == [9]
    rest = plant.put(edited(again, {(9, "Datum"): "08.10.2026"}, "rest.xlsx"))
    assert rest.state == "committed"
    other.sure(scrap_csv(other.folder))
    assert plant.facts() == other.facts()


def test_a_row_mended_twice_counts_as_it_was_mended_last(plant, other):
    first = plant.sure(scrap_csv(plant.folder, **WRONG))
    workbook = plant.rejected(first.upload)
    plant.put(edited(workbook, {**MENDED, (5, "Produzierte Menge"): "9.999,0"}))
    outcome = plant.put(edited(workbook, MENDED, "second.xlsx"))
    assert outcome.state == "committed"
    other.sure(scrap_csv(other.folder))
    assert plant.facts() == other.facts()


def test_nothing_of_it_can_be_used_yet(plant):
    first = plant.sure(scrap_csv(plant.folder, **WRONG))
    outcome = plant.put(edited(plant.rejected(first.upload), {(5, "Produzierte Menge"): "much"}))
    assert outcome.state == "rejected"
    assert outcome.says.startswith("None of these rows can be used yet.")


def test_a_row_that_was_not_rejected_stays_as_it_was(plant):
    first = plant.sure(scrap_csv(plant.folder, **WRONG))
    book = load_workbook(plant.rejected(first.upload))
    sheet = book.active
    sheet["C4"].value, sheet["H4"].value = 6, "7"
    sheet.append(["", None, None, "01.10.2026", "Nord", "L1", "1", "5", "1", "x"])
    path = plant.folder / "strange.xlsx"
    book.save(path)
    before = plant.facts()
    outcome = plant.put(path)
    assert outcome.state == "unchanged"
    assert plant.facts() == before
    said = [p.actual for p in outcome.problems if p.severity.value == "warning"]
    assert any("was not rejected" in text for text in said)
    assert any("without a number" in text for text in said)


@pytest.mark.parametrize("how", ["never", "withdrawn"])
def test_the_original_must_be_in_force(plant, other, how):
    first = other.sure(scrap_csv(other.folder, **WRONG))
    mended = edited(other.rejected(first.upload), MENDED)
    if how == "withdrawn":
        upload = plant.sure(scrap_csv(plant.folder, **WRONG)).upload
        analysis.withdraw(plant.home, upload, who="me", when=WHEN, why="")
    outcome = plant.put(mended)
    assert outcome.state == "rejected"
    assert ("never put in force" if how == "never" else "was withdrawn") in outcome.says
    assert "Traceback" not in outcome.says
    plant.sure(scrap_csv(plant.folder, **WRONG))
    assert plant.put(mended).state == "committed"


def test_a_file_that_reads_otherwise_by_now_is_not_mended(plant, monkeypatch):
    """Settings or a newer version: its other rows would change in silence."""
    first = plant.sure(scrap_csv(plant.folder, **WRONG))
    mended = edited(plant.rejected(first.upload), MENDED)
    before = plant.facts()
    found = plant.home.store.standing_by_hash(first.sha256)
    changed = replace(found, upload=replace(found.upload, rows_hash="other rows"))
    monkeypatch.setattr(type(plant.home.store), "standing_by_hash", lambda *_: changed)
    outcome = plant.put(mended)
    assert outcome.state == "rejected"
    assert "reads otherwise now" in outcome.says
    assert plant.facts() == before


def test_months_across(plant, other):
    """A row speaks for twelve months; the cell of one of them is wrong."""

    def file(folder, wrong):
        book = Workbook()
        months = [datetime(2026, m, 1) for m in range(1, 11)]
        book.active.append(["Plant", "Line", "Measure", *months])
        for line in ("L1", "L2", "L3"):
            book.active.append(["N", line, "Produced", *(1000.0 + m for m in range(10))])
            book.active.append(["N", line, "Scrap", *(float(m) for m in range(10))])
        if wrong:
            book.active["F5"].value = "4 or 5"
        path = folder / "wide.xlsx"
        book.save(path)
        return path

    first = plant.sure(file(plant.folder, wrong=True))
    found = analysis.rejected_rows(plant.home, first.upload)
    rows = [(r.row, r.at) for t in found.tables for r in t.rows]
    assert rows == [(4, None), (5, 5)]  # both quantities of the line, the wrong cell marked
    path = plant.rejected(first.upload)
    book = load_workbook(path)
    book.active.cell(5, 4 + 5).value = 2.0
    book.save(path)
    assert plant.put(path).state == "committed"
    other.sure(file(other.folder, wrong=False))
    assert plant.facts() == other.facts()


def test_without_its_first_line_it_is_refused(plant):
    """Read as an export it would come a second time, or hide the rest of its month."""
    first = plant.sure(scrap_csv(plant.folder, **WRONG))
    book = load_workbook(plant.rejected(first.upload))
    book.active.delete_rows(1, 2)
    path = plant.folder / "bare.xlsx"
    book.save(path)
    outcome = plant.put(path)
    assert outcome.state == "rejected"
    assert "their first line is missing" in outcome.says


def test_blocks_side_by_side_and_sheets_with_blanks_in_their_names(plant, other):
    def file(folder, wrong):
        book = Workbook()
        book.active.title = " May "
        sheet = book.active
        sheet.append(["Date", "Plant", "Line", "Produced Qty", "Scrap Qty", None] * 2)
        for day in range(1, 29):
            at = datetime(2026, 5, day)
            sheet.append([at, "N", "L1", 500, day % 4, None, at, "N", "L2", 600, day % 3])
        if wrong:
            sheet["J8"].value = "6OO"
        path = folder / "blocks.xlsx"
        book.save(path)
        return path

    first = plant.sure(file(plant.folder, wrong=True))
    path = plant.rejected(first.upload)
    book = load_workbook(path)
    for sheet in book:
        for row in sheet.iter_rows(min_row=4):
            for cell in row:
                if cell.value == "6OO":
                    cell.value = 600
    book.save(path)
    assert plant.put(path).state == "committed"
    other.sure(file(other.folder, wrong=False))
    assert plant.facts() == other.facts()


def test_no_workbook_of_a_file_none_of_whose_rows_can_be_used(plant):
    path = plant.folder / "bad.csv"
    path.write_text("Date,Plant,Line,Produced Qty,Scrap Qty\nsoon,N,L1,5,1\nlater,N,L1,5,1\n")
    with pytest.raises(UsageError, match="the file itself is to be mended"):
        analysis.rejected_rows(plant.home, path)


# --- through other programs ---------------------------------------------------------------------


@pytest.fixture(scope="module")
def soffice():
    found = shutil.which("soffice") or shutil.which("libreoffice")
    if not found:
        if os.environ.get("REQUIRE_LIBREOFFICE"):
            pytest.fail("LibreOffice is required here, and no soffice is on the path.")
        pytest.skip("LibreOffice is not installed")
    return found


def typed_workbook(folder, *, right):
    """Real dates, numbers and durations below a title, two months on sheets of one shape."""
    book = Workbook()
    book.remove(book.active)
    for month, name in ((9, "Sep 2026"), (10, "Oct 2026")):
        sheet = book.create_sheet(name)
        sheet.append(["Downtime report"])
        sheet.append([])
        sheet.append(["Start", "End", "Plant", "Line", "Machine no.", "Reason", "Loss pct"])
        for day in range(1, 26):
            start = datetime(2026, month, day, 8, 30)
            end = start + timedelta(minutes=day + 3)
            sheet.append([start, end, "Nord", "L1", f"{day:04d}", "=HYPERLINK(1)", day / 7])
        for row in range(4, 29):
            sheet.cell(row, 6).data_type = "s"
        if not right:
            sheet["B9"].value = datetime(2026, month, 5, 8, 30)  # before its start
            sheet["A12"].value = "no idea"
    path = folder / "stops.xlsx"
    book.save(path)
    return path


def mended_stops(path):
    book = load_workbook(path)
    for sheet in book:
        heads = {cell.value: cell.column for cell in sheet[3]}
        for row in sheet.iter_rows(min_row=4):
            month = 9 if row[1].value == "Sep 2026" else 10
            day = row[2].value - 3
            start = datetime(2026, month, day, 8, 30)
            row[heads["Start"] - 1].value = start
            row[heads["End"] - 1].value = start + timedelta(minutes=day + 3)
            row[heads["Start"] - 1].number_format = "yyyy-mm-dd hh:mm:ss"
    out = path.with_name("mended.xlsx")
    book.save(out)
    return out


def converted(soffice, path, form, folder):
    done = subprocess.run(
        [
            soffice, f"-env:UserInstallation={(folder / 'profile').as_uri()}", "--headless",
            "--convert-to", form, "--outdir", str(folder / "converted"), str(path),
        ],
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    found = list((folder / "converted").glob("*"))
    assert len(found) == 1, done.stderr
    return found[0]


@pytest.mark.long
@pytest.mark.parametrize(
    "form",
    [
        "none",
        "xlsx",
        pytest.param("ods", marks=pytest.mark.long),
        pytest.param("csv", marks=pytest.mark.long),
        pytest.param(
            "csv:Text - txt - csv (StarCalc):59,34,76,1,,1031,false,true", id="german csv"
        ),
        pytest.param("xls", id="xls", marks=pytest.mark.long),
    ],
)
def test_saved_by_another_program(plant, other, request, form):
    first = plant.sure(typed_workbook(plant.folder, right=False))
    mended = mended_stops(plant.rejected(first.upload))
    if form != "none":
        mended = converted(request.getfixturevalue("soffice"), mended, form, plant.folder)
    outcome = plant.put(mended)
    assert (outcome.state, outcome.questions) == ("committed", ()), outcome.says
    assert outcome.says == "4 mended rows count now."
    other.sure(typed_workbook(other.folder, right=True))
    assert plant.facts() == other.facts()


# --- exports of every kind ----------------------------------------------------------------------

BROKEN = {"making": ("date", "made", "scrap"), "downtime": ("start",),
          "delivery": ("request", "promise", "ordered")}  # fmt: skip


@pytest.mark.parametrize(
    "seed", [0, 4, 9, *(pytest.param(n, marks=pytest.mark.long) for n in range(10, 34))]
)
def test_any_export_with_two_wrong_cells(plant, other, monkeypatch, seed):
    """Languages, containers, conventions: two cells made wrong, mended with what stood there."""
    recipe, chance = exports.recipe_of(seed), random.Random(seed)
    good = exports.grid_of(recipe)
    heading = exports.heading(recipe, chance.choice(BROKEN[recipe.domain]))
    top = next(i for i, row in enumerate(good) if heading in row)
    column = good[top].index(heading)
    end = len(good) - (recipe.totals and recipe.domain == "making")
    # Not among them: headings of a next page, and rows that name the group of those below.
    rows = [i for i in range(top + 1, end) if good[i][column] not in (None, "", heading)]
    wrong = chance.sample(rows, 2)
    other.sure(exports.write(recipe, other.folder))
    bad = [
        [*row[:column], "unknown", *row[column + 1 :]] if i in wrong else row
        for i, row in enumerate(good)
    ]
    monkeypatch.setattr(exports, "grid_of", lambda _: bad)
    first = plant.sure(exports.write(recipe, plant.folder))
    changes = {(i + 1, heading): good[i][column] for i in wrong}
    outcome = plant.put(edited(plant.rejected(first.upload), changes))
    assert (outcome.state, outcome.questions) == ("committed", ())
    assert outcome.says == "2 mended rows count now."
    assert without_data_date(plant.facts()) == without_data_date(other.facts())


def without_data_date(facts):
    """Facts without what hangs on the data date.

    That of an upload stays, though a mended row may tell of a later day.
    """
    hanging = re.compile(r"'(?:first_seen|first_promise_date)': (?:None|datetime\.date\(.*?\))")
    return {k: sorted(hanging.sub("", row) for row in v) for k, v in facts.items()}


# --- what ties rows together --------------------------------------------------------------------


def test_a_quantity_that_repeats_is_counted_once_with_its_mended_row(plant, other):
    """Produced stands on every reason's row of an order: one of them was rejected."""

    def file(folder, first):
        lines = ["Date,Plant,Line,Order,Produced Qty,Scrap Qty,Scrap Reason"]
        for day in range(1, 26):
            for n, reason in enumerate(("Porosity", "Short shot", "Flash")):
                lines.append(
                    f"2026-10-{day:02d},N,L1,4711{day:02d},{900 + day},{n + day % 3},{reason}"
                )
        lines[4] = first
        path = folder / "reasons.csv"
        path.write_text("\n".join(lines) + "\n")
        return path

    right = "2026-10-02,N,L1,471102,902,2,Porosity"
    first = plant.sure(file(plant.folder, right.replace(",2,P", ",two,P")))
    mended = edited(plant.rejected(first.upload), {(5, "Scrap Qty"): 2})
    assert plant.put(mended).state == "committed"
    other.sure(file(other.folder, right))
    assert plant.facts() == other.facts()


def test_a_row_with_too_many_cells_goes_out_and_back(plant, other):
    def file(folder, row):
        lines = ["Date,Plant,Line,Produced Qty,Scrap Qty"]
        lines += [f"2026-10-{day:02d},N,L1,{500 + day},{day % 4}" for day in range(1, 29)]
        lines[7] = row
        path = folder / "slipped.csv"
        path.write_text("\n".join(lines) + "\n")
        return path

    first = plant.sure(file(plant.folder, "2026-10-07,N,L1,1,507,3,9"))
    book = load_workbook(plant.rejected(first.upload))
    sheet = book.active
    assert [c.value for c in sheet[4]][2:] == [8, "2026-10-07", "N", "L1", "1", "507", "3", "9"]
    for place, value in enumerate(["2026-10-07", "N", "L1", 507, 3, None, None], 4):
        sheet.cell(4, place).value = value
    path = plant.folder / "mended.xlsx"
    book.save(path)
    assert plant.put(path).says == "1 mended row counts now."
    other.sure(file(other.folder, "2026-10-07,N,L1,507,3"))
    assert plant.facts() == other.facts()


def test_the_cells_of_a_mended_row_are_shown_as_mended(plant):
    first = plant.sure(scrap_csv(plant.folder, **WRONG))
    outcome = plant.put(edited(plant.rejected(first.upload), MENDED))
    upload = outcome.upload
    assert ("Produzierte Menge", "1.500,0") in analysis.cells_view(plant.home, upload, "", 5)
    assert ("Produzierte Menge", "1.500,0") in analysis.cells_view(plant.home, upload, "", 6)


HOSTILE = [
    "=1+1",
    "+cmd|' /C calc'!A1",
    "@SUM(A1)",
    "\tx",
    "#REF!",
    "-2+3",
    "007",
    "1" * 25,
    "x\x07y",
]


def test_text_stays_text_and_no_cell_is_a_formula(plant):
    lines = ["Date,Plant,Line,Produced Qty,Scrap Qty,Scrap Reason"]
    lines += [f"2026-10-{day:02d},N,L1,{500 + day},{day % 4},Flash" for day in range(1, 29)]
    for row, text in enumerate(HOSTILE, 2):
        lines[row - 1] = f'2026-10-{row - 1:02d},N,L1,nothing,3,"{text}"'
    path = plant.folder / "hostile.csv"
    path.write_text("\n".join(lines) + "\n", newline="")
    workbook = plant.rejected(plant.sure(path).upload)
    for cells in load_workbook(workbook).active.iter_rows():
        assert all(cell.data_type in ("s", "n", "inlineStr") for cell in cells)
        assert not any(
            str(c.value).startswith(("=", "+", "@", "\t", "-")) for c in cells if c.value
        )
    outcome = plant.put(edited(workbook, {(r, "Produced Qty"): 500 for r in range(2, 30)}))
    assert (outcome.state, outcome.says) == ("committed", "9 mended rows count now.")
    reasons = {r["reason"] for r in plant.home.view().arrow("scrap").to_pylist()}
    # An error cell is no reason, and a control character no text.
    assert {t.strip() for t in HOSTILE} - {"#REF!", "x\x07y"} <= {
        (r or "").strip() for r in reasons
    }


@pytest.mark.long
def test_many_rows_are_mended_at_once(plant):
    lines = ["Date,Plant,Line,Produced Qty,Scrap Qty"]
    lines += [f"2026-10-{n % 28 + 1:02d},N,L{n},5OO,1" for n in range(3_000)]
    lines += [f"2026-10-{n % 28 + 1:02d},N,L{n},500,1" for n in range(40_000)]
    path = plant.folder / "many.csv"
    path.write_text("\n".join(lines) + "\n")
    first = plant.sure(path)
    found = analysis.rejected_rows(plant.home, first.upload)
    assert found.rows == 3_000
    book = load_workbook(io.BytesIO(rejected_workbook(found)))
    for row in book.active.iter_rows(min_row=4):
        row[6].value = 500
    mended = plant.folder / "mended.xlsx"
    book.save(mended)
    outcome = plant.put(mended)
    assert outcome.says == "3,000 mended rows count now."
    assert date(2026, 10, 1) in set(plant.home.view().arrow("scrap")["date"].to_pylist())
