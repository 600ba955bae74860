"""No page interprets a text from a file or a form: every element of every page is looked at."""

from pathlib import Path

import pytest
from streamlit.proto.Element_pb2 import Element
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from tests.injection.hostile_home import FORGED, KNOWN_BY_PROFILE, SHEET, spoiled_workbook
from tests.injection.payloads import (
    CONTROLS,
    END,
    ENDLESS,
    LINKS,
    MARKDOWN,
    MARKUP,
    NAMES,
    OUTSIDE,
    START,
    TEMPLATES,
)
from tests.injection.surfaces import caught, faults, html_faults, kinds
from tests.pages.made_uploads import XLSX
from tests.pages.test_pages import PAGES, ROOT, opened


def said(messages):
    return "\n".join(faults(messages))


def go(app, page, **address):
    app.query_params.clear()
    for name, value in address.items():
        app.query_params[name] = value
    app.switch_page(page).run()
    assert not app.exception, page
    return app


def tabs_of(app):
    """The key under which the page keeps its open tab, and what stands on the tabs."""
    keys = [k for k in app.session_state if str(k).startswith("tabs ")]
    return [(key, [tab.label for tab in app.tabs]) for key in keys]


@pytest.fixture(scope="module")
def seen(hostile):
    """What each page sends when it opens."""
    found = {}
    with caught() as sent:
        app = opened().run()
        for page in PAGES:
            sent.clear()
            go(app, page)
            found[page] = list(sent)
    return found


@pytest.mark.parametrize("page", PAGES)
def test_nothing_on_a_page_is_interpreted(seen, page):
    assert said(seen[page]) == ""


def test_what_comes_from_outside_stands_on_the_pages_at_all(seen):
    """The tests here look at something: names reach every kind of element that shows names."""
    everywhere = set().union(*(kinds(messages) for messages in seen.values()))
    assert {
        "Html.body", "MultiSelect.options", "Selectbox.options", "PlotlyChart.spec",
        "PlotlyChart.alt", "PageLink.label",
    } <= everywhere  # fmt: skip


@pytest.mark.parametrize("tab", [0, 1, 2, 6])
def test_nothing_in_a_tab_of_a_kpi_is_interpreted(hostile, tab):
    with caught() as sent:
        app = go(opened().run(), "delivery.py")
        ((key, titles),) = tabs_of(app)
        if tab < len(titles):
            app.session_state[key] = titles[tab]
            sent.clear()
            app.run()
        assert not app.exception
        assert said(sent) == ""


def test_what_an_address_asks_for_is_text(hostile):
    with caught() as sent:
        app = opened().run()
        for payload in (MARKUP + MARKDOWN, CONTROLS + TEMPLATES + LINKS, ENDLESS):
            asked = dict.fromkeys(
                ("line", "reason", "kpi", "tab", "by", "rows", "from", "as-of", "ledger", "event"),
                payload,
            )
            go(app, "scrap.py", **asked)
            go(app, "overview.py", next=f"https://{payload}", redirect="//outside.example")
    assert said(sent) == ""
    leads = [e for e in app.get("page_link") if e.proto.external]
    assert leads == []


def test_what_is_dropped_and_what_is_wrong_with_it_is_text(hostile):
    name = f"{MARKDOWN[:80]}{CONTROLS[:40]}{MARKUP[:60]}.xlsx"
    with caught() as sent:
        app = go(opened().run(), "upload.py")
        app.file_uploader[0].set_value([(name, spoiled_workbook(), XLSX)])
        app.run()
        assert not app.exception
        one = kinds(sent)
        app.file_uploader[0].set_value(
            [
                (name, spoiled_workbook(), XLSX),
                (FORGED, KNOWN_BY_PROFILE, "text/csv"),
                (MARKUP, MARKUP.encode(), "text/csv"),
            ]
        )
        app.run()
        assert not app.exception
    assert said(sent) == ""
    assert "Html.body" in one
    assert SHEET


@pytest.mark.long
def test_a_deck_built_on_the_page_is_told_of_as_text(hostile):
    with caught() as sent:
        app = go(opened().run(), "review.py")
        app.query_params["tab"] = "deck"
        app.run()
        next(b for b in app.button if b.label == "Build the deck").click().run()
        assert not app.exception
    assert said(sent) == ""


@pytest.mark.long
def test_every_tab_of_every_kpi_of_every_page(hostile):
    with caught() as sent:
        app = opened().run()
        for page in PAGES:
            go(app, page)
            for kpi in list(app.segmented_control[0].options) if app.segmented_control else [None]:
                if kpi is not None:
                    app.segmented_control[0].select(kpi).run()
                    assert not app.exception, (page, kpi)
                for key, titles in tabs_of(app):
                    for title in titles:
                        app.session_state[key] = title
                        app.run()
                        assert not app.exception, (page, kpi, title)
                assert said(sent) == "", (page, kpi)
                sent.clear()


# --- the checks themselves can fail -------------------------------------------------------------


def _message(**fields):
    message = ForwardMsg()
    element: Element = message.delta.new_element
    for name, (field, text) in fields.items():
        setattr(getattr(element, name), field, text)
    return message


@pytest.mark.parametrize("payload", NAMES, ids=range(len(NAMES)))
@pytest.mark.parametrize(
    ("element", "field"), [("html", "body"), ("markdown", "body"), ("button", "label")]
)
def test_a_text_put_on_a_page_as_it_is_would_be_found(element, field, payload):
    if element == "html" and payload in (MARKDOWN, ENDLESS, NAMES[5], NAMES[6]):
        return  # nothing in these says anything in HTML
    if payload == NAMES[6]:
        return
    found = faults([_message(**{element: (field, payload)})])
    assert found


def test_a_kind_of_element_nobody_has_looked_at_is_asked_for():
    found = faults([_message(video=("url", MARKUP))])
    assert found == ["Video.url: nobody has said how this is rendered: add it to RENDERED"]


def test_no_page_lets_html_run_code():
    """``st.html`` takes text that was escaped here; nothing asks Streamlit to run what is in it."""
    for path in (*ROOT.glob("pages/**/*.py"), *ROOT.glob("web/**/*.py"), ROOT / "dashboard.py"):
        source = Path(path).read_text(encoding="utf-8")
        for word in ("unsafe_allow", "components.v", "st.iframe", "st.write(", "st.json("):
            assert word not in source, f"{path.name} holds {word}"


@pytest.mark.parametrize(
    ("address", "ours"),
    [
        pytest.param("actions?record=NC-2026-001", True, id="a record"),
        pytest.param(
            "passport?plant=S%C3%BCd+1&kpi=scrap_rate&rows=2026-01", True, id="a passport"
        ),
        pytest.param(f"//{OUTSIDE}/passport?a=b", False, id="another host"),
        pytest.param("javascript:hacked=1", False, id="a script"),
        pytest.param("actions?record=<b>", False, id="no id"),
    ],
)
def test_a_link_leads_to_pages_of_ours_alone(address, ours):
    told = list(html_faults(f'<p>{START}<a class="cn-record" href="{address}">x</a>{END}</p>'))
    assert (told == []) is ours
