"""``python -m kpi screen``: the same findings as on the Overview, as text and as JSON."""

import json

import pytest

from kpi.analysis import Filters
from kpi.analysis.screening import screen
from kpi.cli import main
from tests.analysis.made_home import make_home

FIELDS = {
    "kpi", "slice", "class", "direction", "p", "q", "signal", "since", "usual", "recent", "unit",
    "excess", "cost", "cost_kind", "cost_unit", "currency", "chart", "points", "autocorrelated",
    "seasonal", "rank", "decisive", "folded", "related", "headline", "sure", "costs", "checked",
}  # fmt: skip


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return make_home(tmp_path_factory.mktemp("screened"))


def run(home, capsys, *arguments):
    assert main(["--home", str(home.path), "screen", *arguments]) == 0
    return capsys.readouterr().out


def test_json_holds_what_was_looked_at_and_what_came_of_it(home, capsys):
    told = json.loads(run(home, capsys, "--json", "--all"))
    found = screen(home, Filters(), everything=True)
    assert told["looked_at"] == found.looked_at > 0
    assert told["expected_false_alarms"] == pytest.approx(found.false_alarms, abs=1e-3)
    assert told["counts"]["act"] == len(found.act)
    assert told["counts"]["leave_alone"] == found.left_alone
    assert sum(told["counts"].values()) == told["looked_at"]
    assert all(set(one) == FIELDS for one in told["findings"])
    assert [one["headline"] for one in told["findings"]] == [
        one.headline for one in (*found.act, *found.improving, *found.watch)
    ]
    first = told["findings"][0]
    assert (first["kpi"], first["class"]) == ("scrap_rate", "act")
    assert first["slice"] == {"plant": "Nordhafen", "line": "L2"}
    assert first["since"] == "2026-03"


def test_a_filter_and_the_text(home, capsys):
    text = run(home, capsys, "--where", "line=L2")
    assert text.startswith("Needs attention\n- Scrap rate of line L2, Nordhafen has been above")
    assert "series looked at. If nothing at all had changed, " in text
    other = run(home, capsys, "--where", "line=L1")
    assert other.startswith("Nothing out of the ordinary. What moves is chance.")


def test_an_unknown_dimension_is_refused_in_a_sentence(home, capsys):
    assert main(["--home", str(home.path), "screen", "--where", "colour=red"]) == 2
    assert capsys.readouterr().err == (
        "There is no dimension 'colour'. Known are: plant, line, machine, shift, product, reason, "
        "customer, supplier.\n"
    )


def test_an_empty_home_says_so(tmp_path, capsys):
    assert main(["--home", str(tmp_path / "empty"), "screen"]) == 0
    assert capsys.readouterr().out.startswith("Too few months to tell signal from chance yet")
