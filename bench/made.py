"""Files to read, made by a seeded script: a plant's production and scrap, one row per shift and product."""

import re
import zipfile
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd

SEED: Final = 9

LINES: Final = 40
PRODUCTS: Final = 8
SHIFTS: Final = ("Früh", "Spät", "Nacht")
REASONS: Final = (
    "Porosität", "Riss", "Kratzer", "Maß", "Grat", "Lunker",
    "Verzug", "Farbe", "Einrichten", "Transport", "Verschmutzung", "Sonstiges",
)  # fmt: skip


def production(rows: int) -> pd.DataFrame:
    """Rows in order of time; every combination of day, line, shift and product once."""
    random = np.random.default_rng(SEED)
    place = np.arange(rows)
    a_shift = place // PRODUCTS
    a_line = a_shift // len(SHIFTS)
    day = np.datetime64("2023-01-02") + (a_line // LINES).astype("timedelta64[D]")
    produced = random.integers(200, 900, rows)
    scrap = random.binomial(produced, 0.02)
    lines = np.array([f"Linie {n + 1:02d}" for n in range(LINES)])
    products = np.array([f"P-{100 + n}" for n in range(PRODUCTS)])
    return pd.DataFrame(
        {
            "Date": day,
            "Plant": "Nordhafen",
            "Line": lines[a_line % LINES],
            "Shift": np.array(SHIFTS)[a_shift % len(SHIFTS)],
            "Product": products[place % PRODUCTS],
            "Reason": np.array(REASONS)[random.integers(0, len(REASONS), rows)],
            "Produced quantity": produced,
            "Scrap quantity": scrap,
            "Scrap weight kg": np.round(scrap * 0.137, 3),
            "Scrap cost": np.round(scrap * 3.5, 2),
        }
    )


GERMAN: Final = (
    "Datum", "Werk", "Linie", "Schicht", "Artikel", "Fehlergrund",
    "Produzierte Menge", "Ausschussmenge", "Ausschuss kg", "Ausschusskosten",
)  # fmt: skip


def clean_csv(path: Path, rows: int) -> Path:
    """UTF-8, comma, ISO dates."""
    production(rows).to_csv(path, index=False, date_format="%Y-%m-%d")
    return path


def dirty_csv(path: Path, rows: int) -> Path:
    """Windows-1252, semicolon, decimal comma, day.month.year."""
    table = production(rows).set_axis(GERMAN, axis=1)
    table.to_csv(path, index=False, sep=";", decimal=",", date_format="%d.%m.%Y", encoding="cp1252")
    return path


def workbook(path: Path, rows: int) -> Path:
    """One sheet with a heading row; written row by row, as it is large."""
    from openpyxl import Workbook

    book = Workbook(write_only=True)
    sheet = book.create_sheet("Production")
    table = production(rows)
    sheet.append(list(table.columns))
    for row in table.itertuples(index=False, name=None):
        sheet.append((row[0].to_pydatetime(), *row[1:]))
    book.save(path)
    return path


def claiming_workbook(path: Path, rows: int, claimed: int) -> Path:
    """A workbook of a few rows whose sheet says it spans many, as some writers leave it."""
    whole = workbook(path.with_suffix(".whole.xlsx"), rows)
    with zipfile.ZipFile(whole) as old, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.infolist():
            content = old.read(part)
            if part.filename.startswith("xl/worksheets/sheet"):
                bare = re.sub(rb"<dimension[^>]*/>", b"", content)
                tag = f'<dimension ref="A1:J{claimed}"/><sheetData>'.encode()
                content = bare.replace(b"<sheetData>", tag, 1)
            new.writestr(part.filename, content)
    whole.unlink()
    return path
