"""Nonconformities and actions by the command line: the same records and refusals as on the pages."""

import json
from datetime import date, timedelta

import pytest
from made_exports import Cli, scrap_rows, written

from kpi.cli import USAGE, main

MONTHS = [f"{2024 + m // 12}-{m % 12 + 1:02d}" for m in range(24)]
CHART = ("--kpi", "scrap_rate", "--where", "line=L1")


@pytest.fixture
def cli(tmp_path, capsys):
    """Two years of one line whose scrap falls to a third from July 2025 on."""
    rows = [
        row for n, m in enumerate(MONTHS)
        for row in scrap_rows(
            m, scrap=(18 if m < "2025-07" else 6) + n % 3, lines=("L1",), days=(3, 9, 15)
        )
    ]  # fmt: skip
    path = written(tmp_path / "scrap.csv", rows)
    assert main(["--home", str(tmp_path / "home"), "ingest", str(path)]) == 0
    return Cli(tmp_path / "home", capsys)


def refused(cli, capsys, *words, code=USAGE):
    capsys.readouterr()
    assert main(["--home", str(cli.home), *words]) == code
    return capsys.readouterr().err.strip()


def test_a_signal_is_opened_acted_on_done_and_decided(cli, capsys):
    case = cli.json("actions", "open", *CHART, "--period", "2025-03", "--owner", "Anna")
    assert (case["id"][:3], case["status"], case["owner"]) == ("NC-", "open", "Anna")
    seen = case["evidence"]
    assert (seen["chosen"], seen["kpi"], len(seen["points"])) == ("2025-03", "scrap_rate", 24)
    assert [file["file"] for file in seen["files"]] == ["scrap.csv"]

    action = cli.json(
        "actions", "plan", case["id"], "--title", "=New tool", "--owner", "Ben",
        "--due", "2025-07-01", "--hoped", "-25%",
    )  # fmt: skip
    assert (action["status"], action["hoped"], action["links"]) == ("planned", -25.0, [case["id"]])
    done = cli.json("actions", "done", action["id"], "--day", "2025-06-30")
    assert (done["status"], done["done_on"]) == ("done", "2025-06-30")
    (event,) = cli.json("event", "list")
    assert (event["text"], event["action"], event["hoped"]) == ("=New tool", action["id"], -0.25)

    told = cli.json("actions", "show", action["id"])
    assert told["data_verdict"] == "worked"
    assert told["before_after"]["verdict"] == "worked"
    said = refused(cli, capsys, "actions", "decide", action["id"], "--decision", "did-not")
    assert said.startswith("The data say: Worked")
    decided = cli.json("actions", "decide", action["id"], "--decision", "worked")
    assert (decided["status"], decided["effect"]["verdict"]) == ("checked", "worked")

    told = cli.json("actions", "show", case["id"])
    assert told["status"] == "checking"
    assert told["actions"] == [action["id"]]
    assert "the cause, with where it lies" in told["lacking"]
    assert told["restated"] == ""


@pytest.mark.long
def test_everything_is_listed_with_what_waits(cli, capsys):
    listed = cli.json("actions")
    assert listed == {"nonconformities": [], "actions": [], "to_do": []}
    case = cli.json("actions", "open", *CHART)
    yesterday = date.today() - timedelta(days=1)
    action = cli.json(
        "actions", "plan", case["id"], "--title", "Tool", "--owner", "Ben", "--due", str(yesterday)
    )
    listed = cli.json("actions")
    assert [e["id"] for e in listed["nonconformities"]] == [case["id"]]
    assert [e["id"] for e in listed["actions"]] == [action["id"]]
    first = listed["to_do"][0]
    assert (first["id"], first["sort"], first["overdue"]) == (action["id"], "action", True)
    capsys.readouterr()
    assert main(["--home", str(cli.home), "actions"]) == 0
    text = capsys.readouterr().out
    assert f"overdue {action['id']} (Ben): to be done by" in text
    assert main(["--home", str(cli.home), "actions", "show", case["id"]]) == 0
    assert "Lacking: the correction, with its day" in capsys.readouterr().out


REFUSED = [
    (("open", "--kpi", "scrap_rat"), "Did you mean 'scrap_rate'?"),
    (("open", *CHART, "--period", "2031-01"), "'2031-01' is no period of this chart"),
    (("show", "ISS-2026-001"), "'ISS-2026-001' is neither a nonconformity nor an action"),
    (("show", "NC-2026-404"), "no nonconformity 'NC-2026-404'"),
    (("done", "ACT-2026-404"), "no action 'ACT-2026-404'"),
    (
        ("plan", "hello", "--title", "x", "--owner", "y", "--due", "2026-01-01"),
        "'hello' is no id of a record",
    ),
]


@pytest.mark.long
def test_what_cannot_be_is_refused_in_a_sentence(cli, capsys):
    for words, says in REFUSED:
        assert says in refused(cli, capsys, "actions", *words)
    assert json.dumps(cli.json("actions")).count("[]") == 3
