"""Homes of marked plants: a small one for every run, and a large one for the long matrix."""

import shutil

import pytest

from kpi import analysis
from tests.access import canaries


@pytest.fixture(scope="session")
def two_plants(tmp_path_factory):
    """Two plants with scrap, and a file of both; to be read only (see ``copied``)."""
    folder = tmp_path_factory.mktemp("two")
    home = canaries.make(folder, canaries.plants(2), kinds=("scrap",))
    yield home
    home.store.close()


@pytest.fixture
def copied(two_plants, tmp_path):
    """A copy of that home, to write into."""
    shutil.copytree(two_plants.path, tmp_path / "home")
    home = analysis.open_home(tmp_path / "home")
    yield home
    home.store.close()


@pytest.fixture(scope="session")
def three_plants(tmp_path_factory):
    """Three plants with files of every kind, and a file of two of them."""
    folder = tmp_path_factory.mktemp("three")
    home = canaries.make(folder, canaries.plants(3))
    yield home
    home.store.close()
