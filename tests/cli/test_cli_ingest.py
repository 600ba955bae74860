"""Files in by the command line: its states, its fields, its exit codes."""

import hashlib

import pytest
from made_exports import scrap_rows, scrapped, written

OUTCOME_FIELDS = {
    "file", "sha256", "state", "upload", "datasets", "questions", "problems", "seconds",
}  # fmt: skip
DATASET_FIELDS = {
    "dataset", "sheet", "rows_read", "rows_accepted", "rows_rejected", "mapping", "coverage",
    "control_totals",
}  # fmt: skip


def doubtful(tmp_path, name="doubtful.csv"):
    """Dates that may be read two ways."""
    rows = [(f"0{day}/02/2026", "Nordhafen", "L1", 100, day, "") for day in (1, 2, 3)]
    return written(tmp_path / name, rows)


def test_what_is_told_of_a_file(cli, month):
    path, rows = month("2026-10")
    told = cli.ingest(path)
    assert told.keys() >= OUTCOME_FIELDS
    assert told["file"] == "scrap_2026-10.csv"
    assert told["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
    assert (told["state"], told["upload"]) == ("committed", "U000001")
    assert told["questions"] == []
    assert told["seconds"] > 0
    assert [d["dataset"] for d in told["datasets"]] == ["production", "scrap"]
    for dataset in told["datasets"]:
        assert dataset.keys() >= DATASET_FIELDS
        assert dataset["rows_read"] == dataset["rows_accepted"] == len(rows)
        assert dataset["rows_rejected"] == 0
        assert dataset["mapping"]["Scrap Qty"] == "qty_scrap"
        assert dataset["coverage"] == [
            {"plant": "Nordhafen", "line": None, "first": "2026-10-01", "last": "2026-10-31"}
        ]


def test_month_by_month(cli, month):
    expected = {}
    for text in ("2026-08", "2026-09", "2026-10"):
        path, rows = month(text, scrap=int(text[5:]))
        assert cli.ingest(path)["state"] == "committed"
        expected[text] = scrapped(rows)
    assert cli.values() == expected


def test_the_same_file_changes_nothing(cli, month, tmp_path):
    path, _ = month("2026-10")
    first = cli.ingest(path)
    again = cli.ingest(path)
    assert (again["state"], again["upload"]) == ("unchanged", first["upload"])
    renamed = tmp_path / "another name.csv"
    renamed.write_bytes(path.read_bytes())
    assert cli.ingest(renamed)["state"] == "unchanged"
    assert len(cli.json("ledger")) == 1


def test_the_same_rows_saved_again_change_nothing(cli, month, tmp_path):
    path, rows = month("2026-10")
    cli.ingest(path)
    saved = written(tmp_path / "saved again.csv", rows[::-1], separator=";")
    assert saved.read_bytes() != path.read_bytes()
    assert cli.ingest(saved)["state"] == "unchanged"
    assert len(cli.json("ledger")) == 1


def test_a_corrected_month_supersedes_and_the_past_stays(cli, month):
    september, _ = month("2026-09")
    first, rows = month("2026-10")
    corrected, changed = month("2026-10", "scrap_2026-10_corrected.csv", scrap=9)
    for path in (september, first):
        cli.ingest(path)
    position = cli.json("status")["position"]
    told = cli.ingest(corrected)
    assert told["state"] == "committed"
    assert told["rows_changed"] == len(changed)
    assert cli.values()["2026-10"] == scrapped(changed)
    assert cli.values("--ledger", position)["2026-10"] == scrapped(rows)


def test_a_preview_stores_nothing(cli, month):
    september, _ = month("2026-09")
    cli.ingest(september)
    october, rows = month("2026-10")
    before = {p.name for p in cli.home.rglob("*") if p.is_file() and "rollups" not in p.parts}
    told = cli.ingest(october, "--dry-run")
    assert (told["state"], told["upload"]) == ("previewed", None)
    assert told["rows_new"] == 2 * len(rows)
    assert {(e["kpi"], e["period"], e["before"]) for e in told["effects"]} == {
        ("scrap_rate", "October 2026", "not there")
    }
    after = {p.name for p in cli.home.rglob("*") if p.is_file() and "rollups" not in p.parts}
    assert after - before <= {"ledger.db-wal", "ledger.db-shm"}
    status = cli.json("status")
    assert status["position"] == 1
    assert [f["uploads"] for f in status["feeds"]] == [1]
    assert "2026-10" not in cli.values()


def test_a_preview_in_an_empty_home_leaves_it_empty(cli, month):
    path, _ = month("2026-10")
    assert cli.ingest(path, "--dry-run", "--feed", "Mine")["state"] == "previewed"
    status = cli.json("status")
    assert (status["position"], status["feeds"]) == (0, [])
    assert not list((cli.home / "uploads").iterdir())
    assert not [p for p in (cli.home / "facts").rglob("*") if p.is_file()]


@pytest.mark.long
def test_withdrawn_and_back(cli, month):
    first, rows = month("2026-10")
    corrected, changed = month("2026-10", "corrected.csv", scrap=9)
    cli.ingest(first)
    upload = cli.ingest(corrected)["upload"]
    told = cli.json("withdraw", upload, "--why", "wrong month")
    assert (told["upload"], told["state"], told["position"]) == (upload, "withdrawn", 3)
    assert cli.values() == {"2026-10": scrapped(rows)}
    assert cli.json("ledger")[0]["says"] == "Withdrawn: wrong month"
    back = cli.ingest(corrected)
    assert back["state"] == "committed"
    assert back["upload"] != upload
    assert cli.values() == {"2026-10": scrapped(changed)}


def test_withdrawing_what_is_not_there_or_twice(cli, month):
    path, _ = month("2026-10")
    cli.ingest(path)
    code, _, err = cli("withdraw", "U000009")
    assert code == 2
    assert "U000009" in err
    cli.json("withdraw", "U000001")
    code, _, err = cli("withdraw", "U000001")
    assert code == 2
    assert "withdrawn already" in err


def test_a_question_stores_nothing_and_keeps_its_id(cli, tmp_path):
    path = doubtful(tmp_path)
    told = cli.ingest(path, code=3)
    assert told["state"] == "needs_answer"
    (question,) = told["questions"]
    assert question.keys() >= {"id", "sheet", "heading", "ask", "candidates"}
    assert [c["value"] for c in question["candidates"]] == ["dmy", "mdy"]
    assert all(c["because"] for c in question["candidates"])
    assert cli.json("status")["position"] == 0
    again = cli.ingest(path, "--dry-run", code=3)
    assert [q["id"] for q in again["questions"]] == [question["id"]]
    copy = doubtful(tmp_path, "under another name.csv")
    assert cli.ingest(copy, code=3)["questions"][0]["id"] == question["id"]


@pytest.mark.parametrize(("answer", "months"), [("dmy", ["2026-02"]), ("mdy", ["2026-01", "2026-02", "2026-03"])])  # fmt: skip
def test_each_answer_counts(cli, tmp_path, answer, months):
    path = doubtful(tmp_path)
    (question,) = cli.ingest(path, code=3)["questions"]
    told = cli.ingest(path, "--answer", f"{question['id']}={answer}")
    assert told["state"] == "committed"
    assert list(cli.values()) == months
    assert cli.ingest(path, "--answer", f"{question['id']}={answer}")["state"] == "unchanged"


def test_an_answer_that_is_no_candidate_is_asked_again(cli, tmp_path):
    path = doubtful(tmp_path)
    (question,) = cli.ingest(path, code=3)["questions"]
    told = cli.ingest(path, "--answer", f"{question['id']}=ymd", code=3)
    assert told["questions"] == [question]


def test_an_answer_to_nothing_is_said(cli, tmp_path):
    path = doubtful(tmp_path)
    code, _, err = cli("ingest", path, "--answer", "0123456789ab=dmy")
    assert code == 3
    assert err == "The answer 0123456789ab=dmy fits no question.\n"


def test_several_files_one_of_them_bad(cli, month, tmp_path):
    good, rows = month("2026-10")
    bad = tmp_path / "bad.xlsx"
    bad.write_bytes(b"PK\x03\x04 this is no workbook")
    told = cli.json("ingest", bad, good, code=4)
    assert [t["state"] for t in told] == ["rejected", "committed"]
    assert told[0]["upload"] is None
    assert any(p["severity"] == "rejected" and p["advice"] for p in told[0]["problems"])
    assert cli.values() == {"2026-10": scrapped(rows)}
    told = cli.json("ingest", doubtful(tmp_path), good, code=3)
    assert [t["state"] for t in told] == ["needs_answer", "unchanged"]


def test_rejected_rows_are_listed_where_they_stand(cli, tmp_path):
    rows = scrap_rows("2026-10", lines=("L1",))
    rows[4] = ("someday", "Nordhafen", "L1", 500, 4, "")
    told = cli.ingest(written(tmp_path / "odd.csv", rows))
    assert told["state"] == "committed"
    assert told["datasets"][0]["rows_rejected"] == 1
    assert told["datasets"][0]["rows_accepted"] == len(rows) - 1
    problem = next(p for p in told["problems"] if p["severity"] == "rejected")
    assert (problem["row"], problem["column"]) == (6, "Date")
    assert "someday" in problem["actual"]


def test_a_feed_may_be_named(cli, month):
    path, _ = month("2026-10")
    assert cli.ingest(path, "--feed", "Foundry scrap")["feed"] == "Foundry scrap"
    following, _ = month("2026-11")
    assert cli.ingest(following)["feed"] == "Foundry scrap"


def test_for_a_person(cli, month, tmp_path):
    code, out, _ = cli("ingest", month("2026-10")[0], doubtful(tmp_path))
    assert code == 3
    assert "scrap_2026-10.csv: committed." in out
    assert "`withdraw U000001` takes it back" in out
    assert "=dmy" in out
