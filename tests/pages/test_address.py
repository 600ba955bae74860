from datetime import date

import pytest

from kpi.analysis.results import Filters
from pages.shared import address

FULL = Filters(
    where=(("plant", "Süd & Nord"), ("line", "L1"), ("line", "L2"), ("shift", "=early")),
    period="week",
    first=date(2025, 1, 1),
    last=date(2026, 10, 31),
    as_of=date(2026, 11, 2),
    ledger=12,
)


def test_an_address_brings_back_what_was_seen():
    written = address.write(FULL, {"kpi": "otd_promise"})
    assert address.read(written) == FULL
    assert written["kpi"] == ["otd_promise"]
    assert written["line"] == ["L1", "L2"]


def test_what_is_as_usual_is_left_out():
    assert address.write(Filters()) == {}
    assert address.read({}) == Filters()


@pytest.mark.parametrize(
    ("key", "text"),
    [
        pytest.param("from", "31.12.2025", id="not an ISO date"),
        pytest.param("to", "2025-02-30", id="no such day"),
        pytest.param("period", "century", id="no such period"),
        pytest.param("ledger", "-1", id="before the beginning"),
        pytest.param("ledger", "1e9", id="not a whole number"),
        pytest.param("ledger", "²", id="a digit that is no number"),
        pytest.param("ledger", "9" * 40, id="beyond any ledger"),
        pytest.param("as-of", "", id="empty"),
    ],
)
def test_what_cannot_be_read_is_as_if_it_were_not_there(key, text):
    assert address.read({key: [text]}) == Filters()


def test_only_our_own_parameters_are_taken():
    assert address.known({"line": ["L1", ""], "embed": ["true"], "kpi": [""]}) == {"line": ["L1"]}
