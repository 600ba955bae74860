"""The tab that says why a KPI changed: it opens from an address, keeps choices, refuses in words."""

import pytest
from test_pages import opened, said


def at(page, **address):
    app = opened()
    app.query_params["tab"] = "why"
    for name, value in address.items():
        app.query_params[name] = value
    return app.switch_page(page).run()


def test_an_address_opens_the_answer(filled):
    app = at("scrap.py", until="2025-10", since="2025-02", by="line")
    assert not app.exception
    boxes = {box.label: box.value for box in app.selectbox}
    assert (boxes["Explain"], boxes["Compared with"], boxes["Split by"]) == (
        "2025-10", "2025-02", "line",
    )  # fmt: skip
    assert "because L2 got worse" in said(app)


def test_another_period_is_explained_at_once(filled):
    app = at("scrap.py")
    box = next(box for box in app.selectbox if box.label == "Explain")
    app = box.select("2025-03").run()
    boxes = {box.label: box.value for box in app.selectbox}
    assert (boxes["Explain"], boxes["Compared with"]) == ("2025-03", "2025-02")
    assert "(February 2025) to" in said(app)
    assert app.query_params["until"] == "2025-03"


@pytest.mark.parametrize("page", ["downtime.py", "delivery.py"])
def test_it_opens_on_every_kpi_page(filled, page):
    app = at(page)
    assert not app.exception
    assert not app.error
