"""Whatever way a clean table is spread over a sheet, the facts that come back are those it was made of."""

import pytest
from spreads import SHAPES, raw_tables, spread

from kpi.ingest.interpret import Context, interpret
from kpi.model import Severity

USUAL = range(8 * len(SHAPES))
MANY = range(len(USUAL), 800)


def read(tables):
    """The parts with every question answered by its first candidate, and what was asked and said."""
    found = interpret(tables, context=Context("00"))
    if not found.questions:
        return found.parts, found
    answers = {q.id: q.candidates[0].value for q in found.questions}
    again = interpret(tables, context=Context("00", answers=answers))
    assert not again.questions, "one round of answers must suffice"
    return again.parts, found


def came_back(seed):
    made = spread(seed)
    parts, found = read(raw_tables(made))
    assert len(found.questions) <= 3, [q.ask for q in found.questions]
    for dataset, (columns, facts) in made.facts.items():
        tables = [p.table.to_pylist() for p in parts if p.dataset == dataset]
        assert len(tables) == 1, f"{made.shape}: {dataset} in {[p.dataset for p in parts]}"
        rows = sorted((tuple(row[c] for c in columns) for row in tables[0]), key=repr)
        assert rows == sorted(facts, key=repr), made.shape
    if made.totals:
        totals = [t for p in parts for t in p.control_totals]
        assert totals, "the file's own totals are held against the rows"
        assert all(t.agrees for t in totals)
    assert not [p for p in found.problems if p.severity is not Severity.NOTE]


@pytest.mark.parametrize("seed", USUAL)
def test_a_spread_table_comes_back_as_the_facts_it_was(seed):
    came_back(seed)


@pytest.mark.long
@pytest.mark.parametrize("seed", MANY)
def test_many_more_spread_tables(seed):
    came_back(seed)
