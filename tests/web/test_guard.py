"""The guard: every path, with and without somebody, within and beyond what may be sent."""

import asyncio

import pytest
from starlette.responses import FileResponse

from web.guard import Guard
from web.limits import MEGABYTE, Limits

LIMITS = Limits(
    file_bytes=MEGABYTE, session_files=3, session_bytes=2 * MEGABYTE, server_bytes=3 * MEGABYTE,
    session_at_once=2, server_at_once=3, chunk_seconds=0.2,
)  # fmt: skip


class Pages:
    """Open pages by session: whose, and what they hold."""

    def __init__(self, owners):
        self.owners, self.files = owners, {name: [] for name in owners}

    def known(self, session):
        return session in self.owners

    def owner(self, session):
        return self.owners[session]

    def held(self, session):
        return len(self.files[session]), sum(self.files[session])

    def held_by_all(self):
        return sum(map(sum, self.files.values()))


class Site:
    """A guard before an application that reads every body and keeps uploads, like Streamlit."""

    def __init__(self, person="ann", owners=None, shown=(), base="", app=None):
        self.pages = Pages(owners or {"s1": "ann", "s2": "ben"})
        self.reached = []
        self.release = asyncio.Event()
        self.guard = Guard(
            app or self._app, person=lambda _scope: person, sessions=self.pages,
            may_see=lambda file, who: (file, who) in shown,
            host_allowed=lambda host: host == "localhost", limits=lambda: LIMITS, base=base,
        )  # fmt: skip

    async def _app(self, scope, receive, send):
        size = 0
        while True:
            message = await receive()
            size += len(message.get("body", b""))
            if not message.get("more_body"):
                break
        self.reached.append(scope["path"])
        if scope["method"] == "PUT":
            await self.release.wait()
            self.pages.files[scope["path"].split("/")[-2]].append(size)
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"ok"})

    async def ask(self, method, path, *parts, host=b"localhost", headers=()):
        left = [
            {"type": "http.request", "body": part, "more_body": n < len(parts) - 1}
            for n, part in enumerate(parts or (b"",))
        ]
        sent = []

        async def receive():
            await asyncio.sleep(0)
            return left.pop(0) if left else {"type": "http.disconnect"}

        async def send(message):
            sent.append(message)

        scope = {
            "type": "http", "method": method, "path": path, "headers": [(b"host", host), *headers],
        }  # fmt: skip
        await self.guard(scope, receive, send)
        return sent[0]["status"], sent[1]["body"].decode(), dict(sent[0]["headers"])


def ask(site, *request, **how):
    site.release.set()
    return asyncio.run(site.ask(*request, **how))


CHUNKED = (b"transfer-encoding", b"chunked")

UPLOAD = "/_stcore/upload_file/s1/f1"

PRIVATE = [
    ("PUT", UPLOAD), ("DELETE", UPLOAD), ("GET", "/media/abc.csv"), ("HEAD", "/media/abc.csv"),
    ("GET", "/component/x/y.js"), ("GET", "/_stcore/bidi-components/x.js"),
    ("GET", "/_stcore/metrics"),
]  # fmt: skip

OPEN = [
    ("GET", "/"), ("GET", "/scrap"), ("GET", "/static/js/a.js"), ("GET", "/_stcore/health"),
    ("GET", "/_stcore/host-config"), ("GET", "/auth/login"), ("GET", "/oauth2callback"),
    ("GET", "/health/ready"), ("POST", "/api/v1/kpis"), ("OPTIONS", UPLOAD),
    ("GET", "/medialess"),
]  # fmt: skip


@pytest.mark.parametrize(("method", "path"), PRIVATE)
def test_what_is_private_needs_somebody_who_may_be_here(method, path):
    site = Site(person="")
    status, says, _ = ask(site, method, path)
    assert (status, says) == (401, "Sign in first: open the dashboard, and come back.")
    assert site.reached == []


@pytest.mark.parametrize(("method", "path"), OPEN)
def test_the_way_to_the_sign_in_page_is_open(method, path):
    assert ask(Site(person=""), method, path)[0] == 200


@pytest.mark.parametrize(("method", "path"), [*PRIVATE, *OPEN])
def test_alone_on_a_laptop_everything_is_open(method, path):
    assert ask(Site(person=None), method, path)[0] == 200


def test_a_download_is_for_the_person_it_was_made_for():
    site = Site(shown={("abc", "ann")})
    assert ask(site, "GET", "/media/abc.csv")[0] == 200
    assert ask(site, "HEAD", "/media/abc.csv")[0] == 200
    status, says, _ = ask(site, "GET", "/media/other.csv")
    assert (status, says) == (404, "There is no such file for you. Make it again on its page.")
    ben = Site(person="ben", shown={("abc", "ann")})
    assert ask(ben, "GET", "/media/abc.csv")[0] == 404
    assert ask(ben, "GET", "/media/x/abc.csv")[0] == 404


def test_a_file_goes_to_an_open_page_of_ones_own():
    site = Site()
    for method in ("PUT", "DELETE"):
        gone = f"/_stcore/upload_file/{'0' * 8}/f"
        assert ask(site, method, gone)[0] == 400
        status, says, _ = ask(site, method, "/_stcore/upload_file/s2/f")
        assert (status, says) == (403, "That page was opened by somebody else.")
        assert ask(site, method, UPLOAD)[0] == 200


@pytest.mark.parametrize(
    ("path", "allowed"),
    [(UPLOAD, b"PUT, DELETE, OPTIONS"), ("/", b"GET, HEAD, OPTIONS"), ("/media/a", b"GET, HEAD, OPTIONS")],
)  # fmt: skip
@pytest.mark.parametrize("method", ["POST", "PATCH", "TRACE", "CONNECT", "PROPFIND"])
def test_other_methods_are_refused(method, path, allowed):
    status, _, headers = ask(Site(), method, path)
    assert (status, headers[b"allow"]) == (405, allowed)


def test_what_nobody_uses_is_closed():
    for path in ("/_stcore/agent/mcp", "/_stcore/agent/interact", "/_stcore/script-health-check"):
        assert ask(Site(person=None), "GET", path)[0] == 404


def test_another_name_of_the_server_is_not_answered():
    site = Site()
    for path in ("/", "/api/v1/kpis", "/media/abc"):
        assert ask(site, "GET", path, host=b"evil.example")[0] == 421
    assert ask(site, "GET", "/health/live", host=b"10.0.0.5")[0] == 200
    _, says, headers = ask(site, "GET", "/api/v1/kpis", host=b"evil.example")
    assert headers[b"content-type"] == b"application/problem+json"
    assert '"status": 421' in says


def test_under_a_base_path_the_same_holds():
    site = Site(person="", base="plant/quality")
    assert ask(site, "GET", "/plant/quality/media/abc")[0] == 401
    assert ask(site, "PUT", f"/plant/quality{UPLOAD}")[0] == 401
    assert ask(site, "GET", "/plant/quality/")[0] == 200


# --- how much ----------------------------------------------------------------------------------

BIT = b"x" * (MEGABYTE // 4)


def test_a_file_may_be_as_large_as_the_site_says_and_no_larger():
    site = Site()
    assert ask(site, "PUT", UPLOAD, *[BIT] * 4)[0] == 200
    site = Site()
    status, says, headers = ask(
        site, "PUT", UPLOAD, *[BIT] * 9
    )  # one of these for the form's frame
    assert (status, b"connection" in headers) == (413, False)  # what came after was read as well
    assert "larger than the 2 MB" in says
    assert site.reached == []


def test_a_connection_whose_body_is_not_read_to_its_end_is_closed():
    """Kept, it could be sent to for ever, and every byte be read and thrown away."""
    chunked = [(b"transfer-encoding", b"chunked")]
    refused = ask(Site(person=""), "PUT", UPLOAD, *[BIT] * 50, headers=chunked)[2]
    assert refused[b"connection"] == b"close"
    short = ask(Site(person=""), "PUT", UPLOAD, b"x", b"y", headers=chunked)[2]
    assert b"connection" not in short
    read_whole = ask(Site(), "PUT", UPLOAD, b"x", b"y", headers=chunked)[2]
    assert b"connection" not in read_whole
    assert b"connection" not in ask(Site(person=""), "GET", "/media/x")[2]


def test_a_request_that_is_no_upload_has_hardly_a_body():
    assert ask(Site(), "GET", "/", b"x" * 65_536)[0] == 200
    assert ask(Site(), "GET", "/", b"x" * 65_537)[0] == 413
    assert ask(Site(), "POST", "/api/v1/kpis", b"x" * 65_537)[0] == 413
    assert ask(Site(), "DELETE", UPLOAD, b"x" * 65_537)[0] == 413


def test_a_file_whose_asker_sends_without_end_is_refused_and_fails_nowhere(tmp_path):
    """What sends a file listens meanwhile for its asker to go, and so reads the body as well."""
    page = tmp_path / "index.html"
    page.write_text("a page")
    site = Site(app=FileResponse(page))
    endless = [b"x" * 65536] * 400
    status, says, headers = ask(site, "GET", "/", *endless, headers=[CHUNKED])
    assert (status, says) == (413, "This is larger than the 64 kB that may be sent.")
    assert headers[b"connection"] == b"close"


def test_a_page_holds_so_many_files_and_bytes_until_it_lets_go():
    site = Site()
    site.pages.files["s1"] = [10, 10, 10]
    status, says, _ = ask(site, "PUT", UPLOAD, b"x")
    assert (status, "holds 3 files already" in says) == (413, True)
    site.pages.files["s1"] = [2 * MEGABYTE]
    assert ask(site, "PUT", UPLOAD, *[BIT] * 5)[0] == 413
    site.pages.files["s1"] = []
    assert ask(site, "PUT", UPLOAD, *[BIT] * 4)[0] == 200


def test_all_pages_together_hold_so_much():
    site = Site(owners={"s1": "ann", "s2": "ben"})
    site.pages.files["s2"] = [3 * MEGABYTE + MEGABYTE // 2]
    status, says, _ = ask(site, "PUT", UPLOAD, *[BIT] * 4)
    assert (status, "The server holds as much" in says) == (503, True)


def test_uploads_at_once_are_bounded_by_page_and_by_server():
    async def crowd():
        site = Site(owners={"s1": "ann", "s2": "ann"})
        paths = [f"/_stcore/upload_file/{s}/{n}" for s, n in
                 (("s1", 1), ("s1", 2), ("s1", 3), ("s2", 4), ("s2", 5))]  # fmt: skip
        under_way = []
        for path in paths:
            under_way.append(asyncio.create_task(site.ask("PUT", path, b"x")))
            await asyncio.sleep(0.05)
        site.release.set()
        first = [one[0] for one in await asyncio.gather(*under_way)]
        again = [(await site.ask("PUT", paths[0], b"x"))[0] for _ in range(1)]
        return first, again, site.guard._at_once, site.guard._coming

    first, again, at_once, coming = asyncio.run(crowd())
    assert first == [200, 200, 429, 200, 503]
    assert again == [200]
    assert (dict(at_once), dict(coming)) == ({}, {})


def test_what_is_on_its_way_counts_already():
    async def two():
        site = Site()
        one = asyncio.create_task(site.ask("PUT", UPLOAD, *[BIT] * 7))
        await asyncio.sleep(0.05)
        two = await site.ask("PUT", f"{UPLOAD}2", *[BIT] * 7)
        site.release.set()
        return (await one)[0], two[0], two[1]

    first, second, says = asyncio.run(two())
    assert (first, second) == (200, 413)
    assert "This page holds as much as it may" in says


def test_an_upload_that_fails_gives_its_room_back():
    site = Site()

    async def broken(_scope, receive, _send):
        await receive()
        raise OSError("gone")

    site.guard._app = broken
    with pytest.raises(OSError, match="gone"):
        ask(site, "PUT", UPLOAD, BIT)
    assert (dict(site.guard._at_once), dict(site.guard._coming)) == ({}, {})


def test_a_websocket_passes():
    reached = []

    async def app(scope, _receive, _send):
        reached.append(scope["type"])

    guard = Site().guard
    guard._app = app
    asyncio.run(guard({"type": "websocket", "path": "/_stcore/stream"}, None, None))
    assert reached == ["websocket"]
