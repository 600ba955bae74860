"""The scripts of data/ stand by themselves; the tests import them as the scripts import each other."""

import json
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "data")]


@pytest.fixture(scope="session")
def vocabulary():
    """The headings the product knows: field -> synonyms, per dataset of the vocabulary."""
    beside = ROOT.parent / "shared" / "reference" / "headers.json"
    places = [*sorted((ROOT / "kpi").rglob("headers.json")), beside]
    found = next((p for p in places if p.exists()), None)
    if found is None:
        pytest.skip("headers.json is neither in the package nor beside the project")
    document = json.loads(found.read_text(encoding="utf-8"))
    return {
        dataset: {
            field: {label for labels in says["synonyms"].values() for label in labels}
            for field, says in fields.items()
        }
        for dataset, fields in document["datasets"].items()
    }
