"""Exports as a plant would drop them on the upload page, made on the spot."""

import io
from collections.abc import Sequence

from openpyxl import Workbook

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

HEADINGS = (
    "Buchungsdatum", "Linie", "Fehlergrund", "Menge", "Ausschuss Menge", "Bediener",
)  # fmt: skip


def german_scrap(month: int = 10, *, spoiled: Sequence[int] = (), scrap: int = 20) -> bytes:
    """A month of scrap: title rows, German numbers as text, a sum below, a hidden sheet.

    ``spoiled`` are days whose scrapped quantity is a word.
    """
    book = Workbook()
    sheet = book.active
    sheet.title = "Ausschuss"
    sheet.append(["Ausschussbericht Werk Nordhafen"])
    sheet.append([f"Zeitraum: {month:02d}/2026"])
    sheet.append([])
    sheet.append(list(HEADINGS))
    made = bad = 0
    for day in range(1, 28):
        for number, line in enumerate(("L1", "L2")):
            pieces, lost = 1000 + 10 * day + number, scrap + day % 5 + number
            made, bad = made + pieces, bad + lost
            sheet.append(
                [
                    f"{day:02d}.{month:02d}.2026",
                    line,
                    "Porosität" if day % 2 else "<b>Lunker</b> [x](javascript:alert(1))",
                    f"{pieces:,}".replace(",", "."),
                    "zwölf" if day in spoiled else lost,
                    "Meier",
                ]
            )
    sheet.append(["Summe", None, None, f"{made:,}".replace(",", "."), bad, None])
    hidden = book.create_sheet("Vorlage")
    hidden.sheet_state = "hidden"
    hidden.append(["Datum", "Linie", "Menge", "Ausschuss Menge"])
    hidden.append(["01.01.2026", "L9", "1.000", 3])
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


POEM = b"Roses are red\nViolets are blue\n"
