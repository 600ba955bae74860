"""The documents of a management review, rendered at once: what holding and approving keep."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO, Final

from kpi.analysis.agenda_results import Agenda
from kpi.analysis.home import Home
from kpi.errors import UsageError

_OFFICE: Final = "application/vnd.openxmlformats-officedocument"

DECK, MINUTES, WORKBOOK, SUMMARY, PACK = (
    "deck.pptx", "minutes.docx", "workbook.xlsx", "summary.pdf", "pack.zip",
)  # fmt: skip

TEMPLATES: Final = "templates"
"""The folder of a home that holds the company's own design; a backup holds it, too."""

MIME: Final[Mapping[str, str]] = {
    DECK: f"{_OFFICE}.presentationml.presentation",
    MINUTES: f"{_OFFICE}.wordprocessingml.document",
    WORKBOOK: f"{_OFFICE}.spreadsheetml.sheet",
    SUMMARY: "application/pdf",
    PACK: "application/zip",
    "agenda.json": "application/json",
}
"""The documents by the name they are kept under, and what each is."""


def render(home: Home, agenda: Agenda, template: Path | None = None) -> Mapping[str, bytes]:
    """Every document of an agenda by its file name; the same agenda gives the same bytes.

    The evidence pack holds the others, too. The deck is drawn in ``template``, else in the company's.

    Raises
    ------
    UsageError
        The template is not there, or is no presentation.
    """
    from kpi.analysis.packing import PackedFile, build_pack
    from kpi.reports.pack import write_pack

    made = render_each(agenda, template or company_template(home))
    pack = build_pack(
        home, agenda.asked, edition=agenda.edition, who=agenda.made_by, when=agenda.made,
        agenda=agenda,
    )  # fmt: skip
    own = tuple(
        PackedFile(f"documents/this-review/{name}", f"{name} of this review", data)
        for name, data in made.items()
    )
    packed = replace(pack, documents=(*own, *pack.documents))
    return {**made, PACK: _bytes(write_pack, packed)}


def company_template(home: Home) -> Path | None:
    """The presentation that decks of a home are drawn in; ``None``: ours.

    Raises
    ------
    UsageError
        The settings name one that is not there.
    """
    name = home.settings.template
    if name is None:
        return None
    path = home.path / TEMPLATES / name
    if not path.is_file():
        raise UsageError(
            f"The settings name the template {name}, and the folder {TEMPLATES} of the home does not "
            "hold it. Put it there, or take the setting out."
        )
    return path


def render_each(agenda: Agenda, template: Path | None = None) -> dict[str, bytes]:
    """Deck, minutes, workbook and summary of an agenda, by file name."""
    return {name: render_one(agenda, name, template) for name in (DECK, MINUTES, WORKBOOK, SUMMARY)}


def render_one(agenda: Agenda, name: str, template: Path | None = None) -> bytes:
    """One of the documents that are of the agenda alone."""
    from kpi.reports.deck import write_deck
    from kpi.reports.minutes import write_minutes
    from kpi.reports.summary import write_summary
    from kpi.reports.workbook import write_workbook

    def deck(agenda: Agenda, file: BinaryIO) -> object:
        return write_deck(agenda, file, template)

    writers: Mapping[str, Callable[[Any, BytesIO], object]] = {
        DECK: deck, MINUTES: write_minutes, WORKBOOK: write_workbook, SUMMARY: write_summary,
    }  # fmt: skip
    return _bytes(writers[name], agenda)


def _bytes(write: Callable[[Any, BytesIO], object], what: Any) -> bytes:
    file = BytesIO()
    write(what, file)
    return file.getvalue()
