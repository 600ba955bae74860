"""``records put`` as a way around: what is worked out, what a deed sets, and links to nothing."""

import json

import pytest

from kpi.analysis.putting import refuse_typed
from kpi.cli import main
from kpi.errors import UsageError
from kpi.qms.kinds import ALL, kind_of
from kpi.qms.register import default_of, item_from

ISSUE = {
    "title": "Flood plain",
    "effect": "It stands still.",
    "owner": "Mara",
    "since": "2026-10-05",
}
ACTION = {"title": "Pump", "owner": "Jon", "due": "2026-12-01"}
CASE = {"title": "Burr", "owner": "Jon", "found_on": "2026-10-05"}
REVIEW = {"title": "Year", "first": "2026-01-01", "last": "2026-06-30"}


@pytest.fixture
def put(tmp_path, capsys):
    """Put a record of a kind, or say what was refused; with an id, over the version seen."""

    def record(kind, told, *seen):
        path = tmp_path / "record.json"
        path.write_text(json.dumps(told), encoding="utf-8")
        more = ["--id", seen[0], "--version", str(seen[1]), "--why", "x"] if seen else []
        words = ["--home", str(tmp_path / "home"), "records", "put", kind, str(path), *more]
        code = main([*words, "--json"])
        out, said = capsys.readouterr()
        assert "Traceback" not in said
        return json.loads(out) if code == 0 else said

    return record


@pytest.mark.parametrize(
    ("kind", "item", "typed", "says"),
    [
        ("action", ACTION, {"verdict": "Worked."}, "“Verdict from data” is not typed: deciding"),
        ("action", ACTION, {"decision": "worked"}, "“Decision” is not typed"),
        ("action", ACTION, {"event": "E-1"}, "“event” is not typed: saying that it is done"),
        ("action", ACTION, {"done_on": "2026-10-01"}, "“Done on” is not typed"),
        ("action", ACTION, {"status": "reopened"}, "An action becomes reopened by"),
        ("nonconformity", CASE, {"checked": ["ACT-2026-001"]}, "closing it sets it"),
        ("nonconformity", CASE, {"status": "closed"}, "is open when it is recorded"),
        ("review", REVIEW, {"status": "held"}, "“Status” is not typed: holding or approving it"),
        ("review", REVIEW, {"held_on": "2026-07-01"}, "“Held on” is not typed"),
        ("acceptance", {"title": "x", "why": "y"}, {"entry": 3}, "accepting a restatement sets it"),
        (
            "supplier_grade",
            {"title": "Acme", "first": "2026-01-01", "last": "2026-03-31", "grade": "A",
             "decided": "2026-04-01", "by": "Mara"},
            {"computed": "A"}, "“Grade by the data” is not typed",
        ),
    ],
)  # fmt: skip
def test_what_nobody_types_is_refused_new_and_changed(put, kind, item, typed, says):
    assert says in put(kind, {**item, **typed})
    if kind in ("acceptance", "supplier_grade"):  # cannot be recorded by hand at all
        return
    whole = put(kind, item)
    assert says.replace("is open when it is recorded", "It cannot be closed") in put(
        kind, {**whole["item"], **typed, "conclusion": "Done"} if kind == "nonconformity"
        else {**whole["item"], **typed}, whole["id"], 1,
    )  # fmt: skip
    assert put(kind, {**whole["item"], "title": "Another"}, whole["id"], 1)["version"] == 2


@pytest.mark.parametrize("kind", [k for k in ALL if k.by_deed], ids=lambda k: k.name)
def test_every_field_that_a_deed_sets_is_one_of_its_kind(kind):
    for name in kind.by_deed:
        default_of(kind.of, name)
    refuse_typed(kind, None, kind.of())


def test_a_case_follows_from_its_actions_whatever_is_written(put):
    case = put("nonconformity", {**CASE, "status": "checking"})
    assert case["item"]["status"] == "open"
    put("action", {**ACTION, "links": [case["id"]]})
    again = put("nonconformity", case["item"], case["id"], 2)
    assert again["item"]["status"] == "action under way"


def test_links_lead_to_records_that_are_there(put):
    issue = put("issue", ISSUE)
    risk = {"title": "Fire", "effect": "No plant", "identified": "2026-01-01"}
    for nowhere in ("ISS-2026-999", "XYZ-1", "", "ISS-2026-001 ", "(new 1)"):
        said = put("risk", {**risk, "links": [issue["id"], nowhere]})
        assert said.startswith(f"There is no record {nowhere!r} that you may see"), said
    linked = put("risk", {**risk, "links": [issue["id"]]})
    said = put("risk", {**linked["item"], "links": [linked["id"]]}, linked["id"], 1)
    assert said.startswith(f"{linked['id']} cannot belong to itself")


def test_a_decision_needs_its_review(put):
    said = put("decision", {"title": "Buy", "review": "REV-2026-009"})
    assert "REV-2026-009" in said
    review = put("review", REVIEW)
    assert put("decision", {"title": "Buy", "review": review["id"]})["item"]["links"] == [
        review["id"]
    ]


def test_a_verdict_is_that_of_its_figures():
    action = kind_of("action")
    from dataclasses import replace

    from kpi.qms.actions import ActionStatus, Decision, Effect
    from kpi.qms.register import checked

    done = replace(
        item_from(action, {**ACTION, "done_on": "2026-10-01"}), status=ActionStatus.CHECKED,
        decision=Decision.WORKED,
    )  # fmt: skip
    effect = Effect(
        "worked", "Worked.", "scrap_rate", 1, None, None, None, None, None, None, 1, 1, 1, ""
    )
    decided = replace(done, decided_on=done.done_on, verdict="Better.", effect=effect)
    with pytest.raises(UsageError, match="not that of the figures"):
        checked(action, decided)
    checked(action, replace(decided, verdict="Worked."))
