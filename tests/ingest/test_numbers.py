import numpy as np
import pyarrow as pa
import pytest

from kpi.ingest.numbers import read_number_texts


@pytest.mark.parametrize(
    ("texts", "values"),
    [
        pytest.param(["1,234.56", "7"], [1234.56, 7], id="US"),
        pytest.param(["1.234,56", "7"], [1234.56, 7], id="German"),
        pytest.param(["1 234,56", "1\u202f234,5", "12\u00a0500"], [1234.56, 1234.5, 12500], id="French"),
        pytest.param(["1'234.56", "1’000"], [1234.56, 1000], id="Swiss"),
        pytest.param(["1,23,456.78"], [123456.78], id="Indian"),
        pytest.param(["5-", "1.234,5-"], [-5, -1234.5], id="trailing minus of SAP"),
        pytest.param(["(1,234.5)"], [-1234.5], id="accounting"),
        pytest.param(["−3", "-4"], [-3, -4], id="a real minus sign"),
        pytest.param(["2,4 %", "3,15%"], [2.4, 3.15], id="percent text"),
        pytest.param(["12 Stk", "7 Stk"], [12, 7], id="unit in the cell"),
        pytest.param(["$0.50 ", "$1,200.00"], [0.5, 1200], id="currency sign"),
        pytest.param([".4999999999999999999999999999999999999997"], [0.5], id="forty digits"),
        pytest.param(["1e-5", "2.5E3"], [1e-5, 2500], id="exponents"),
        pytest.param(["1234.567", "0.125"], [1234.567, 0.125], id="three decimals, proven"),
    ],
)  # fmt: skip
def test_spellings(texts, values):
    read = read_number_texts(pa.array(texts))
    assert read.readable.all()
    assert not read.doubtful
    assert read.values.tolist() == pytest.approx(values)


@pytest.mark.parametrize(
    "text", ["M01", "01.02.2025", "2025-01-02", "1,2,3", "12.", "abc", "00:10"]
)
def test_what_is_no_number(text):
    assert not read_number_texts(pa.array([text])).readable.any()


def test_thousand_or_a_little_more_than_one_is_a_doubt():
    read = read_number_texts(pa.array(["1.234", "850"]))
    assert read.doubtful
    assert read_number_texts(pa.array(["1.234"]), decimal=",").values[0] == 1234
    assert read_number_texts(pa.array(["1.234"]), decimal=".").values[0] == 1.234


def test_an_unseparated_thousand_beside_it_decides():
    read = read_number_texts(pa.array(["1.234", "2500"]))
    assert not read.doubtful
    assert read.values.tolist() == [1.234, 2500]


def test_one_proof_decides_the_column():
    assert read_number_texts(pa.array(["1.234", "7,5"])).values.tolist() == [1234, 7.5]


def test_both_proofs_are_a_conflict():
    assert read_number_texts(pa.array(["1,5", "1.5"])).conflicting


def test_units_are_told():
    assert read_number_texts(pa.array(["₹2695543", "182.43 tons"])).units == ("INR", "t")


def test_nothing_reads_as_nothing():
    assert read_number_texts(pa.array([], pa.string())).values.tolist() == []


def test_fast_and_slow_way_agree():
    rng = np.random.default_rng(1)
    numbers = rng.uniform(-9e5, 9e5, 500).round(2)
    plain = read_number_texts(pa.array([f"{n:.2f}" for n in numbers]))
    grouped = read_number_texts(pa.array([f"{n:,.2f}" for n in numbers]))
    assert plain.values.tolist() == grouped.values.tolist() == numbers.tolist()
