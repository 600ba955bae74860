"""One clean table per domain, written as plants and people would export it."""

import csv
import io
import random
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import xlwt
from openpyxl import Workbook

from tests.ingest.binary_book import write as write_binary
from tests.ingest.containers import flat_document, page_of, printed, spreadsheet_xml

HEADINGS = {
    "en": {
        "date": "Production Date", "shift": "Shift", "line": "Line", "product": "Part Number",
        "reason": "Scrap Reason", "made": "Qty Produced", "scrap": "Scrap Qty", "rate": "Scrap %",
        "start": "Start Time", "end": "End Time", "machine": "Machine", "cause": "Downtime Reason",
        "min": "Duration (min)", "h": "Duration (h)", "hhmm": "Duration", "order": "Order Number",
        "item": "Line Item", "customer": "Customer", "request": "Requested Date",
        "promise": "Promised Date", "delivered": "Actual Delivery Date", "ordered": "Ordered Qty",
        "shipped": "Shipped Qty", "status": "Order Status", "remark": "Remarks", "stop_date": "Date",
    },
    "de": {
        "date": "Buchungsdatum", "shift": "Schicht", "line": "Linie", "product": "Materialnummer",
        "reason": "Ausschussgrund", "made": "Produzierte Menge", "scrap": "Ausschussmenge",
        "rate": "Ausschussquote", "start": "Störbeginn", "end": "Störende", "machine": "Anlage",
        "cause": "Störgrund", "min": "Dauer (min)", "h": "Dauer (h)", "hhmm": "Dauer",
        "order": "Auftragsnummer", "item": "Position", "customer": "Kunde",
        "request": "Wunschtermin", "promise": "Bestätigter Termin",
        "delivered": "Ist-Lieferdatum", "ordered": "Bestellmenge", "shipped": "Liefermenge",
        "status": "Status", "remark": "Bemerkung", "stop_date": "Datum",
    },
    "es": {
        "date": "Fecha de producción", "shift": "Turno", "line": "Línea",
        "product": "Número de parte", "reason": "Motivo de rechazo", "made": "Piezas producidas",
        "scrap": "Piezas rechazadas", "rate": "% rechazo", "start": "Inicio paro",
        "end": "Fin paro", "machine": "Máquina", "cause": "Motivo de paro",
        "min": "Duración (min)", "h": "Duración (h)", "hhmm": "Duración", "order": "Pedido",
        "item": "Posición", "customer": "Cliente", "request": "Fecha solicitada",
        "promise": "Fecha compromiso", "delivered": "Fecha entrega real",
        "ordered": "Cantidad pedida", "shipped": "Cantidad entregada", "status": "Estado",
        "remark": "Observaciones", "stop_date": "Fecha",
    },
    "fr": {
        "date": "Date de production", "shift": "Équipe", "line": "Ligne", "product": "Référence",
        "reason": "Motif de rebut", "made": "Quantité produite", "scrap": "Quantité rebutée",
        "rate": "Taux de rebut", "start": "Début arrêt", "end": "Fin arrêt", "machine": "Machine",
        "cause": "Motif d'arrêt", "min": "Durée (min)", "h": "Durée (h)", "hhmm": "Durée",
        "order": "N° commande", "item": "Poste", "customer": "Client",
        "request": "Date demandée", "promise": "Date confirmée",
        "delivered": "Date livraison réelle", "ordered": "Quantité commandée",
        "shipped": "Quantité livrée", "status": "Statut", "remark": "Remarques",
        "stop_date": "Date",
    },
}  # fmt: skip

STATUS = {
    "en": ("delivered", "open", "cancelled"),
    "de": ("geliefert", "offen", "storniert"),
    "es": ("entregado", "abierto", "cancelado"),
    "fr": ("livré", "ouvert", "annulé"),
}
TITLES = {
    "en": ["Monthly report", "Plant 1"],
    "de": ["Monatsbericht", "Werk 1"],
    "es": ["Reporte mensual", "Planta 1"],
    "fr": ["Rapport mensuel", "Usine 1"],
}
TOTAL = {"en": "Total", "de": "Summe", "es": "Total general", "fr": "Total général"}
DATES = {"iso": "%Y-%m-%d", "dmy.": "%d.%m.%Y", "dmy/": "%d/%m/%Y", "mdy/": "%m/%d/%Y"}
COLUMNS = {
    "making": ["date", "shift", "line", "product", "reason", "made", "scrap"],
    "downtime": ["machine", "start", "end", "cause"],
    "delivery": [
        "order", "item", "customer", "product", "request", "promise", "delivered", "ordered",
        "shipped", "status",
    ],
}  # fmt: skip


TEXTUAL = ("csv", "html", "pipes", "aligned")
CONTAINERS = ("csv", "csv", "csv", "xlsx", "xlsx", "xls", "xlsb", "xml", "fods", *TEXTUAL[1:])


@dataclass(frozen=True)
class Recipe:
    """How one export is written."""

    domain: str
    language: str
    style: str  # plain, snake, camel, upper
    container: str  # one of CONTAINERS
    separator: str
    encoding: str
    decimal: str
    thousands: bool
    dates: str  # a key of DATES, or real, serial
    titles: bool
    totals: bool
    blank: bool
    percent: bool
    extra: bool
    duration: str  # min, h, hhmm
    dress: (
        str  # none, pages (headings again on each), sections (by line), merged (the line's cells)
    )
    seed: int


def recipe_of(seed: int) -> Recipe:
    """A recipe that a person could have cooked: dots with commas, month first in English only."""
    r = random.Random(seed)
    language = r.choice(list(HEADINGS))
    container = r.choice(CONTAINERS)
    domain = r.choice(list(COLUMNS))
    dresses = ["none", "none", "pages"]
    if domain == "making":
        dresses += ["sections"] + ["merged"] * (container == "xlsx")
    texts = [d for d in DATES if language == "en" or d != "mdy/"]
    return Recipe(
        domain=domain,
        language=language,
        style=r.choice(["plain", "plain", "snake", "camel", "upper"]),
        container=container,
        separator=r.choice([";", ";", ",", "\t", "|"]),
        encoding=r.choice(["utf-8", "utf-8-sig", "cp1252", "utf-16"]),
        decimal="." if language == "en" else r.choice([",", "."]),
        thousands=r.random() < 0.4,
        dates=r.choice(texts if container in TEXTUAL else [*texts, "real", "real", "serial"]),
        titles=r.random() < 0.4,
        totals=r.random() < 0.4,
        blank=r.random() < 0.3,
        percent=r.random() < 0.4,
        extra=r.random() < 0.5,
        duration=r.choice(["min", "h", "hhmm"]),
        dress=r.choice(dresses),
        seed=seed,
    )


def facts_of(recipe: Recipe) -> list[dict]:
    """The clean table: ten to thirty rows over two months."""
    r = random.Random(recipe.seed * 7 + 1)
    rows = []
    for i in range(r.randint(10, 30)):
        day = date(2026, 3, 1) + timedelta(days=r.randint(0, 55))
        if recipe.domain == "making":
            made = r.randint(50, 4200)
            rows.append(
                {"date": day, "shift": r.choice("ABC"), "line": f"L{r.randint(1, 3)}",
                 "product": f"0{r.randint(10, 99)}-{i}", "reason": r.choice(["Crack", "Flash"]),
                 "made": made, "scrap": r.randint(0, made // 10)}
            )  # fmt: skip
        elif recipe.domain == "downtime":
            start = datetime(day.year, day.month, day.day, r.randint(0, 23), r.randint(1, 59))
            rows.append(
                {"machine": f"M-{r.randint(1, 4)}", "start": start,
                 "end": start + timedelta(minutes=15 * r.randint(1, 150)),
                 "cause": r.choice(["Jam", "Tool", "Power"])}
            )  # fmt: skip
        else:
            promise = day + timedelta(days=r.randint(0, 5))
            done = None if r.random() < 0.2 else promise + timedelta(days=r.randint(-3, 6))
            ordered = r.randint(1, 3000)
            rows.append(
                {"order": f"{4500000 + i}", "item": "10", "customer": r.choice(["Acme", "Bolt"]),
                 "product": f"P-{r.randint(1, 9)}", "request": day, "promise": promise,
                 "delivered": done, "ordered": ordered,
                 "shipped": None if done is None else ordered, "status": 1 if done is None else 0}
            )  # fmt: skip
    return rows


def heading(recipe: Recipe, name: str) -> str:
    """The heading of a column in the recipe's language and style."""
    text = HEADINGS[recipe.language][name]
    if recipe.style == "upper":
        return text.upper()
    words = "".join(c if c.isalnum() else " " for c in text.replace("%", " pct ")).split()
    if recipe.style == "snake":
        return "_".join(words).lower()
    if recipe.style == "camel":
        return "".join(w[:1].upper() + w[1:] for w in words)
    return text


def grid_of(recipe: Recipe) -> list[list]:
    """All cells of the export, typed where its container types them."""
    facts = facts_of(recipe)
    names = list(COLUMNS[recipe.domain])
    if recipe.domain == "downtime":
        names.append(recipe.duration)
    if recipe.percent and recipe.domain == "making":
        names.append("rate")
    if recipe.extra:
        names.append("remark")
    if recipe.dress in ("sections", "merged"):
        facts = sorted(facts, key=lambda f: f["line"])
    if recipe.dress == "sections":
        names.remove("line")
    head = [heading(recipe, n) for n in names]
    body = [[_cell(recipe, n, row) for n in names] for row in facts]
    if recipe.dress == "merged":
        _once_per_line(body, names.index("line"), facts)
    if recipe.totals and recipe.domain == "making":
        sums = {n: sum(f[n] for f in facts) for n in ("made", "scrap")}
        body.append(
            [
                TOTAL[recipe.language],
                *(_number(recipe, sums[n]) if n in sums else None for n in names[1:]),
            ]
        )
    if recipe.dress == "sections":
        body = _in_sections(recipe, body, facts, len(names))
    table = [head, *body]
    if recipe.dress == "pages":
        table = [row for i in range(0, len(body), 8) for row in (head, *body[i : i + 8])]
    if recipe.blank:
        table = [[row[0], None, *row[1:]] for row in table]
    if recipe.titles:
        width = len(table[0])
        above = [[t, *[None] * (width - 1)] for t in TITLES[recipe.language]]
        table = [*above, [None] * width, *table]
    return table


def _once_per_line(body: list[list], place: int, facts: list[dict]) -> None:
    """Leave the line out where it is that of the row above; its cells are merged on writing."""
    for i in range(len(facts) - 1, 0, -1):
        if facts[i]["line"] == facts[i - 1]["line"]:
            body[i][place] = None


def _in_sections(recipe: Recipe, body: list[list], facts: list[dict], width: int) -> list[list]:
    """The rows of each line below a row that names it; a total stays at the end."""
    rows, before = [], None
    for row, fact in zip(body, facts, strict=False):
        if fact["line"] != before:
            before = fact["line"]
            rows.append([f"{heading(recipe, 'line')}: {before}", *[None] * (width - 1)])
        rows.append(row)
    return [*rows, *body[len(facts) :]]


def _cell(recipe: Recipe, name: str, row: dict):
    if name in ("min", "h", "hhmm"):
        return _duration(recipe, row["end"] - row["start"])
    if name == "rate":
        return _number(recipe, round(100 * row["scrap"] / row["made"], 2))
    if name == "remark":
        return "ok, see log" if row else None
    value = row[name]
    if name == "status":
        return STATUS[recipe.language][value]
    if isinstance(value, date):
        return _date(recipe, value)
    if isinstance(value, int):
        return _number(recipe, value)
    return value


def _date(recipe: Recipe, value):
    timed = isinstance(value, datetime)
    if recipe.dates == "real":
        return value if timed or recipe.container == "xls" else datetime(*value.timetuple()[:3])
    if recipe.dates == "serial":
        moment = value if timed else datetime(*value.timetuple()[:3])
        return (moment - datetime(1899, 12, 30)) / timedelta(days=1)
    return value.strftime(DATES[recipe.dates] + (" %H:%M" if timed else ""))


def _number(recipe: Recipe, value):
    if recipe.container not in TEXTUAL:
        return value
    text = f"{value:,}" if recipe.thousands else f"{value}"
    return text.translate(str.maketrans(",.", ".,")) if recipe.decimal == "," else text


def _duration(recipe: Recipe, span: timedelta):
    minutes = round(span.total_seconds() / 60)
    if recipe.duration == "min":
        return _number(recipe, minutes)
    if recipe.duration == "h":
        return _number(recipe, minutes / 60)
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


def write(recipe: Recipe, folder):
    """The export as a file; its path."""
    path = folder / f"export.{recipe.container}"
    rows = grid_of(recipe)
    match recipe.container:
        case "csv":
            out = io.StringIO()
            csv.writer(out, delimiter=recipe.separator, lineterminator="\r\n").writerows(
                [["" if c is None else c for c in row] for row in rows]
            )
            path.write_bytes(out.getvalue().encode(recipe.encoding))
        case "xlsx":
            book = Workbook()
            for row in rows:
                book.active.append(row)
            if recipe.dress == "merged":
                _merge_lines(book.active, rows, heading(recipe, "line"))
            book.save(path)
        case "xlsb":
            write_binary(path, {"Data": rows})
        case "xls":
            _write_xls(path, rows)
        case "html":
            path.write_text(page_of(rows), "utf-8")
        case "xml":
            path.write_text(spreadsheet_xml(rows), "utf-8")
        case "fods":
            path.write_text(flat_document(rows), "utf-8")
        case "pipes" | "aligned":
            path.write_bytes(printed(rows, recipe.container).encode(recipe.encoding))
    return path


def _merge_lines(sheet, rows: list[list], head: str) -> None:
    """Merge the line's cell with the blank ones below it."""
    (first,) = [i for i, row in enumerate(rows) if head in row]
    place = rows[first].index(head)
    start = None
    for i, row in enumerate([*rows[first + 1 :], [None] * len(rows[0])], first + 1):
        ends = row[place] is not None or row[0 if place else 1] is None or i == len(rows)
        if ends and start is not None and i - start > 1:
            sheet.merge_cells(
                start_row=start + 1, end_row=i, start_column=place + 1, end_column=place + 1
            )
        if ends:
            start = i


def _write_xls(path, rows):
    book = xlwt.Workbook()
    sheet = book.add_sheet("Data")
    day = xlwt.easyxf(num_format_str="DD.MM.YYYY")
    moment = xlwt.easyxf(num_format_str="DD.MM.YYYY HH:MM")
    for r, row in enumerate(rows):
        for c, cell in enumerate(row):
            if isinstance(cell, datetime):
                sheet.write(r, c, cell, moment)
            elif isinstance(cell, date):
                sheet.write(r, c, cell, day)
            elif cell is not None:
                sheet.write(r, c, cell)
    book.save(str(path))
