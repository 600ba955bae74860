"""Before a pattern is prepared for vectors, few texts are looked at one by one: never too strictly."""

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kpi.ingest import dates, numbers
from kpi.ingest.numbers import letters_in, may_match

PATTERNS = [
    numbers._SHAPE, dates._YEAR_FIRST, dates._YEAR_LAST, dates._COMPACT, dates._CHINESE,
    dates._DAY_NAME, dates._NAME_DAY, dates._CLOCK,
]  # fmt: skip
TEXTS = [
    "2026-01-31", "31.12.2025 06:30", "1.234,50-", "(3,5) kg", "US$ 1,000", "12 m²", "3 Jan 2026",
    "Jan 3, 26", "2026年1月3日", "20260131", "1:45 PM", "26:10:05,5", "5 Stück", "P-100", "Linie 01",
]  # fmt: skip
CHARACTERS = "0123456789.,-/: '()+%€$eEkgJan年月日ßéTUhrPM²٣"


@given(st.sampled_from(TEXTS), st.integers(0, 20), st.sampled_from(CHARACTERS))
def test_what_a_pattern_matches_is_looked_at(text, place, character):
    changed = pa.array([text[:place] + character + text[place + 1 :]])
    for pattern in PATTERNS:
        if pc.match_substring_regex(changed, pattern)[0].as_py():
            assert may_match(changed, pattern)


def test_what_no_pattern_can_match_is_told_apart():
    assert not may_match(pa.array(["Linie 01", "P-100"]), dates._YEAR_FIRST)
    assert may_match(pa.array(["x"] * 101), dates._YEAR_FIRST), "many texts are left to vectors"


@pytest.mark.parametrize("texts", [[], [""], ["ä"], ["1", "22"]])
def test_the_bytes_of_texts(texts):
    wanted = {b for text in texts for b in text.encode()}
    assert letters_in(pa.array(texts, pa.string())) == wanted
    assert letters_in(pa.array(["before", *texts, "after"]).slice(1, len(texts))) == wanted
