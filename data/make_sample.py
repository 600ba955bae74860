"""Write the exports of the two sample plants: ``python data/make_sample.py [FOLDER]``.

The same files on every run, byte for byte. What they hold, and the stories in them, is told in
README.md beside this script; the tables themselves come from the ``sample_*.py`` modules.
"""

import csv
import io
import sys
from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path
from typing import Any, Final

import pandas as pd
from openpyxl import Workbook
from openpyxl.styles import Alignment
from sample_calendar import (
    DAY_STARTS_AT,
    FIRST,
    LAST,
    MONTHS,
    days_between,
    is_working_day,
    month_end,
)
from sample_delivery import order_items, snapshot
from sample_downtime import running_time, stops, uploaded
from sample_monthly import monthly_figures
from sample_production import PRODUCT_NAMES, REJECT_NAMES, SHIFTS, production
from sample_quality import SAMPLE_SIZE, complaints, receipts, samples
from workbooks import BOLD, Cell, put, put_headings, put_row, save

FOLDER: Final = Path(__file__).parent / "sample"
YEARS: Final = (
    (date(2023, 11, 1), date(2024, 12, 31)),
    (date(2025, 1, 1), date(2025, 12, 31)),
    (date(2026, 1, 1), LAST),
)
RIVERSIDE_STOPS: Final = (
    (date(2023, 11, 1), date(2024, 12, 31)),
    (date(2025, 1, 1), date(2025, 8, 31)),
    (date(2025, 10, 1), date(2025, 12, 31)),
    (date(2026, 1, 1), LAST),
)

SAP_SCRAP: Final = {
    "Posting Date": 12, "Plant": 12, "Production Line": 15, "Work Center": 12, "Shift": 7,
    "Material": 10, "Material Description": 22, "Order": 10, "Yield Qty": 10, "Scrap Qty": 10,
    "Rework Qty": 11, "Unit of Measure": 9, "Scrap Reason": 18, "Scrap Cost": 11, "Currency": 9,
}  # fmt: skip
SAP_DELIVERY: Final = {
    "Plant": 12, "Sales Document": 12, "Pos": 6, "Sold-to Party": 18, "Material": 10,
    "Material Description": 22, "Order Quantity": 10, "Created On": 12,
    "Requested Delivery Date": 13, "Confirmed Delivery Date": 13, "Actual GI Date": 12,
    "Delivered Qty": 10, "Order Status": 11, "Net Value": 11, "Currency": 9,
}  # fmt: skip
RIVERSIDE_ORDERS: Final = {
    "Site": 12, "SO Number": 10, "Order Line": 7, "Customer": 20, "Part Number": 10,
    "Qty Ordered": 10, "Order Date": 12, "Customer Request Date": 13, "First Promise Date": 13,
    "Current Promise": 13, "Actual Ship Date": 12, "Actual Delivery Date": 12, "Qty Shipped": 10,
    "Order Status": 11, "Net Value": 11, "Currency": 9,
}  # fmt: skip
RIVERSIDE_STOP_HEADINGS: Final = {
    "Event ID": 9, "Site": 12, "Line": 12, "Machine": 9, "Shift": 9, "Start Time": 17,
    "End Time": 17, "Duration (min)": 10, "Downtime Type": 13, "Downtime Reason": 24,
}  # fmt: skip
RIVERSIDE_TIME: Final = {
    "Date": 12, "Site": 12, "Line": 12, "Machine": 9, "Planned Production Time (min)": 14,
    "Run Time (min)": 10,
}  # fmt: skip
RIVERSIDE_PRODUCTION: Final = (
    "Production Date", "Site", "Line", "Machine ID", "Shift", "Part Number", "Work Order",
    "Total Produced", "Good Parts", "Rejects", "Rework", "UoM", "Reject Code", "Scrap Cost", "Currency",
)  # fmt: skip
MES_STOPS: Final = (
    "Meldung", "Werk", "Linie", "Maschine", "Schicht", "Störbeginn", "Störende", "Dauer (min)",
    "Störgrund", "geplant/ungeplant",
)  # fmt: skip
MES_TIME: Final = (
    "Datum", "Werk", "Linie", "Maschine", "Planbelegungszeit (min)", "Laufzeit (min)",
)  # fmt: skip
QM_COMPLAINTS: Final = {
    "Rekla-Nr.": 9, "Werk": 12, "Eingang": 12, "Kunde": 18, "Sachnummer": 11, "Fehlerart": 13,
    "Fehlerbeschreibung": 26, "reklamierte Menge": 10, "Retourenmenge": 10, "davon anerkannt": 10,
    "Kosten (EUR)": 12, "berechtigt": 9, "Status": 14, "Abschluss am": 12,
}  # fmt: skip
QM_STATUS: Final = {"open": "in Bearbeitung", "closed": "abgeschlossen", "rejected": "abgelehnt"}
RIVERSIDE_COMPLAINTS: Final = (
    "Site", "Complaint No", "Date Received", "Customer", "Part Number", "Defect Code",
    "Qty Complained", "Returned Qty", "Confirmed Defective", "Complaint Cost", "Currency", "Status",
    "Date Closed",
)  # fmt: skip
RIVERSIDE_RECEIPTS: Final = {
    "Site": 12, "PO Number": 10, "Order Line": 7, "Supplier": 20, "Part Number": 11,
    "Qty Ordered": 10, "Order Date": 12, "Promise Date": 12, "Actual Delivery Date": 13,
    "Qty Received": 10, "Qty Rejected": 10,
}  # fmt: skip
SPC_LIST: Final = (
    "Datum", "Uhrzeit", "Werk", "Linie", "Maschine", "Teilenummer", "Merkmal", "Einheit", "UTG",
    "OTG", "Nennmaß", "Stichprobe",
)  # fmt: skip
GERMAN_CLASS: Final = {"planned": "geplant", "unplanned": "ungeplant", "changeover": "Rüsten"}


def span_name(first: date, last: date) -> str:
    """How a file is called by what it holds: a month, a year, or from-to.

    >>> span_name(date(2026, 10, 1), date(2026, 10, 31)), span_name(*YEARS[1])
    ('2026-10', '2025')
    """
    if (first.year, first.month) == (last.year, last.month):
        return f"{first:%Y-%m}"
    whole_year = (first.month, last.month, first.year) == (1, 12, last.year)
    return f"{first:%Y}" if whole_year else f"{first:%Y-%m}_{last:%Y-%m}"


def german_number(value: float) -> str:
    """One decimal, comma, points between thousands.

    >>> german_number(1234.5)
    '1.234,5'
    """
    return f"{value:,.1f}".translate(str.maketrans(",.", ".,"))


def _within(table: pd.DataFrame, column: str, first: date, last: date) -> pd.DataFrame:
    return table[(table[column] >= first) & (table[column] <= last)]


def _records(table: pd.DataFrame) -> Iterable[Any]:
    """The rows as named tuples, ``Index`` among the names."""
    return table.itertuples()


def _write_csv(
    path: Path, rows: Iterable[Sequence[str]], *, separator: str = ",", encoding: str = "utf-8"
) -> None:
    text = io.StringIO()
    csv.writer(text, delimiter=separator, lineterminator="\r\n").writerows(rows)
    path.write_bytes(text.getvalue().encode(encoding))


def _write_sheet(
    path: Path,
    title: str,
    headings: dict[str, int],
    rows: Iterable[Sequence[Cell]],
    *,
    above: Sequence[str] = (),
    total: Sequence[Cell] = (),
) -> None:
    """One sheet: lines of text above (and a blank one), headings, rows, and a total row."""
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.title = title
    for number, line in enumerate(above, start=1):
        put(sheet, number, 1, line)
    heading_row = len(above) + 2 if above else 1
    put_headings(sheet, heading_row, list(headings), list(headings.values()))
    row = heading_row
    for row, values in enumerate(rows, start=heading_row + 1):
        put_row(sheet, row, values)
    if total:
        put_row(sheet, row + 1, total)
        for cell in sheet[row + 1]:
            cell.font = BOLD
    save(book, path)


def _minutes(table: pd.DataFrame) -> pd.Series:
    return (table["end"] - table["start"]).dt.total_seconds() / 60


def nordhafen_scrap(folder: Path) -> None:
    """Order confirmations from the ERP: closed years as archives, the running year month by month."""
    made = production("Nordhafen")
    months = [(date.fromisoformat(f"{m}-01"), month_end(m)) for m in MONTHS if m >= "2026"]
    for first, last in (*YEARS[:2], *months):
        part = _within(made, "date", first, last)
        rows = [
            (r.date, r.plant, r.line, r.machine, r.shift, r.product, PRODUCT_NAMES[r.product],
             r.order, r.good, r.scrap, r.rework, "PC", r.reason or None, r.cost, "EUR")
            for r in _records(part)
        ]  # fmt: skip
        sums = [int(part[c].sum()) for c in ("good", "scrap", "rework")]
        cost = round(float(part["cost"].sum()), 2)
        above = (
            "Scrap and yield by order confirmation",
            f"Period: {first} to {last}",
            f"Export date: {last}",
        )
        total: tuple[Cell, ...] = ("Total", *[None] * 7, *sums, None, None, cost, None)
        path = folder / f"nordhafen_scrap_{span_name(first, last)}.xlsx"
        _write_sheet(path, "Confirmations", SAP_SCRAP, rows, above=above, total=total)


def nordhafen_downtime(folder: Path, table: pd.DataFrame) -> None:
    """Stops from the MES: semicolons, cp1252, German headings, dates and numbers; the last one open."""
    table = table.assign(minutes=_minutes(table), began=table["start"].dt.date)
    running = table.index[table["reason"] == "Elektrik"][-1]
    for first, last in YEARS:
        part = _within(table, "began", first, last)
        rows = [
            (r.event, r.plant, r.line, r.machine, r.shift, f"{r.start:%d.%m.%Y %H:%M}",
             "" if r.Index == running else f"{r.end:%d.%m.%Y %H:%M}",
             "" if r.Index == running else german_number(r.minutes),
             r.reason, GERMAN_CLASS[r.stop_class])
            for r in _records(part)
        ]  # fmt: skip
        path = folder / f"nordhafen_stoerungen_{span_name(first, last)}.csv"
        _write_csv(path, [MES_STOPS, *rows], separator=";", encoding="cp1252")


def nordhafen_running_time(folder: Path, table: pd.DataFrame) -> None:
    """Planned and running minutes from the MES, in the same manner."""
    times = running_time("Nordhafen", table)
    for first, last in YEARS:
        rows = [
            (f"{r.date:%d.%m.%Y}", r.plant, r.line, r.machine,
             german_number(r.planned_min), german_number(r.run_min))
            for r in _records(_within(times, "date", first, last))
        ]  # fmt: skip
        path = folder / f"nordhafen_laufzeiten_{span_name(first, last)}.csv"
        _write_csv(path, [MES_TIME, *rows], separator=";", encoding="cp1252")


def nordhafen_delivery(folder: Path) -> None:
    """A snapshot at the end of every month: open items, and those closed within the month."""
    items = order_items("Nordhafen")
    for month in MONTHS:
        drawn = month_end(month)
        rows = [
            (r.plant, r.order, r.position, r.customer, r.product, PRODUCT_NAMES[r.product],
             r.quantity, r.ordered, r.requested, r.promise, r.shipped, r.shipped_quantity,
             r.status, r.value, "EUR")
            for r in _records(snapshot(items, drawn.replace(day=1), drawn))
        ]  # fmt: skip
        path = folder / f"nordhafen_delivery_{drawn}.xlsx"
        above = ("Order items, open and closed this month", f"Export date: {drawn}")
        _write_sheet(path, "Order items", SAP_DELIVERY, rows, above=above)


def nordhafen_monthly(folder: Path) -> None:
    """The sheet somebody keeps by hand: months across under merged years, one row per metric."""
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.title = "Monthly figures"
    put(sheet, 1, 1, "Nordhafen: monthly figures")
    sheet.cell(1, 1).font = BOLD
    labels = ("Plant", "Metric", "Unit")
    names = [f"{date.fromisoformat(f'{m}-01'):%b}" for m in MONTHS]
    put_headings(sheet, 4, [*labels, *names], [12, 24, 8, *[7] * len(MONTHS)])
    column = len(labels) + 1
    for year in sorted({m[:4] for m in MONTHS}):
        width = sum(m.startswith(year) for m in MONTHS)
        put(sheet, 3, column, int(year))
        sheet.merge_cells(
            start_row=3, end_row=3, start_column=column, end_column=column + width - 1
        )
        sheet.cell(3, column).alignment = Alignment(horizontal="center")
        column += width
    for row, (metric, unit, values) in enumerate(monthly_figures(), start=5):
        put_row(sheet, row, ["Nordhafen", metric, unit, *values])
    sheet.freeze_panes = sheet.cell(5, len(labels) + 1)
    save(book, folder / "nordhafen_monthly_figures.xlsx")


def riverside_production(folder: Path) -> None:
    """Production and rejects in one CSV a year: commas, UTF-8 with a byte order mark, dd/mm/yyyy."""
    made = production("Riverside")
    for first, last in YEARS:
        rows = [
            (f"{r.date:%d/%m/%Y}", r.plant, r.line, r.machine, r.shift, r.product, f"WO-{r.order}",
             str(r.gross), str(r.good), str(r.scrap), str(r.rework), "PC", r.reason, f"{r.cost:.2f}",
             "EUR")
            for r in _records(_within(made, "date", first, last))
        ]  # fmt: skip
        path = folder / f"riverside_production_{span_name(first, last)}.csv"
        _write_csv(path, [RIVERSIDE_PRODUCTION, *rows], encoding="utf-8-sig")


def riverside_downtime(folder: Path, table: pd.DataFrame) -> None:
    """Stops as a workbook; September 2025 was never drawn."""
    table = uploaded(table.assign(minutes=_minutes(table), began=table["start"].dt.date))
    for first, last in RIVERSIDE_STOPS:
        rows = [
            (r.event, r.plant, r.line, r.machine, r.shift, r.start.to_pydatetime(),
             r.end.to_pydatetime(), r.minutes, r.stop_class.capitalize(), r.reason or None)
            for r in _records(_within(table, "began", first, last))
        ]  # fmt: skip
        path = folder / f"riverside_downtime_{span_name(first, last)}.xlsx"
        _write_sheet(path, "Downtime", RIVERSIDE_STOP_HEADINGS, rows)


def riverside_running_time(folder: Path, table: pd.DataFrame) -> None:
    """Planned and running minutes per machine and day."""
    times = running_time("Riverside", table)
    for first, last in YEARS:
        rows = list(_within(times, "date", first, last).itertuples(index=False, name=None))
        path = folder / f"riverside_running_time_{span_name(first, last)}.xlsx"
        _write_sheet(path, "Planned time", RIVERSIDE_TIME, rows)


def riverside_orders(folder: Path) -> None:
    """Order items at the end of a year, with the first promise stated beside the current one."""
    items = order_items("Riverside")
    for first, drawn in YEARS:
        rows = [
            (r.plant, r.order, r.position, r.customer, r.product, r.quantity, r.ordered,
             r.requested, r.first_promise, r.promise, r.shipped, r.arrived, r.shipped_quantity,
             r.status, r.value, "EUR")
            for r in _records(snapshot(items, first, drawn))
        ]  # fmt: skip
        path = folder / f"riverside_orders_{span_name(first, drawn)}.xlsx"
        above = ("Sales order lines", f"Export date: {drawn}")
        _write_sheet(path, "Order lines", RIVERSIDE_ORDERS, rows, above=above)


def riverside_reject_codes(folder: Path) -> None:
    """What the reject codes of Riverside read as."""
    headings = {"Reason Code": 12, "Reason Description": 28, "Site": 12}
    rows = [(code, name, "Riverside") for code, name in REJECT_NAMES.items()]
    _write_sheet(folder / "riverside_reject_codes.xlsx", "Reject codes", headings, rows)


def nordhafen_complaints(folder: Path) -> None:
    """The list quality keeps by hand: German, a title and a date above, costs as German text."""
    rows = [
        (f"R-{r.number}", "Nordhafen", r.received, r.customer, r.product, r.defect, r.text,
         r.complained, r.returned, r.confirmed, r.cost and f"{german_number(r.cost)}0",
         None if r.accepted is None else ("ja" if r.accepted else "nein"),
         QM_STATUS[r.status], r.closed)
        for r in _records(complaints("Nordhafen"))
    ]  # fmt: skip
    above = ("Reklamationsliste Kunden, Werk Nordhafen", f"Stand: {LAST:%d.%m.%Y}")
    path = folder / "nordhafen_reklamationen.xlsx"
    _write_sheet(path, "Reklamationen", QM_COMPLAINTS, rows, above=above)


def riverside_complaints(folder: Path) -> None:
    """Complaints from the order system: commas, dd/mm/yyyy."""
    rows = [
        ("Riverside", f"C{r.number}", f"{r.received:%d/%m/%Y}", r.customer, r.product, r.defect,
         *("" if v is None else str(v) for v in (r.complained, r.returned, r.confirmed, r.cost)),
         "EUR", r.status.capitalize(), "" if r.closed is None else f"{r.closed:%d/%m/%Y}")
        for r in _records(complaints("Riverside"))
    ]  # fmt: skip
    path = folder / "riverside_complaints.csv"
    _write_csv(path, [RIVERSIDE_COMPLAINTS, *rows], encoding="utf-8-sig")


def riverside_receipts(folder: Path) -> None:
    """Purchase order lines with what arrived, and what of it was rejected on inspection."""
    rows = [("Riverside", *row) for row in receipts().itertuples(index=False, name=None)]
    above = ("Purchase order lines and receipts", f"Export date: {LAST}")
    path = folder / "riverside_purchases.xlsx"
    _write_sheet(path, "Receipts", RIVERSIDE_RECEIPTS, rows, above=above)


def nordhafen_measurements(folder: Path) -> None:
    """Samples from the SPC computer of Press 2: five values side by side, comma as decimal sign."""
    rows = [
        (f"{r.at:%d.%m.%Y}", f"{r.at:%H:%M}", "Nordhafen", "Press 2", "PR-21", "004721",
         r.characteristic, "mm", *(f"{v:g}".replace(".", ",") for v in (r.lower, r.upper, r.nominal)),
         str(r.sample), *(_comma(v) for v in r.values))
        for r in _records(samples())
    ]  # fmt: skip
    heads = (*SPC_LIST, *(f"x{n}" for n in range(1, SAMPLE_SIZE + 1)))
    path = folder / "nordhafen_messwerte_2026-08_2026-10.csv"
    _write_csv(path, [heads, *rows], separator=";", encoding="cp1252")


def _comma(value: float) -> str:
    return f"{value:.3f}".replace(".", ",")


def settings(folder: Path) -> None:
    """What both plants would set: three shifts on weekdays, the day from six, the days off."""
    off = [
        day for day in days_between(FIRST, LAST) if day.weekday() < 5 and not is_working_day(day)
    ]
    lines = [
        "# What both plants would set; written by make_sample.py.",
        'company = "Sample plant"',
        'currency = "EUR"',
    ]
    for plant, names in SHIFTS.items():
        lines += [
            f"\n[plants.{plant}]",
            f'production_day_start = "{DAY_STARTS_AT:02}:00"',
            f"planned_from = {FIRST}",
            f"closed_days = [{', '.join(map(str, off))}]",
        ]
        for number, name in enumerate(names):
            begins = DAY_STARTS_AT + 8 * number
            ends = (begins + 8) % 24
            lines += [
                f"\n[[plants.{plant}.shifts]]",
                f'name = "{name}"',
                f'start = "{begins:02}:00"',
                f'end = "{ends:02}:00"',
            ]
    (folder / "settings.toml").write_bytes(("\n".join(lines) + "\n").encode())


def make(folder: Path) -> None:
    """Write every file of the sample into a folder, which is created where missing."""
    folder.mkdir(parents=True, exist_ok=True)
    nordhafen, riverside = stops("Nordhafen"), stops("Riverside")
    nordhafen_scrap(folder)
    nordhafen_downtime(folder, nordhafen)
    nordhafen_running_time(folder, nordhafen)
    nordhafen_delivery(folder)
    nordhafen_monthly(folder)
    riverside_production(folder)
    riverside_downtime(folder, riverside)
    riverside_running_time(folder, riverside)
    riverside_orders(folder)
    riverside_reject_codes(folder)
    nordhafen_complaints(folder)
    riverside_complaints(folder)
    riverside_receipts(folder)
    nordhafen_measurements(folder)
    settings(folder)


if __name__ == "__main__":
    make(Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER)
