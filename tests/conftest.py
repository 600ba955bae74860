"""Fixtures that several folders of tests share."""

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


collect_ignore_glob = ["*conftest.py"]
"""Doctests are looked for in modules, and every folder's ``conftest`` has the same module name."""
