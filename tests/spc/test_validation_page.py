"""The page of validation evidence is what its script makes, and holds every reference case."""

import pytest

from docs.make_validation import PAGE, page, results

from .cases import FOLDER

pytestmark = pytest.mark.reference

CASES = sorted(path.stem for path in FOLDER.glob("*.json"))


def test_the_page_is_what_the_script_makes():
    assert PAGE.read_text(encoding="utf-8") == page(), "run python docs/make_validation.py"


@pytest.mark.parametrize("case", CASES)
def test_every_reference_case_is_compared_and_passes(case):
    found = [r for r in results() if r.case == case]
    assert found
    assert [(r.how, r.quantity) for r in found if not r.passed] == []
    assert sum(r.numbers for r in found) > 0


def test_all_cases_are_here():
    assert len(CASES) == 35
