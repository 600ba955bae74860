"""The company's own design: named in the settings, kept in the home, used for what a review keeps."""

import io
import shutil
from pathlib import Path

import pytest
from pptx import Presentation

from kpi import analysis
from kpi.analysis import registering, reviewing
from kpi.cli import main
from kpi.errors import UsageError
from kpi.qms.reviews import REVIEW, ReviewStatus
from kpi.reports.documents import company_template
from kpi.settings import load_settings
from kpi.store.archive import CHOSEN
from tests.analysis.made_reviews import drafted, make


def design(path: Path) -> Path:
    """A presentation that is known again by the name of its layouts."""
    path.parent.mkdir(exist_ok=True)
    presentation = Presentation()
    for layout in presentation.slide_layouts:
        layout.name = f"Nordhafen {layout.name}"
    presentation.save(str(path))
    return path


def settings(home: Path, line: str) -> None:
    (home / "settings.toml").write_text(line + "\n", encoding="utf-8")


@pytest.mark.parametrize(
    "name",
    ["../deck.pptx", "/etc/deck.pptx", "a\\b.pptx", "deck.potx", ".pptx", "..pptx", "c:d.pptx"],
)
def test_a_template_is_a_file_of_the_home_by_name(tmp_path, name):
    settings(tmp_path, f"template = '{name}'")
    with pytest.raises(UsageError, match=r"name of a \.pptx file in the home's folder"):
        load_settings(tmp_path, {})


def test_a_template_that_is_named_is_there(tmp_path):
    analysis.open_home(tmp_path)
    assert company_template(analysis.open_home(tmp_path)) is None
    settings(tmp_path, 'template = "Unsere Folien.pptx"')
    with pytest.raises(UsageError, match="name the template Unsere Folien"):
        company_template(analysis.open_home(tmp_path))
    path = design(tmp_path / "templates" / "Unsere Folien.pptx")
    assert company_template(analysis.open_home(tmp_path)) == path
    assert "templates/*" in CHOSEN, "and a backup holds it"


@pytest.mark.long
def test_a_held_review_keeps_its_deck_in_the_company_s_design(tmp_path, capsys):
    folder = tmp_path / "home"
    home = make(tmp_path)
    drafted(home)
    home.store.close()
    hold = ["--home", str(folder), "review", "hold", "REV-2026-001"]
    settings(folder, 'template = "ours.pptx"')
    assert main(hold) == 2
    assert "does not hold it" in capsys.readouterr().err
    assert status(folder) is ReviewStatus.DRAFT
    assert main([*hold, "--template", str(tmp_path / "none.pptx")]) == 2
    assert "none.pptx cannot be read" in capsys.readouterr().err
    design(folder / "templates" / "ours.pptx")
    assert main(hold) == 0
    assert layouts(folder, ReviewStatus.HELD) == {True}
    other = shutil.copy(folder / "templates" / "ours.pptx", tmp_path / "other.pptx")
    plain = Presentation(other)
    for layout in plain.slide_layouts:
        layout.name = layout.name.replace("Nordhafen", "Suedhafen")
    plain.save(other)
    for word in ("suitable", "adequate", "effective", "aligned"):
        main(["--home", str(folder), "review", "minutes", "REV-2026-001", "--conclude", f"{word}=yes",
              "--undecided", "All is well"])  # fmt: skip
    approve = ["--home", str(folder), "review", "approve", "REV-2026-001", "--by", "Anna"]
    assert main([*approve, "--template", str(other)]) == 0, capsys.readouterr().err
    assert layouts(folder, ReviewStatus.APPROVED) == {False}
    assert layouts(folder, ReviewStatus.HELD) == {True}


def status(folder):
    return registering.found(analysis.open_home(folder), REVIEW, "REV-2026-001").item.status


def layouts(folder, at):
    """Whether the slides of a kept deck are of the design in the settings."""
    home = analysis.open_home(folder)
    deck = Presentation(io.BytesIO(reviewing.document(home, "REV-2026-001", "deck.pptx", at)))
    return {slide.slide_layout.name.startswith("Nordhafen") for slide in deck.slides}
