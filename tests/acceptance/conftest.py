"""Fixtures of the acceptance tests."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from homes import sample_folder

from kpi.analysis import Home, open_home


@pytest.fixture(scope="session")
def sample_home() -> Home:
    """The sample plant, loaded. Ask it, do not change it: it is shared."""
    return open_home(sample_folder(), is_sample=True)
