"""The workbooks to fill in by hand, for whom no system exports what is needed."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from kpi.texts import Said, said

FORMS_FOLDER: Final = Path(__file__).parents[2] / "data" / "templates"

_TITLES: Final = (
    ("production_and_scrap", said("Production and scrap")),
    ("downtime", said("Downtime")),
    ("running_time", said("Planned and running time")),
    ("delivery", said("Delivery to customers")),
    ("complaints", said("Complaints and returns")),
    ("purchases", said("Delivery by suppliers")),
    ("measurements", said("Measured values")),
    ("reported_values", said("Figures you already have")),
    ("names", said("Names of codes")),
)


@dataclass(frozen=True, slots=True)
class Form:
    """One workbook to fill in: its title, and where it lies."""

    title: Said
    path: Path


def forms() -> tuple[Form, ...]:
    """The workbooks that came with the installation, in reading order; those missing are left out."""
    found = (Form(title, FORMS_FOLDER / f"{name}.xlsx") for name, title in _TITLES)
    return tuple(form for form in found if form.path.is_file())
