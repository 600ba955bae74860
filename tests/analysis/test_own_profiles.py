"""A site's own profiles lie in its home and are read with every file."""

import json
from datetime import datetime

import pytest

from kpi.analysis import ingest_file, open_home
from kpi.errors import KpiError

OWN = {
    "id": "acme_log",
    "title": "an ACME shop log",
    "says": "one row per lot",
    "datasets": ["production", "scrap"],
    "columns": {
        "date": {"headings": ["Shipday"]},
        "made": {"field": "qty_produced", "headings": ["Ins"]},
        "bad": {"field": "qty_scrap", "headings": ["Outs"]},
    },
    "recognise": {"telling": ["date", "made", "bad"], "at_least": 3},
}
LOG = "Shipday,Ins,Outs\n2026-01-05,100,4\n2026-01-06,200,6\n"
WHEN = datetime(2026, 2, 1, 8, 0)


def test_a_profile_in_the_home_needs_no_code(tmp_path):
    home = open_home(tmp_path / "home")
    folder = home.path / "profiles"
    folder.mkdir()
    (folder / "acme.json").write_text(json.dumps(OWN), "utf-8")
    file = tmp_path / "log.csv"
    file.write_text(LOG, "utf-8")

    outcome = ingest_file(home, file, who="A", when=WHEN)

    assert outcome.state == "committed"
    assert {d.dataset: d.rows_accepted for d in outcome.datasets} == {"production": 2, "scrap": 2}

    file.write_text(LOG.replace("2026-01", "2026-02"), "utf-8")
    again = ingest_file(home, file, who="A", when=WHEN)
    assert (again.state, again.feed) == ("committed", outcome.feed)


def test_a_broken_profile_is_named_before_anything_is_read(tmp_path):
    home = open_home(tmp_path / "home")
    (home.path / "profiles").mkdir()
    (home.path / "profiles" / "acme.json").write_text("{", "utf-8")
    file = tmp_path / "log.csv"
    file.write_text(LOG, "utf-8")
    with pytest.raises(KpiError, match=r"The profile acme\.json cannot be used"):
        ingest_file(home, file, who="A", when=WHEN)
