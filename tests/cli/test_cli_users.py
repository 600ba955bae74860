"""People by the command line: how a new server gets its first administrator."""

import pytest

EVERYWHERE = ("--role", "administrator", "--plant", "*")


def refused(cli, *words):
    code, _, told = cli("users", *words)
    assert code == 2
    return told.strip()


def test_from_nobody_to_a_list_of_people(cli):
    code, out, _ = cli("users", "list")
    assert (code, out.strip()) == (
        0,
        "Nobody yet: `users add --email you@example.com --role administrator --plant '*'` lets the "
        "first administrator in.",
    )
    made = cli.json("users", "add", "--email", "Anna@Example.com", *EVERYWHERE)
    assert made == {
        "email": "anna@example.com", "name": "", "roles": {"*": "administrator"}, "active": True,
        "signed_in_before": False, "revoked_after": None,
    }  # fmt: skip
    cli.json(
        "users", "add", "--email", "bo@example.com", "--name", "Bo Lund",
        "--role", "quality-manager", "--plant", "Brno", "--role", "viewer", "--plant", "Leipzig",
    )  # fmt: skip
    assert cli("users", "list")[1].splitlines() == [
        "anna@example.com: administrator in every plant; has not signed in yet",
        "Bo Lund <bo@example.com>: quality manager in Brno, viewer in Leipzig; has not signed in "
        "yet",
    ]


def test_a_person_is_changed_put_out_and_let_in_again_with_a_reason(cli):
    cli.json("users", "add", "--email", "anna@example.com", *EVERYWHERE)
    bo = ("--email", "bo@example.com")
    cli.json("users", "add", *bo, "--role", "viewer", "--plant", "Brno")
    given = cli.json(
        "users", "role", *bo, "--role", "contributor", "--plant", "Brno", "--why", "Up"
    )
    assert given["roles"] == {"Brno": "contributor"}
    gone = cli.json("users", "deactivate", *bo, "--why", "Left")
    assert (gone["active"], cli.json("users", "list")[1]["revoked_after"] is None) == (False, False)
    assert cli.json("users", "activate", *bo, "--why", "Back")["active"]
    cli.json("users", "signout", *bo, "--why", "Lost laptop")
    told = [(line["says"], line["why"]) for line in cli.json("users", "history")]
    assert told == [
        ("Signed out everywhere", "Lost laptop"),
        ("Active again", "Back"),
        ("Deactivated", "Left"),
        ("Contributor in Brno (was viewer in Brno)", "Up"),
        ("Let in as viewer in Brno", "Let in"),
        ("Let in as administrator in every plant", "Let in"),
    ]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (
            ("deactivate", "--email", "anna@example.com", "--why", "x"),
            "anna@example.com is the last administrator of every plant. Make somebody else "
            "administrator first: without one, nobody could let people in.",
        ),
        (
            ("activate", "--email", "ana@example.com", "--why", "x"),
            "There is no person 'ana@example.com'. Did you mean 'anna@example.com'?",
        ),
        (
            ("add", "--email", "bo@example.com", "--role", "viewer"),
            "Give each --role its --plant: --role viewer --plant Brno. '*' stands for every plant.",
        ),
        (
            ("add", "--email", "bo@example.com", "--role", "viewer", "--plant", "Brno",
             "--role", "contributor", "--plant", "Brno"),
            "A person has one role in a plant: name each plant once.",
        ),
        (
            ("anew", "--email", "anna@example.com", "--why", "x"),
            "anna@example.com has not signed in yet: the first sign-in binds anyway.",
        ),
        (
            ("signout", "--email", "anna@example.com", "--why", " "),
            "Say in a few words why: the reason stands in the history of people.",
        ),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_with_a_sentence(cli, words, sentence):
    cli.json("users", "add", "--email", "anna@example.com", *EVERYWHERE)
    before = cli.json("users", "history")
    assert refused(cli, *words) == sentence
    assert cli.json("users", "history") == before
