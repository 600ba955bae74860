"""People as records: inviting, binding to a sign-in, and what may never happen to the list."""

import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kpi.access import EVERY_PLANT, Access, Role
from kpi.errors import UnknownNameError, UsageError
from kpi.qms.claims import folded, sign_in_of
from kpi.qms.people import (
    Person,
    end_sign_ins,
    history,
    people,
    person_by_claims,
    person_by_email,
    put_person,
)
from kpi.store import open_store

NOW = datetime(2026, 11, 2, 8, 0, tzinfo=UTC)
SAID = {"who": "setup", "when": NOW, "why": "for the test"}
ADMINISTRATOR = Access.of({EVERY_PLANT: Role.ADMINISTRATOR})
VIEWER = Access.of({"Brno": Role.VIEWER})


@pytest.fixture
def store(tmp_path):
    return open_store(tmp_path / "home")


def invited(store, email, access=VIEWER, **fields):
    return put_person(store, Person("", email, fields.pop("name", ""), access, **fields), **SAID)


def claims(**said):
    usual = {"iss": "https://id", "sub": "s-1", "email": "anna@example.com", "iat": 1}
    return sign_in_of(usual | said, NOW)


def test_what_is_recorded_is_read_again(store):
    access = Access.of({EVERY_PLANT: Role.VIEWER, "Brno": Role.QUALITY_MANAGER})
    recorded = invited(store, " Anna.Kern@Example.com ", access, name=" Anna Kern ")
    assert people(store) == (recorded,)
    assert recorded == Person("", "anna.kern@example.com", "Anna Kern", access, id=recorded.email)
    assert recorded.label == "Anna Kern <anna.kern@example.com>"
    assert replace(recorded, name="").label == "anna.kern@example.com"


def test_a_change_is_a_version_with_who_when_and_why(store):
    anna = invited(store, "anna@example.com")
    put_person(
        store, replace(anna, active=False), who="Bo", when=NOW + timedelta(days=1), why="left"
    )
    end_sign_ins(store, anna, who="Bo", when=NOW + timedelta(days=2), why="left")
    told = [(record.kind, record.who, record.why) for _, record in history(store, anna)]
    assert told == [
        ("person", "setup", "for the test"), ("person", "Bo", "left"), ("sign-out", "Bo", "left"),
    ]  # fmt: skip
    assert people(store)[0].revoked_after == NOW + timedelta(days=2)


@pytest.mark.parametrize(
    "address",
    [
        "",
        "anna",
        "@example.com",
        "anna@",
        "an na@example.com",
        "a\nb@c.d",
        "a\u200b@b.c",
        "<a@b.c>",
        "a" * 260 + "@b.c",
    ],
)
def test_an_address_is_asked_for(store, address):
    with pytest.raises(UsageError) as refused:
        invited(store, address)
    assert str(refused.value) == (
        f"{address!r} is no e-mail address. Write it as name@example.com."
    )


def test_an_address_is_in_the_list_once(store):
    invited(store, "anna@example.com")
    with pytest.raises(UsageError) as refused:
        invited(store, "ANNA@example.com")
    assert str(refused.value) == (
        "anna@example.com is in the list already. Change that person's roles instead."
    )


def test_two_people_never_share_a_sign_in(store):
    put_person(store, Person("https://id s-1", "anna@example.com", "", VIEWER), **SAID)
    with pytest.raises(UsageError) as refused:
        put_person(store, Person("https://id s-1", "bo@example.com", "", VIEWER), **SAID)
    assert "belongs to another person" in str(refused.value)


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"active": False}, id="deactivated"),
        pytest.param({"access": VIEWER}, id="made a viewer"),
        pytest.param({"access": Access.of({"Brno": Role.ADMINISTRATOR})}, id="of one plant only"),
        pytest.param({"access": Access()}, id="without a role"),
    ],
)
def test_the_last_administrator_of_every_plant_stays(store, change):
    anna = invited(store, "anna@example.com", ADMINISTRATOR, name="Anna")
    invited(store, "bo@example.com", ADMINISTRATOR, active=False)
    with pytest.raises(UsageError) as refused:
        put_person(store, replace(anna, **change), **SAID)
    assert str(refused.value) == (
        "Anna <anna@example.com> is the last administrator of every plant. Make somebody else "
        "administrator first: without one, nobody could let people in."
    )
    invited(store, "carla@example.com", ADMINISTRATOR)
    put_person(store, replace(anna, **change), **SAID)


def test_two_administrators_cannot_remove_each_other_at_once(tmp_path):
    """The rule is checked where nobody else can write: of two who both look first, one is refused."""
    first, second = open_store(tmp_path / "home"), open_store(tmp_path / "home")
    anna = invited(first, "anna@example.com", ADMINISTRATOR)
    bo = invited(first, "bo@example.com", ADMINISTRATOR)
    together, refused = threading.Barrier(2), []

    def remove(store, person):
        together.wait()
        try:
            put_person(store, replace(person, active=False), **SAID)
        except UsageError:
            refused.append(person.email)

    threads = [threading.Thread(target=remove, args=pair) for pair in ((first, anna), (second, bo))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(refused) == 1
    assert [p.administers for p in people(first)].count(True) == 1


def test_no_reason_no_change(store):
    with pytest.raises(UsageError):
        put_person(store, Person("", "a@b.c", "", VIEWER), who="x", when=NOW, why=" ")
    assert people(store) == ()


def test_a_near_miss_is_named(store):
    invited(store, "anna@example.com")
    with pytest.raises(UnknownNameError) as refused:
        person_by_email(store, "ana@example.com")
    assert "Did you mean 'anna@example.com'?" in str(refused.value)


def test_an_invited_address_is_found_until_it_is_bound_and_then_only_the_subject_counts(store):
    anna = invited(store, "anna@example.com")
    assert person_by_claims(store, claims()) == anna
    bound = put_person(store, replace(anna, subject="https://id s-1"), **SAID)
    assert person_by_claims(store, claims()) == bound
    assert person_by_claims(store, claims(email="new@example.com")) == bound
    # The address given to somebody else, or the same name at another provider, is somebody else.
    assert person_by_claims(store, claims(sub="s-2")) is None
    assert person_by_claims(store, claims(iss="https://other")) is None


@pytest.mark.parametrize("denied", [False, "false", "False", 0, "0", None, "", "no", []])
def test_an_unverified_address_binds_nobody(store, denied):
    invited(store, "anna@example.com")
    assert person_by_claims(store, claims(email_verified=denied)) is None


@pytest.mark.parametrize("allowed", [True, "true", "True", 1])
def test_a_verified_address_does(store, allowed):
    anna = invited(store, "anna@example.com")
    assert person_by_claims(store, claims(email_verified=allowed, email="ANNA@example.com")) == anna


def test_a_provider_that_says_nothing_of_verifying_is_believed(store):
    """Providers that manage the addresses themselves leave the claim out."""
    anna = invited(store, "anna@example.com")
    assert person_by_claims(store, claims()) == anna


@pytest.mark.parametrize(
    "alike", ["an\u212aa@example.com", "anka@example.com\u200b", "\u0430nka@example.com"]
)
def test_an_address_that_only_looks_alike_is_somebody_else(store, alike):
    """The Kelvin sign becomes a small k; a letter of another alphabet and an invisible one look so."""
    invited(store, "anka@example.com")
    assert person_by_claims(store, claims(email=alike)) is None


def test_a_name_passes_for_nobodys_address(store):
    anna = invited(store, "anna@example.com", name=" Boss\n<boss@example.com> \u202ex")
    assert anna.label == "Boss boss@example.com x <anna@example.com>"
    assert claims(name="Boss <boss@example.com>").name == "Boss boss@example.com"


@pytest.mark.parametrize(
    "said",
    [{"sub": ""}, {"sub": None}, {"iss": ""}, {"iss": None}, {"email": ""}, {"email": None}],
)
def test_claims_that_name_nobody(store, said):
    invited(store, "anna@example.com")
    given = claims(**said)
    assert given is None or person_by_claims(store, given) is None


def test_an_address_freed_by_one_person_may_go_to_another(store):
    anna = invited(store, "anna@example.com")
    moved = put_person(store, replace(anna, email="a.kern@example.com"), **SAID)
    newcomer = invited(store, "anna@example.com")
    assert moved.id != newcomer.id
    assert {p.email for p in people(store)} == {"a.kern@example.com", "anna@example.com"}


@given(st.emails())
def test_folding_twice_is_folding_once(email):
    assert folded(folded(f" {email.upper()} ")) == folded(f" {email.upper()} ")
