"""``python -m kpi evidence``: the same answers as on the page, for all clauses or for one."""

import json
from datetime import date

import pytest

from kpi.analysis import open_home, registering
from kpi.analysis.evidence import evidence
from kpi.analysis.inputs_asked import year_up_to
from kpi.cli import main
from kpi.qms.clauses import clauses
from kpi.qms.context import CLIMATE, Answer, ClimateDecision
from tests.analysis.made_home import WHEN

ON = "2026-11-23"
TODAY = date(2026, 11, 23)


@pytest.fixture
def run(tmp_path, capsys):
    """Run the command on a home of its own: exit code, what it printed, what it said."""

    def command(*words):
        code = main(["--home", str(tmp_path / "home"), "evidence", *map(str, words)])
        printed = capsys.readouterr()
        return code, printed.out, printed.err

    return command


def test_every_question_is_answered_as_on_the_page(run, tmp_path):
    code, out, _ = run("--on", ON, "--json")
    told = json.loads(out)
    home = open_home(tmp_path / "home")
    page = evidence(home, year_up_to(home, (), TODAY), TODAY)
    assert (code, told["says"]) == (0, page.headline)
    assert [(c["clause"], c["standing"]) for c in told["clauses"]] == [
        (c.number, str(c.standing)) for c in page.clauses
    ]
    assert [
        (q["question"], [a["says"] for a in q["answers"]])
        for c in told["clauses"]
        for q in c["questions"]
    ] == [(q.question, [a.says for a in q.answers]) for c in page.clauses for q in c.asked]
    assert [w["says"] for w in told["weaknesses"]] == [w.says for w in page.weaknesses]


def test_a_clause_is_told_with_its_parts_and_only_its_weaknesses(run):
    told = json.loads(run("--clause", "9.3", "--on", ON, "--json")[1])
    assert [c["clause"] for c in told["clauses"]] == ["9.3.1", "9.3.2", "9.3.3"]
    assert {w["key"] for w in told["weaknesses"]} == {"without_decision", "inputs_missing"}
    told = json.loads(run("--clause", "9.3.1", "--on", ON, "--json")[1])
    assert [c["clause"] for c in told["clauses"]] == ["9.3.1"]


@pytest.mark.parametrize(
    ("clause", "edition", "of_2015"),
    [("10.1", "2026", "10.3"), ("10.3", "2026", "10.3"), ("10.3", "2015", "10.3"),
     ("10.2", "2026", "10.2")],
)  # fmt: skip
def test_a_number_is_that_of_the_edition_and_else_that_of_2015(run, clause, edition, of_2015):
    told = json.loads(run("--clause", clause, "--edition", edition, "--on", ON, "--json")[1])
    assert [c["clause_2015"] for c in told["clauses"]] == [of_2015]


def test_an_unknown_clause_is_refused_with_those_there_are(run):
    code, out, err = run("--clause", "8.99")
    assert code != 0
    assert out == ""
    assert "There is no clause '8.99'." in err
    assert {c.clause for c in clauses() if c.clause == "8.4"} == {"8.4"}


def test_as_text_questions_stand_before_their_answers(run, tmp_path):
    home = open_home(tmp_path / "home")
    decision = ClimateDecision(
        relevant=Answer.NO, decided=date(2026, 2, 3), by="Mara", owner="Mara", reason="On a hill."
    )
    entry = registering.record(home, CLIMATE, decision, who="Q", when=WHEN)
    lines = run("--clause", "4.1", "--on", ON)[1].splitlines()
    asked = lines.index(
        "  Did you decide whether climate change matters to you? When, who, and why?"
    )
    assert lines[asked + 1] == (
        f"    Climate decisions: Yes, decided on 3 February 2026 by Mara ({entry.id}): climate change "
        "is not a relevant issue. On a hill."
    )
    assert "  Missing:" in lines
