"""Text from files is text: no name may become a link, a picture, a formula or a script."""

import re

import pandas as pd
import pytest
from made_views import SCRAP, a_series

from kpi.analysis.results import (
    CoverageCalendar,
    CoverageCell,
    LossLedger,
    LossLine,
    ParetoView,
)
from kpi.figures import DARK, LIGHT, control_figure, coverage_table, loss_table, pareto_figure
from kpi.figures.escape import LONGEST, clean, html, markdown
from kpi.model import State

HOSTILE = (
    "<img src=x onerror=alert(1)>",
    '<a href="javascript:alert(1)">x</a>',
    "[x](javascript:alert(1))",
    "![](http://evil.example/p.png)",
    "$x$ and $$y$$",
    ":material/home: :red[x] :smile:",
    "http://evil.example www.evil.example a@evil.example",
    "`code` **bold** _it_ ~~no~~ # h | a |",
    "a\u202eb\u0000c\nd",
    '" onmouseover="alert(1)',
    "&lt;b&gt;",
)


@pytest.mark.parametrize("name", HOSTILE)
def test_html_leaves_nothing_to_interpret(name):
    safe = html(name)
    assert not re.search(r"[<>\"'$]", safe)
    assert not re.search(r"&(?!(amp|lt|gt|quot|#x27|#34|#36);)", safe)


@pytest.mark.parametrize("name", HOSTILE)
def test_markdown_leaves_nothing_to_interpret(name):
    safe = markdown(name)
    assert not re.search(r"(?<!\\)[\[\]()!<>`*_$#|~:&]", safe)
    shown = re.sub(r"\\(?=[!-/:-@\[-`{-~])", "", safe)
    assert not re.search(r"(https?:|www\.|:material|:red|:smile|\w@\w)", shown)
    assert shown.replace("\u2060", "") == clean(name)


def test_a_plain_name_stays_as_it_is():
    assert html("Linie 3, Süd") == "Linie 3, Süd"
    assert markdown("Linie 3") == "Linie 3"


def test_an_endless_name_is_cut():
    assert len(clean("x" * 10_000)) == LONGEST
    assert clean("x" * 10_000).endswith("…")


def test_marks_that_turn_the_reading_direction_are_shown_not_obeyed():
    assert clean("a\u202eb\u0000") == "a\ufffdb\ufffd"


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])
def test_no_figure_carries_a_name_unescaped(name, palette):
    series = a_series([2.0, float("nan")], reasons={1: name}, headline=name, labels=["a", "b"])
    bars = pd.DataFrame(
        {
            "label": [name], "code": [name + "2"], "amount": [1.0], "share": [100.0],
            "cumulative": [100.0], "unassigned": [False],
        }
    )  # fmt: skip
    pareto = ParetoView(SCRAP, (), "reason", name, name, "the whole time", bars, 1.0)
    for figure in (control_figure(series, palette), pareto_figure(pareto, palette)):
        for text in _texts(figure.to_plotly_json()):
            without_ours = re.sub(r"</?b>|<br>", "", text)
            assert not re.search(r"[<>$]", without_ours)


def _texts(part):
    if isinstance(part, dict):
        return [t for value in part.values() for t in _texts(value)]
    if isinstance(part, list | tuple):
        return [t for value in part for t in _texts(value)]
    return [part] if isinstance(part, str) else []


@pytest.mark.parametrize("name", HOSTILE)
def test_no_table_carries_a_name_unescaped(name):
    cell = CoverageCell("scrap", name, "2026-10", State.MISSING, 0, name)
    page = coverage_table(CoverageCalendar(("2026-10",), (cell,), ()))
    page += loss_table(LossLedger((LossLine(name, 5.0, name),), ()))
    assert html(name) in page
    assert "<img" not in page
    assert "<a " not in page
    assert 'onmouseover="' not in page
