import pytest
from made_files import WHEN, Maker

from kpi.store import open_store


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
    opened = open_store(home)
    yield opened
    opened.close()


@pytest.fixture
def put(store):
    """Commit a file, or say why not."""

    def commit(incoming, **answers):
        return store.commit(incoming, who="me", when=WHEN, answers=answers)

    return commit
