"""Tokens of API clients: made, shown once, kept as a hash, bounded, revoked."""

import hashlib
import json
import re
from datetime import UTC, date, datetime, timedelta

import pytest

from kpi.access import EVERY_PLANT, LOCAL, NOBODY, Access, AccessDeniedError, Role
from kpi.analysis.clients import add_client, clients, revoke_client
from kpi.cli import main
from kpi.errors import UnknownNameError, UsageError
from kpi.qms.tokens import (
    EXPIRED,
    IN_FORCE,
    REVOKED,
    access_of_token,
    hashed,
    put_token,
    revoke_token,
    token_presented,
    tokens,
)
from kpi.store import open_store
from tests.web import two_plants

NOW = datetime(2026, 11, 2, 8, tzinfo=UTC)
NEXT_YEAR = date(2027, 11, 2)
VIEWER_IN_A = Access.of({"A": Role.VIEWER})


@pytest.fixture
def store(tmp_path):
    opened = open_store(tmp_path / "home")
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def plants(tmp_path_factory):
    return two_plants.make(tmp_path_factory.mktemp("plants") / "home")


@pytest.fixture
def home(plants, tmp_path):
    copied = two_plants.copy(plants, tmp_path / "copied")
    yield copied
    copied.store.close()


def made(store, access=VIEWER_IN_A, expires=NEXT_YEAR, name="Power BI"):
    return put_token(store, name, access, expires, who="me", when=NOW)


def test_a_token_is_shown_once_and_kept_as_a_hash_of_256_random_bits(store, tmp_path):
    kept, shown = made(store)
    assert re.fullmatch(r"c9_[0-9a-f]{8}_[A-Za-z0-9_-]{43}", shown)
    assert kept.sha256 == hashlib.sha256(shown.encode()).hexdigest() == hashed(shown)
    store.close()
    secret = shown.rsplit(f"{kept.id}_")[1].encode()
    written = [p for p in (tmp_path / "home").rglob("*") if p.is_file()]
    assert written
    assert not any(secret in p.read_bytes() for p in written)


def test_no_two_tokens_are_alike(store):
    assert len({made(store)[1] for _ in range(20)}) == 20


def test_what_is_presented_must_be_the_token_to_the_letter(store):
    kept, shown = made(store)
    other = made(store)[1]
    assert token_presented(store, shown) == kept
    swapped = f"c9_{kept.id}_{other.rsplit('_', 1)[1]}"
    for wrong in ("", "c9", "c9_", shown[:-1], shown + "A", shown.upper(), swapped, kept.id,
                  f"c9_{kept.id}_", f"c9_nobody_{shown[12:]}", f"x9{shown[2:]}", f" {shown}",
                  kept.sha256, f"c9_{kept.id}_{kept.sha256}", "c9_%_%", "\ud800"):  # fmt: skip
        assert token_presented(store, wrong) is None, wrong
        assert access_of_token(store, wrong, NOW) == NOBODY


@pytest.mark.parametrize(
    ("moment", "state"),
    [
        pytest.param(NOW, IN_FORCE, id="at once"),
        pytest.param(datetime(2027, 11, 2, 23, 59, tzinfo=UTC), IN_FORCE, id="its last day"),
        pytest.param(datetime(2027, 11, 3, tzinfo=UTC), EXPIRED, id="the day after"),
    ],
)
def test_a_token_expires_after_its_last_day(store, moment, state):
    kept, shown = made(store)
    assert kept.state(moment) == state
    assert access_of_token(store, shown, moment) == (VIEWER_IN_A if state == IN_FORCE else NOBODY)


def test_a_revoked_token_opens_nothing_and_says_why(store):
    kept, shown = made(store)
    later = NOW + timedelta(days=1)
    revoke_token(store, kept.id, who="boss", when=later, why="laptop stolen")
    gone = tokens(store)[0]
    assert (gone.state(later), gone.why_revoked, gone.who) == (REVOKED, "laptop stolen", "me")
    assert access_of_token(store, shown, later) == NOBODY
    with pytest.raises(UsageError, match="is revoked already"):
        revoke_token(store, kept.id, who="boss", when=later, why="again")
    with pytest.raises(UsageError, match="There is no token 'feedbeef'"):
        revoke_token(store, "feedbeef", who="boss", when=later, why="x")


def test_a_token_is_revoked_with_a_reason(store):
    kept, _ = made(store)
    with pytest.raises(UsageError, match="why the token is revoked"):
        revoke_token(store, kept.id, who="boss", when=NOW, why=" ")


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"name": "  "}, "Say which client the token is for"),
        ({"access": NOBODY}, "needs a role in at least one plant"),
        ({"expires": date(2026, 11, 1)}, "not until 2026-11-01"),
        ({"expires": date(2027, 11, 4)}, "up to 366 days from now"),
    ],
)
def test_what_a_token_needs(store, change, says):
    with pytest.raises(UsageError, match=says):
        made(store, **change)
    assert tokens(store) == ()


def test_the_chain_of_records_holds_what_was_done_to_tokens(store):
    kept, _ = made(store)
    revoke_token(store, kept.id, who="boss", when=NOW, why="stolen")
    versions = store.records.history("token", kept.id)
    assert [(v.who, v.why) for v in versions] == [("me", "Token for Power BI"), ("boss", "stolen")]
    assert store.records.broken_at() is None


# --- who may -----------------------------------------------------------------------------------

A, B = two_plants.OWN, two_plants.FOREIGN

ADMIN_OF_A = Access.of({A: Role.ADMINISTRATOR, B: Role.QUALITY_MANAGER})


def add(home, plants, role=Role.VIEWER, name="Excel"):
    return add_client(home, name, role=role, plants=plants, expires=NEXT_YEAR, who="me", when=NOW)


def test_nobody_gives_more_than_they_have(home):
    seen = home.seen_by(ADMIN_OF_A)
    kept, _ = add(seen, [A], Role.ADMINISTRATOR)
    assert kept.access == Access.of({A: Role.ADMINISTRATOR})
    for plants in ([B], [A, B], [EVERY_PLANT]):
        with pytest.raises(AccessDeniedError, match="You may not change settings"):
            add(seen, plants, name="other")
    for lower in (Role.VIEWER, Role.CONTRIBUTOR, Role.QUALITY_MANAGER):
        with pytest.raises(AccessDeniedError):
            add(home.seen_by(Access.of({EVERY_PLANT: lower})), [A], name="other")


def test_one_sees_and_revokes_only_tokens_of_ones_own_plants(home):
    foreign, _ = add(home, [B], name="foreign")
    wide, _ = add(home, [EVERY_PLANT], name="wide")
    own, _ = add(home, [A], name="own")
    seen = home.seen_by(ADMIN_OF_A)
    assert [t.id for t in clients(seen)] == [own.id]
    assert {t.id for t in clients(home)} == {foreign.id, wide.id, own.id}
    for id in (foreign.id, wide.id):
        with pytest.raises(UsageError, match="There is no token") as refused:
            revoke_client(seen, id, who="me", when=NOW, why="x")
        assert "foreign" not in str(refused.value)
    revoke_client(seen, own.id, who="me", when=NOW, why="done")
    with pytest.raises(AccessDeniedError):
        clients(home.seen_by(Access.of({EVERY_PLANT: Role.QUALITY_MANAGER})))


def test_a_token_names_plants_there_are_and_a_name_of_its_own(home):
    assert home.access == LOCAL
    with pytest.raises(UnknownNameError, match=r"no plant 'Nordhaven'\. Did you mean 'Nordhafen'"):
        add(home, ["Nordhaven"])
    with pytest.raises(UsageError, match="every plant, or for those it names"):
        add(home, [EVERY_PLANT, A])
    with pytest.raises(UsageError, match="Name the plants"):
        add(home, [])
    first, _ = add(home, [A])
    with pytest.raises(UsageError, match="There is a client 'Excel' already"):
        add(home, [B], name=" Excel ")
    revoke_client(home, first.id, who="me", when=NOW, why="renewed")
    add(home, [B])


# --- the command line --------------------------------------------------------------------------


def test_tokens_on_the_command_line(tmp_path, capsys):
    def run(*words):
        code = main(["--home", str(tmp_path / "home"), "tokens", *words])
        return code, capsys.readouterr()

    code, said = run("add", "Power BI", "--every-plant", "--json")
    assert code == 0
    new = json.loads(said.out)
    assert new["roles"] == {"*": "viewer"}
    store = open_store(tmp_path / "home")
    assert access_of_token(store, new["token"], datetime.now(tz=UTC)) == Access.of(
        {EVERY_PLANT: Role.VIEWER}
    )
    store.close()

    code, said = run("list", "--json")
    listed = json.loads(said.out)
    assert listed == [{k: v for k, v in new.items() if k != "token"}]
    assert new["token"] not in said.out
    assert hashed(new["token"]) not in said.out

    code, said = run("list")
    assert said.out.startswith(f"{new['id']}  Power BI: viewer in every plant; in force, until 20")

    assert run("revoke", new["id"], "--why", "stolen")[0] == 0
    code, said = run("revoke", new["id"], "--why", "stolen")
    assert (code, said.err) == (2, f"The token {new['id']} of Power BI is revoked already.\n")
    assert run("add", "x", "--plant", "Nowhere")[0] == 2
    assert run("add", "x")[0] == 2
    assert run("add", "x", "--every-plant", "--expires", "2020-01-01")[0] == 2
