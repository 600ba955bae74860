"""Every page, as people of every role in every plant see it: nothing of plants they have no role in.

Pages are found in their folder. Each is drawn whole by Streamlit, signed in as a site's people are,
and everything sent to the browser is searched, and every file the page offers.
"""

import re
import shutil

import pytest

from kpi import analysis
from kpi.access import LOCAL, Access, Permission, Role
from kpi.analysis import Home
from tests.access import crawling
from tests.access.canaries import COMPANY, MARKS, MIXED, Plant, access, let_in, make, plants
from tests.access.crawling import PAGES, crawl, signed_in_pages

__all__ = ["signed_in_pages"]

EVERY_MARK = (*MARKS, MIXED, COMPANY)
TELLING = ("ledger.py", "overview.py", "scrap.py", "targets.py")
"""Pages on which somebody with a role sees names of their own plant, whatever the role."""


@pytest.fixture
def site(copied, monkeypatch):
    return served(copied, monkeypatch)


def served(home, monkeypatch):
    """The home the pages open, with an administrator, so that nobody else becomes one."""
    let_in(home, "root", Access.of({"*": Role.ADMINISTRATOR}))
    monkeypatch.setenv("KPI_HOME", str(home.path))
    monkeypatch.setenv("KPI_SAMPLE", "off")
    return home


def marks(text):
    low = text.lower()
    return {mark for mark in EVERY_MARK if mark in low}


@pytest.mark.long
def test_no_page_tells_of_another_plant(site, signed_in_pages):
    mine = plants(1)[0]
    person = let_in(site, "ann", access(mine, Role.VIEWER))
    found = crawl(person)
    assert {page: marks(text) - {mine.mark} for page, text in found.items()} == {
        page: set() for page in PAGES
    }
    for page in TELLING:
        assert mine.mark in found[page].lower(), page
    assert f"You see the plant {mine.name}" in found["overview.py"]


@pytest.mark.long
def test_a_page_that_forgets_to_limit_is_found_out(site, signed_in_pages, monkeypatch):
    """The restriction turned off: the same look must see what it is there to see."""
    person = let_in(site, "ann", access(plants(1)[0], Role.VIEWER))
    monkeypatch.setattr(Home, "seen_by", lambda self, _access: self)
    found = crawl(person, ("ledger.py", "targets.py"))
    assert {MARKS[1], MIXED} <= marks(found["ledger.py"])
    assert {MARKS[1], COMPANY} <= marks(found["targets.py"])


@pytest.mark.parametrize("who", ["nobody", "unknown", "no role", "inactive"])
def test_who_has_no_role_is_shown_no_page(site, signed_in_pages, who):
    from dataclasses import replace

    from kpi.qms.people import put_person
    from tests.access.canaries import WHEN

    stranger = let_in(site, "eve", Access.of({}))
    if who == "inactive":
        held = replace(stranger, access=access(plants(1)[0], Role.ADMINISTRATOR), active=False)
        put_person(site.store, held, who="root", when=WHEN, why="left")
    person = {"nobody": None, "unknown": replace(stranger, email="mallory@example.com")}.get(
        who, stranger
    )
    for page, text in crawl(person, ("overview.py", "ledger.py")).items():
        assert marks(text) == set(), page


@pytest.mark.long
def test_nobody_is_shown_any_page(site, signed_in_pages):
    for page, text in crawl(None).items():
        assert marks(text) == set(), page


# --- the whole matrix --------------------------------------------------------------------------


@pytest.fixture(scope="module")
def large(three_plants, tmp_path_factory):
    """The home of three plants, with a person for every role in every plant."""
    folder = tmp_path_factory.mktemp("large")
    shutil.copytree(three_plants.path, folder / "home")
    home = analysis.open_home(folder / "home")
    yield home
    home.store.close()


@pytest.mark.long
@pytest.mark.parametrize("plant", plants(3), ids=lambda plant: plant.mark)
@pytest.mark.parametrize("role", list(Role))
def test_the_matrix(large, monkeypatch, signed_in_pages, plant, role):
    monkeypatch.setenv("KPI_HOME", str(large.path))
    monkeypatch.setenv("KPI_SAMPLE", "off")
    name = f"{plant.mark}-{role.name.lower()}"
    person = let_in(large, name, access(plant, role))
    found = crawl(person, deep=role is Role.QUALITY_MANAGER)
    others = {page: marks(text) - {plant.mark} for page, text in found.items()}
    assert others == {page: set() for page in PAGES}
    for page in (*TELLING, "downtime.py", "delivery.py", "measurements.py", "review.py"):
        assert plant.mark in found[page].lower(), page


@pytest.mark.long
def test_two_plants_are_seen_together_and_the_third_is_not(large, monkeypatch, signed_in_pages):
    monkeypatch.setenv("KPI_HOME", str(large.path))
    monkeypatch.setenv("KPI_SAMPLE", "off")
    one, two, _ = plants(3)
    both = Access.of({one.name: Role.QUALITY_MANAGER, two.name: Role.VIEWER})
    found = crawl(let_in(large, "both", both))
    for page, text in found.items():
        assert marks(text) <= {one.mark, two.mark, MIXED}, page
    assert {one.mark, two.mark, MIXED} <= marks(found["ledger.py"])
    assert {one.mark, two.mark} <= marks(found["overview.py"])


@pytest.mark.long
def test_an_administrator_of_all_sees_all(large, monkeypatch, signed_in_pages):
    monkeypatch.setenv("KPI_HOME", str(large.path))
    monkeypatch.setenv("KPI_SAMPLE", "off")
    found = crawl(let_in(large, "chief", LOCAL), ("ledger.py", "targets.py", "overview.py"))
    assert marks(found["ledger.py"]) >= {*MARKS, MIXED}
    assert marks(found["targets.py"]) >= {*MARKS, COMPANY}


@pytest.mark.long
def test_what_one_sees_does_not_depend_on_what_others_have(tmp_path, monkeypatch, signed_in_pages):
    """The figures of the second plant are others in a second home: every page stays, to the letter.

    Numbers carry no mark, so this is how a figure of another plant would be seen.
    """
    first = plants(1)[0]
    told = []
    for number, size in enumerate((2, 5)):
        folder = tmp_path / str(number)
        folder.mkdir()
        home = make(folder, (first, Plant(MARKS[1], size)), kinds=("scrap", "stops", "orders"))
        served(home, monkeypatch)
        person = let_in(home, "ann", access(first, Role.QUALITY_MANAGER))
        told.append({page: _plain(text, home) for page, text in crawl(person, deep=True).items()})
        home.store.close()
    for page in PAGES:
        if told[0][page] != told[1][page]:
            pytest.fail(f"{page}: {_first_difference(told[0][page], told[1][page])}")


_HASH = re.compile(r"\b(?=[0-9]*[a-f])[0-9a-f]{8,64}\b|\b\d+-\d+(?:-[0-9A-Z]{5}){4,6}\b")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+Z?|rId\d+|\d\d:\d\d(:\d\d)?")


def _plain(text, home):
    """Without what seals a home's books, and without the moment a file was made."""
    text = text.replace(str(home.path), "HOME")
    return _MOMENT.sub("T", _HASH.sub("#", text))


def _first_difference(one, two):
    at = next((i for i, (a, b) in enumerate(zip(one, two, strict=False)) if a != b), 0)
    return f"{one[max(0, at - 150) : at + 80]!r} against {two[max(0, at - 150) : at + 80]!r}"


def test_every_permission_is_asked_by_a_page_or_its_menu():
    """A page of the folder that no menu entry names could not be reached, nor be refused."""
    from pages.shared import menu

    listed = {entry.file for entries in menu._SECTIONS.values() for entry in entries}
    assert set(PAGES) <= listed | {"navigation.py"}
    assert {Permission(entry.needs) for entries in menu._SECTIONS.values() for entry in entries}
    assert crawling.NAVIGATION.exists()
