"""The figures a review freezes, worked out all slices at once, against each asked for by itself."""

from datetime import date

import pytest

from kpi.analysis.agenda_results import Asked
from kpi.analysis.frozen import SPLIT, figures_of
from kpi.analysis.results import Filters
from kpi.analysis.series import ask
from kpi.errors import UnknownNameError
from kpi.measures import CATALOG
from tests.analysis.made_home import PLANT, make_home

FIRST, LAST = date(2025, 6, 1), date(2026, 10, 31)


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return make_home(tmp_path_factory.mktemp("frozen"))


def singly(home, kpi, where):
    """Value by slice and month of one KPI: over everything reviewed, then line by line."""
    filters = Filters(where=where, first=FIRST, last=LAST)
    frame = ask(home, kpi, filters).frame
    found = {(where, row.period): row.value for row in frame.itertuples()}
    for row in ask(home, kpi, filters, SPLIT).frame.itertuples():
        own = tuple((d, v) for d in SPLIT if isinstance(v := getattr(row, d), str))
        if own:
            found[own, row.period] = row.value
    return found


@pytest.mark.long
@pytest.mark.parametrize("where", [(), (("plant", PLANT),)])
def test_every_figure_is_that_of_its_slice_asked_for_alone(home, where):
    kpis = [kpi.id for kpi in CATALOG.values() if kpi.computable]
    asked = Asked(where, FIRST, LAST)
    found = figures_of(home.view(), home.settings, kpis, asked)
    alone = {(id, *key): v for id in kpis for key, v in singly(home, id, where).items()}
    assert {f.key: f.value for f in found} == pytest.approx(alone, rel=1e-12, nan_ok=True)
    assert len({f.slice for f in found}) > 2


def test_a_figure_that_nobody_reports_any_more_is_none(home):
    asked = Asked((), FIRST, LAST)
    assert figures_of(home.view(), home.settings, ["reported:gone"], asked) == ()
    with pytest.raises(UnknownNameError):
        ask(home, "reported:gone", Filters())
