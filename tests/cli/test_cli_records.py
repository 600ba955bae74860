"""``python -m kpi records``: what is written as JSON is read back, and a schema tells how to write it."""

import json

import jsonschema
import pytest

from kpi.cli import main
from kpi.qms.kinds import ALL, kind_of
from kpi.qms.register import item_told
from kpi.qms.schema import schema_of

ISSUE = {
    "title": "Flood plain", "effect": "The plant may stand still for days.", "owner": "Mara",
    "since": "2026-10-05",
}  # fmt: skip


@pytest.fixture
def run(tmp_path, capsys):
    """Run a command on a home of its own: exit code, what it printed, what it said."""

    def command(*words):
        code = main(["--home", str(tmp_path / "home"), "records", *map(str, words)])
        printed = capsys.readouterr()
        return code, printed.out, printed.err

    return command


@pytest.fixture
def file(tmp_path):
    def write(told):
        path = tmp_path / "record.json"
        path.write_text(told if isinstance(told, str) else json.dumps(told), encoding="utf-8")
        return path

    return write


def test_a_record_is_put_changed_and_shown_with_its_history(run, file):
    code, out, _ = run("put", "issue", file(ISSUE), "--why", "Flood of May", "--json")
    put = json.loads(out)
    assert (code, put["version"], put["why"]) == (0, 1, "Flood of May")
    id = put["id"]
    assert put["says"] == f"{id} is recorded, version 1: Flood plain."
    changed = {**put["item"], "owner": "Jon"}
    assert run("put", "issue", file(changed), "--id", id, "--version", 1, "--why", "Moved")[0] == 0
    _, out, _ = run("show", id, "--history", "--json")
    shown = json.loads(out)
    assert shown["item"]["owner"] == "Jon"
    assert [(v["version"], v["why"]) for v in shown["history"]] == [
        (2, "Moved"), (1, "Flood of May"),
    ]  # fmt: skip
    assert shown["history"][0]["changes"] == [{"field": "Owner", "from": "Mara", "to": "Jon"}]
    assert [entry["id"] for entry in json.loads(run("list", "issue", "--json")[1])] == [id]
    assert run("list", "issue")[1] == f"{id}  Flood plain  (in force; Jon)\n"
    text = run("show", id, "--history")[1].splitlines()
    assert text[1] == "  Issue: Flood plain"
    assert "    Owner: Mara → Jon" in text


def test_a_change_names_the_version_that_was_seen(run, file):
    id = json.loads(run("put", "issue", file(ISSUE), "--json")[1])["id"]
    for told in ((), ("--version", 1)):
        more = told or ("--id", id)
        code, _, said = run("put", "issue", file(ISSUE), *more, "--why", "x")
        assert code == 2
        assert said.startswith("--id and --version go together")
    later = file({**ISSUE, "owner": "Jon"})
    assert run("put", "issue", later, "--id", id, "--version", 1, "--why", "x")[0] == 0
    code, _, said = run("put", "issue", file(ISSUE), "--id", id, "--version", 1, "--why", "y")
    assert code == 4
    assert "Owner is now Jon" in said
    code, _, said = run("put", "issue", later, "--id", id, "--version", 2)
    assert (code, said) == (
        2, "Say in a few words why it changes: the reason stands in the history.\n",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("told", "says"),
    [
        pytest.param("{", "record.json cannot be read as JSON", id="no JSON"),
        pytest.param([], "Issue: a JSON object of its fields is needed.", id="a list"),
        pytest.param({"titel": "x"}, "titel", id="a field that is not there"),
        pytest.param({**ISSUE, "since": "soon"}, "since", id="no day"),
        pytest.param({"title": "x"}, "is empty. Without it nothing is recorded.", id="missing"),
    ],
)
def test_what_is_no_record_is_refused_in_a_sentence(run, file, told, says):
    code, out, said = run("put", "issue", file(told))
    assert code in (2, 4)
    assert says in said
    assert (out, "Traceback" in said) == ("", False)
    assert run("list", "issue")[1] == "No issue is recorded.\n"


def test_what_is_not_there_is_named(run):
    assert "issue" in run("list", "isue")[2]
    assert run("show", "XX-2026-001")[0] != 0
    assert run("show", "ISS-2026-001")[0] != 0


def test_the_kinds(run):
    told = json.loads(run("--json")[1])
    assert [one["kind"] for one in told] == [kind.name for kind in ALL]
    assert all(one["records"] == 0 for one in told)


@pytest.mark.parametrize("kind", ALL, ids=[kind.name for kind in ALL])
def test_every_kind_has_a_schema_that_its_own_items_fit(kind):
    schema = schema_of(kind)
    jsonschema.Draft202012Validator.check_schema(schema)
    named = item_told(kind, kind.of())
    assert named.keys() == schema["properties"].keys()
    wrong = {e.path[0] for e in jsonschema.Draft202012Validator(schema).iter_errors(named)}
    assert wrong <= set(schema["required"])  # nothing but what must be said first


def test_the_schema_refuses_what_the_product_refuses(run):
    schema = json.loads(run("schema", "issue")[1])
    assert schema == schema_of(kind_of("issue"))
    jsonschema.validate(ISSUE, schema)
    for wrong in ({**ISSUE, "titel": "x"}, {**ISSUE, "status": "gone"}, {**ISSUE, "title": ""}):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(wrong, schema)
