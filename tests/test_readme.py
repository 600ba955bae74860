"""What README and docs say is true: commands run, links lead somewhere, formulas are the catalogue's."""

import importlib.util
import re
import shlex
from pathlib import Path

import pytest

from kpi.cli import main
from kpi.measures import CATALOG

ROOT = Path(__file__).parents[1]

PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]

BLOCK = re.compile(r"```(\w*)\n(.*?)```", re.DOTALL)
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")


SHOWN = {
    "ingest", "rejected", "watch", "series", "review", "restatements", "ledger", "withdraw", "screen",
    "why", "forecast", "effect", "event", "chart", "passport", "objectives", "plan", "audits",
    "actions", "records", "pack", "digest",
}  # fmt: skip
"""What README shows of the product's commands; the others stand in the documents."""


def blocks(page):
    return [text for _, text in BLOCK.findall(page.read_text(encoding="utf-8"))]


def commands(page):
    """Lines of the page's code blocks that start the product, without their comments."""
    lines = [line.split("  #")[0].strip() for text in blocks(page) for line in text.splitlines()]
    return [line for line in lines if line.startswith("python -m kpi")]


def plant_files(folder):
    """What the commands of README speak of: exports of scrap and of downtime up to October."""
    days = "\n".join(
        f"2026-{month:02d}-{day:02d};Nordhafen;{line};500;{(day * month) % 5}"
        for line in ("Press 1", "Press 2")
        for month in range(1, 11)
        for day in range(1, 32 if month == 10 else 29)
    )
    counts = "\n".join(f"{n},{12 + n % 5},{400 + n}" for n in range(24))
    (folder / "counts.csv").write_text(f"week,defects,made\n{counts}\n", encoding="utf-8")
    (folder / "scrap_october.xlsx").write_bytes(workbook(days))
    (folder / "drop").mkdir()
    stops = "\n".join(
        f"2026-10-{day:02d} 08:00;2026-10-{day:02d} 08:{10 + day};Nordhafen;L1;M1;Breakdown"
        for day in range(1, 29)
    )
    (folder / "downtime.csv").write_text(
        f"Start;End;Plant;Line;Machine;Reason\n{stops}\n", encoding="utf-8"
    )


def workbook(days):
    import io
    from datetime import datetime

    from openpyxl import Workbook

    book = Workbook()
    book.active.append(["Date", "Plant", "Line", "Produced Qty", "Scrap Qty"])
    for line in days.splitlines():
        day, plant, place, made, scrap = line.split(";")
        book.active.append([datetime.fromisoformat(day), plant, place, int(made), int(scrap)])
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def test_commands_of_the_readme_run(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("KPI_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    plant_files(tmp_path)
    found = commands(ROOT / "README.md")
    named = {line.split()[3] for line in found}
    assert named >= SHOWN, SHOWN - named
    for line in found:
        words = shlex.split(line)[3:]
        words = ["U000001" if re.fullmatch(r"U\d{6}", word) else word for word in words]
        code = main(words)
        assert code in ((0, 3) if "ingest" in words else (0,)), (line, capsys.readouterr().err)
        if "withdraw" in words:  # back again, for the lines that follow
            assert main(["ingest", "scrap_october.xlsx"]) == 0
    capsys.readouterr()


def test_every_command_of_the_documents_exists(capsys):
    """Commands named in running text, too."""
    named = set()
    for page in PAGES:
        named |= set(re.findall(r"python -m kpi (\w+)", page.read_text(encoding="utf-8")))
    assert named
    assert main(["--help"]) == 0
    told = capsys.readouterr().out.split("COMMAND\n")[1]
    there = set(re.findall(r"^    ([a-z]+)\b", told, re.MULTILINE))
    assert len(there) > 30
    assert named == there  # and each stands in a document


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_links_lead_somewhere(page):
    for target in LINK.findall(page.read_text(encoding="utf-8")):
        if "://" in target or target.startswith("mailto:"):
            continue
        path, _, fragment = target.partition("#")
        file = (page.parent / path).resolve() if path else page
        assert file.exists(), f"{page.name} links to {target}"
        if fragment and file.suffix == ".md":
            headings = re.findall(r"^#+ (.+)$", file.read_text(encoding="utf-8"), re.MULTILINE)
            assert fragment in {slug(h) for h in headings}, f"{page.name} links to {target}"


def slug(heading):
    kept = "".join(c for c in heading.lower() if c.isalnum() or c in " _-")
    return kept.replace(" ", "-")


def test_make_targets_named_exist():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for page in PAGES:
        for name in re.findall(r"`?make ([a-z-]+)`?(?=[\s`.,;)])", "\n".join(blocks(page))):
            assert re.search(rf"^{name}:", makefile, re.MULTILINE), name


def formulas():
    spec = importlib.util.spec_from_file_location("make_formulas", ROOT / "docs/make_formulas.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_formulas_are_those_of_the_catalogue():
    made = formulas()
    assert made.PAGE.read_text(encoding="utf-8") == made.page(), "run python docs/make_formulas.py"


@pytest.mark.parametrize("kpi", CATALOG.values(), ids=CATALOG)
def test_every_kpi_has_its_formula(kpi):
    page = (ROOT / "docs" / "formulas.md").read_text(encoding="utf-8")
    section = page.split(f"(`{kpi.id}`)\n")[1].split("\n### ")[0]
    assert kpi.definition in section
    assert kpi.numerator in section
    assert kpi.source in section
