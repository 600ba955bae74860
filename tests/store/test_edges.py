"""A month whose first or last day has no row claims it, and yet takes no neighbour's rows there."""

from datetime import date
from itertools import permutations

import pytest
from made_files import WHEN, amounts, part

from kpi.model import Coverage
from kpi.store import open_store


def covers(first, last):
    return Coverage("A", None, date(2026, *first), date(2026, *last))


def window(make, name, days, covered, within=None, drawn=1):
    rows = [{"date": date(2026, *d), "qty_scrap": float(n)} for d, n in days.items()]
    more = {"within": (within,)} if within else {}
    made = part("scrap", rows, (covered,), date(2026, 6, drawn), **more)
    return make.file(name, made, feed="scrap feed")


def cases(make):
    """Per case the files in the order they were drawn, and what counts in the end."""
    march = {(3, 2): 2, (3, 30): 2}
    month = {"covered": covers((3, 1), (3, 31)), "within": covers((3, 2), (3, 30))}
    return {
        "a window that ends on the first": (
            [
                window(make, "feb", {(2, 20): 1, (3, 1): 1}, covers((2, 9), (3, 1)), drawn=1),
                window(make, "mar", march, **month, drawn=2),
            ],
            {(2, 20): 1, (3, 1): 1, (3, 2): 2, (3, 30): 2},
        ),
        "a window that begins on the last": (
            [
                window(make, "apr", {(3, 31): 1, (4, 5): 1}, covers((3, 31), (4, 9)), drawn=1),
                window(make, "mar", march, **month, drawn=2),
            ],
            {(3, 31): 1, (4, 5): 1, (3, 2): 2, (3, 30): 2},
        ),
        "the month itself, drawn before": (
            [
                window(make, "old", {(3, 1): 9, (3, 5): 9}, covers((3, 1), (3, 31)), drawn=1),
                window(make, "mar", march, **month, drawn=2),
            ],
            {(3, 2): 2, (3, 30): 2},
        ),
        "a longer period around it": (
            [
                window(make, "ytd", {(1, 5): 9, (3, 1): 9, (4, 2): 9}, covers((1, 1), (4, 30))),
                window(make, "mar", march, **month, drawn=2),
            ],
            {(1, 5): 9, (4, 2): 9, (3, 2): 2, (3, 30): 2},
        ),
    }


@pytest.mark.parametrize("order", list(permutations((0, 1))))
@pytest.mark.parametrize(
    "case",
    [
        "a window that ends on the first",
        "a window that begins on the last",
        "the month itself, drawn before",
        "a longer period around it",
    ],
)
def test_neighbours_keep_their_rows(make, tmp_path, case, order):
    files, expected = cases(make)[case]
    store = open_store(tmp_path / "edges")
    for n in order:
        asked = {q.id: q.candidates[0].value for q in store.plan(files[n]).questions}
        if "window" in case:
            assert not asked
        if not store.plan(files[n], asked).unchanged:
            store.commit(files[n], who="me", when=WHEN, answers=asked)
    found = {tuple(map(int, d.split("-")[1:])): n for (_, _, d), n in amounts(store.at()).items()}
    assert found == expected
    store.close()
