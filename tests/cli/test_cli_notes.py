"""Notes on charts by the command line: the same answers, refusals and history as on the pages."""

import pytest
from made_exports import Cli, scrap_rows, written

from kpi.cli import main

MONTHS = [f"{2025 + m // 12}-{m % 12 + 1:02d}" for m in range(20)]


@pytest.fixture
def cli(tmp_path, capsys):
    """Twenty months of one line that scraps more from January 2026 on."""
    rows = [
        row for m in MONTHS
        for row in scrap_rows(m, scrap=4 if m < "2026" else 14, lines=("L1",), days=(3, 9, 15, 21))
    ]  # fmt: skip
    path = written(tmp_path / "scrap.csv", rows)
    assert main(["--home", str(tmp_path / "home"), "ingest", str(path)]) == 0
    return Cli(tmp_path / "home", capsys)


@pytest.mark.long
def test_a_suggested_step_is_accepted_listed_and_taken_back(cli):
    told = cli.json("phase", "suggest", "scrap_rate", "--where", "line=L1")
    assert told["suggestion"]["period"] == "2026-01"
    assert told["suggestion"]["p_value"] < 0.01
    before = cli.series("scrap_rate", "--where", "line=L1", "--chart", "auto")
    chart = ("scrap_rate", "--where", "line=L1")
    told = cli.json("phase", "accept", *chart, "--start", "2026-01", "--cause", "=New tool")
    assert told["says"] == "A new phase begins in January 2026. Its limits rest on eight months."
    after = cli.series("scrap_rate", "--where", "line=L1", "--chart", "auto")
    assert [row["phase"] for row in after] == [1] * 12 + [2] * 8
    assert after[-1]["center"] > before[-1]["center"] + 1
    (note,) = cli.json("phase", "list")
    assert (note["cause"], note["start"]) == ("=New tool", "2026-01-01")
    assert cli.json("phase", "suggest", *chart)["suggestion"] is None
    cli.json("phase", "take-back", note["id"], "--why", "It was the material")
    assert cli.json("phase", "list") == []
    assert cli.series("scrap_rate", "--where", "line=L1", "--chart", "auto") == before


def test_a_point_is_excluded(cli):
    cli.json("exclude", "add", "scrap_rate", "--point", "2025-05", "--reason", "Stocktake")
    rows = cli.series("scrap_rate", "--chart", "auto")
    assert [row["period"] for row in rows if row["excluded"]] == ["2025-05"]
    code, _, err = cli("exclude", "add", "scrap_rate", "--point", "2030-01", "--reason", "x")
    assert (code, "no period of this series" in err) == (2, True)


def test_an_event_is_noted_for_everything_or_for_a_slice(cli):
    cli.json("event", "add", "--day", "2026-01-09", "--text", "New tool", "--where", "line=L1",
             "--hoped", "-25%", "--washout", "14", "--who", "B. Muster")  # fmt: skip
    (event,) = cli.json("event", "list")
    assert (event["hoped"], event["washout"], event["who"]) == (-0.25, 14, "B. Muster")
    assert event["says"].startswith("9 January 2026: New tool; hoped for \u221225")


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (("event", "add", "--day", "2026-02-30", "--text", "x"), "is no date"),
        (("event", "add", "--day", "2026-02-03", "--text", " "), "Say in a few words"),
        (("event", "take-back", "nothing", "--why", "x"), "There is no event 'nothing'"),
        (("phase", "accept", "scrap_rat", "--start", "2026-01", "--cause", "x"), "scrap_rate"),
        (("phase",), "WHAT"),
    ],
)
def test_wrong_usage_is_told_in_one_sentence(cli, given, told):
    code, _, err = cli(*given)
    assert (code, told in err, err.count("\n")) == (2, True, 1)
