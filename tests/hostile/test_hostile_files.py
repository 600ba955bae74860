"""Every hostile and broken file ends as promised: accepted, accepted with warnings, or refused.

Within 5 s and 400 MB (10 s and 500 MB where it is larger than 4 MB), with sentences for people, and
without the process that asked growing by it. ``python -m tests.hostile.table`` prints the same.
"""

import sys
import zlib

import pytest

from kpi.ingest import read_file
from tests.hostile.cases import CASES, CLASSES, all_cases, measured
from tests.hostile.packages import CSV

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="limits of the operating system")

EVERY = 14
"""Of the light files, one in so many is read in the ordinary suite."""


def _some():
    for case in all_cases():
        ordinary = not case.heavy and zlib.crc32(case.id.encode()) % EVERY == 0
        yield pytest.param(case, id=case.id, marks=() if ordinary else pytest.mark.long)


@pytest.fixture(scope="module", autouse=True)
def loaded(tmp_path_factory):
    """The libraries that take a table back are here before anything is measured."""
    path = tmp_path_factory.mktemp("first") / "a.csv"
    path.write_text(CSV)
    assert read_file(path).state == "ready"


@pytest.mark.parametrize("case", list(_some()))
def test_file(case):
    found = measured(case)
    assert found.faults() == [], found.sentences[:2000]


def test_every_class_has_files_and_no_two_have_one_name():
    names = [case.id for case in all_cases()]
    assert len(names) == len(set(names)) > 900
    assert {case.group for case in CASES} == set(CLASSES)
