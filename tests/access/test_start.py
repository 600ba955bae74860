"""Where the dashboard may listen: on this machine, or anywhere once people sign in."""

import asyncio
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.access.signed_cookies import AUTH, configured
from tests.browser.server import served
from web import start

ROOT = Path(__file__).parents[2]

UNGUARDED = (
    "without sign-in, so that whoever reaches the machine could read and change everything. Listen "
    "on 127.0.0.1 (--server.address=127.0.0.1), or configure sign-in as docs/operations.md tells."
)


@pytest.mark.parametrize(
    ("address", "loops"),
    [
        ("localhost", True), ("127.0.0.1", True), ("127.8.9.1", True), ("::1", True),
        ("::ffff:127.0.0.1", True), ("unix:///run/kpi.sock", True),
        (None, False), ("", False), ("0.0.0.0", False), ("::", False), ("192.168.1.5", False),
        ("10.0.0.1", False), ("fe80::1%eth0", False), ("::ffff:10.0.0.1", False),
        ("no.such.host.invalid", False),
    ],
)  # fmt: skip
def test_what_is_loopback(address, loops):
    assert start.is_loopback(address) is loops


def test_without_sign_in_only_the_machine_itself_is_served():
    assert start.refusal("127.0.0.1", {}) == ""
    assert start.refusal("0.0.0.0", {}) == (
        f"The dashboard would listen on the address 0.0.0.0 {UNGUARDED}"
    )
    assert start.refusal(None, {}) == (
        f"The dashboard would listen on every address of this machine {UNGUARDED}"
    )


def test_with_sign_in_it_may_listen_anywhere():
    assert start.refusal("0.0.0.0", AUTH) == ""
    https = AUTH | {"redirect_uri": "https://quality.example.com/oauth2callback"}
    assert start.refusal(None, https) == ""


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        pytest.param(
            {"cookie_secret": "short"},
            "The cookie_secret in [auth] is shorter than 32 characters. Make a random one: "
            'python -c "import secrets; print(secrets.token_hex(32))".',
            id="a secret one may guess",
        ),
        pytest.param(
            {"client_secret": "", "cookie_secret": ""},
            "Sign-in is configured without cookie_secret, client_secret. Add what is missing to "
            "[auth] in Streamlit's secrets file, as docs/operations.md tells.",
            id="something lacking",
        ),
        pytest.param(
            {"redirect_uri": "https://quality.example.com/"},
            "The redirect_uri in [auth] is https://quality.example.com/. It is the site's address "
            "with /oauth2callback.",
            id="another way back",
        ),
        pytest.param(
            {"redirect_uri": "http://quality.example.invalid/oauth2callback"},
            "The redirect_uri in [auth] is http://quality.example.invalid/oauth2callback. Beyond "
            "this machine, sign-in needs https: without it, whoever listens on the network takes "
            "over the session.",
            id="in clear over the network",
        ),
        pytest.param(
            {"server_metadata_url": "http://id.example.invalid/.well-known/openid-configuration"},
            "The server_metadata_url in [auth] is http://id.example.invalid/.well-known/"
            "openid-configuration. Beyond this machine it needs https: whoever answers there says "
            "who people are.",
            id="a provider in clear over the network",
        ),
        pytest.param(
            {"server_metadata_url": "https://login.microsoftonline.com/common/v2.0/x"},
            "The server_metadata_url in [auth] is https://login.microsoftonline.com/common/v2.0/x. "
            "There anybody's organisation says what its people's addresses are. Name your own "
            "tenant in place of that word.",
            id="a provider that vouches for strangers",
        ),
    ],
)
def test_secrets_that_would_not_keep_anybody_out_are_refused(change, sentence):
    assert start.refusal("127.0.0.1", AUTH | change) == sentence


def test_each_of_several_providers_is_complete():
    common = {key: AUTH[key] for key in ("redirect_uri", "cookie_secret")}
    one = {key: AUTH[key] for key in ("client_id", "client_secret", "server_metadata_url")}
    assert start.refusal("0.0.0.0", common | {"entra": one, "okta": one}) == ""
    half = {"client_id": "a"}
    assert "client_secret, server_metadata_url" in start.refusal(None, common | {"entra": half})
    assert "client_id" in start.refusal(None, common)


def test_the_environment_goes_over_the_secrets_file():
    environ = {"KPI_AUTH_CLIENT_SECRET": " from the environment ", "KPI_AUTH_OTHER": "x"}
    assert start.from_environment(environ, AUTH) == AUTH | {"client_secret": "from the environment"}
    assert start.from_environment({}, {}) == {}


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        pytest.param(b"[auth]\n", "", id="as it should be"),
        pytest.param(b"[auth\nclient_secret = 'x'", "is not readable as TOML", id="broken"),
        pytest.param(b"\xff\xfe[auth]", "is not readable as TOML", id="in another encoding"),
    ],
)
def test_a_broken_secrets_file_does_not_pass_for_no_sign_in(tmp_path, content, sentence):
    file = tmp_path / "secrets.toml"
    file.write_bytes(content)
    told = start.unreadable([str(tmp_path / "none.toml"), str(file)])
    assert sentence in told
    assert "client_secret" not in told
    assert bool(told) is bool(sentence)


def test_a_header_that_says_who_one_is_does_not_stand_beside_sign_in():
    assert start.believed_headers({}) == ""
    assert "server.trustedUserHeaders" in start.believed_headers({"X-User": "email"})


def asked(*, client="127.0.0.1", server="127.0.0.1", headers=(), kind="http"):
    """The status with which a request is answered that comes from there to here."""
    told = []

    async def served(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})

    async def send(message):
        told.append(message.get("status", message["type"]))

    scope = {
        "type": kind, "client": (client, 5), "server": (server, 8501), "headers": list(headers),
    }  # fmt: skip
    asyncio.run(start.LoopbackOnly(served)(scope, None, send))
    return told[0]


@pytest.mark.parametrize(
    ("connection", "status"),
    [
        pytest.param({}, 200, id="from the machine"),
        pytest.param({"client": "::1", "server": "::1"}, 200, id="the same with IPv6"),
        pytest.param({"client": "10.0.0.9", "server": "10.0.0.1"}, 403, id="from the network"),
        pytest.param({"server": "10.0.0.1"}, 403, id="to the address the network sees"),
        pytest.param({"headers": [(b"x-forwarded-for", b"10.0.0.9")]}, 403, id="by a proxy"),
        pytest.param({"headers": [(b"Forwarded", b"for=10.0.0.9")]}, 403, id="by another proxy"),
    ],
)
def test_without_sign_in_no_request_from_elsewhere_is_answered(connection, status):
    assert asked(**connection) == status
    with configured():
        assert asked(**connection) == 200


def test_nor_a_websocket():
    assert asked(client="10.0.0.9", kind="websocket") == "websocket.close"


@pytest.mark.long
@pytest.mark.parametrize(
    ("flags", "variables"),
    [
        pytest.param(["--server.address=0.0.0.0"], {}, id="by a flag"),
        pytest.param([], {"STREAMLIT_SERVER_ADDRESS": "0.0.0.0"}, id="by the environment"),
        pytest.param(["--server.address="], {}, id="by taking the address away"),
    ],
)
def test_a_real_start_beyond_the_machine_is_refused_before_anything_is_served(
    tmp_path, flags, variables
):
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("KPI_", "STREAMLIT_"))}
    environment |= {"KPI_HOME": str(tmp_path), "KPI_SAMPLE": "off"} | variables
    command = [sys.executable, "-m", "streamlit", "run", "dashboard.py", "--server.port=0", *flags]
    ended = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120, check=False
    )
    assert ended.returncode == start.REFUSED
    assert UNGUARDED in ended.stderr


@pytest.mark.long
def test_with_sign_in_people_come_by_the_name_in_redirect_uri_and_by_no_other(tmp_path):
    """As a proxy passes them on: with the name they asked for."""
    named = {f"KPI_AUTH_{key.upper()}": value for key, value in AUTH.items()}
    named["KPI_AUTH_REDIRECT_URI"] = "https://quality.example.com/oauth2callback"
    with served(tmp_path / "home", variables=named) as address:
        place = address.removeprefix("http://")

        def asks(host):
            with socket.create_connection(place.split(":"), timeout=20) as line:
                line.sendall(
                    f"GET /_stcore/stream HTTP/1.1\r\nHost: {host}\r\nConnection: Upgrade\r\n"
                    f"Origin: https://{host}\r\nUpgrade: websocket\r\n"
                    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
                    "Sec-WebSocket-Protocol: streamlit\r\n\r\n".encode()
                )
                return line.recv(100).split(b" ")[1]

        assert asks("quality.example.com") == b"101"
        assert asks("elsewhere.example.com") == b"403"
