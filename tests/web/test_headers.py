"""The headers every answer carries."""

import asyncio

from web.headers import HEADERS, START_PAGE, STRICT_TRANSPORT, SecurityHeaders


def answer(scope, sent_by_app, **how):
    async def app(_scope, _receive, send):
        for message in sent_by_app:
            await send(message)

    received = []

    async def send(message):
        received.append(message)

    asyncio.run(SecurityHeaders(app, **how)(scope, None, send))
    return received


def start(*headers):
    return {"type": "http.response.start", "status": 200, "headers": [*headers]}


def test_every_answer_carries_the_security_headers_once():
    own = [(b"X-Frame-Options", b"SAMEORIGIN"), (b"content-type", b"text/html")]
    headers = answer({"type": "http"}, [start(*own)])[0]["headers"]
    assert headers == [(b"content-type", b"text/html"), *HEADERS]
    policy = dict(headers)[b"content-security-policy"]
    assert b"default-src 'self'" in policy
    assert b"http:" not in policy
    assert b"*" not in policy
    scripts = policy.split(b"script-src ")[1].split(b";")[0]
    assert b"unsafe-inline" not in scripts
    assert b"'unsafe-eval'" not in scripts
    assert scripts.count(b"'sha256-") == START_PAGE.read_bytes().count(b"<script>") > 0


def test_https_is_insisted_on_only_where_it_is_configured():
    plain = dict(answer({"type": "http"}, [start()])[0]["headers"])
    secure = dict(answer({"type": "http"}, [start()], https=True)[0]["headers"])
    assert STRICT_TRANSPORT[0] not in plain
    assert secure[STRICT_TRANSPORT[0]] == b"max-age=31536000"


def test_an_accepted_websocket_is_left_alone():
    message = {"type": "websocket.accept", "headers": []}
    assert answer({"type": "websocket"}, [message]) == [{"type": "websocket.accept", "headers": []}]
