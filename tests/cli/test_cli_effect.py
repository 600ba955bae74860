"""``python -m kpi effect``: the contract of its JSON, its words, its refusals."""

import json

import pytest

from kpi.cli import main
from kpi.cli.effect import share

WHERE = ("--where", "line=L2")


@pytest.fixture
def ask(made_home, capsys):
    """The command on the made plant: line L2 makes more scrap from March 2026 on."""

    def asked(*arguments, code=0):
        capsys.readouterr()
        found = main(["--home", str(made_home.path), "effect", *arguments])
        out, err = capsys.readouterr()
        assert found == code, err or out
        assert "Traceback" not in err
        return out, err

    return asked


def told(ask, *arguments):
    return json.loads(ask(*arguments, "--json")[0])


def test_the_json_says_everything(ask):
    found = told(ask, "scrap_rate", "--date", "2026-03-01", *WHERE)
    assert set(found) == {
        "kpi", "slice", "unit", "date", "before", "after", "neither", "washout_days", "expected",
        "effect", "p_value", "model", "dispersion", "lag1", "degrees_of_freedom", "adjusted_for",
        "verdict", "hoped", "months_needed", "sentence", "notes", "ledger",
    }  # fmt: skip
    assert found["kpi"] == "scrap_rate"
    assert found["slice"] == {"line": "L2"}
    assert (found["unit"], found["date"], found["washout_days"]) == ("%", "2026-03-01", 0)
    before, after, effect = found["before"], found["after"], found["effect"]
    assert set(before) == {"level", "periods", "first", "last", "left_out"}
    assert (before["periods"], before["first"], before["last"]) == (16, "2024-11", "2026-02")
    assert (after["periods"], after["first"], after["last"]) == (8, "2026-03", "2026-10")
    assert set(effect) == {
        "absolute", "low", "high", "relative", "relative_low", "relative_high", "confidence",
    }  # fmt: skip
    assert effect["confidence"] == 0.95
    assert effect["low"] < effect["absolute"] < effect["high"]
    assert effect["absolute"] == pytest.approx(after["level"] - found["expected"])
    assert effect["relative"] == pytest.approx(effect["absolute"] / found["expected"])
    assert found["model"] == "quasi-binomial"
    assert found["verdict"] == "made it worse"
    assert found["p_value"] < 1e-4
    assert found["sentence"].startswith("Made it worse: scrap rate of line L2 rose from ")


def test_levels_are_those_of_the_series(ask, made_home, capsys):
    found = told(ask, "scrap_rate", "--date", "2026-03-01", *WHERE)
    capsys.readouterr()
    main(["--home", str(made_home.path), "series", "scrap_rate", *WHERE, "--json"])
    rows = json.loads(capsys.readouterr().out)
    for side, chosen in (
        (found["before"], [r for r in rows if r["period"] < "2026-03"]),
        (found["after"], [r for r in rows if r["period"] >= "2026-03"]),
    ):
        bad, made = (sum(r[name] for r in chosen) for name in ("numerator", "denominator"))
        assert side["level"] == pytest.approx(100 * bad / made, rel=1e-9)


def test_a_washout_and_a_hope(ask):
    found = told(
        ask, "scrap_rate", "--date", "2026-03-10", *WHERE, "--washout", "40", "--hoped=-10%"
    )
    assert found["neither"] == ["2026-03", "2026-04"]
    assert found["washout_days"] == 40
    assert found["hoped"] == -0.1


def test_what_cannot_be_told_is_null(ask):
    found = told(ask, "scrap_rate", "--date", "2025-01-10", *WHERE)
    assert found["verdict"] == "no evidence yet"
    assert found["effect"]["low"] is None
    assert found["months_needed"] is None
    assert found["sentence"] == (
        "No evidence yet: two months before count, and it takes six to know what is usual."
    )


def test_before_all_data(ask):
    found = told(ask, "scrap_rate", "--date", "2001-01-01", *WHERE)
    assert found["before"] == {
        "level": None,
        "periods": 0,
        "first": None,
        "last": None,
        "left_out": [],
    }


def test_in_words(ask):
    out, _ = ask("scrap_rate", "--date", "2026-03-01", *WHERE)
    first, _, *rest = out.splitlines()
    assert first.startswith("Made it worse: scrap rate of line L2 rose from ")
    labels = [line.split(":")[0] for line in rest]
    assert labels[:2] == ["Before", "After"]
    assert "p\u00a0value" in labels


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("scrap_rate",), "--date"),
        (("scrap_rate", "--date", "4 May"), "write it as 2026-10-31"),
        (("scrap_rat", "--date", "2026-03-01"), "Did you mean 'scrap_rate'?"),
        (("scrap_rate", "--date", "2026-03-01", "--washout", "-3"), "no number of days"),
        (("scrap_rate", "--date", "2026-03-01", "--hoped", "much"), "no change, such as -25%"),
        (("scrap_rate", "--date", "2026-03-01", "--hoped", "-25"), "needs its sign: -25% or -0.25"),
        (("scrap_rate", "--date", "2026-03-01", "--hoped", "0"), "a share of the level"),
        (("scrap_rate", "--date", "2026-03-01", "--where", "line"), "NAME=VALUE"),
    ],
)
def test_wrong_usage_is_told(ask, arguments, message):
    out, err = ask(*arguments, code=2)
    assert message in err
    assert out == ""


@pytest.mark.parametrize(
    ("text", "meant"),
    [("-25%", -0.25), ("−25 %", -0.25), ("-0.25", -0.25), ("+10 %", 0.1), ("50\u00a0%", 0.5)],
)
def test_a_change_is_read_however_it_is_written(text, meant):
    assert share(text) == pytest.approx(meant)
