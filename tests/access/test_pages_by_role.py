"""The menu and the pages by role, the users page, and parts that rerun alone."""

import ast
from datetime import UTC, datetime
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from kpi.access import EVERY_PLANT, Access, Role
from kpi.analysis import members
from kpi.analysis.home import open_home
from kpi.figures.escape import markdown
from pages.shared import menu
from tests.access.signed_cookies import configured

NAVIGATION = Path(__file__).parents[2] / "pages" / "navigation.py"
SAID = {"who": "setup", "why": "for the test"}
TIMEOUT = 60

FOR_ALL = {
    "Overview", "Scrap", "Downtime", "Delivery", "Customers and suppliers", "Measurements",
    "Other figures", "Ledger", "Review", "Targets and time", "Definitions",
}  # fmt: skip


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("KPI_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("KPI_SAMPLE", "off")
    made = open_home(tmp_path / "home")
    members.invite(made, "boss@example.com", {EVERY_PLANT: "administrator"}, when=now(), **SAID)
    st.cache_resource.clear()
    yield made
    st.cache_resource.clear()


def now():
    return datetime.now(tz=UTC)


def claims(email, **said):
    """What Streamlit has read from the cookie; AppTest has no cookie, so ``iat`` tells the age."""
    return {
        "is_logged_in": True, "iss": "https://id", "sub": f"of {email}", "email": email,
        "iat": int(now().timestamp()) + 2, **said,
    }  # fmt: skip


def opened(email, page=""):
    app = AppTest.from_file(str(NAVIGATION), default_timeout=TIMEOUT)
    app.user = claims(email)
    app.run()
    return app.switch_page(page).run() if page else app


def shown_menu(monkeypatch):
    """The titles of the pages offered, as the menu was last drawn."""
    drawn = []
    navigation = st.navigation

    def keep(pages, **named):
        listed = (
            [p for section in pages.values() for p in section] if isinstance(pages, dict) else []
        )
        drawn[:] = [page.title for page in listed if page.visibility == "visible"]
        return navigation(pages, **named)

    monkeypatch.setattr(menu.st, "navigation", keep)
    return drawn


@pytest.mark.parametrize(
    ("roles", "more"),
    [
        ({"Brno": "viewer"}, ()),
        ({"Brno": "contributor"}, ("Upload",)),
        ({"Brno": "quality manager"}, ("Upload",)),
        ({"Brno": "administrator"}, ("Upload",)),
        ({EVERY_PLANT: "administrator"}, ("Upload", "Users")),
    ],
    ids=str,
)
def test_the_menu_offers_what_a_role_may(home, monkeypatch, roles, more):
    members.invite(home, "anna@example.com", roles, when=now(), **SAID)
    drawn = shown_menu(monkeypatch)
    with configured():
        app = opened("anna@example.com")
    assert not app.exception
    assert FOR_ALL | set(more) <= set(drawn)
    assert not ({"Upload", "Users"} - set(more)) & set(drawn)


def test_alone_on_a_laptop_none_of_it_shows(home, monkeypatch):
    drawn = shown_menu(monkeypatch)
    app = AppTest.from_file(str(NAVIGATION), default_timeout=TIMEOUT).run()
    assert not app.exception
    assert FOR_ALL | {"Upload"} <= set(drawn)
    assert "Users" not in drawn
    assert not [button for button in app.sidebar.button if button.label == "Sign out"]


@pytest.mark.parametrize("page", ["", "scrap.py", "upload.py", "users.py", "review.py"])
def test_nobody_sees_a_page_before_signing_in(home, page):
    with configured():
        app = AppTest.from_file(str(NAVIGATION), default_timeout=TIMEOUT)
        app.user = {"is_logged_in": False}
        app.run()
        if page:
            app.switch_page(page).run()
    assert [title.value for title in app.title] == ["Clause Nine"]
    assert [button.label for button in app.button] == ["Sign in"]
    assert not app.sidebar.children
    assert not app.exception


def test_the_sample_plant_is_not_loaded_for_somebody_who_is_not_in(home, monkeypatch, tmp_path):
    monkeypatch.setenv("KPI_SAMPLE", "on")
    monkeypatch.setenv("KPI_SAMPLE_HOME", str(tmp_path / "sample"))
    with configured():
        for user in ({"is_logged_in": False}, claims("stranger@example.com")):
            app = AppTest.from_file(str(NAVIGATION), default_timeout=TIMEOUT)
            app.user = user
            app.run()
            assert [title.value for title in app.title] == ["Clause Nine"]
    assert not (tmp_path / "sample").exists()


@pytest.mark.parametrize(
    ("page", "title", "refused"),
    [
        ("upload.py", "Upload", "You may not upload files."),
        ("users.py", "Users", "You may not change settings, users or backups."),
    ],
)
def test_a_page_that_is_not_in_the_menu_refuses_by_itself(home, page, title, refused):
    members.invite(home, "anna@example.com", {"Brno": "viewer"}, when=now(), **SAID)
    with configured():
        app = opened("anna@example.com", page)
    assert [t.value for t in app.title] == [title]
    assert [error.value for error in app.error] == [
        markdown(f"{refused} Ask an administrator for the role that may.")
    ]
    assert not app.main.button
    assert not app.get("file_uploader")


def test_what_is_kept_for_one_person_is_not_the_next_ones(home):
    members.invite(home, "anna@example.com", {"Brno": "viewer"}, when=now(), **SAID)
    with configured():
        app = opened("boss@example.com")
        app.session_state["uploads"] = {"x": "a journey of the boss"}
        app.run()
        assert "uploads" in app.session_state
        app.user = claims("anna@example.com")
        app.run()
        assert "uploads" not in app.session_state


def entries():
    return [entry for section in menu._SECTIONS.values() for entry in section]


def test_every_page_is_in_the_menu():
    files = {path.name for path in NAVIGATION.parent.glob("*.py")} - {NAVIGATION.name}
    assert {entry.file for entry in entries()} == files


@pytest.mark.parametrize("entry", entries(), ids=lambda entry: entry.file)
def test_a_page_asks_for_what_its_entry_says_before_anything_else(entry):
    """All of a page stands inside its frame, and the frame asks for what the menu went by."""
    tree = ast.parse((NAVIGATION.parent / entry.file).read_text(encoding="utf-8"))
    body = [
        node for node in tree.body if not isinstance(node, ast.ImportFrom | ast.Import | ast.Expr)
    ]
    assert len(body) == 1
    assert isinstance(body[0], ast.With)
    frame = body[0].items[0].context_expr
    assert ast.unparse(frame.func) == "frame"
    asked = {word.arg: ast.unparse(word.value) for word in frame.keywords}
    assert asked.get("needs", "Permission.SEE") == f"Permission.{entry.needs.name}"
    assert asked.get("plants", "None") == ("None" if entry.plants is None else "(EVERY_PLANT,)")


def field(app, kind, label, nth=0):
    return [found for found in getattr(app, kind) if found.label == label][nth]


def test_an_administrator_lets_somebody_in_and_puts_them_out(home):
    with configured():
        app = opened("boss@example.com", "users.py")
        assert not app.exception
        last = [box for box in app.selectbox if box.label == "Every plant"][-1]
        last.select("contributor")
        field(app, "text_input", "E-mail address, as the identity provider knows it").input(
            "New@example.com"
        )
        [box for box in app.text_input if box.label == "Why"][-1].input("new engineer")
        field(app, "button", "Let in").click().run()
        assert not app.exception
        told = "New@example.com may sign in now. Nothing is sent: tell them the address."
        assert app.success[0].value == markdown(told)
        [added] = [p for p in members.members(home) if p.email == "new@example.com"]
        assert added.access == Access.of({EVERY_PLANT: Role.CONTRIBUTOR})
        assert members.history(home)[0].who == "boss@example.com"

        field(app, "selectbox", "Person").select("new@example.com").run()
        field(app, "text_input", "Why").input("left the company")
        field(app, "button", "Deactivate").click().run()
        assert not app.exception
    [gone] = [p for p in members.members(home) if p.email == "new@example.com"]
    assert not gone.active
    assert members.history(home)[0].why == "left the company"


def test_what_stands_against_a_change_is_said_beside_it(home):
    with configured():
        app = opened("boss@example.com", "users.py")
        field(app, "text_input", "Why").input("tired")
        field(app, "button", "Deactivate").click().run()
        assert [error.value for error in app.error] == [
            markdown(
                "boss@example.com is the last administrator of every plant. Make somebody else "
                "administrator first: without one, nobody could let people in."
            )
        ]
    assert members.members(home)[0].active


def test_signing_out_ends_what_was_kept(home):
    with configured():
        app = opened("boss@example.com")
        field(app, "button", "Sign out").click().run()
        assert [title.value for title in app.title] == ["Clause Nine"]
    assert members.members(home)[0].revoked_after is not None
