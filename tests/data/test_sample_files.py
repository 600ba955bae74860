"""The exports on disk: the same on every run, whole, small, and with headings the product knows."""

import csv
import io
import re
import unicodedata
from collections import Counter
from functools import cache
from pathlib import Path
from zipfile import ZipFile

import make_sample
import pytest
from openpyxl import load_workbook

FOLDER = make_sample.FOLDER


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sample")
    make_sample.make(folder)
    return folder


def names(folder):
    return sorted(p.name for p in folder.iterdir())


def content(path):
    """What a file says, whatever library squeezed it."""
    if path.suffix != ".xlsx":
        return path.read_bytes()
    with ZipFile(path) as book:
        return {name: book.read(name) for name in book.namelist()}


@pytest.mark.long
def test_the_committed_files_are_what_the_script_makes(made):
    assert names(made) == names(FOLDER)
    assert [n for n in names(made) if content(made / n) != content(FOLDER / n)] == []


@pytest.mark.long
def test_two_runs_agree_byte_for_byte(made, tmp_path):
    make_sample.riverside_reject_codes(tmp_path)
    make_sample.nordhafen_monthly(tmp_path)
    for path in tmp_path.iterdir():
        assert path.read_bytes() == (made / path.name).read_bytes()


def test_no_clock_in_a_workbook():
    with ZipFile(FOLDER / "riverside_reject_codes.xlsx") as book:
        assert {entry.date_time for entry in book.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        stamps = re.findall(rb">(\d{4}-\d\d-\d\dT[^<]*)<", book.read("docProps/core.xml"))
    assert set(stamps) == {b"2026-11-02T08:00:00Z"}


def test_small_and_few():
    files = list(FOLDER.iterdir())
    assert len(files) <= 90
    assert sum(f.stat().st_size for f in files) < 6_000_000


FEEDS = {
    "nordhafen_scrap": "scrap",
    "nordhafen_stoerungen": "downtime",
    "nordhafen_laufzeiten": "downtime",
    "nordhafen_delivery": "delivery",
    "riverside_production": "scrap",
    "riverside_downtime": "downtime",
    "riverside_running_time": "downtime",
    "riverside_orders": "delivery",
    "riverside_reject_codes": "scrap",
}


@cache
def rows_of(path: Path):
    """The cells of a file from its heading row on, and the lines above it."""
    if path.suffix == ".csv":
        text = path.read_bytes().decode("cp1252" if "nordhafen" in path.name else "utf-8-sig")
        separator = ";" if "nordhafen" in path.name else ","
        return [], list(csv.reader(io.StringIO(text), delimiter=separator))
    book = load_workbook(path, read_only=True)
    cells = [list(row) for row in book.worksheets[0].iter_rows(values_only=True)]
    book.close()
    start = next(n for n, row in enumerate(cells) if row.count(None) < 2)
    return [row[0] for row in cells[:start] if row[0]], cells[start:]


def normalised(heading):
    text = unicodedata.normalize("NFKC", re.sub(r"[(\[].*?[)\]]", "", heading)).casefold()
    return " ".join(re.sub(r"[.:#°/_-]", " ", text).split())


@pytest.mark.long
@pytest.mark.parametrize(("feed", "vocabulary_of"), FEEDS.items())
def test_every_heading_is_one_the_product_knows(feed, vocabulary_of, vocabulary):
    own = {normalised(s) for labels in vocabulary[vocabulary_of].values() for s in labels}
    # Plant and currency are the same words in every dataset; the vocabulary lists them once.
    shared = {normalised(s) for f in ("plant", "currency") for s in vocabulary["scrap"][f]}
    for path in FOLDER.glob(f"{feed}*"):
        _, rows = rows_of(path)
        unknown = [h for h in rows[0] if normalised(h) not in own | shared]
        assert unknown == [], path.name


@pytest.mark.parametrize("feed", FEEDS)
def test_a_feed_keeps_its_headings(feed):
    assert len({tuple(rows_of(p)[1][0]) for p in FOLDER.glob(f"{feed}*")}) == 1


def test_the_total_row_is_the_sum_of_the_rows():
    for path in FOLDER.glob("nordhafen_scrap*"):
        above, (headings, *rows, total) = rows_of(path)
        assert above[0] == "Scrap and yield by order confirmation"
        assert re.fullmatch(r"Export date: \d{4}-\d\d-\d\d", above[-1])
        assert total[0] == "Total"
        for name in ("Yield Qty", "Scrap Qty", "Rework Qty", "Scrap Cost"):
            column = headings.index(name)
            assert total[column] == pytest.approx(sum(row[column] for row in rows)), path.name


def test_the_mes_speaks_german():
    path = FOLDER / "nordhafen_stoerungen_2026-01_2026-10.csv"
    _, (_, *rows) = rows_of(path)
    assert "Störbeginn".encode("cp1252") in path.read_bytes()
    assert {row[-1] for row in rows} == {"geplant", "ungeplant", "Rüsten"}
    assert all(re.fullmatch(r"\d\d\.\d\d\.\d{4} \d\d:\d\d", row[5]) for row in rows)
    assert all(re.fullmatch(r"(\d{1,3}(\.\d{3})*,\d)?", row[7]) for row in rows)
    assert sum(row[6] == "" for row in rows) == 1  # the stop that still lasted


def test_no_stop_and_no_order_item_is_listed_twice():
    events = Counter(
        (path.name.split("_")[0], row[0])
        for feed in ("nordhafen_stoerungen", "riverside_downtime")
        for path in FOLDER.glob(f"{feed}*")
        for row in rows_of(path)[1][1:]
    )
    assert max(events.values()) == 1
    for path in FOLDER.glob("nordhafen_delivery*"):
        rows = rows_of(path)[1][1:]
        heads = {tuple(row[:10]) for row in rows}
        assert len({head[:3] for head in heads}) == len(heads), path.name


def test_the_hand_kept_sheet_has_years_merged_over_months():
    book = load_workbook(FOLDER / "nordhafen_monthly_figures.xlsx")
    sheet = book.worksheets[0]
    merged = sorted((r.min_col, r.max_col) for r in sheet.merged_cells.ranges)
    assert merged == [(4, 5), (6, 17), (18, 29), (30, 39)]
    years = [cell.value for cell in sheet[3] if cell.value]
    assert years == [2023, 2024, 2025, 2026]
    assert len([c.value for c in sheet[4] if c.value]) == 3 + 36
