"""For which slices a target holds."""

from datetime import date

import pytest

from kpi.qms import Target, target_for

PLANT, LINE, REASON = ("plant", "North"), ("line", "L1"), ("reason", "Burr")
DAY = date(2026, 10, 31)


@pytest.mark.parametrize(
    ("kpi", "of", "chosen", "holds"),
    [
        pytest.param("scrap_rate", (), (PLANT, LINE), True, id="a rate holds for every line"),
        pytest.param("scrap_rate", (PLANT,), (PLANT, LINE), True, id="and within its plant"),
        pytest.param("scrap_rate", (PLANT,), (LINE,), False, id="not outside it"),
        pytest.param(
            "scrap_rate", (), (REASON,), False, id="a reason's share is a part of the rate"
        ),
        pytest.param(
            "scrap_rate", (REASON,), (LINE, REASON), True, id="its own target holds by line"
        ),
        pytest.param("downtime_hours", (), (LINE,), False, id="hours of a line are a part of all"),
        pytest.param("downtime_hours", (LINE,), (LINE,), True, id="unless it is the line's own"),
        pytest.param("reported:lead-time", (), (PLANT,), True, id="a figure as reported is no sum"),
    ],
)
def test_a_target_holds_for_narrower_slices_that_are_no_parts(kpi, of, chosen, holds):
    target = Target(kpi, of, 2.0, date(2026, 1, 1))
    assert (target_for([target], kpi, chosen, DAY) is target) is holds
