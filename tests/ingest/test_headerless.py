"""Tables without headings: proposed by their values, always asked, remembered next month."""

import csv
from datetime import date, datetime, timedelta

import pytest
from openpyxl import Workbook

from kpi.ingest import read_file
from kpi.model import FeedMemory


def made(month):
    return [
        [date(2026, month, d), f"M-{d % 3 + 1}", "AB"[d % 2], 400 + 13 * d, d % 7 + 1]
        for d in range(1, 25)
    ]


def stops(month):
    begun = [datetime(2026, month, d, 6, 10) for d in range(1, 25)]
    return [[f"M-{i % 3}", b, b + timedelta(minutes=20 + i), "Jam"] for i, b in enumerate(begun)]


def text_file(path, rows):
    with path.open("w", newline="") as file:
        csv.writer(file, delimiter=";").writerows(rows)
    return path


def workbook(path, rows):
    book = Workbook()
    for row in (["Scrap list"], [], *rows):
        book.active.append(row)
    book.save(path)
    return path


@pytest.fixture(params=[text_file, workbook])
def write(request, tmp_path):
    return lambda rows, name="a": request.param(tmp_path / name, rows)


def answered(path):
    first = read_file(path)
    answers = {q.id: q.candidates[0].value for q in first.questions}
    return first, read_file(path, answers=answers)


def fields(reading):
    return [q.candidates[0].value for q in sorted(reading.questions, key=lambda q: q.heading)]


def test_the_columns_are_proposed_and_asked(write):
    first, reading = answered(write(made(1)))
    assert first.state == "needs_answer"
    assert fields(first) == ["date", "machine", "shift", "qty_produced", "qty_scrap"]
    totals = {p.dataset: p.rows_accepted for p in reading.parts}
    assert totals == {"production": 24, "scrap": 24}
    (scrap,) = [p for p in reading.parts if p.dataset == "scrap"]
    assert sum(scrap.table["qty_scrap"].to_pylist()) == sum(r[4] for r in made(1))


def test_stops_by_their_begin_and_end(write):
    first, reading = answered(write(stops(1)))
    assert fields(first) == ["machine", "start", "end", "reason"]
    (part,) = reading.parts
    assert part.dataset == "downtime"
    assert sum(part.table["minutes"].to_pylist()) == sum(20 + i for i in range(24))


def memory_of(reading):
    part = reading.parts[0]
    return FeedMemory(
        "f",
        tuple(p.dataset for p in reading.parts),
        "Plant",
        part.signature,
        part.mapping,
        part.conventions,
        reading.layouts,
    )


def test_next_month_asks_nothing(write):
    _, reading = answered(write(made(1)))
    after = read_file(write(made(2), "b"), memories=[memory_of(reading)])
    assert (after.state, after.questions, after.feed) == ("ready", (), "f")
    assert {p.dataset: p.rows_accepted for p in after.parts} == {"production": 24, "scrap": 24}


def test_other_columns_are_asked_again(write):
    _, reading = answered(write(made(1)))
    after = read_file(write(stops(2), "b"), memories=[memory_of(reading)])
    assert after.feed is None
    assert len(after.questions) == 4


def test_words_alone_are_no_table(write):
    reading = read_file(write([["L1", "ok", "x"], ["L2", "nok", "y"], ["L3", "ok", "z"]]))
    assert (reading.state, reading.parts) == ("rejected", ())
