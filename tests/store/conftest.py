import os

import pytest
from made_files import WHEN, Maker

import kpi.store
from tests.store.postgres_server import Server

ON_SERVER = os.environ.get("KPI_TEST_LEDGER") == "server"
"""Whether every home of these tests has its ledger on a server: see test_on_server.py."""

_urls, _server = {}, []


def _opened_on_server(home, **named):
    if not _server:
        _server.append(Server())
    url = _urls.get(home) or _server[0].database()
    _urls[home] = url
    return _opened(home, url=url, **named)


if ON_SERVER:  # before any test takes the name
    _opened = kpi.store.open_store
    kpi.store.open_store = _opened_on_server


def pytest_unconfigure(config):
    for server in _server:
        server.remove()


@pytest.fixture(scope="session")
def server():
    started = Server()
    yield started
    started.remove()


@pytest.fixture
def make(tmp_path):
    folder = tmp_path / "incoming"
    folder.mkdir()
    return Maker(folder)


@pytest.fixture
def home(tmp_path):
    return tmp_path / "home"


@pytest.fixture
def store(home):
    opened = kpi.store.open_store(home)
    yield opened
    opened.close()


@pytest.fixture
def put(store):
    """Commit a file, or say why not."""

    def commit(incoming, **answers):
        return store.commit(incoming, who="me", when=WHEN, answers=answers)

    return commit
