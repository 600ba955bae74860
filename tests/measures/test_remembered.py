"""What is remembered is bounded: by number, and by weight where single things are large."""

import gc

import numpy as np
import pyarrow as pa

from kpi.measures.beside import _BESIDE, beside
from kpi.measures.cubes import CUBES, Cube, cube_bytes
from kpi.measures.engine import TABLES, Remembered, table_bytes


def table(rows):
    return pa.table({"a": np.zeros(rows)})


def test_the_oldest_go_where_all_together_are_too_heavy():
    kept = Remembered(10, most_bytes=2_500)
    for name in "abc":
        kept.get(name, lambda: table(125))  # a thousand bytes each
    assert list(kept._kept) == ["b", "c"]
    assert kept.bytes == 2_000
    kept.get("b", lambda: table(0))
    kept.get("d", lambda: table(125))
    assert list(kept._kept) == ["b", "d"], "what was used last stays"


def test_one_that_is_too_heavy_by_itself_is_kept_until_the_next():
    kept = Remembered(10, most_bytes=100)
    kept.get("a", lambda: table(125))
    assert kept.get("a", lambda: None) is not None
    kept.get("b", lambda: table(125))
    assert list(kept._kept) == ["b"]


def test_what_nothing_weighs_is_bounded_by_number():
    kept = Remembered(2)
    for name in "abc":
        kept.get(name, lambda: table(125))
    assert list(kept._kept) == ["b", "c"]
    assert kept.bytes == 0


def test_tables_and_cubes_are_weighed():
    assert table_bytes(table(125)) == 1_000
    assert table_bytes(table(125).to_pandas()) >= 1_000
    assert table_bytes(("anything", 1)) == 0
    ones, codes = np.ones(100), np.ones(100, dtype=np.int32)
    cube = Cube({"plant": codes}, codes, {"a": ones}, {"a": ones}, ones, {}, {}, None)
    assert cube_bytes(cube) == 800 + 400, "a shared array counts once"
    assert TABLES._most_bytes
    assert CUBES._most_bytes


def test_what_is_made_of_a_table_goes_with_it():
    before = len(_BESIDE)
    one = table(10)
    assert beside(one, "sum", lambda: 1) == beside(one, "sum", lambda: 2) == 1
    assert len(_BESIDE) == before + 1
    del one
    gc.collect()
    assert len(_BESIDE) == before
