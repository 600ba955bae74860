"""Columns that are blank in one export of a feed and filled in another, in any order of arrival."""

import pytest
from raw_tables import table

from kpi.ingest import read_file
from kpi.ingest.interpret import Context, interpret
from kpi.model import FeedMemory

ORDERS = "order,item,qty ordered,promised date,delivery date,qty delivered,status"
STOPPED = "Date,Line,Produced,Scrap,Downtime (min),Stop Reason,Start,End"


def remembered(found):
    mapping, conventions, signature = {}, {}, {}
    for part in found.parts:
        mapping |= part.mapping
        conventions |= part.conventions
        signature |= dict.fromkeys(part.signature)
    datasets = tuple(p.dataset for p in found.parts)
    return FeedMemory("F", datasets, "Plant", tuple(signature), mapping, conventions)


def facts(found):
    return {p.dataset: p.table.to_pylist() for p in found.parts}


def read(text, memory=None):
    return interpret([table(text)], context=Context("00", memories=(memory,) if memory else ()))


@pytest.mark.parametrize("order", [(0, 1, 1), (1, 0, 1), (1, 1, 0)])
@pytest.mark.parametrize(
    ("headings", "blank", "full"),
    [
        (ORDERS, "A1,10,100,2026-02-10,,,Open",
         "A1,10,100,2026-03-20,2026-03-19,100,Delivered"),
        ("Order,Item,Requested Date,Promise Date,Ship Date,Shipped Qty,Delivered On",
         "A1,10,2026-03-01,2026-03-02,,,",
         "A1,10,2026-03-01,2026-03-02,2026-03-03,5,2026-03-05"),
        ("Date,Line,Produced,Scrap,Rework,Scrap Reason,Defect Code,Comment",
         "2026-01-02,L1,100,3,,,,\n2026-01-03,L1,90,1,,,,",
         "2026-01-02,L1,100,3,2,Burr,B1,x\n2026-01-03,L1,90,1,1,Dent,D1,y"),
        ("Date,Line,Produced,Scrap,Rework,Scrap Reason",
         "2026-01-02,L1,100,,,\n2026-01-03,L1,90,,,",
         "2026-01-02,L1,100,3,2,Burr\n2026-01-03,L1,90,1,1,Dent"),
        (STOPPED,
         "2026-01-02,L1,100,1,,,,\n2026-01-03,L1,90,2,,,,",
         "2026-01-02,L1,100,3,30,Jam,08:00,08:30\n2026-01-03,L1,90,1,15,Belt,09:00,09:15"),
        (STOPPED,
         "2026-01-02,L1,100,1,,,08:00,16:00\n2026-01-03,L1,90,2,,,08:00,16:00",
         "2026-01-02,L1,100,3,30,Jam,08:00,08:30\n2026-01-03,L1,90,1,15,Belt,09:00,09:15"),
        ("Datum,Linie,Gutmenge,Ausschuss,Nacharbeit,Fehlergrund,Stillstand (min)",
         "02.01.2026,L1,100,3,,,\n13.01.2026,L1,90,1,,,",
         "02.01.2026,L1,100,3,2,Grat,30\n13.01.2026,L1,90,1,1,Beule,15"),
    ],
)  # fmt: skip
def test_a_filled_column_reads_the_same_whatever_came_before(headings, blank, full, order):
    texts = [f"{headings}\n{blank}", f"{headings}\n{full}"]
    alone = facts(read(texts[1]))
    memory = None
    for number in order:
        found = read(texts[number], memory)
        assert (found.feed, found.questions) == ("F" if memory else None, ())
        assert number == 0 or facts(found) == alone
        memory = remembered(found)


def test_a_known_heading_keeps_its_field_where_all_its_cells_are_blank():
    (part,) = read(f"{ORDERS}\nA1,10,100,2026-02-10,,,Open").parts
    assert part.mapping["qty delivered"] == "qty"
    assert "delivery date" not in part.mapping  # asked for, or done: only cells can tell


def test_what_the_user_had_ignored_stays_ignored():
    full = f"{STOPPED}\n2026-01-02,L1,100,3,30,Jam,08:00,08:30"
    signature = read(full).parts[0].signature
    said = {"field:downtime": "ignore"}
    memory = FeedMemory("F", ("production", "scrap"), None, signature, {"Downtime (min)": "ignore"})
    assert "downtime" in facts(read(full, memory))
    memory = FeedMemory("F", memory.datasets, None, signature, memory.mapping, said)
    assert "downtime" not in facts(read(full, memory))


def test_a_feed_stays_what_it_is_without_the_column_that_told():
    heads = "Date,Line,Quantity,Reason"
    told = read(f"{heads}\n2026-01-02,L1,3,Burr\n2026-01-03,L1,1,Dent")
    later = read(f"{heads}\n2026-02-02,L1,4,\n2026-02-03,L1,2,", remembered(told))
    assert (later.feed, later.questions) == ("F", ())
    assert [row["qty_scrap"] for row in facts(later)["scrap"]] == [4, 2]


def test_headings_alone_are_refused_with_a_sentence(tmp_path):
    path = tmp_path / "stops.csv"
    path.write_text("Date,Machine,Downtime (min),Reason\n")
    file = read_file(path)
    assert (file.state, file.parts) == ("rejected", ())
    (problem,) = [p for p in file.problems if p.severity.value == "rejected"]
    assert problem.actual == "the table has headings and no rows below them"
