"""``python -m kpi objectives`` and ``plan``: add, list, show, close; propose a plan, what is overdue."""

import json
import shutil

import pytest
from made_exports import scrap_rows, written

from kpi.cli import main

ADD = (
    "objectives", "add", "--title", "Less scrap", "--kpi", "scrap_rate", "--where",
    "plant=Nordhafen", "--start", "2026-01-01", "--due", "2026-10-31",
)  # fmt: skip


@pytest.fixture(scope="module")
def once(tmp_path_factory):
    """Two months of scrap, loaded once."""
    folder = tmp_path_factory.mktemp("objectives")
    for text in ("2026-09", "2026-10"):
        path = written(folder / f"scrap_{text}.csv", scrap_rows(text))
        assert main(["--home", str(folder / "home"), "ingest", str(path)]) == 0
    return folder / "home"


@pytest.fixture
def loaded(once, cli):
    shutil.copytree(once, cli.home)
    return cli


def ran(cli, *arguments):
    code, out, err = cli(*arguments)
    assert "Traceback" not in err
    return code, out, err


def test_an_objective_is_added_listed_shown_and_closed(loaded):
    code, out, err = ran(loaded, *ADD, "--target", "50", "--owner", "Ada", "--json")
    assert code == 0, err
    added = json.loads(out)
    assert (added["id"], added["target"], added["unit"]) == ("OBJ-2026-001", 50.0, "%")
    assert added["status"] in ("met", "too early to say")
    listed = json.loads(ran(loaded, "objectives", "--json")[1])
    assert [o["id"] for o in listed] == ["OBJ-2026-001"]
    shown = ran(loaded, "objectives", "show", "OBJ-2026-001")[1]
    assert "OBJ-2026-001" in shown
    assert "* missing: It does not say which resources it needs." in shown
    closed = ran(
        loaded, "objectives", "close", "OBJ-2026-001", "--conclusion", "Reached", "--json"
    )[1]
    assert json.loads(closed)["status"] == "closed"
    assert json.loads(closed)["version"] == 2


@pytest.mark.long
def test_a_file_holds_every_field(loaded, tmp_path):
    told = {
        "title": "From a file", "kpi": "scrap_rate", "window": "rolling 3 months",
        "aim": "less than the baseline, in %", "amount": 25, "baseline": 4.0,
        "start": "2026-01-01", "due": "2026-12-31", "steps": [{"day": "2026-06-01", "level": 3.5}],
        "milestones": [{"what": "New tool", "due": "2026-05-01", "done": None}],
    }  # fmt: skip
    path = tmp_path / "objective.json"
    path.write_text(json.dumps(told), encoding="utf-8")
    code, out, err = ran(loaded, "objectives", "add", "--file", str(path), "--json")
    assert code == 0, err
    found = json.loads(out)
    assert (found["target"], found["window"]) == (3.0, "rolling 3 months")
    assert found["steps"][0]["level"] == 3.5
    assert found["milestones"] == [{"what": "New tool", "due": "2026-05-01", "done": None}]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("objectives", "add", "--title", "A"), "An objective takes --title, --kpi, --target"),
        ((*ADD, "--less", "25"), "A target that is less or more than the baseline needs the baseline"),
        (
            (*ADD, "--less", "25", "--baseline-from", "2020-01-01", "--baseline-to", "2020-12-31"),
            "No baseline for 2020: none of its months was measured. Give --baseline, or other days.",
        ),
        ((*ADD, "--target", "2", "--parent", "X", "--step", "2026-12-01=1"), "lies outside"),
        (("objectives", "show", "OBJ-2026-009"), "There is no objective 'OBJ-2026-009'"),
        (("objectives", "add", "--file", "nowhere.json"), "nowhere.json cannot be read as JSON"),
    ],
)  # fmt: skip
def test_what_is_refused_says_why(loaded, arguments, says):
    code, _, err = ran(loaded, *arguments)
    assert code != 0
    assert says in err


@pytest.mark.long
def test_the_plan_is_proposed_recorded_and_listed(loaded):
    assert "No measurement plan is recorded yet." in ran(loaded, "plan")[1]
    proposed = json.loads(ran(loaded, "plan", "propose", "--json")[1])
    assert "scrap_rate" in {e["kpi"] for e in proposed["entries"]}
    assert json.loads(ran(loaded, "plan", "--json")[1]) == []
    assert "are recorded." in ran(loaded, "plan", "propose", "--record")[1]
    lines = json.loads(ran(loaded, "plan", "--on", "2040-01-31", "--json")[1])
    assert len(lines) == len(proposed["entries"])
    assert {late["what"] for line in lines for late in line["overdue"]} == {"upload", "analysis"}


@pytest.mark.long
def test_nothing_is_overdue_where_nothing_is_planned(loaded):
    assert "Nothing is overdue." in ran(loaded, "plan", "--overdue")[1]
