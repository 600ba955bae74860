"""Every route of the HTTP API, with tokens of one plant: nothing of the others.

Routes are taken from the API's own description, so that a new one cannot be forgotten.
"""

import asyncio
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from starlette.applications import Starlette

from kpi.access import Role
from kpi.measures import CATALOG
from kpi.qms.tokens import put_token
from tests.access.canaries import COMPANY, MARKS, MIXED, access, plants
from web.api import Api
from web.api_description import description
from web.api_endpoints import BASE

OWN, FOREIGN = plants(2)
ROUTES = tuple(path for path in description()["paths"] if not path.endswith("openapi.json"))
KPIS = ("scrap_rate",)
ASKED = (
    (),
    (("plant", FOREIGN.name),),
    (("line", f"{FOREIGN.mark} line 1"),),
    (("by", "plant"),),
    (("by", "line"),),
    (("by", "reason"),),
    (("format", "csv"),),
)


def answers(home, shown, path):
    """What every question about a path gets, headers and all."""
    app = Starlette(routes=Api(lambda: home, lambda: False).routes())

    async def ask():
        found = []
        transport = httpx.ASGITransport(app, client=("10.0.0.7", 4711))
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as http:
            for kpi in KPIS if "{kpi}" in path else ("",):
                for params in ASKED:
                    place = path.replace("{kpi}", kpi)
                    place = place if place.startswith(BASE) else BASE + place
                    told = await http.get(
                        place, params=params, headers={"Authorization": f"Bearer {shown}"}
                    )
                    found.append((params, told.status_code, told.text + str(told.headers.raw)))
        return found

    return asyncio.run(ask())


def token(home, held):
    now = datetime.now(tz=UTC)
    last = (now + timedelta(days=30)).date()
    return put_token(home.store, "client", held, last, who="me", when=now)[1]


@pytest.mark.parametrize("path", ROUTES)
def test_no_route_tells_of_another_plant(copied, path):
    shown = token(copied, access(OWN, Role.VIEWER))
    found = answers(copied, shown, path)
    assert any(status == 200 for _, status, _ in found)
    for params, status, text in found:
        asked = {value.lower() for _, value in params}
        low = text.lower()
        for value in asked:  # what was asked for is said back
            low = low.replace(value, "").replace(value.replace(" ", "+"), "")
            low = low.replace(value.replace(" ", "%20"), "")
        told = [mark for mark in (*MARKS[1:], MIXED, COMPANY) if mark in low]
        assert told == [], (params, status)
    assert any(OWN.mark in text.lower() for _, _, text in found) or path.endswith("/kpis")


@pytest.mark.parametrize("path", ROUTES)
def test_without_a_token_every_route_is_closed(copied, path):
    for _, status, text in answers(copied, "cn1.not-a-token", path):
        assert status in (401, 429), text
        assert not any(mark in text.lower() for mark in (*MARKS, MIXED, COMPANY))


def test_the_kpis_asked_for_are_there():
    assert set(KPIS) <= set(CATALOG)
    assert len(ROUTES) >= 5
