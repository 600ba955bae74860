"""The hostile home, made once; and a copy to write to."""

import shutil

import pytest

from tests.injection.hostile_home import make_home


@pytest.fixture(scope="session")
def hostile_once(tmp_path_factory):
    folder = tmp_path_factory.mktemp("hostile")
    make_home(folder)
    return folder / "home"


@pytest.fixture(scope="module")
def hostile(hostile_once, tmp_path_factory):
    """The home's folder, in force for the pages and commands of one module."""
    with pytest.MonkeyPatch.context() as patch:
        home = tmp_path_factory.mktemp("own") / "home"
        shutil.copytree(hostile_once, home)
        patch.setenv("KPI_HOME", str(home))
        patch.setenv("KPI_SAMPLE", "off")
        yield home
