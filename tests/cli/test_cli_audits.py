"""``python -m kpi audits``: what the page tells, as text and as JSON; a list taken in and given back."""

import json

import pytest

from kpi.cli import main

LIST = "Process,Owner,Clauses\nPacking,Anna Vogel,8.5\nShipping,,8.6\n"
AUDITS = "Title,Process,Planned,Lead auditor\nFirst,Packing,2020-03-02,Eva Braun\n"


@pytest.fixture
def run(tmp_path, capsys):
    def ask(*words):
        code = main(["--home", str(tmp_path / "home"), "audits", *words])
        told = capsys.readouterr()
        return code, told.out, told.err

    return ask


def test_a_list_comes_in_and_goes_out_again(run, tmp_path):
    path = tmp_path / "list.csv"
    path.write_text(LIST)
    code, out, _ = run("import", str(path))
    assert code == 4
    assert (
        "row 3, column B: refused. Shipping Owner is empty. Without it nothing is recorded." in out
    )
    assert "Nothing is recorded. Mend the rows, or go on with --without-refused." in out
    assert run("next")[1] == "No process is recorded.\n"
    assert run("import", str(path), "--check")[0] == 4
    code, out, _ = run("import", str(path), "--without-refused", "--json")
    (id,) = json.loads(out)["recorded"]
    assert code == 0

    (tmp_path / "audits.csv").write_text(AUDITS)
    code, out, _ = run("import", str(tmp_path / "audits.csv"))
    assert code == 0 and "Recorded: AUD-" in out
    _, out, _ = run("--json")
    told = json.loads(out)
    assert [t["process"] for t in told["turns"]] == [id]
    (late,) = [one for one in told["overdue"] if one["kind"] == "audit"]
    assert late["says"].startswith(f"{late['id']} First is not held: overdue by ")
    assert "First" in run("--year", "2020")[1]

    book = tmp_path / "out.xlsx"
    assert run("export", str(book))[0] == 0
    _, out, _ = run("import", str(book), "--json")
    assert {row["state"] for row in json.loads(out)["rows"]} == {"recorded already"}
    _, out, _ = run("next", "--json")
    assert [part["name"] for part in json.loads(out)[0]["parts"]] == [
        "Importance", "Time", "Change", "Past results", "KPIs",
    ]  # fmt: skip
    assert "1 of 1" not in run("coverage")[1]


def test_what_goes_wrong_is_told_in_a_sentence(run, tmp_path):
    code, _, told = run("import", str(tmp_path / "none.csv"))
    assert (code, told) == (2, "The file 'none.csv' cannot be read: No such file or directory.\n")
    code, _, told = run("export", str(tmp_path / "no" / "folder.xlsx"))
    assert code == 2 and "cannot be written" in told
    code, _, told = run("plan", "PRC-2026-001")
    assert code == 2 and "process" in told
