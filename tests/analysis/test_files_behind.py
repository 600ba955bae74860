"""The files behind a series, counted by day at once, against the rows themselves."""

from dataclasses import replace
from datetime import date, time

import pytest

from kpi.access import Access, Role
from kpi.measures import CATALOG, SeriesQuestion, rows_behind, uploads_behind
from tests.analysis.made_home import PLANT, make_home

pytestmark = pytest.mark.long

DAYS = (date(2025, 6, 4), date(2026, 3, 14))


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return make_home(tmp_path_factory.mktemp("behind"))


@pytest.mark.parametrize("begins", [time(0), time(9)], ids=["from midnight", "from nine"])
@pytest.mark.parametrize(
    "where", [(), (("plant", PLANT),), (("line", "L2"),), (("plant", PLANT), ("reason", ""))]
)
def test_each_upload_is_counted_by_the_rows_it_gave(home, where, begins):
    told = replace(home.settings.every_plant, production_day_start=begins)
    settings = replace(home.settings, every_plant=told)
    counted = 0
    for kpi in ("scrap_rate", "downtime_hours", "availability", "otd_promise", "complaints"):
        asked = SeriesQuestion(kpi, "month", (), where, *DAYS)
        found = uploads_behind(home.view(), asked, settings)
        assert found == rows_behind(home.view(), asked, settings, limit=1).by_upload, kpi
        counted += sum(found.values())
    assert counted > 0


def test_who_sees_nothing_of_a_plant_is_told_no_file_of_it(home):
    elsewhere = home.seen_by(Access.of({"Elsewhere": Role.VIEWER}))
    for kpi in CATALOG:
        asked = SeriesQuestion(kpi, "month", ())
        assert uploads_behind(elsewhere.view(), asked, home.settings) == {}
