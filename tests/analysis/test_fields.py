"""Whatever a column can be read as has a title that a person understands."""

import pytest

from kpi.analysis.fields import FIELD_TITLES, answer_title, dataset_words, field_title, is_read
from kpi.datasets import DATASETS
from kpi.ingest.confirming import fields_by_domain
from kpi.ingest.profiles import HELPERS

COLUMNS = {column.name for dataset in DATASETS.values() for column in dataset.columns}
OFFERED = {name for names in fields_by_domain().values() for name in names}


@pytest.mark.parametrize("name", sorted(COLUMNS | OFFERED | HELPERS))
def test_a_field_has_a_title(name):
    assert name in FIELD_TITLES


def test_a_title_says_nothing_of_software():
    assert not [title for title in FIELD_TITLES.values() if "_" in title or title.islower()]


@pytest.mark.parametrize(
    ("value", "kind", "title"),
    [
        ("ignore", "field", "Not needed"),
        ("ignore", "dataset", "Leave it out"),
        ("running_time", "dataset", "Planned and running time"),
        ("min", "unit", "Minutes"),
        ("Nordhafen", "plant", "Nordhafen"),
        ("A31", "field", "A31"),
    ],
)
def test_an_answer_is_named_by_what_is_asked(value, kind, title):
    assert answer_title(value, kind) == title


def test_names_of_files_are_not_taken_for_ours():
    assert field_title("scrap.qty_scrap") == "Scrapped quantity"
    assert dataset_words("no_such_dataset") == "no_such_dataset"
    assert not is_read("personal")
