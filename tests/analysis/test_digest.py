"""The digest: what it tells of a home with something to tell, and to whom it tells what."""

from datetime import UTC, date, datetime, timedelta

import pytest

from kpi.access import Access, Role
from kpi.analysis import open_home, registering
from kpi.analysis.digest import MOST_LINES, digest, everybody, seen_as, seen_of
from kpi.cli import main
from kpi.errors import UnknownNameError
from kpi.qms.actions import ACTION, Action
from kpi.qms.people import Person, put_person
from kpi.store import restore
from tests.access.canaries import make, plants
from tests.reports.mail_server import REFUSED, MailServer, Post

TODAY = date(2026, 11, 23)
WHEN = datetime(2026, 11, 1, tzinfo=UTC)
FIRST, SECOND = plants(2, (1, 2))


@pytest.fixture(scope="module")
def two(tmp_path_factory):
    """Two plants, a person of one and of all, and an overdue action each."""
    home = make(tmp_path_factory.mktemp("two"), (FIRST, SECOND), kinds=("scrap",), notes=False,
                mixed=False)  # fmt: skip
    for name, where in (("one", FIRST.name), ("boss", "*")):
        person = Person("", f"{name}@example.com", name, Access.of({where: Role.VIEWER}))
        put_person(home.store, person, who="root", when=WHEN, why="test")
    gone = Person("", "left@example.com", "left", Access.of({"*": Role.VIEWER}), active=False)
    put_person(home.store, gone, who="root", when=WHEN, why="test")
    for plant in (FIRST, SECOND):
        action = Action(
            title=f"{plant.mark} nozzle", slice=(("plant", plant.name),), owner=f"{plant.mark} owner",
            what="Change it.", due=date(2026, 11, 5),
        )  # fmt: skip
        registering.record(home, ACTION, action, who="me", when=WHEN)
    return home


def said(found):
    return "\n".join(
        " ".join((line.says, line.more, line.owner)) for part in found.parts for line in part.lines
    )


def test_what_is_overdue_is_told_with_its_owner_and_its_page(two):
    part = digest(two, TODAY).part("overdue")
    lines = [line for line in part.lines if "nozzle" in line.says]
    assert [line.owner for line in lines] == [f"{p.mark} owner" for p in (FIRST, SECOND)]
    assert {(line.page, line.id[:3]) for line in lines} == {("actions", "ACT")}
    assert "to be done by 5 November 2026" in lines[0].says
    assert digest(two, date(2026, 11, 4)).part("overdue").lines == ()
    assert digest(two, date(2026, 11, 4)).part("overdue").says == "Nothing is overdue."


def test_old_data_are_missing(two):
    drawn = two.view().data_date()
    late = digest(two, drawn + timedelta(days=60)).part("missing")
    assert any("60 days ago" in line.says for line in late.lines)
    soon = digest(two, drawn + timedelta(days=20)).part("missing")
    assert not any("days ago" in line.says for line in soon.lines)


def test_each_sees_the_plants_of_their_role(two):
    whole, one = digest(two, TODAY), digest(seen_as(two, "One@example.com"), TODAY)
    assert SECOND.mark in said(whole)
    assert FIRST.mark in said(one)
    told = said(one) + one.subject + one.of + one.fresh + "".join(p.says for p in one.parts)
    assert SECOND.mark not in told
    assert said(digest(seen_as(two, "boss@example.com"), TODAY)) == said(whole)
    assert said(digest(seen_of(two, [FIRST.name]), TODAY)) == said(one)


def test_who_may_not_sign_in_gets_nothing(two):
    assert everybody(two) == ("boss@example.com", "one@example.com")
    for address in ("left@example.com", "stranger@example.com"):
        with pytest.raises(UnknownNameError):
            seen_as(two, address)
    with pytest.raises(UnknownNameError):
        seen_of(two, ["Nowhere"])


def test_an_empty_home_says_so(tmp_path):

    found = digest(open_home(tmp_path / "home"), TODAY)
    assert found.fresh == "No data are loaded yet."
    assert found.part("missing").says == "No data are loaded yet."
    assert [part.lines for part in found.parts] == [(), (), (), ()]
    assert found.subject == "nothing out of the ordinary (23 November 2026)"


def test_long_lists_are_cut_and_counted(two, tmp_path):
    made = two.store.back_up(tmp_path / "b", who="me", when=WHEN)
    restore(made.path, tmp_path / "home")

    home = open_home(tmp_path / "home")
    for n in range(MOST_LINES + 3):
        action = Action(title=f"Step {n}", what="Do.", owner="Jon", due=date(2026, 11, 6))
        registering.record(home, ACTION, action, who="me", when=WHEN)
    part = digest(home, TODAY).part("overdue")
    assert len(part.lines) == MOST_LINES
    assert part.left == len(digest(two, TODAY).part("overdue").lines) + 3


def test_the_command_sends_each_their_own(two, capsys, monkeypatch):
    post = Post()
    monkeypatch.setenv("KPI_MAIL__HOST", "127.0.0.1")
    monkeypatch.setenv("KPI_MAIL__SECURITY", "none")
    monkeypatch.setenv("KPI_MAIL__SENDER", "quality@example.com")
    with MailServer(post) as port:
        monkeypatch.setenv("KPI_MAIL__PORT", str(port))
        call = ["--home", str(two.path), "digest", "--on", "2026-11-23"]
        assert main([*call, "--everybody"]) == 0
        out = capsys.readouterr().out.splitlines()
        assert [line.partition(":")[0] for line in out] == [
            "Sent to boss@example.com", "Sent to one@example.com",
        ]  # fmt: skip
        assert main([*call, "--to", "stranger@example.com", "one@example.com"]) == 4
        assert "Sent to one@example.com" in capsys.readouterr().out
        assert main([*call, "--to", REFUSED, "--plant", "*"]) == 4
        assert "does not take mail for gone@example.com" in capsys.readouterr().out
    told = {to[0]: got.get_body(("plain",)).get_content() for to, got in post.kept}
    assert SECOND.mark in told["boss@example.com"]
    assert SECOND.mark not in told["one@example.com"]
    assert len({got["Message-ID"] for _, got in post.kept}) == len(post.kept) == 3


def test_the_command_writes_files_and_json(two, tmp_path, capsys):
    call = ["--home", str(two.path), "digest", "--on", "2026-11-23"]
    html, text = tmp_path / "d.html", tmp_path / "d.txt"
    assert main([*call, "--html", str(html), "--text", str(text)]) == 0
    assert html.read_text("utf-8").startswith("<!DOCTYPE html>")
    capsys.readouterr()
    assert main(call) == 0
    assert capsys.readouterr().out == text.read_text("utf-8")
    assert main([*call, "--json"]) == 0
    import json

    assert json.loads(capsys.readouterr().out)["day"] == "2026-11-23"
    assert main([*call, "--to", "one@example.com"]) == 2
    assert capsys.readouterr().err.startswith("No mail server is named.")
