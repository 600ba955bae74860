"""The store's own tests once more, with every home's ledger in a real PostgreSQL database."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.store.postgres_server import required

HERE = Path(__file__).parent

MODULES = (
    "test_store", "test_rules", "test_mends", "test_purge", "test_edges", "test_regions",
    "test_scopes_and_ids", "test_any_order", "test_records",
)  # fmt: skip

OF_THE_FILE = (
    "test_tampering_is_found", "test_what_was_written_cannot_be_changed",
    "test_a_home_made_before_mends_is_upgraded",
    "test_an_older_version_does_not_open_a_home_with_mends",
)  # fmt: skip
"""What reaches past the store into the ledger's file; test_postgres.py asks the same of a server."""


@pytest.mark.long
def test_the_store_s_tests_hold_on_a_server() -> None:
    required()
    command = [
        sys.executable, "-m", "pytest", "-q", "-m", "not long", "-p", "no:cacheprovider",
        "-W", "ignore::pytest.PytestUnraisableExceptionWarning",  # tests that leave a store open
        "-k", " and ".join(f"not {name}" for name in OF_THE_FILE),
        *[str(HERE / f"{name}.py") for name in MODULES],
    ]  # fmt: skip
    done = subprocess.run(
        command, env={**os.environ, "KPI_TEST_LEDGER": "server"}, cwd=HERE.parents[1],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    last = done.stdout.strip().splitlines()[-1]
    assert done.returncode == 0, done.stdout[-6000:]
    assert int(last.split()[0]) > 80, last
    assert "skipped" not in last
