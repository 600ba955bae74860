"""The API's routes over a home, asked in this process; and the command line over the same home."""

import asyncio
import json

import httpx
from starlette.applications import Starlette

from kpi.cli import main
from web.api import Api


class Asked:
    """``get`` asks the API, ``cli`` the command line; both work on the same home."""

    def __init__(self, home, capsys, *, alone=True, client=("127.0.0.1", 4711)):
        self.home, self._capsys, self._client = home, capsys, client
        self._app = Starlette(routes=Api(lambda: home, lambda: alone).routes())

    def get(self, path, params=None, *, method="GET", client=None, **headers):
        named = {name.replace("_", "-"): value for name, value in headers.items()}

        async def ask():
            transport = httpx.ASGITransport(self._app, client=client or self._client)
            async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as http:
                return await http.request(method, path, params=params, headers=named)

        return asyncio.run(ask())

    def json(self, path, params=None, **headers):
        answer = self.get(f"/api/v1{path}", params, **headers)
        assert answer.status_code == 200, answer.text
        assert answer.headers["content-type"] == "application/json"
        return answer.json()

    def csv(self, path, params=None, **headers):
        answer = self.get(f"/api/v1{path}", [*(params or []), ("format", "csv")], **headers)
        assert answer.status_code == 200, answer.text
        assert answer.headers["content-type"] == "text/csv; charset=utf-8"
        return answer.text

    def cli(self, *words):
        assert main(["--home", str(self.home.path), *words]) == 0
        return self._capsys.readouterr().out

    def cli_json(self, *words):
        return json.loads(self.cli(*words, "--json"))

    def refused(self, path, params=None, **how):
        """Status and sentence of a refusal, which is always a problem document."""
        answer = self.get(path if path.startswith("/api") else f"/api/v1{path}", params, **how)
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.headers["cache-control"] == "no-store"
        told = answer.json()
        assert set(told) == {"type", "title", "status", "detail"}
        assert told["status"] == answer.status_code
        assert "Traceback" not in answer.text
        assert str(self.home.path) not in answer.text
        return answer.status_code, told["detail"]
