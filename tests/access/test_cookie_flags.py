"""The flags of Streamlit's cookies as the browser gets them: made by Streamlit, rewritten by us."""

import asyncio

import pytest
from starlette.responses import Response

from web.cookies import Cookies

HOUR = 3600


def sent(set_cookies, *, https, path="/"):
    """What a browser is told, flags lower-cased, of an application that answers like this."""
    response = Response("ok")
    set_cookies(response)
    told = []

    async def receive():
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message):
        told.extend(message.get("headers", []))

    scope = {"type": "http", "method": "GET", "path": path, "headers": []}
    asyncio.run(Cookies(response, https=https, seconds=12 * HOUR)(scope, receive, send))
    lines = [value.decode() for name, value in told if name == b"set-cookie"]
    return [
        (line.split(";")[0], {flag.strip().lower() for flag in line.split(";")[1:]})
        for line in lines
    ]


def as_streamlit_does(name):
    month = 30 * 24 * HOUR
    return lambda r: r.set_cookie(name, "v", httponly=True, samesite="lax", max_age=month)


@pytest.mark.parametrize("name", ["_streamlit_user", "_streamlit_user_2", "_streamlit_user_tokens"])
@pytest.mark.parametrize("https", [True, False])
def test_a_sign_in_lives_as_long_as_the_settings_say(name, https):
    [(pair, flags)] = sent(as_streamlit_does(name), https=https)
    assert pair == f"{name}=v"
    secure = {"secure"} if https else set()
    assert flags == {"httponly", "samesite=lax", f"max-age={12 * HOUR}", "path=/"} | secure


def test_a_cookie_taken_away_stays_taken_away():
    [(_, flags)] = sent(lambda r: r.delete_cookie("_streamlit_user"), https=True)
    assert {"max-age=0", "secure", "httponly"} <= flags
    assert any(flag.startswith("expires=") for flag in flags)


def test_the_page_reads_its_own_mark_against_forged_requests():
    [(_, flags)] = sent(lambda r: r.set_cookie("_streamlit_xsrf", "v", samesite=None), https=True)
    assert flags == {"samesite=lax", "secure", "path=/"}


def test_what_passes_through_the_provider_is_kept_for_the_way_only():
    [(_, flags)] = sent(lambda r: r.set_cookie("_streamlit_session", "v", max_age=HOUR), https=True)
    assert flags == {f"max-age={HOUR}", "samesite=lax", "httponly", "secure", "path=/"}


def test_other_cookies_pass_as_they_are():
    [(pair, flags)] = sent(lambda r: r.set_cookie("theirs", "v", samesite="strict"), https=True)
    assert (pair, flags) == ("theirs=v", {"samesite=strict", "path=/"})


def test_several_cookies_are_each_flagged():
    def both(response):
        as_streamlit_does("_streamlit_user")(response)
        as_streamlit_does("_streamlit_user_tokens")(response)

    assert [flags >= {"secure"} for _, flags in sent(both, https=True)] == [True, True]
