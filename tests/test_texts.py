"""Sentences keep their template and values wherever they travel."""

import copy
import json
import pickle
from datetime import date, datetime
from decimal import Decimal

import pytest

from kpi.texts import Month, Said, as_json, fixed, from_json, label, said, said_n

SENTENCES = [
    said("nothing to fill in"),
    said("{rows} rows of {what}", rows=2980, what=label("scrap and rework")),
    said("{day} and {moment}", day=date(2026, 4, 3), moment=datetime(2026, 4, 3, 6, 40)),
    said("{share} % in {month}", share=fixed(2.4, 2), month=Month(2026, 10)),
    said("{names}: {value}", names=("L1", "L2"), value=2.5),
    said_n("{n} row", "{n} rows", n=1),
    said_n("{n} row of {file}", "{n} rows of {file}", n=2, file="{curly}.csv"),
]


@pytest.mark.parametrize("sentence", SENTENCES)
@pytest.mark.parametrize(
    "carry",
    [
        lambda s: from_json(json.loads(json.dumps(as_json(s)))),
        lambda s: pickle.loads(pickle.dumps(s)),
        copy.deepcopy,
    ],
    ids=["json", "pickle", "copy"],
)
def test_a_sentence_travels_whole(sentence, carry):
    there = carry(sentence)
    assert there == sentence
    assert isinstance(there, Said)
    assert (there.template, there.plural) == (sentence.template, sentence.plural)
    assert there.values == sentence.values


def test_values_read_as_english_does():
    assert [str(s) for s in SENTENCES] == [
        "nothing to fill in",
        "2,980 rows of scrap and rework",
        "3 April 2026 and 3 April 2026 06:40",
        "2.40 % in October 2026",
        "L1, L2: 2.5",
        "1 row",
        "2 rows of {curly}.csv",
    ]


def test_a_number_keeps_the_decimals_it_was_given():
    assert fixed(1234.5, 2) == Decimal("1234.50")
    assert said("{n}", n=fixed(1234.5, 0)) == "1,234"
