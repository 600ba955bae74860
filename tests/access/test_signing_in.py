"""What a sign-in is worth: who comes in, who does not and which sentence they read."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from kpi.access import EVERY_PLANT, LOCAL, NOBODY, Access, AccessDeniedError, Role
from kpi.analysis import members
from kpi.analysis.home import Home
from kpi.analysis.signing_in import (
    Refusal,
    local_person,
    refusal_words,
    sign_out,
    standing,
    welcomed,
)
from kpi.qms.claims import sign_in_of
from kpi.qms.people import people
from kpi.settings import Settings, SignInRules
from kpi.store import open_store

NOW = datetime(2026, 11, 2, 8, 0, tzinfo=UTC)
SAID = {"who": "setup", "when": NOW, "why": "for the test"}


@pytest.fixture
def home(tmp_path):
    return Home(tmp_path, open_store(tmp_path), Settings())


def signed_in(subject="s-1", email="anna@example.com", issued=NOW, **said):
    return sign_in_of({"iss": "https://id", "sub": subject, "email": email, **said}, issued)


def come(home, sign_in, now=NOW):
    found = welcomed(home, sign_in, now)
    assert found == standing(home, sign_in, now)  # what is recorded changes nothing of the answer
    return found


def invite(home, email="anna@example.com", roles=None, **named):
    return members.invite(home, email, roles or {"Brno": "viewer"}, **named, **SAID)


def test_the_first_sign_in_binds_and_is_recorded(home):
    invite(home)
    found = come(home, signed_in(name="Anna Kern"))
    assert (found.refusal, found.person.label) == (None, "Anna Kern <anna@example.com>")
    assert found.person.access == Access.of({"Brno": Role.VIEWER})
    assert people(home.store) == (found.person,)
    assert members.history(home)[0].why == "First sign-in"


def test_nothing_is_recorded_by_coming_again(home):
    invite(home)
    come(home, signed_in())
    before = home.store.records.number()
    come(home, signed_in(issued=NOW + timedelta(hours=1)), NOW + timedelta(hours=2))
    assert home.store.records.number() == before


def test_a_new_address_at_the_provider_is_taken_over(home):
    invite(home)
    come(home, signed_in())
    found = come(home, signed_in(email="anna.kern@example.com"))
    assert found.person.email == "anna.kern@example.com"
    assert members.history(home)[0].why == (
        "The identity provider gives a new address; it was anna@example.com"
    )
    assert come(home, signed_in()).person.email == "anna@example.com"


@pytest.mark.parametrize(
    "said",
    [
        pytest.param({"email": "bo@example.com"}, id="another person's"),
        pytest.param({"email": "x@example.com", "email_verified": False}, id="unverified"),
        pytest.param({"email": ""}, id="none"),
    ],
)
def test_an_address_that_cannot_be_taken_over_is_left(home, said):
    invite(home)
    invite(home, "bo@example.com")
    come(home, signed_in())
    assert come(home, signed_in(**said)).person.email == "anna@example.com"


REFUSED = [
    (None, Refusal.SIGNED_OUT, ""),
    (
        signed_in(email="eve@example.com"), Refusal.UNKNOWN,
        "You are signed in as eve@example.com, but nobody has let this address in yet. Ask an "
        "administrator of this dashboard.",
    ),
    (
        signed_in(email_verified=False), Refusal.UNVERIFIED,
        "You are signed in as anna@example.com, but your identity provider has not verified that "
        "address. Have it verified there, or ask an administrator of this dashboard.",
    ),
    (
        signed_in("s-9", "bo@example.com"), Refusal.TAKEN,
        "You are signed in as bo@example.com, but that address belongs to an earlier account here. "
        "Ask an administrator of this dashboard to let it sign in anew.",
    ),
    (
        signed_in("s-3", "carla@example.com"), Refusal.INACTIVE,
        "carla@example.com may no longer use this dashboard. Ask an administrator of this dashboard "
        "if that is wrong.",
    ),
    (
        signed_in("s-4", "dan@example.com"), Refusal.NO_ROLE,
        "You are signed in as dan@example.com, but have no role in any plant yet. Ask an "
        "administrator of this dashboard.",
    ),
    (
        signed_in(issued=NOW - timedelta(hours=12)), Refusal.EXPIRED,
        "A sign-in lasts 12 hours, and yours is over. Sign in again.",
    ),
    (
        signed_in(issued=NOW + timedelta(minutes=6)), Refusal.EXPIRED,
        "A sign-in lasts 12 hours, and yours is over. Sign in again.",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("sign_in", "refusal", "sentence"), REFUSED)
def test_who_does_not_come_in_reads_why_and_has_no_access(home, sign_in, refusal, sentence):
    invite(home)
    invite(home, "bo@example.com")
    come(home, signed_in("s-2", "bo@example.com"))
    invite(home, "carla@example.com", {EVERY_PLANT: "administrator"})
    invite(home, "other@example.com", {EVERY_PLANT: "administrator"})
    members.deactivate(home, "carla@example.com", **SAID)
    dan = invite(home, "dan@example.com")
    members.give_roles(home, dan.email, {}, **SAID)
    found = come(home, sign_in)
    assert (found.refusal, refusal_words(home, found)) == (refusal, sentence)
    assert found.person.access == NOBODY


def test_whom_to_ask_can_be_said(home):
    asked = replace(home, settings=Settings(sign_in=SignInRules(contact="quality-it@example.com")))
    found = standing(asked, signed_in(), NOW)
    assert refusal_words(asked, found).endswith("Ask quality-it@example.com.")


@pytest.mark.parametrize(
    ("age", "refusal"),
    [
        pytest.param(timedelta(0), None, id="just now"),
        pytest.param(-timedelta(minutes=5), None, id="ahead by what clocks may differ"),
        pytest.param(timedelta(hours=11, minutes=59), None, id="almost over"),
        pytest.param(timedelta(hours=12), Refusal.EXPIRED, id="over"),
        pytest.param(timedelta(days=30), Refusal.EXPIRED, id="as long as Streamlit would let it"),
    ],
)
def test_how_long_a_sign_in_lasts(home, age, refusal):
    invite(home)
    assert come(home, signed_in(issued=NOW - age)).refusal is refusal


def test_signing_out_ends_what_was_kept_from_before_and_not_what_comes_after(home):
    invite(home)
    kept = signed_in(issued=NOW)
    anna = come(home, kept).person
    sign_out(home, anna, NOW + timedelta(seconds=30, milliseconds=700))
    later = NOW + timedelta(minutes=1)
    assert come(home, kept, later).refusal is Refusal.ENDED
    assert come(home, signed_in(issued=NOW + timedelta(seconds=30)), later).refusal is Refusal.ENDED
    assert come(home, signed_in(issued=NOW + timedelta(seconds=31)), later).refusal is None
    assert refusal_words(home, come(home, kept, later)) == "Your sign-in was ended. Sign in again."


def test_what_an_administrator_changes_holds_at_the_next_look(home):
    anna = invite(home)
    invite(home, "boss@example.com", {EVERY_PLANT: "administrator"})
    sign_in = signed_in()
    assert come(home, sign_in).refusal is None
    later = NOW + timedelta(minutes=1)
    members.give_roles(home, anna.email, {"Leipzig": "contributor"}, **SAID)
    assert come(home, sign_in).person.access == Access.of({"Leipzig": Role.CONTRIBUTOR})
    members.deactivate(home, anna.email, **SAID | {"when": later})
    assert come(home, sign_in, later).refusal is Refusal.INACTIVE
    members.activate(home, anna.email, **SAID | {"when": later})
    assert come(home, sign_in, later).refusal is Refusal.ENDED  # what was kept opens nothing
    members.sign_in_anew(home, anna.email, **SAID | {"when": later})
    another = signed_in("s-77", issued=later + timedelta(seconds=2))
    assert come(home, another, later + timedelta(seconds=2)).refusal is None


def first(home, administrator="Anna@example.com"):
    return replace(home, settings=Settings(sign_in=SignInRules(administrator=administrator)))


def test_a_new_server_gets_its_first_administrator_from_its_settings(home):
    found = come(first(home), signed_in(name="Anna"))
    assert found.person.administers
    assert people(home.store) == (found.person,)


@pytest.mark.parametrize("said", [{"email_verified": False}, {"email": "eve@example.com"}])
def test_nobody_else_becomes_the_first_administrator(home, said):
    assert come(first(home), signed_in(**said)).refusal is Refusal.UNKNOWN


def test_where_there_is_an_administrator_the_setting_makes_no_second(home):
    invite(home, "boss@example.com", {EVERY_PLANT: "administrator"})
    assert come(first(home), signed_in()).refusal is Refusal.UNKNOWN


def test_the_setting_lets_nobody_back_in_who_was_put_out(home):
    invite(home)
    members.deactivate(home, "anna@example.com", **SAID)
    later = NOW + timedelta(seconds=5)
    assert come(first(home), signed_in(issued=later), later).refusal is Refusal.INACTIVE


def test_who_works_on_the_machine_may_everything():
    assert local_person("svc-kpi").access == LOCAL
    assert local_person("svc-kpi").label == "svc-kpi"


CALLS = [
    (members.members, ()),
    (members.known_plants, ()),
    (members.history, ()),
    (members.invite, ("x@example.com", {"Brno": "viewer"})),
    (members.give_roles, ("anna@example.com", {"Brno": "administrator"})),
    (members.deactivate, ("anna@example.com",)),
    (members.activate, ("anna@example.com",)),
    (members.sign_out_everywhere, ("anna@example.com",)),
    (members.sign_in_anew, ("anna@example.com",)),
]


@pytest.mark.parametrize(("call", "arguments"), CALLS, ids=lambda c: getattr(c, "__name__", ""))
@pytest.mark.parametrize(
    "access",
    [NOBODY, Access.of({EVERY_PLANT: "quality manager"}), Access.of({"Brno": "administrator"})],
    ids=["nobody", "quality manager everywhere", "administrator of one plant"],
)
def test_only_administrators_of_every_plant_manage_people(home, call, arguments, access):
    invite(home)
    before = home.store.records.number()
    named = {} if len(arguments) == 0 else SAID
    with pytest.raises(AccessDeniedError):
        call(home.seen_by(access), *arguments, **named)
    assert home.store.records.number() == before


def test_history_tells_each_change_once_in_words(home):
    anna = invite(home)
    come(home, signed_in())
    members.give_roles(home, anna.email, {"Brno": "contributor", "*": "viewer"}, **SAID)
    members.deactivate(home, anna.email, **SAID | {"when": NOW + timedelta(days=1)})
    sign_out(home, anna, NOW + timedelta(days=2))
    members.sign_out_everywhere(home, anna.email, **SAID | {"when": NOW + timedelta(days=3)})
    assert [line.says for line in members.history(home)] == [
        "Signed out everywhere",
        "Deactivated",
        "Viewer in every plant, contributor in Brno (was viewer in Brno)",
        "Bound to a sign-in",
        "Let in as viewer in Brno",
    ]
