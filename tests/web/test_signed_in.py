"""With sign-in configured: whose page, whose upload, whose download, and whose API. Real process."""

import asyncio
import json
import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from itsdangerous import URLSafeTimedSerializer

from bench.visitor import XSRF_COOKIE, Visitor
from kpi.access import Access, Role
from kpi.analysis import members, open_home
from kpi.qms.tokens import put_token, revoke_token
from tests.web import two_plants
from tests.web.server import served
from tests.web.two_plants import FOREIGN, OWN, WHEN
from web.holding import Shown, file_of

SECRET = "s" * 40
ISSUER = "https://identity.example"

SIGN_IN = {
    "KPI_AUTH_REDIRECT_URI": "http://127.0.0.1:{port}/oauth2callback",
    "KPI_AUTH_COOKIE_SECRET": SECRET,
    "KPI_AUTH_CLIENT_ID": "clause-nine",
    "KPI_AUTH_CLIENT_SECRET": "x",
    "KPI_AUTH_SERVER_METADATA_URL": f"{ISSUER}/.well-known/openid-configuration",
}

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def site(made_once, tmp_path_factory):
    folder = tmp_path_factory.mktemp("signed in")
    home = two_plants.copy(made_once, folder / "home")
    for name, plant in (("ann", OWN), ("ben", FOREIGN)):
        members.invite(
            home, f"{name}@example.com", {plant: "contributor"}, name=name, who="me", when=WHEN,
            why="for tests",
        )  # fmt: skip
    last = (datetime.now(tz=UTC) + timedelta(days=9)).date()
    access = Access.of({OWN: Role.VIEWER})
    token, shown = put_token(
        home.store, "client", access, last, who="me", when=datetime.now(tz=UTC)
    )
    home.store.close()
    with served(home.path, folder / "log", environ=SIGN_IN) as running:
        running.token, running.token_id, running.home = shown, token.id, home.path
        yield running


def cookie(site, name):
    """The cookie Streamlit sets after this person signed in."""
    claims = {
        "origin": site.address, "is_logged_in": True, "iss": ISSUER, "sub": name,
        "email": f"{name}@example.com", "email_verified": True, "name": name,
    }  # fmt: skip
    return URLSafeTimedSerializer(SECRET, salt="_streamlit_user").dumps(json.dumps(claims))


async def opened(site, name, page="scrap"):
    visitor = Visitor(site.port, cookie=cookie(site, name) if name else "")
    await visitor.__aenter__()
    await visitor.open(page)
    return visitor


def client(site, visitor):
    headers = {
        "Cookie": visitor.cookie_line, "X-Xsrftoken": visitor.cookies[XSRF_COOKIE],
        "Origin": site.address,
    }  # fmt: skip
    return httpx.AsyncClient(base_url=site.address, headers=headers, timeout=60)


async def put(http, session):
    path = f"/_stcore/upload_file/{session}/{uuid.uuid4()}"
    return (await http.put(path, files={"file": ("a.csv", b"x")})).status_code


def test_who_stands_at_the_sign_in_page_sends_and_fetches_nothing(site):
    async def anonymous():
        visitor = await opened(site, "")
        async with client(site, visitor) as http:
            paths = (
                "/media/abc.csv", "/component/x/y.js", "/_stcore/metrics",
                "/_stcore/bidi-components/x/y.js", "/api/v1/kpis",
            )  # fmt: skip
            codes = [await put(http, visitor.session)]
            codes += [(await http.get(path)).status_code for path in paths]
            page = (await http.get("/")).status_code
        await visitor.__aexit__()
        return codes, page

    codes, page = asyncio.run(anonymous())
    assert codes == [401] * 6
    assert page == 200


def test_who_stands_at_the_sign_in_page_empties_no_caches_and_starts_no_git(site):
    from streamlit.proto.BackMsg_pb2 import BackMsg

    async def anonymous():
        visitor = await opened(site, "", "")
        before = len(list(Path(f"/proc/{site.process.pid}/fd").iterdir()))
        for _ in range(10):
            await visitor._send(BackMsg(clear_cache=True).SerializeToString())
            await visitor._send(BackMsg(load_git_info=True).SerializeToString())
            await visitor.again()
        after = len(list(Path(f"/proc/{site.process.pid}/fd").iterdir()))
        await visitor.__aexit__()
        return before, after

    before, after = asyncio.run(anonymous())
    assert after < before + 10  # each emptied cache opened the home anew, with two files


def test_a_forged_cookie_is_nobody(site):
    forged = URLSafeTimedSerializer("t" * 40, salt="_streamlit_user").dumps("{}")
    for value in (forged, "x", cookie(site, "stranger"), cookie(site, "ann")[:-2] + "xx"):
        answer = httpx.get(
            f"{site.address}/media/abc.csv", headers={"Cookie": f"_streamlit_user={value}"}
        )
        assert answer.status_code == 401


def test_a_file_goes_to_a_page_of_ones_own_only(site):
    async def both():
        ann, ben = await opened(site, "ann", "upload"), await opened(site, "ben", "upload")
        async with client(site, ann) as as_ann, client(site, ben) as as_ben:
            codes = [
                await put(as_ann, ann.session), await put(as_ben, ann.session),
                await put(as_ann, ben.session), await put(as_ben, ben.session),
            ]  # fmt: skip
            path = f"/_stcore/upload_file/{ann.session}/x"
            codes.append((await as_ben.delete(path)).status_code)
            codes.append((await as_ann.delete(path)).status_code)
        await ann.__aexit__()
        await ben.__aexit__()
        return codes

    assert asyncio.run(both()) == [204, 403, 403, 204, 403, 204]


def test_a_download_opens_for_the_person_it_was_made_for(site):
    async def files():
        ann, ben = await opened(site, "ann"), await opened(site, "ben")
        async with client(site, ann) as as_ann, client(site, ben) as as_ben:
            url = await save(ann)
            codes = [(await h.get(url)).status_code for h in (as_ann, as_ben)]
            codes.append(httpx.get(f"{site.address}{url}").status_code)
            size = len((await as_ann.get(url)).content)
        await ann.__aexit__()
        await ben.__aexit__()
        return codes, size

    codes, size = asyncio.run(files())
    assert codes == [200, 404, 401]
    assert size > 100


async def save(visitor):
    """Press the page's first button that saves something, and return the address of the file."""
    from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

    await visitor._send(_rerun_message(visitor))
    while True:
        told = ForwardMsg()
        told.ParseFromString(await visitor._next())
        element = told.delta.new_element
        if element.WhichOneof("type") == "download_button":
            button = element.download_button
            if button.url:
                return button.url
            return await deferred(visitor, button)


async def deferred(visitor, button):
    """What a browser does with a button whose file is made when it is pressed."""
    from streamlit.proto.BackMsg_pb2 import BackMsg
    from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

    asked = BackMsg()
    request = asked.backend_operation_request
    request.request_id, request.session_id = str(uuid.uuid4()), visitor.session
    request.deferred_file.file_id = button.deferred_file_id
    await visitor._send(asked.SerializeToString())
    while True:
        told = ForwardMsg()
        told.ParseFromString(await visitor._next())
        if told.WhichOneof("type") == "backend_operation_response":
            return told.backend_operation_response.deferred_file.url


def _rerun_message(visitor):
    from streamlit.proto.BackMsg_pb2 import BackMsg

    asked = BackMsg()
    asked.rerun_script.page_name = visitor.page
    asked.rerun_script.page_script_hash = visitor.pages[visitor.page]
    return asked.SerializeToString()


def test_the_api_takes_tokens_and_no_sessions(site):
    def get(**headers):
        return httpx.get(f"{site.address}/api/v1/dimensions", headers=headers).status_code

    assert get() == 401
    assert get(Cookie=f"_streamlit_user={cookie(site, 'ann')}") == 401
    own = {"Authorization": f"Bearer {site.token}"}
    answer = httpx.get(f"{site.address}/api/v1/dimensions", headers=own)
    assert answer.status_code == 200
    assert OWN in answer.text
    assert FOREIGN not in answer.text
    home = open_home(site.home)
    revoke_token(home.store, site.token_id, who="me", when=WHEN, why="over")
    home.store.close()
    assert httpx.get(f"{site.address}/api/v1/dimensions", headers=own).status_code == 401


def test_equal_files_of_two_people_are_both_theirs_and_the_oldest_are_forgotten(monkeypatch):
    monkeypatch.setattr("web.holding.REMEMBERED", 3)
    shown = Shown()
    shown.note("a", "ann")
    shown.note("a", "ben")
    assert (shown.may_see("a", "ann"), shown.may_see("a", "ben")) == (True, True)
    assert not shown.may_see("a", "eve")
    for file in "bcd":
        shown.note(file, "ann")
    assert not shown.may_see("a", "ann")
    assert file_of("/media/d.csv") == "d"
