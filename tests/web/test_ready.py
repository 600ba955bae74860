"""What ``/health/ready`` looks at, how often, and what it says of each."""

import asyncio
import shutil
import time

import httpx
import pytest
from starlette.applications import Starlette

from kpi.analysis import open_home
from kpi.errors import StoreError
from web import health
from web.health import EVERY_SECONDS, LEAST_FREE, Health

FINE = {"server": "ok", "home": "ok", "writing": "ok", "disk": "ok"}


@pytest.fixture
def home(tmp_path):
    opened = open_home(tmp_path / "home")
    yield opened
    opened.store.close()


def ask(checked, times=1):
    app = Starlette(routes=checked.routes())

    async def asking():
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as http:
            return await asyncio.gather(*[http.get("/health/ready") for _ in range(times)])

    return asyncio.run(asking())


def told(home, stopping=lambda: False):
    answer = ask(Health(home, stopping))[0]
    assert answer.headers["cache-control"] == "no-store"
    return answer.status_code, answer.json()["checks"]


def test_a_home_that_can_be_worked_with_is_ready(home):
    assert told(lambda: home) == (200, FINE)
    assert list(home.path.glob(".ready*")) == []


def test_a_full_disk_is_told_before_an_upload_fails(home, monkeypatch):
    real = shutil.disk_usage(home.path)
    monkeypatch.setattr(
        health.shutil, "disk_usage", lambda _path: real._replace(free=LEAST_FREE - 1)
    )
    assert told(lambda: home) == (503, FINE | {"disk": "low"})


def test_a_home_that_may_not_be_written_to_is_told(home, monkeypatch):
    home.store.read_only = True
    assert told(lambda: home) == (503, FINE | {"writing": "read-only"})
    home.store.read_only = False

    def full(**_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(health.tempfile, "TemporaryFile", full)
    assert told(lambda: home) == (503, FINE | {"writing": "refused"})


def test_a_home_that_cannot_be_opened_is_told_without_its_name(tmp_path):
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "ledger.db").write_bytes(b"this is no database at all" * 100)
    answer = ask(Health(lambda: open_home(tmp_path / "home"), lambda: False))[0]
    assert (answer.status_code, answer.json()["checks"]) == (
        503, {"server": "ok", "home": "unusable"},
    )  # fmt: skip
    assert "home" not in answer.text.replace('"home"', "")


def test_a_newer_home_is_not_ready():
    def newer():
        raise StoreError("The ledger of /srv was written by a newer version of Clause Nine.")

    assert told(newer) == (503, {"server": "ok", "home": "unusable"})


def test_a_server_that_was_asked_to_stop_is_not_ready(home):
    assert told(lambda: home, lambda: True) == (503, FINE | {"server": "stopping"})


def test_a_home_that_does_not_answer_is_told_in_time(monkeypatch):
    monkeypatch.setattr(health, "PATIENCE", 0.05)
    assert told(lambda: time.sleep(0.4)) == (503, {"home": "silent"})


def test_however_often_it_is_asked_it_looks_now_and_then(home):
    looks, now = [], [0.0]

    def opened():
        looks.append(1)
        return home

    checked = Health(opened, lambda: False, clock=lambda: now[0])
    assert {a.status_code for a in ask(checked, times=50)} == {200}
    assert len(looks) == 1
    now[0] = EVERY_SECONDS + 0.1
    ask(checked, times=50)
    assert len(looks) == 2
