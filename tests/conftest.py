"""Fixtures that several folders of tests share."""

from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def made_home(tmp_path_factory):
    """Two years of a small plant, in force; to be read only (copy its folder to write)."""
    from tests.analysis.made_home import make_home

    return make_home(tmp_path_factory.mktemp("made"))


@pytest.fixture(scope="session")
def october(made_home):
    """The management review of October 2026 of that plant."""
    from kpi.analysis.review import build_review
    from tests.analysis.made_home import WHEN

    return build_review(made_home, "2026-10", who="Q. Manager", when=WHEN)


@pytest.fixture(scope="session")
def agenda(made_home):
    """The agenda of the management review of October 2026 of that plant, without records."""
    from kpi.analysis.agenda import asked_of, build_agenda
    from tests.analysis.made_home import WHEN

    asked = asked_of(made_home, (), "2026-10", "2026-10")
    return build_agenda(made_home, asked, edition="2026", who="Q. Manager", when=WHEN)


HERE = Path(__file__).parent


def pytest_ignore_collect(collection_path):
    """Doctests are looked for in the product's modules: what helps tests is imported by them alone."""
    of_tests = collection_path.suffix == ".py" and HERE in collection_path.parents
    return True if of_tests and not collection_path.name.startswith("test_") else None


LONGEST = (
    "tests/store/test_kill.py",
    "tests/store/test_kill_files.py",
    "tests/hostile/test_hostile_files.py",
    "tests/trends/test_forecast_whole.py",
    "tests/injection/test_injection_browser.py",
)
"""Begun first, so that no worker is still at one of them when the others have ended."""


def pytest_collection_modifyitems(items):
    """Files of minutes before files of seconds; the others as they are found."""
    found = {HERE.parent / file: rank for rank, file in enumerate(LONGEST)}
    items.sort(key=lambda item: found.get(item.path, len(LONGEST)))
