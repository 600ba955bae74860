"""The home of two plants, read once; every module that asks works on a copy of its own."""

import pytest

from tests.web import two_plants
from tests.web.asking import Asked


@pytest.fixture(scope="session")
def made_once(tmp_path_factory):
    made = two_plants.make(tmp_path_factory.mktemp("two plants") / "home")
    yield made
    made.store.close()


@pytest.fixture(scope="module")
def home(made_once, tmp_path_factory):
    copied = two_plants.copy(made_once, tmp_path_factory.mktemp("copy") / "home")
    yield copied
    copied.store.close()


@pytest.fixture
def asked(home, capsys):
    return Asked(home, capsys)
