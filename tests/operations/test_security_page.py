"""The pages for administrators point at things that are there."""

import re

import pytest

from tests.operations.containerfile import ROOT

PAGES = ("security.md", "operations.md")


@pytest.mark.parametrize("name", PAGES)
def test_what_a_page_points_at_is_there(name):
    text = (ROOT / "docs" / name).read_text(encoding="utf-8")
    named = re.findall(r"`((?:tests|deploy|kpi|docs)/[\w./-]+)`", text)
    linked = [link for link in re.findall(r"\]\(([^)#]+)", text) if "://" not in link]
    assert [p for p in named if not (ROOT / p).exists()] == []
    assert [p for p in linked if not (ROOT / "docs" / p).exists()] == []


def test_every_promise_names_what_holds_it():
    text = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
    promised = text.partition("## Promised")[2].partition("## Not promised")[0]
    promises = [part for part in promised.split("\n\n") if part.startswith("**")]
    assert len(promises) > 8
    assert [p[:60] for p in promises if "*Held by*" not in " ".join(p.split())] == []


def test_every_command_the_page_gives_exists():
    from kpi.cli import running

    text = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    words = set(re.findall(r"python -m kpi (\w+)", text))
    known = running._parser([]).format_help()
    assert [word for word in words if not re.search(rf"^    {word}\b", known, re.M)] == []
