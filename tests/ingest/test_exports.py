"""Whatever way one table is exported, the table that comes back is the one that went in."""

import hashlib
from datetime import timedelta

import pytest
from exports import facts_of, recipe_of, write

from kpi.ingest.interpret import Context, interpret
from kpi.ingest.sheets import raw_file

USUAL, MANY = range(64), range(64, 1100)


def read(path):
    """The parts of a file with every question answered by its first candidate, and the questions."""
    raw = raw_file(path)
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    found = interpret(raw.tables, context=Context(sha256))
    if found.questions:
        answers = {q.id: q.candidates[0].value for q in found.questions}
        again = interpret(raw.tables, context=Context(sha256, answers=answers))
        assert not again.questions, "one round of answers must suffice"
        return again.parts, found
    return found.parts, found


def rows_of(parts, dataset, names):
    tables = [p.table.to_pylist() for p in parts if p.dataset == dataset]
    assert len(tables) == 1, f"{dataset}: {[p.dataset for p in parts]}"
    return sorted((tuple(row[n] for n in names) for row in tables[0]), key=repr)


def check(recipe, parts):
    facts = facts_of(recipe)
    if recipe.domain == "making":
        names = ["date", "shift", "line", "product", "qty_produced"]
        wanted = [(f["date"], f["shift"], f["line"], f["product"], f["made"]) for f in facts]
        assert rows_of(parts, "production", names) == sorted(wanted, key=repr)
        names = ["date", "product", "reason", "qty_scrap"]
        wanted = [(f["date"], f["product"], f["reason"], f["scrap"]) for f in facts]
        assert rows_of(parts, "scrap", names) == sorted(wanted, key=repr)
    elif recipe.domain == "downtime":
        names = ["machine", "start", "end", "minutes", "reason"]
        rows = rows_of(parts, "downtime", names)
        wanted = [
            (
                f["machine"],
                f["start"],
                f["end"],
                (f["end"] - f["start"]) / timedelta(minutes=1),
                f["cause"],
            )
            for f in facts
        ]
        for row, want in zip(rows, sorted(wanted, key=repr), strict=True):
            assert (row[0], row[4]) == (want[0], want[4])
            near = [
                abs(a - b) < timedelta(seconds=1) for a, b in zip(row[1:3], want[1:3], strict=True)
            ]
            assert all(near), (row, want)
            assert row[3] == pytest.approx(want[3], abs=0.01)
    else:
        names = [
            "order",
            "item",
            "customer",
            "product",
            "request_date",
            "promise_date",
            "qty_ordered",
            "status",
        ]
        wanted = [
            (f["order"], f["item"], f["customer"], f["product"], f["request"], f["promise"], f["ordered"],
             ("delivered", "open")[f["status"]])
            for f in facts
        ]  # fmt: skip
        assert rows_of(parts, "order_item", names) == sorted(wanted, key=repr)
        wanted = [(f["order"], f["delivered"], f["shipped"]) for f in facts if f["delivered"]]
        assert rows_of(parts, "shipment", ["order", "delivered_on", "qty"]) == sorted(
            wanted, key=repr
        )


def went_through(seed, folder):
    recipe = recipe_of(seed)
    parts, found = read(write(recipe, folder))
    assert len(found.questions) <= 3, [q.ask for q in found.questions]
    check(recipe, parts)


@pytest.mark.parametrize("seed", USUAL)
def test_an_export_comes_back_as_the_table_it_was(seed, tmp_path):
    went_through(seed, tmp_path)


@pytest.mark.long
@pytest.mark.parametrize("seed", MANY)
def test_a_thousand_more_exports(seed, tmp_path):
    went_through(seed, tmp_path)


def test_recipes_differ():
    assert len({recipe_of(seed) for seed in USUAL}) == len(USUAL)
