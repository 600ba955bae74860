"""``python -m kpi review`` and ``restatements``, from a draft to a restatement accepted."""

import hashlib
import json
import shutil

import pytest

from kpi.cli import main
from tests.analysis.made_reviews import correct, drafted, make


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("reviews")
    drafted(make(folder))
    return folder


@pytest.fixture
def run(made, tmp_path, capsys):
    """Runs a command on a home with a draft; its exit code and what it printed."""
    shutil.copytree(made / "home", tmp_path / "home")

    def command(*words):
        code = main(["--home", str(tmp_path / "home"), *map(str, words)])
        printed = capsys.readouterr()
        return code, printed.out if code == 0 else printed.err

    return command


def test_the_list_and_a_draft(run):
    code, out = run("review", "list")
    assert code == 0
    assert out.startswith("REV-2026-001  draft     Management review June 2026 to August 2026")
    code, out = run("review", "draft", "--from", "2026-08", "--to", "2026-08", "--plant", "Nord",
                    "--edition", "2015", "--json")  # fmt: skip
    told = json.loads(out)
    assert (told["id"], told["status"], told["edition"], told["plants"]) == (
        "REV-2026-002", "draft", "2015", ["Nord"],
    )  # fmt: skip


def test_what_is_wrong_is_said_in_a_sentence(run):
    assert run("review") == (
        2, "A deck needs --month and --out. `python -m kpi review --help` lists what else there is.\n"
    )  # fmt: skip
    code, told = run("review", "minutes", "REV-2026-001", "--said", "contxt=Nothing")
    assert (code, "Did you mean 'context'?" in told) == (2, True), told
    code, told = run("review", "minutes", "REV-2026-001", "--conclude", "suitable=perhaps")
    assert told == "suitable is concluded with yes or no, not with 'perhaps'.\n"
    code, told = run("review", "draft", "--from", "2026-08", "--to", "2026-06")
    assert told == "The review ends before it begins: 2026-08 to 2026-06.\n"
    code, told = run("restatements", "--review", "REV-2026-001")
    assert told == "REV-2026-001 is a draft: its figures are worked out anew each time.\n"


@pytest.mark.long
def test_from_a_draft_to_a_restatement_accepted(run, tmp_path):
    assert run("review", "minutes", "REV-2026-001", "--top", "Anna Kern=Managing director",
               "--present", "Bo=Quality", "--said", "context=A new law.",
               *[w for word in ("suitable", "adequate", "effective", "aligned")
                 for w in ("--conclude", f"{word}=yes")])[0] == 0  # fmt: skip
    assert run("review", "decide", "REV-2026-001", "--decision", "Regrind", "--type", "improvement",
               "--owner", "Bo", "--due", "2026-12-01")[0] == 0  # fmt: skip
    code, out = run("review", "hold", "REV-2026-001", "--json")
    held = json.loads(out)
    assert (code, held["status"], held["frozen"]["ledger_position"]) == (0, "held", 2)
    code, out = run("review", "approve", "REV-2026-001", "--by", "Anna Kern", "--json")
    approved = json.loads(out)
    assert (code, approved["status"]) == (0, "approved")
    assert approved["signature"]["self_declared"]
    kept = {(d["name"], d["as"]): d["sha256"] for d in approved["documents"]}
    assert len(kept) == 12
    for (name, status), sha256 in kept.items():
        path = tmp_path / f"{status} {name}"
        assert (
            run("review", "document", "REV-2026-001", name, "--as", status, "--out", path)[0] == 0
        )
        assert hashlib.sha256(path.read_bytes()).hexdigest() == sha256

    from kpi import analysis

    correct(analysis.open_home(tmp_path / "home"), tmp_path)
    (found,) = json.loads(run("restatements", "--json")[1])
    assert (found["entry"], found["reviews"], found["accepted"]) == (3, ["REV-2026-001"], None)
    since = json.loads(run("restatements", "--review", "REV-2026-001", "--json")[1])
    whole = next(f for f in since["figures"] if f["kpi"] == "scrap_rate" and not f["slice"])
    assert (whole["before"], whole["after"]) == pytest.approx((2.0, 2.25))
    assert run("restatements", "accept", "3", "--why", "Late slips")[0] == 0
    assert "Late slips" in json.loads(run("restatements", "--json")[1])[0]["accepted"]
