"""What pages share and what needs no page to be tested."""

import re
from collections import Counter
from pathlib import Path

import pandas as pd

from kpi.settings import Delivery, PlantSettings, Settings, Shift
from pages.shared import look
from pages.shared.sitewords import settings_in_words
from pages.shared.tables import csv_bytes


def test_csv_cells_and_headings_cannot_act_as_formulas():
    frame = pd.DataFrame({"=a": ["=1+1", "@x", "-", "A31"], "n": [-1.5, 2.0, 3.0, None]})
    assert csv_bytes(frame).decode("utf-8-sig").splitlines() == [
        "'=a,n",
        "'=1+1,-1.5",
        "'@x,2.0",
        "'-,3.0",
        "A31,",
    ]


def test_settings_are_told_in_words():
    from datetime import time

    shift = Shift("Early", time(6), time(14), (0, 1))
    settings = Settings(
        delivery=Delivery(late_days=2),
        plants=(PlantSettings(name="Nordhafen", shifts=(shift,), planned_minutes=(480.0,) * 7),),
    )
    told = dict(settings_in_words(settings))
    assert dict(told["Nordhafen"])["Shifts"] == "Early 06:00 to 14:00, Mon, Tue"
    assert dict(told["Delivery"])["Days late still on time"] == "2"
    assert dict(told["Delivery"])["Days early still on time"] == "not set"
    assert dict(told["Every other plant"])["Time zone"] == "not set"
    assert "General" in told


def test_an_unforeseen_error_shows_a_reference_and_logs_the_rest(caplog):
    def page():
        from pages.shared import failure

        failure.told(RuntimeError("cell says: secret"))

    from streamlit.testing.v1 import AppTest

    app = AppTest.from_function(page).run()
    reference = app.error[0].value.split("Reference ")[1][:6]
    assert "secret" not in app.error[0].value
    [logged] = [record for record in caplog.records if record.message == "unexpected error"]
    assert logged.fields["reference"] == reference


def test_the_colours_in_the_configuration_are_those_of_the_theme():
    import tomllib
    from pathlib import Path

    from kpi.figures import DARK, LIGHT

    file = Path(__file__).parents[2] / ".streamlit" / "config.toml"
    theme = tomllib.loads(file.read_text(encoding="utf-8"))["theme"]
    for palette in (LIGHT, DARK):
        own = theme[palette.name]
        assert own["primaryColor"] == own["linkColor"] == palette.accent
        assert own["backgroundColor"] == palette.background
        assert own["textColor"] == palette.ink
        assert own["borderColor"] == palette.rule


def test_a_colour_of_a_chart_means_one_thing_in_both_themes():
    """Charts are sent in light colours and recoloured: alike in light must be alike in dark."""
    from kpi.figures import DARK, LIGHT
    from kpi.figures.theme import COLOURS

    by_light = {}
    for name in COLOURS:
        by_light.setdefault(getattr(LIGHT, name), set()).add(getattr(DARK, name))
    by_light.pop(LIGHT.background)  # hover boxes have the colour of cards, the page its own
    assert all(len(dark) == 1 for dark in by_light.values())


def test_no_class_is_described_twice_at_its_own_level():
    """Two parts that take one name unknowing change each other: a cut-off cell of the upload page."""
    styles = (Path(look.__file__).parent / "look.css").read_text(encoding="utf-8")
    whole = re.sub(r"@media[^{]*\{(?:[^{}]*\{[^}]*\})*[^{}]*\}", "", styles)
    named = re.findall(r"(?:^|\})\s*(\.[\w-]+)\s*(?=\{)", whole, re.MULTILINE)
    assert len(named) > 40
    assert [name for name, count in Counter(named).items() if count > 1] == []
