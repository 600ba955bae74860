"""The cookie of a sign-in: believed only as this server signed it, for this address, and in time."""

import hashlib
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest
from streamlit.auth_util import get_secrets_auth_section
from streamlit.runtime.secrets import secrets_singleton

from kpi.access import LOCAL, Access, Role
from kpi.analysis import members
from kpi.analysis.home import open_home
from tests.access.signed_cookies import configured, cookies, scope
from web import session, wiring

NOW = datetime(2026, 11, 2, 8, 0, tzinfo=UTC)
SAID = {"who": "setup", "when": NOW, "why": "for the test"}
CLAIMS = {"iss": "https://id", "sub": "s-1", "email": "anna@example.com", "name": "Anna"}


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("KPI_HOME", str(tmp_path / "home"))
    made = open_home(tmp_path / "home")
    members.invite(made, "anna@example.com", {"Brno": "viewer"}, **SAID)
    with configured():
        yield made


def test_a_cookie_of_ours_names_the_person(home):
    sent = scope(cookies(CLAIMS, NOW))
    assert session.claims_of(sent)["email"] == "anna@example.com"
    assert session.sign_in(sent).issued == NOW
    found = session.person_of(sent, NOW)
    assert found.email == "anna@example.com"
    assert found.access == Access.of({"Brno": Role.VIEWER})


def test_a_cookie_in_pieces_is_put_together(home):
    long = CLAIMS | {"groups": [hashlib.sha256(bytes([n])).hexdigest() for n in range(200)]}
    sent = cookies(long, NOW)
    assert len(sent) > 3
    assert session.claims_of(scope(sent))["groups"] == long["groups"]
    assert session.person_of(scope(sent), NOW).name == ""
    sent.popitem()
    assert session.claims_of(scope(sent)) is None


def test_pieces_of_two_sign_ins_are_none(home):
    """Else an ended sign-in would live again under the count of a newer one, anybody's."""
    long = {"groups": [hashlib.sha256(bytes([n])).hexdigest() for n in range(200)]}
    ended = cookies(CLAIMS | long, NOW)
    newer = cookies(CLAIMS | long | {"sub": "s-2"}, NOW + timedelta(days=3))
    mixed = {**ended, "_streamlit_user": newer["_streamlit_user"]}
    assert len(mixed) == len(ended) == len(newer)
    assert session.claims_of(scope(newer))["sub"] == "s-2"
    assert session.claims_of(scope(mixed)) is None
    assert session.unbelieved(mixed)
    assert not session.unbelieved(newer)
    assert not session.unbelieved({})


def test_an_account_without_a_record_is_a_stranger_to_the_busy_page(home):
    who = wiring.busy().kwargs["person"]
    now = datetime.now(tz=UTC)
    assert who(scope(cookies(CLAIMS, now))) == "https://id s-1"
    assert who(scope(cookies(CLAIMS | {"sub": "s-2", "email": "eve@example.com"}, now))) == ""
    assert who(scope(cookies(CLAIMS, now - timedelta(days=2)))) == ""


@pytest.mark.parametrize(
    "made",
    [
        pytest.param(lambda: {}, id="none"),
        pytest.param(lambda: {"_streamlit_user": "garbage"}, id="garbage"),
        pytest.param(lambda: {"_streamlit_user": "ä.b.c"}, id="beyond ASCII"),
        pytest.param(lambda: cookies(CLAIMS, NOW, secret="f" * 64), id="signed by another"),
        pytest.param(lambda: cookies(CLAIMS, NOW, origin="http://elsewhere"), id="of another site"),
        pytest.param(
            lambda: {"_streamlit_user": cookies(CLAIMS, NOW)["_streamlit_user"][:-2] + "xx"},
            id="bent",
        ),
        pytest.param(
            lambda: {"_streamlit_user_tokens": cookies(CLAIMS, NOW)["_streamlit_user"]},
            id="under another name",
        ),
    ],
)
def test_no_other_cookie_is_believed(home, made):
    sent = scope(made())
    assert session.claims_of(sent) is None
    assert session.person_of(sent, NOW) is None


def test_the_cookie_ages_by_the_time_this_server_signed_it(home):
    sent = scope(cookies(CLAIMS | {"iat": NOW.timestamp() + 10**6}, NOW))
    assert session.person_of(sent, NOW + timedelta(hours=11)) is not None
    assert session.person_of(sent, NOW + timedelta(hours=12)) is None


def test_a_deactivated_persons_cookie_opens_nothing(home):
    sent = scope(cookies(CLAIMS, NOW))
    members.deactivate(home, "anna@example.com", **SAID)
    assert session.person_of(sent, NOW) is None


def test_without_sign_in_it_is_whoever_works_on_the_machine():
    assert not session.configured()
    assert session.person_of(scope({})).access == LOCAL


def test_secrets_taken_away_while_the_server_runs_make_nobody_an_administrator(home, monkeypatch):
    monkeypatch.setattr(session._SignIn, "required", False)
    sent = scope(cookies(CLAIMS, NOW))
    session.require()
    assert session.person_of(sent, NOW) is not None
    secrets_singleton._programmatic_secrets = None
    secrets_singleton._reset()
    assert not get_secrets_auth_section()
    assert session.configured()
    assert session.person_of(sent, NOW) is None
    assert session.person_of(scope({}), NOW) is None


def test_other_cookies_of_the_same_host_do_no_harm(home):
    sent = {"a": "1;b", "json": '{"x": 1}', **cookies(CLAIMS, NOW)}
    assert session.person_of(scope(sent), NOW) is not None


def test_providers_are_found_by_name():
    one = {"client_id": "a", "client_secret": "b", "server_metadata_url": "https://c"}
    with configured():
        assert session.providers() == ("",)
    with configured(client_id="", okta=one, entra=one):
        assert session.providers() == ("entra", "okta")


def test_a_session_lasts_as_long_as_the_settings_say(monkeypatch, tmp_path):
    monkeypatch.setenv("KPI_HOME", str(tmp_path))
    assert session.seconds() == 12 * 3600
    monkeypatch.setenv("KPI_SIGN_IN__SESSION_HOURS", "8")
    assert session.seconds() == 8 * 3600
    monkeypatch.setenv("KPI_SIGN_IN__SESSION_HOURS", "eight")
    assert session.seconds() == 12 * 3600


def test_the_session_needs_no_running_script():
    """It answers a request before any page runs, and says nothing of a missing script on the way."""
    told = subprocess.run(
        [sys.executable, "-W", "error", "-c",
         "from web import session; assert session.person_of({'headers': []})"],
        capture_output=True, text=True, check=True, timeout=120,
    )  # fmt: skip
    assert "ScriptRunContext" not in told.stderr
