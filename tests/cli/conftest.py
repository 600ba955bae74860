"""An empty home for each test, and the command line on it."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from made_exports import Cli, scrap_rows, written


@pytest.fixture
def cli(tmp_path, capsys):
    return Cli(tmp_path / "home", capsys)


@pytest.fixture
def month(tmp_path):
    """Writes a month's export; returns its path and its rows."""

    def make(text, name=None, **how):
        rows = scrap_rows(text, **how)
        return written(tmp_path / (name or f"scrap_{text}.csv"), rows), rows

    return make
