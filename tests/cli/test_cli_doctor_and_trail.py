"""``doctor`` and ``trail`` on the command line: sentences, JSON, CSV, exit codes."""

import csv
import io
import sqlite3

import pytest


@pytest.fixture
def loaded(cli, month):
    path, _ = month("2026-10")
    cli.ingest(path)
    cli(
        "targets", "--set", "scrap_rate", "--value", "2.5", "--valid-from", "2026-01-01", "--why", "review",
    )  # fmt: skip
    return cli


def test_the_trail_as_text_json_and_csv(loaded):
    code, text, _ = loaded("trail")
    assert code == 0
    assert "Target of Scrap rate, all plants (from 1 January 2026) recorded." in text
    assert "    value: – → 2.5\n" in text
    assert "    why: review\n" in text
    head = text.splitlines()[-1].split()[4]
    found = loaded.json("trail", "--kind", "target")
    assert found["head"]["short"] == head
    assert [e["why"] for e in found["entries"]] == ["review"]
    rows = list(csv.DictReader(io.StringIO(loaded("trail", "--csv", "--kind", "target")[1])))
    assert {"Value": "value", "After": "2.5"}.items() <= rows[-1].items()
    assert {row["Head of the trail"] for row in rows} == {head}


@pytest.mark.parametrize(
    ("options", "count"),
    [
        (("--kind", "upload"), 1),
        (("--who", "nobody"), 0),
        (("--until", "2020-01-01"), 0),
        (("--since", "2020-01-01", "--kind", "upload", "--kind", "target"), 2),
        (("--plant", "Elsewhere", "--kind", "upload"), 0),
    ],
)
def test_filters_of_the_trail(loaded, options, count):
    assert len(loaded.json("trail", *options)["entries"]) == count


def test_wrong_usage_of_the_trail(loaded):
    assert loaded("trail", "--since", "yesterday")[0] == 2
    code, _, error = loaded("trail", "--kind", "targt")
    assert (code, error) == (
        2, "There is no kind of entry 'targt'. Did you mean 'target'?\n",
    )  # fmt: skip


def test_a_printed_head_is_compared(loaded):
    head = loaded("trail", "--head")[1].strip()
    loaded("targets", "--set", "scrap_rate", "--value", "2", "--valid-from", "2026-02-01")
    code, says, _ = loaded("trail", "--check", head)
    assert code == 0
    assert says.endswith("stand unchanged; 1 were added since.\n")
    told = loaded.json("doctor", "--head", head)
    assert {c["name"]: c["fine"] for c in told["checks"]}[f"Head {head}"]
    slip = head[:-1] + ("A" if head[-1] != "A" else "B")
    assert loaded("trail", "--check", slip)[0] == 2
    assert not loaded.json("doctor", "--head", slip, code=4)["fine"]


def test_doctor_names_an_altered_entry_and_ends_with_its_code(loaded):
    assert loaded.json("doctor")["fine"]
    with sqlite3.connect(loaded.home / "ledger.db") as database:
        database.execute("DROP TRIGGER record_no_update")
        database.execute("UPDATE record SET why = 'another' WHERE kind = 'target'")
    database.close()
    code, text, _ = loaded("doctor")
    assert code == 4
    wrong = [line for line in text.splitlines() if line.startswith("WRONG")]
    assert len(wrong) == 1
    assert wrong[0].startswith("WRONG  Ledger: Record number ")


def test_doctor_says_what_is_worth_a_look(loaded):
    _, text, _ = loaded("doctor")
    assert "LOOK   Backups: No backup was ever made of this home." in text
    told = loaded.json("doctor")
    assert {"Sign-in", "Port", "Schema", "Disk"} <= {c["name"] for c in told["checks"]}
    assert {c["name"] for c in told["checks"] if c["notice"]} >= {"Backups"}


def test_doctor_deep_rebuilds(loaded):
    told = {c["name"]: c["says"] for c in loaded.json("doctor", "--deep")["checks"]}
    assert told["Rebuilding"].startswith("1 uploads read again give the same ")


def test_doctor_of_a_server_beyond_the_machine_without_sign_in(loaded, monkeypatch):
    monkeypatch.setenv("STREAMLIT_SERVER_ADDRESS", "0.0.0.0")
    told = {c["name"]: c for c in loaded.json("doctor", code=4)["checks"]}
    assert not told["Sign-in"]["fine"]
    assert "without sign-in" in told["Sign-in"]["says"]


def test_a_series_carries_the_head(loaded):
    head = loaded("trail", "--head")[1].strip()
    assert {row["head"] for row in loaded.json("series", "scrap_rate")} == {head}
    rows = list(csv.DictReader(io.StringIO(loaded("series", "scrap_rate", "--csv")[1])))
    assert {row["head"] for row in rows} == {head}
