"""Cells that cannot be what their heading says are told of, and are never passed over or guessed."""

from itertools import cycle

import pytest

from kpi.ingest import read_file
from kpi.model import Severity

HEADINGS = ("Date", "Line", "Produced", "Scrap")


def rows_with(*, day="2026-01-{:02}", line="L{}", made=None, scrap=None):
    """Twelve rows of a list; what is given stands in its column in turn."""
    made, scrap = cycle(made or ("100",)), cycle(scrap or ("0", "1", "2", "3"))
    lines = (line,) if isinstance(line, str) else line
    for n, name in zip(range(1, 13), cycle(lines), strict=False):
        yield day.format(n), name.format(n % 3), next(made), next(scrap)


def csv_of(rows, headings=HEADINGS):
    return "".join(",".join(map(str, row)) + "\n" for row in (headings, *rows))


def page_of(rows):
    lines = ("".join(f"<td>{cell}</td>" for cell in row) for row in (HEADINGS, *rows))
    return "<html><table>" + "".join(f"<tr>{line}</tr>" for line in lines) + "</table></html>"


@pytest.fixture
def read(tmp_path):
    def reading(text, name="a.csv"):
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return read_file(path)

    return reading


def figures(reading, name):
    """All values of a column of the part that has it; nothing where no part does."""
    found = [part.table[name] for part in reading.parts if name in part.table.column_names]
    return sorted(set(found[0].to_pylist())) if found else []


def warnings(reading):
    return [
        (p.row, p.column, str(p.actual)) for p in reading.problems if p.severity is Severity.WARNING
    ]


@pytest.mark.parametrize(
    "cell", ["½", "✓", "③", "0 ‰", "0x64", "100-110", "~100", "inf", "TRUE", "'100", "10 dz"]
)
def test_a_column_named_for_a_figure_that_holds_none_is_told(read, cell):
    reading = read(csv_of(rows_with(scrap=[cell])))
    assert [part.dataset for part in reading.parts] == ["production"]
    assert warnings(reading) == [(2, "Scrap", f"the column is not read: {cell!r} is no number")]


def test_a_table_that_names_figures_and_has_none_says_so_and_not_that_none_is_named(read):
    reading = read(csv_of(rows_with(made=["~100"], scrap=["<3"])))
    assert reading.state == "rejected"
    said = " ".join(str(problem.actual) for problem in reading.problems)
    assert "the cells under 'Produced', 'Scrap' are no numbers, such as '~100'" in said


def test_a_percentage_is_no_number_of_pieces(read):
    reading = read(csv_of(rows_with(scrap=["0.5 %", "1.5 %"])))
    assert [part.dataset for part in reading.parts] == ["production"]
    told = "the column is not read: '0.5 %' is a percentage, and no quantity"
    assert warnings(reading) == [(2, "Scrap", told)]


def test_scrap_that_is_never_a_whole_piece_is_told(read):
    reading = read(csv_of(rows_with(scrap=["0.01", "0.02", "0"])))
    assert warnings(reading) == [(2, "Scrap", "every quantity is less than 1, as shares are")]
    assert warnings(read(csv_of(rows_with(scrap=["0.5", "2"])))) == []


def test_a_second_column_of_the_same_name_is_asked_about(read):
    rows = [(*row, int(row[3]) * 2) for row in rows_with()]
    reading = read(csv_of(rows, (*HEADINGS, "Scrap")))
    assert [str(q.ask) for q in reading.questions] == ["What does 'Scrap' hold?"]
    assert all(set(part.table["cost"].to_pylist()) == {None} for part in reading.parts
               if "cost" in part.table.column_names)  # fmt: skip


def test_rows_with_another_separator_below_a_table_are_rejected_one_by_one(read):
    rows = list(rows_with())
    reading = read(csv_of(rows[:6]) + "".join(";".join(row) + "\n" for row in rows[6:]))
    assert reading.parts[0].rows_accepted == 6
    assert reading.parts[0].rows_rejected == 6
    rejected = [p.row for p in reading.problems if p.severity is Severity.REJECTED]
    assert rejected == [8, 9, 10, 11, 12, 13]


def test_page_numbers_below_a_table_are_notes_all_the_same(read):
    reading = read(csv_of(rows_with()) + "Page 1 of 2\nPage 2 of 2\n")
    assert (reading.state, reading.parts[0].rows_accepted) == ("ready", 12)
    assert not [p for p in reading.problems if p.severity is not Severity.NOTE]


@pytest.mark.parametrize(
    ("names", "one"),
    [
        pytest.param(("Nordhafen", "Nord\ufeffhafen"), "Nordhafen", id="a blank of no width"),
        pytest.param(("Nordhafen", "Nord\u00adhafen"), "Nordhafen", id="a soft hyphen"),
        pytest.param(("\u202eNordhafen\u202c",), "Nordhafen", id="turned the other way"),
        pytest.param(("M\u00fcnchen", "Mu\u0308nchen"), "München", id="an accent by itself"),
        pytest.param(("L\x011", "L1"), "L1", id="a control character"),
    ],
)
def test_names_that_look_the_same_are_the_same(read, names, one):
    assert figures(read(csv_of(rows_with(line=names))), "line") == [one]


def test_marks_of_direction_around_every_cell_change_nothing(read):
    marked = [[f"\u200f{cell}\u200e" for cell in row] for row in rows_with()]
    assert figures(read(csv_of(marked)), "qty_produced") == [100.0]


@pytest.mark.parametrize(
    ("cell", "value"), [("١٢٣", 123.0), ("۱۲۳", 123.0), ("١٬٢٣٤٫٥", 1234.5), ("１２３", 123.0)]
)
def test_digits_of_other_scripts_are_digits(read, cell, value):
    reading = read(csv_of(rows_with(made=[cell], scrap=["٤"])))
    assert (figures(reading, "qty_produced"), figures(reading, "qty_scrap")) == ([value], [4.0])


def test_days_in_arabic_digits_are_days(read):
    days = [(f"2026-01-{n:02}").translate({48 + d: 0x660 + d for d in range(10)})
            for n in range(1, 13)]  # fmt: skip
    rows = [(day, *row[1:]) for day, row in zip(days, rows_with(), strict=True)]
    assert str(figures(read(csv_of(rows)), "date")[0]) == "2026-01-01"


def test_a_file_of_years_to_come_is_told(read):
    told = "most dates lie more than 5 years after the file was written, the first on 2092-01-01"
    assert warnings(read(csv_of(rows_with(day="2092-01-{:02}")))) == [(2, "Date", told)]


@pytest.mark.parametrize(
    ("day", "told"),
    [
        ("2026-01-{:02}T23:30:00Z", True),
        ("2026-01-{:02} 23:30:00+00:00", True),
        ("2026-01-{:02}T23:30:00+01:00", False),
        ("2026-01-{:02}T00:00:00Z", False),
    ],
)
def test_times_of_another_zone_are_told(read, day, told):
    found = warnings(read(csv_of(rows_with(day=day))))
    assert bool(found) is told
    assert all("times that name another zone" in text for _, _, text in found)


def test_a_row_of_an_impossible_age_is_named(read):
    rows = list(rows_with())
    rows[4] = ("1950-01-05", *rows[4][1:])
    assert warnings(read(csv_of(rows))) == [(6, "Date", "1 row before 1990")]


@pytest.mark.parametrize(
    "unseen",
    [
        '<span style="display: none">9</span>100',
        "<script>9</script>100",
        "<style>td{}</style>100",
        "<b hidden>9</b>100",
        "100<!-- 9 -->",
        "<i style='VISIBILITY:HIDDEN'>9</i>100",
    ],
)
def test_what_a_browser_does_not_show_is_not_read(read, unseen):
    reading = read(page_of(rows_with(made=[unseen])), "a.xls")
    assert figures(reading, "qty_produced") == [100.0]
