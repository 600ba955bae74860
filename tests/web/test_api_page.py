"""The page about the API: every request and command on it is made, as it stands there."""

import re
import shlex
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import pytest

from kpi.access import Access, Role
from kpi.cli import main
from kpi.qms.tokens import put_token
from tests.web.asking import Asked
from tests.web.two_plants import OWN
from web.api_endpoints import BASE, endpoints

PAGE = (Path(__file__).parents[2] / "docs" / "api.md").read_text(encoding="utf-8")
SITE = "https://quality.example.com"


@pytest.fixture
def server(home, capsys):
    return Asked(home, capsys, alone=False, client=("10.0.0.7", 4711))


@pytest.fixture(scope="module")
def token(home):
    now = datetime.now(tz=UTC)
    last = (now + timedelta(days=9)).date()
    access = Access.of({OWN: Role.VIEWER})
    return put_token(home.store, "docs", access, last, who="me", when=now)[1]


CURLS = [line for line in PAGE.splitlines() if line.startswith("curl ")]


def request_of(curl, token):
    """Headers and address of a ``curl`` command, and the user it sends."""
    words = shlex.split(curl.replace("$TOKEN", token))[1:]
    headers, user, address = {}, None, ""
    while words:
        word = words.pop(0)
        if word == "-H":
            name, _, value = words.pop(0).partition(": ")
            headers[name.lower()] = value
        elif word == "--user":
            user = tuple(words.pop(0).split(":", 1))
        else:
            address = word
    return headers, user, address


@pytest.mark.long
@pytest.mark.parametrize("curl", CURLS, ids=lambda c: c.rsplit("/", 1)[-1].strip('"'))
def test_every_request_with_curl_is_answered(server, token, curl):
    import base64

    headers, user, address = request_of(curl, token)
    assert address.startswith(f"{SITE}{BASE}/")
    if user:
        encoded = base64.b64encode(":".join(user).encode()).decode()
        headers["authorization"] = f"Basic {encoded}"
    answer = server.get(address.removeprefix(SITE), **headers)
    assert answer.status_code == 200, answer.text
    assert len(answer.content) > 100
    if "authorization" in headers:
        assert server.get(address.removeprefix(SITE)).status_code == 401


def test_there_are_requests_to_try():
    assert len(CURLS) >= 5


@pytest.mark.long
def test_the_query_of_power_bi_asks_a_question_that_is_answered(server, token):
    """What ``Web.Contents`` sends for it, with the credentials the page tells to choose."""
    import base64

    query = PAGE.split("```m")[1].split("```")[0]
    site = re.search(r'Web\.Contents\(\s*"([^"]+)"', query)[1]
    path = re.search(r'RelativePath = "([^"]+)"', query)[1]
    asked = dict(re.findall(r'(\w+) = "([^"]*)"', re.search(r"Query = \[(.*?)\]", query)[1]))
    accept = re.search(r'Accept = "([^"]+)"', query)[1]
    basic = base64.b64encode(f"powerbi:{token}".encode()).decode()
    assert site == SITE
    answer = server.get(
        f"/{path}?{urlencode(asked)}", accept=accept, authorization=f"Basic {basic}"
    )
    assert answer.status_code == 200
    rows = answer.json()
    assert rows
    for column in re.findall(r'\{"(\w+)", type number\}', query):
        assert all(row[column] is None or isinstance(row[column], int | float) for row in rows)


@pytest.mark.long
def test_the_address_for_excel_gives_a_table(server, token):
    address = next(line.strip() for line in PAGE.splitlines() if line.startswith("    https://"))
    parts = urlsplit(address)
    answer = server.get(f"{parts.path}?{parts.query}", authorization=f"Bearer {token}")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.text.startswith("period,plant,line,numerator,denominator,value,unit,state")


def test_every_command_about_tokens_works(home, capsys):
    lines = [line for line in PAGE.splitlines() if line.startswith("python -m kpi tokens")]
    assert len(lines) == 3
    id = ""
    for line in lines:
        words = [id if w == "1a2b3c4d" else w for w in shlex.split(line)[3:]]
        assert main(["--home", str(home.path), *words]) == 0
        said = capsys.readouterr().out
        if found := re.match(r"c9_([0-9a-f]{8})_", said):
            id = found[1]
    assert id


def test_the_page_names_every_question_and_parameter():
    for endpoint in endpoints():
        assert f"| `{endpoint.path}` |" in PAGE
        for parameter in endpoint.every_parameter:
            assert f"`{parameter.name}`" in PAGE or parameter.in_path or parameter.name == "format"
