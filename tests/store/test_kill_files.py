"""Very many kills while files are derived, backed up and brought back."""

import os

import pytest
from test_kill import KILLS, POINTS, killed, nothing_lost

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="forks its children")


@pytest.mark.long
@pytest.mark.parametrize("point", POINTS[3:])
def test_very_many_kills_of_files(tmp_path, point, capsys):
    done = killed(tmp_path, point, seed=4)
    nothing_lost(done, KILLS)
    with capsys.disabled():
        print(f"\n{point}: {done.stdout.strip()}")
