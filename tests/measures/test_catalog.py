import re

import pytest

from kpi.datasets import DATASETS, DIMENSIONS
from kpi.errors import UnknownNameError
from kpi.measures import CATALOG
from kpi.measures.catalog import REPORTED, declared
from kpi.measures.quantities import recipe
from kpi.settings import Settings

IDENTIFIERS = """
scrap_rate, scrap_weight_rate, scrap_cost, scrap_cost_rate, scrap_ppm, first_pass_yield, rolled_throughput_yield, rework_rate,
copq, recorded_downtime, downtime_hours, unplanned_share, availability, performance, quality_ratio, oee, stops, mtbf, mttr,
changeover_minutes, otd_request, otd_first_promise, otd_promise, otd_order, otd_quantity, otif, days_late, overdue_backlog,
supplier_otd, supplier_ppm, returns_ppm, complaints, complaint_rate, actions_on_time, actions_effective
"""
"""As the definitions page lists them; ``reported:<slug>`` is the pattern ``REPORTED``."""

CHARTS = {"imr", "p", "u", "c", "laney_u", "run"}
EVERY = [pytest.param(k, id=k.id) for k in (*CATALOG.values(), REPORTED)]


def test_the_identifiers_are_those_of_the_definitions_page():
    assert set(CATALOG) == set(re.findall(r"\w+", IDENTIFIERS))
    assert all(id == kpi.id for id, kpi in CATALOG.items())


@pytest.mark.parametrize("kpi", EVERY)
def test_every_declaration_is_complete(kpi):
    assert kpi.definition.endswith(".") and kpi.definition[0].isupper()
    assert kpi.title and kpi.numerator and kpi.source and kpi.clauses
    assert kpi.default_chart in CHARTS
    assert kpi.decimals >= 0 and kpi.version >= 1
    assert set(kpi.datasets) <= set(DATASETS)
    assert set(kpi.dimensions) <= set(DIMENSIONS)


@pytest.mark.parametrize("kpi", [p for p in EVERY if p.values[0].id in CATALOG])
def test_what_is_not_computable_says_what_it_needs_and_the_rest_has_a_recipe(kpi):
    has_own_way = kpi.id == "overdue_backlog"
    assert (recipe(kpi.id, Settings()) is not None or has_own_way) == kpi.computable
    assert kpi.computable or kpi.needs.endswith(".")


@pytest.mark.parametrize("kpi", EVERY)
def test_a_ratio_names_what_it_divides_by(kpi):
    made = recipe(kpi.id, Settings())
    if made is not None:
        assert bool(kpi.denominator) == (made.denominator is not None)
        assert kpi.numerator == made.numerator.words
        if made.denominator is not None:
            assert kpi.denominator == made.denominator.words


def test_an_unknown_identifier_gets_the_nearest():
    with pytest.raises(UnknownNameError) as raised:
        declared("scrap_rat")
    assert str(raised.value) == "There is no KPI 'scrap_rat'. Did you mean 'scrap_rate'?"
