"""The real application as a process: headers, refusals, uploads, health and API over HTTP."""

import asyncio
import json
import socket
import uuid
from contextlib import asynccontextmanager

import httpx
import pytest

from bench.visitor import XSRF_COOKIE, Visitor
from tests.web import two_plants
from tests.web.server import served
from web.headers import HEADERS
from web.limits import MEGABYTE

LARGEST = 1
FITTING = 900_000
"""A file that fits, twice into what a page may hold, and not a third time."""


@pytest.fixture(scope="module")
def site(made_once, tmp_path_factory):
    folder = tmp_path_factory.mktemp("served")
    home = two_plants.copy(made_once, folder / "home")
    home.store.close()
    with served(home.path, folder / "log", f"--server.maxUploadSize={LARGEST}") as running:
        yield running


@pytest.fixture
def http(site):
    with httpx.Client(base_url=site.address, timeout=60) as client:
        yield client


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/", 200), ("GET", "/scrap", 200), ("GET", "/health", 200),
        ("GET", "/health/live", 200), ("GET", "/health/ready", 200), ("GET", "/_stcore/health", 200),
        ("GET", "/static/nothing.js", 200), ("GET", "/media/nothing.csv", 404),
        ("GET", "/component/nothing/x.js", 404), ("GET", "/_stcore/agent/mcp", 404),
        ("POST", "/", 405), ("PUT", "/media/x", 405), ("DELETE", "/health", 405),
        ("GET", "/../../etc/passwd", 200), ("GET", "/%2e%2e/%2e%2e/etc/passwd", 400),
        ("PUT", "/_stcore/upload_file/nobody/x", 400), ("GET", "/api/v1/kpis", 200),
        ("GET", "/api/v1/openapi.json", 200), ("GET", "/api/v1/nothing", 404),
        ("POST", "/api/v1/kpis", 405), ("GET", "/api/v1/kpis?x=1", 422),
    ],
)  # fmt: skip
def test_every_answer_carries_the_security_headers(http, method, path, status):
    answer = http.request(method, path)
    assert answer.status_code == status, answer.text[:300]
    for name, value in HEADERS:
        assert answer.headers.get_list(name.decode()) == [value.decode()]
    assert "strict-transport-security" not in answer.headers
    assert "Traceback" not in answer.text
    assert "root:" not in answer.text


def test_static_files_carry_them_too(http):
    page = http.get("/").text
    script = page.split('src="./static/')[1].split('"')[0]
    answer = http.get(f"/static/{script}")
    assert answer.status_code == 200
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-security-policy"]


def test_another_name_for_this_machine_is_not_answered(http):
    """So no page elsewhere can point a name of its own at it and read what comes back."""
    answer = http.get("/api/v1/kpis", headers={"Host": "evil.example"})
    assert (answer.status_code, answer.json()["detail"]) == (
        421, "This server does not answer to that name.",
    )  # fmt: skip
    assert http.get("/", headers={"Host": "evil.example"}).status_code == 421
    assert http.get("/health/live", headers={"Host": "10.1.2.3"}).status_code == 200


@pytest.mark.long
def test_the_api_answers_from_the_same_home(http):
    answer = http.get("/api/v1/series/scrap_rate", params={"by": "plant", "chart": "auto"})
    assert answer.status_code == 200
    assert {row["plant"] for row in answer.json()} == {two_plants.OWN, two_plants.FOREIGN}
    again = http.get(
        "/api/v1/series/scrap_rate", params={"by": "plant", "chart": "auto"},
        headers={"If-None-Match": answer.headers["etag"]},
    )  # fmt: skip
    assert (again.status_code, again.content) == (304, b"")
    head = http.head("/api/v1/series/scrap_rate", params={"by": "plant", "chart": "auto"})
    assert (head.status_code, head.headers["etag"]) == (200, answer.headers["etag"])


# --- uploads -----------------------------------------------------------------------------------


@asynccontextmanager
async def page(site):
    """An open page, with a client that sends what its browser would."""
    async with Visitor(site.port) as visitor:
        await visitor.open("upload")
        headers = {
            "Cookie": visitor.cookie_line, "X-Xsrftoken": visitor.cookies[XSRF_COOKIE],
            "Origin": site.address,
        }  # fmt: skip
        async with httpx.AsyncClient(base_url=site.address, headers=headers, timeout=60) as client:
            yield visitor, client


def put(client, session, size, file=None):
    path = f"/_stcore/upload_file/{session}/{file or uuid.uuid4()}"
    return client.put(path, files={"file": ("a.csv", b"x" * size)})


@pytest.mark.long
def test_a_page_may_send_files_up_to_its_caps_and_again_when_it_let_go(site):
    async def send():
        async with page(site) as (visitor, client):
            first = await put(client, visitor.session, FITTING, "one")
            large = await put(client, visitor.session, MEGABYTE + 1)
            second = await put(client, visitor.session, FITTING, "two")
            more = await put(client, visitor.session, FITTING)
            gone = await client.delete(f"/_stcore/upload_file/{visitor.session}/one")
            again = await put(client, visitor.session, FITTING)
            no_token = await client.put(
                f"/_stcore/upload_file/{visitor.session}/z",
                files={"file": ("a.csv", b"x")}, headers={"X-Xsrftoken": ""},
            )  # fmt: skip
            codes = [a.status_code for a in (first, large, second, more, gone, again)]
            return codes, no_token.status_code, more.text

    codes, no_token, says = asyncio.run(send())
    assert codes == [204, 413, 204, 413, 204, 204]
    assert no_token == 403
    assert says == "This page holds as much as it may. Load it again."


@pytest.mark.long
def test_a_body_without_an_end_is_cut_off_whatever_it_claims(site):
    part = b'--b\r\nContent-Disposition: form-data; name="f"; filename="f"\r\n\r\n'
    sent = 0

    async def endless():
        nonlocal sent
        yield part
        while sent < 200 * MEGABYTE:
            sent += 65536
            yield b"x" * 65536

    async def send(method, path):
        async with page(site) as (visitor, client):
            kind = {"Content-Type": "multipart/form-data; boundary=b"}
            try:
                target = path.format(visitor.session)
                answer = await client.request(method, target, content=endless(), headers=kind)
                return answer.status_code
            except httpx.TransportError:  # it hung up while we went on sending
                return 413

    async def both():
        for method, path in (("PUT", "/_stcore/upload_file/{}/f"), ("GET", "/"), ("POST", "/")):
            code = await asyncio.wait_for(send(method, path), 60)
            yield code in (200, 405, 413)

    async def found():
        return [one async for one in both()]

    assert asyncio.run(found()) == [True, True, True]
    assert sent < 200 * MEGABYTE  # nobody read it to its end


def test_a_content_length_that_lies_sends_no_more_than_it_says(site):
    """What follows the claimed length is another request to the server, and a malformed one."""
    with socket.create_connection(("127.0.0.1", site.port), 10) as raw:
        raw.sendall(
            b"PUT /_stcore/upload_file/nobody/x HTTP/1.1\r\nHost: localhost\r\n"
            b"Content-Length: 5\r\n\r\n" + b"x" * 200_000
        )
        raw.settimeout(10)
        told = b""
        try:
            while chunk := raw.recv(65536):
                told += chunk
        except ConnectionError:
            pass
    assert told.startswith(b"HTTP/1.1 400")


@pytest.mark.long
def test_a_page_that_is_gone_takes_its_files_along(site):
    """A closed page's session is no address for uploads any more."""

    async def send():
        async with page(site) as (visitor, client):
            assert (await put(client, visitor.session, 10)).status_code == 204
            session = visitor.session
        headers = {"Cookie": visitor.cookie_line, "X-Xsrftoken": visitor.cookies[XSRF_COOKIE]}
        await asyncio.sleep(0.5)
        async with httpx.AsyncClient(base_url=site.address, headers=headers) as client:
            return await put(client, session, 10)

    answer = asyncio.run(send())
    assert (answer.status_code, answer.text) == (
        400, "The page this belongs to is no longer open. Load it again.",
    )  # fmt: skip


def test_the_websocket_answers_pages_of_its_own_origin_only(site):
    from websockets.asyncio.client import connect
    from websockets.exceptions import InvalidStatus

    async def refused(host="127.0.0.1", **how):
        with pytest.raises(InvalidStatus) as found:
            await connect(
                f"ws://{host}:{site.port}/_stcore/stream", host="127.0.0.1", port=site.port, **how
            )
        return found.value.response.status_code

    assert asyncio.run(refused(origin="https://evil.example")) == 403
    assert asyncio.run(refused("evil.example")) == 403


@pytest.mark.long
@pytest.mark.parametrize("size", [3 * MEGABYTE, 40 * MEGABYTE], ids=["inputs", "one frame"])
def test_a_message_no_page_would_send_ends_its_connection(site, size):
    """The connection is there before anybody signed in: what it takes is bounded."""
    from websockets.exceptions import ConnectionClosed

    async def send():
        async with Visitor(site.port) as visitor:
            await visitor.open("upload")
            with pytest.raises(ConnectionClosed) as closed:
                await visitor._socket.send(b"x" * size)
                while True:
                    await visitor._socket.recv()
            return closed.value.rcvd

    told = asyncio.run(asyncio.wait_for(send(), 60))
    assert told is None or told.code == 1009  # too big; or it hung up while we were sending


# --- health, last: it takes the home away ------------------------------------------------------


@pytest.mark.long
def test_ready_tells_a_home_that_went_away_without_naming_it(site, http):
    assert http.get("/health/ready").json() == {
        "status": "ready",
        "checks": {"server": "ok", "home": "ok", "writing": "ok", "disk": "ok"},
    }
    home = site.log.parent / "home"
    (home / "ledger.db").rename(home / "elsewhere.db")
    for _ in range(80):
        answer = http.get("/health/ready")
        if answer.status_code == 503:
            break
        asyncio.run(asyncio.sleep(0.1))
    assert answer.status_code == 503
    assert answer.headers["cache-control"] == "no-store"
    assert answer.json() == {"status": "not ready", "checks": {"server": "ok", "home": "unusable"}}
    assert str(home) not in answer.text
    assert http.get("/health/live").json() == {"status": "live"}
    told = http.get("/api/v1/kpis")
    assert told.status_code == 503
    assert str(home) not in json.dumps(told.json())
