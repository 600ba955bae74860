"""After signing in, back to the page that was asked for; never to another site."""

import asyncio

import pytest
from starlette.responses import RedirectResponse, Response

from web.returning import COOKIE, Returning

PAGES = frozenset({"scrap", "upload"})


def visited(path, query=b"", cookies="", *, is_in=False, answer=None, method="GET"):
    """The headers a browser gets from a site that answers like this."""
    told = {}

    async def send(message):
        if message["type"] == "http.response.start":
            for name, value in message["headers"]:
                told.setdefault(name.decode(), []).append(value.decode())

    scope = {
        "type": "http", "method": method, "path": path, "query_string": query,
        "headers": [(b"cookie", cookies.encode())],
    }  # fmt: skip
    site = Returning(answer or Response("ok"), is_in=lambda _: is_in, pages=PAGES, https=True)
    asyncio.run(site(scope, None, send))
    return told


def came_back(wanted, *, signed_in=True):
    """Where the browser goes that comes back from the provider with this address kept."""
    answer = RedirectResponse("/", status_code=302)
    if signed_in:
        answer.set_cookie("_streamlit_user", "v", max_age=5)
    else:
        answer.delete_cookie("_streamlit_user")
    return visited("/oauth2callback", cookies=f"{COOKIE}={wanted}", answer=answer)


def test_the_page_asked_for_is_kept_for_the_way_and_followed_once():
    [kept] = visited("/scrap", b"plant=Brno&line=Press%202")["set-cookie"]
    assert kept.endswith("; Max-Age=900; Path=/; HttpOnly; SameSite=Lax; Secure")
    value = kept.split(";")[0].partition("=")[2]
    back = came_back(value)
    assert back["location"] == ["/scrap?plant=Brno&line=Press%202"]
    assert f"{COOKIE}=; Max-Age=0; Path=/; HttpOnly; SameSite=Lax; Secure" in back["set-cookie"]


def test_the_front_page_is_kept_with_its_choices():
    [kept] = visited("/", b"plant=Brno")["set-cookie"]
    assert came_back(kept.split(";")[0].partition("=")[2])["location"] == ["/?plant=Brno"]


@pytest.mark.parametrize(
    ("path", "named"),
    [
        pytest.param("/scrap", {"is_in": True}, id="somebody who is in"),
        pytest.param("/", {}, id="the front page"),
        pytest.param("/static/x.js", {}, id="no page"),
        pytest.param("/scrap", {"method": "POST"}, id="no visit"),
        pytest.param("/scrap", {"query": b"a" * 3000}, id="longer than any page writes"),
    ],
)
def test_nothing_else_is_kept(path, named):
    assert "set-cookie" not in visited(path, **named)


@pytest.mark.parametrize(
    "address",
    [
        "https%3A%2F%2Felsewhere.example", "%2F%2Felsewhere.example", "%2F%5Celsewhere.example",
        "elsewhere", "%2Fscrap%0D%0ASet-Cookie%3A%20x%3Dy", "%2Fscr%C3%A4p", "",
    ],
)  # fmt: skip
def test_no_other_site_is_ever_followed(address):
    assert came_back(address)["location"] == ["/"]


def test_a_sign_in_that_failed_leads_to_the_front_page():
    assert came_back("%2Fscrap", signed_in=False)["location"] == ["/"]
