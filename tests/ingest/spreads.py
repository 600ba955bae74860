"""A clean long table spread into the shapes people give it: periods, shifts, reasons, lines across.

``spread(seed)`` returns the sheets of a workbook as rows of cells with their merged ranges, and the
facts that must come back.
"""

import random
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from kpi.ingest.grid import Grid, Merge
from kpi.ingest.layout import tables_of

WORDS = {
    "en": {
        "made": "Produced", "scrap": "Scrap", "good": "Good", "rate": "Scrap %", "line": "Line", "kpi": "KPI",
        "unit": "Unit", "aim": "Target", "total": "Total", "ytd": "YTD", "date": "Date",
        "shift": "Shift", "reason": "Reason", "by_reason": "Scrap by reason", "pcs": "pcs",
        "shifts": ("Early", "Late", "Night"), "lines": "Line {}", "stop": "Downtime (min)",
        "by_stop": "Downtime by reason (min)", "machine": "Machine", "title": "Produced quantity {}",
        "scraps": ("Crack", "Dent", "Scratch", "Flash"), "stops": ("Setup", "Jam", "Cleaning"),
        "months": "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec", "batch": "Batch",
        "year": "Year", "month": "Month", "week": "Week {}",
    },
    "de": {
        "made": "Produzierte Menge", "scrap": "Ausschuss", "good": "Gutmenge", "rate": "Ausschuss %", "line": "Linie",
        "kpi": "Kennzahl", "unit": "Einheit", "aim": "Ziel", "total": "Summe", "ytd": "kumuliert",
        "date": "Datum", "shift": "Schicht", "reason": "Grund", "by_reason": "Ausschuss nach Grund",
        "pcs": "Stk", "shifts": ("Früh", "Spät", "Nacht"), "lines": "Linie {}",
        "stop": "Stillstandszeit (min)", "by_stop": "Stillstand nach Grund (min)",
        "machine": "Maschine", "title": "Produzierte Menge {}",
        "scraps": ("Riss", "Delle", "Kratzer", "Lunker"), "stops": ("Rüsten", "Störung", "Reinigung"),
        "months": "Jan Feb Mär Apr Mai Jun Jul Aug Sep Okt Nov Dez", "batch": "Charge",
        "year": "Jahr", "month": "Monat", "week": "KW {}",
    },
    "es": {
        "made": "Producción", "scrap": "Merma", "good": "Piezas buenas", "rate": "% merma", "line": "Línea",
        "kpi": "Indicador", "unit": "Unidad", "aim": "Objetivo", "total": "Total", "ytd": "Acumulado",
        "date": "Fecha", "shift": "Turno", "reason": "Motivo", "by_reason": "Merma por motivo",
        "pcs": "pza", "shifts": ("Mañana", "Tarde", "Noche"), "lines": "Línea {}",
        "stop": "Tiempo muerto (min)", "by_stop": "Tiempo muerto por causa (min)",
        "machine": "Máquina", "title": "Producción {}",
        "scraps": ("Grieta", "Golpe", "Mancha", "Rebaba"), "stops": ("Ajuste", "Avería", "Limpieza"),
        "months": "Ene Feb Mar Abr May Jun Jul Ago Sep Oct Nov Dic", "batch": "Lote",
        "year": "Año", "month": "Mes", "week": "Semana {}",
    },
    "fr": {
        "made": "Quantité produite", "scrap": "Rebut", "good": "Pièces bonnes", "rate": "Taux de rebut %", "line": "Ligne",
        "kpi": "Indicateur", "unit": "Unité", "aim": "Objectif", "total": "Total", "ytd": "Cumul",
        "date": "Date", "shift": "Équipe", "reason": "Motif", "by_reason": "Rebut par motif",
        "pcs": "pcs", "shifts": ("Matin", "Soir", "Nuit"), "lines": "Ligne {}",
        "stop": "Temps d'arrêt (min)", "by_stop": "Temps d'arrêt par motif (min)",
        "machine": "Machine", "title": "Quantité produite {}",
        "scraps": ("Fissure", "Bavure", "Tache", "Choc"), "stops": ("Réglage", "Panne", "Nettoyage"),
        "months": "Janv Févr Mars Avr Mai Juin Juil Août Sept Oct Nov Déc", "batch": "Lot",
        "year": "Année", "month": "Mois", "week": "Semaine {}",
    },
}  # fmt: skip


@dataclass
class Sheet:
    """Rows of cells, and merged ranges as (row, first column, last column), all from 0."""

    rows: list[list]
    merges: list[tuple[int, int, int]] = field(default_factory=list)


@dataclass
class Spread:
    """Sheets by name, and what must come back: dataset -> (columns, rows)."""

    sheets: dict[str, Sheet]
    facts: dict[str, tuple[tuple[str, ...], list[tuple]]]
    shape: str
    totals: int = 0


def raw_tables(spread):
    """The raw tables of a spread, as the readers hand them over."""
    out = []
    for name, sheet in spread.sheets.items():
        width = max(len(row) for row in sheet.rows)
        cells = [[*row, *[None] * (width - len(row))] for row in sheet.rows]
        merges = tuple(Merge(row, left, row, right) for row, left, right in sheet.merges)
        grid = Grid(name, cells, list(range(1, len(cells) + 1)), merges=merges)
        out.extend(tables_of(grid).tables)
    return out


def months(r, count):
    """So many months one after another, within 2024 to 2026."""
    first = r.randrange(0, 36 - count)
    return [date(2024 + m // 12, m % 12 + 1, 1) for m in range(first, first + count)]


def month_head(r, words, day, style):
    """A month as a heading: in words with its year, in figures, or as a real date."""
    name = words["months"].split()[day.month - 1]
    return {
        "long": f"{name} {day.year}",
        "short": f"{name}-{day.year % 100:02d}",
        "iso": f"{day.year}-{day.month:02d}",
        "slash": f"{day.month:02d}/{day.year}",
        "date": datetime(day.year, day.month, 1),
    }[style]


def figures(r, made=None):
    """A produced quantity and a scrapped one that is at most a fifth of it."""
    made = made or r.randint(200, 5000)
    return made, r.randint(0, made // 5)


def spread(seed):
    """One of the shapes, with random values, sizes and language."""
    r = random.Random(seed)
    language = r.choice(list(WORDS))
    shape = SHAPES[seed % len(SHAPES)]
    return shape(r, WORDS[language])


# --- periods across ---------------------------------------------------------------------------


def metric_rows(r, words):
    """Months across, a row per line and figure; totals, percentages and targets among them."""
    days = months(r, r.randint(2, 12))
    style = r.choice(["long", "short", "iso", "slash", "date"])
    lines = [words["lines"].format(n + 1) for n in range(r.randint(1, 4))]
    outline, unit, total = r.random() < 0.5, r.random() < 0.5, r.random() < 0.6
    aim, rate = r.random() < 0.5, r.random() < 0.6
    head = [words["line"], words["kpi"], *([words["unit"]] if unit else [])]
    head += [words["aim"]] if aim else []
    head += [month_head(r, words, d, style) for d in days] + ([words["total"]] if total else [])
    rows, made, scrap = [head], [], []
    for line in lines:
        pairs = [figures(r) for _ in days]
        made += [(d, line, float(p[0])) for d, p in zip(days, pairs, strict=True)]
        scrap += [(d, line, float(p[1])) for d, p in zip(days, pairs, strict=True)]
        block = [(words["made"], [p[0] for p in pairs]), (words["scrap"], [p[1] for p in pairs])]
        if rate:
            block.append((words["rate"], [round(100 * s / m, 2) for m, s in pairs]))
        for number, (name, values) in enumerate(block):
            sums = sum(values) if number < 2 else None
            rows.append(
                [line if number == 0 or not outline else None, name]
                + ([words["pcs"] if number < 2 else "%"] if unit else [])
                + ([r.choice([None, 1, 2.5])] if aim else [])
                + values
                + ([sums] if total else [])
            )
    return Spread({"KPI": Sheet(rows)}, _made_and_lost(made, scrap), "metric rows", int(total))


def measures_under_months(r, words):
    """Months over produced, scrap and percent; merged, unmerged, or in one row of headings."""
    days = months(r, r.randint(2, 6))
    lines = [words["lines"].format(n + 1) for n in range(r.randint(2, 4))]
    names = [words["made"], words["scrap"], *(["%"] if r.random() < 0.6 else [])]
    kind = r.choice(["merged", "plain", "flat"])
    style = r.choice(["long", "short"])
    heads = [month_head(r, words, d, style) for d in days]
    sheet = Sheet([])
    if kind == "flat":
        sheet.rows.append([words["line"], *(f"{h} {n}" for h in heads for n in names)])
    else:
        top = [None]
        for h in heads:
            sheet.merges += [(0, len(top), len(top) + len(names) - 1)] if kind == "merged" else []
            top += [h, *[None] * (len(names) - 1)]
        sheet.rows += [top, [words["line"], *names * len(days)]]
    made, scrap = [], []
    for line in lines:
        row = [line]
        for day in days:
            m, s = figures(r)
            made.append((day, line, float(m)))
            scrap.append((day, line, float(s)))
            row += [m, s, *([round(100 * s / m, 2)] if len(names) == 3 else [])]
        sheet.rows.append(row)
    return Spread({"Report": sheet}, _made_and_lost(made, scrap), f"measures under months {kind}")


def sections(r, words):
    """A figure as a row of its own above the lines that follow."""
    days = months(r, r.randint(3, 6))
    lines = [words["lines"].format(n + 1) for n in range(r.randint(2, 4))]
    rows = [[None, *(month_head(r, words, d, "long") for d in days)]]
    made, scrap = [], []
    pairs = {(line, d): figures(r) for line in lines for d in days}
    for place, (name, out) in enumerate(((words["made"], made), (words["scrap"], scrap))):
        rows.append([name])
        for line in lines:
            rows.append([line, *(pairs[line, d][place] for d in days)])
            out += [(d, line, float(pairs[line, d][place])) for d in days]
    return Spread({"Data": Sheet(rows)}, _made_and_lost(made, scrap), "sections")


def days_across(r, words):
    """The days of one month across, the month in the title or the sheet's name."""
    first = months(r, 1)[0]
    last = (date(first.year + first.month // 12, first.month % 12 + 1, 1) - first).days
    days = [first + timedelta(days=n) for n in range(last)]
    month = month_head(r, words, first, "long")
    titled = r.random() < 0.5
    kind = r.choice(["number", "dotted", "date"])
    heads = {
        "number": [d.day for d in days],
        "dotted": [f"{d.day:02d}.{d.month:02d}." for d in days],
        "date": [datetime(d.year, d.month, d.day) for d in days],
    }[kind]
    pairs = [figures(r) for _ in days]
    rows = [[f"{words['kpi']} {month}"], []] if titled else []
    rows += [
        [words["kpi"], *heads],
        [words["made"], *(p[0] for p in pairs)],
        [words["scrap"], *(p[1] for p in pairs)],
    ]
    made = [(d, None, float(p[0])) for d, p in zip(days, pairs, strict=True)]
    scrap = [(d, None, float(p[1])) for d, p in zip(days, pairs, strict=True)]
    name = "Sheet1" if titled else month
    return Spread({name: Sheet(rows)}, _made_and_lost(made, scrap), f"days across {kind}")


def month_over_shift(r, words):
    """Months over the shifts; what is counted stands in the title."""
    days = months(r, r.randint(2, 4))
    lines = [words["lines"].format(n + 1) for n in range(r.randint(2, 3))]
    names = words["shifts"]
    top, made = [None], []
    sheet = Sheet([[words["title"].format("")], []])
    for d in days:
        sheet.merges.append((2, len(top), len(top) + len(names) - 1))
        top += [month_head(r, words, d, "long"), *[None] * (len(names) - 1)]
    sheet.rows += [top, [words["line"], *names * len(days)]]
    for line in lines:
        values = [r.randint(100, 900) for _ in days for _ in names]
        slots = [(d, n) for d in days for n in names]
        made += [(d, line, n, float(v)) for (d, n), v in zip(slots, values, strict=True)]
        sheet.rows.append([line, *values])
    columns = ("date", "line", "shift", "qty_produced")
    return Spread({"Report": sheet}, {"production": (columns, made)}, "month over shift")


def year_and_month(r, words):
    """Year and month in two columns, the year once or on every row."""
    days = months(r, r.randint(4, 12))
    once = r.random() < 0.5
    names = words["months"].split()
    rows, made, scrap = [[words["year"], words["month"], words["made"], words["scrap"]]], [], []
    before = None
    for d in days:
        m, s = figures(r)
        shown = None if once and d.year == before else d.year
        rows.append([shown, r.choice([d.month]) if not once else names[d.month - 1], m, s])
        before = d.year
        made.append((d, None, float(m)))
        scrap.append((d, None, float(s)))
    return Spread({"Data": Sheet(rows)}, _made_and_lost(made, scrap), "year and month")


# --- members across ---------------------------------------------------------------------------


def reasons_across(r, words):
    """One column per defect: under a heading, beside their total, or after the same word."""
    start = months(r, 1)[0]
    days = [start + timedelta(days=n) for n in range(r.randint(5, 20))]
    names = list(words["scraps"])
    kind = r.choice(["group", "total", "both"])
    line = words["lines"].format(1)
    sheet, made, scrap = Sheet([]), [], []
    head = [words["date"], words["line"], words["made"]]
    if kind == "group":
        sheet.rows += [[None, None, None, words["by_reason"], *[None] * (len(names) - 1)]]
        sheet.merges.append((0, 3, 2 + len(names)))
        sheet.rows.append([*head, *names])
    elif kind == "total":
        sheet.rows.append([*head, words["scrap"], *names])
    else:
        sheet.rows.append([None, None, None, words["by_reason"], *[None] * len(names)])
        sheet.merges.append((0, 3, 3 + len(names)))
        sheet.rows.append([*head, *names, words["total"]])
    for d in days:
        values = [r.choice([None, 0, r.randint(1, 40)]) for _ in names]
        m = sum(v or 0 for v in values) + r.randint(100, 2000)
        row = [datetime(d.year, d.month, d.day), line, m]
        total = sum(v or 0 for v in values)
        row += {"group": values, "total": [total, *values], "both": [*values, total]}[kind]
        sheet.rows.append(row)
        made.append((d, line, float(m)))
        scrap += [
            (d, line, n, float(v)) for n, v in zip(names, values, strict=True) if v is not None
        ]
    facts = {
        "production": (("date", "line", "qty_produced"), made),
        "scrap": (("date", "line", "reason", "qty_scrap"), scrap),
    }
    return Spread({"Data": sheet}, facts, f"reasons across {kind}", int(kind != "group"))


def lines_over_measures(r, words):
    """A line over its produced and its scrapped quantity, dates in rows."""
    start = months(r, 1)[0]
    days = [start + timedelta(days=n) for n in range(r.randint(4, 15))]
    lines = [words["lines"].format(n + 1) for n in range(r.randint(2, 4))]
    flat = r.random() < 0.4
    sheet, made, scrap = Sheet([]), [], []
    if flat:
        heads = [f"{line} {n}" for line in lines for n in (words["made"], words["scrap"])]
        sheet.rows.append([words["date"], *heads])
    else:
        top = [None]
        for line in lines:
            sheet.merges.append((0, len(top), len(top) + 1))
            top += [line, None]
        sheet.rows += [top, [words["date"], *[words["made"], words["scrap"]] * len(lines)]]
    for d in days:
        row = [datetime(d.year, d.month, d.day)]
        for line in lines:
            m, s = figures(r)
            row += [m, s]
            made.append((d, line, float(m)))
            scrap.append((d, line, float(s)))
        sheet.rows.append(row)
    return Spread({"Data": sheet}, _made_and_lost(made, scrap), f"lines over measures flat={flat}")


def shifts_across(r, words):
    """One column per shift, what is counted in the title."""
    start = months(r, 1)[0]
    days = [start + timedelta(days=n) for n in range(r.randint(5, 20))]
    rows = [
        [words["title"].format(start.year)],
        [],
        [words["date"], words["line"], *words["shifts"]],
    ]
    made = []
    for d in days:
        values = [r.randint(10, 999) for _ in words["shifts"]]
        line = words["lines"].format(r.randint(1, 3))
        rows.append([datetime(d.year, d.month, d.day), line, *values])
        made += [(d, line, n, float(v)) for n, v in zip(words["shifts"], values, strict=True)]
    columns = ("date", "line", "shift", "qty_produced")
    return Spread({"Data": Sheet(rows)}, {"production": (columns, made)}, "shifts across")


def stops_across(r, words):
    """Minutes of stops, one column per reason, under a heading that names the measure."""
    start = months(r, 1)[0]
    days = [start + timedelta(days=n) for n in range(r.randint(5, 15))]
    names = words["stops"]
    sheet = Sheet([[None, None, words["by_stop"], *[None] * (len(names) - 1)]])
    sheet.merges.append((0, 2, 1 + len(names)))
    sheet.rows.append([words["date"], words["machine"], *names])
    lost = []
    for d in days:
        machine = f"M-{r.randint(1, 4)}"
        values = [r.choice([None, 0, r.randint(5, 90)]) for _ in names]
        values[r.randrange(len(names))] = r.randint(5, 90)
        sheet.rows.append([datetime(d.year, d.month, d.day), machine, *values])
        lost += [(d, machine, n, float(v)) for n, v in zip(names, values, strict=True) if v]
    columns = ("date", "machine", "reason", "minutes")
    return Spread({"Data": sheet}, {"downtime": (columns, lost)}, "stops across")


# --- several sheets ---------------------------------------------------------------------------


def codes_on_another_sheet(r, words):
    """Batches with codes across on one sheet; their dates, and the names of the codes, on others."""
    start = months(r, 1)[0]
    count, codes = r.randint(8, 20), list(range(1, r.randint(4, 7)))
    named = r.sample([*words["stops"], *words["scraps"], "Meeting", "Power failure"], len(codes))
    days = [start + timedelta(days=n // 3) for n in range(count)]
    batches = [400000 + n for n in range(count)]
    order = r.sample(range(count), count)
    plan = [[words["date"], "Product", words["batch"]]]
    plan += [[datetime(*days[i].timetuple()[:3]), f"P{i % 3}", batches[i]] for i in order]
    grid = Sheet([[None, words["by_stop"], *[None] * (len(codes) - 1)], [words["batch"], *codes]])
    grid.merges.append((0, 1, len(codes)))
    lost = []
    for i in range(count):
        values = [r.choice([None, r.randint(5, 60)]) for _ in codes]
        grid.rows.append([batches[i], *values])
        lost += [
            (days[i], f"P{i % 3}", str(c), float(v))
            for c, v in zip(codes, values, strict=True)
            if v
        ]
    names = Sheet([["Code", "Description"], *([c, n] for c, n in zip(codes, named, strict=True))])
    columns = ("date", "product", "reason", "minutes")
    sheets = {"Plan": Sheet(plan), "Stops": grid, "Codes": names}
    return Spread(sheets, {"downtime": (columns, lost)}, "codes on another sheet")


def a_sheet_per_month(r, words):
    """One sheet per month, days down the rows, the sheet's name the only place of the month."""
    sheets, made, scrap = {}, [], []
    for first in months(r, r.randint(2, 4)):
        rows = [["Day" if words is WORDS["en"] else "Tag", words["made"], words["scrap"]]]
        for day in range(1, r.randint(20, 28)):
            m, s = figures(r)
            rows.append([day, m, s])
            made.append((first.replace(day=day), None, float(m)))
            scrap.append((first.replace(day=day), None, float(s)))
        sheets[month_head(r, words, first, "long")] = Sheet(rows)
    return Spread(sheets, _made_and_lost(made, scrap), "a sheet per month")


def a_sheet_per_line(r, words):
    """One sheet per line, months across."""
    days = months(r, r.randint(2, 8))
    sheets, made, scrap = {}, [], []
    for n in range(r.randint(2, 4)):
        line = words["lines"].format(n + 1)
        pairs = [figures(r) for _ in days]
        made += [(d, line, float(p[0])) for d, p in zip(days, pairs, strict=True)]
        scrap += [(d, line, float(p[1])) for d, p in zip(days, pairs, strict=True)]
        sheets[line] = Sheet(
            [
                [words["kpi"], *(month_head(r, words, d, "short") for d in days)],
                [words["made"], *(p[0] for p in pairs)],
                [words["scrap"], *(p[1] for p in pairs)],
            ]
        )
    return Spread(sheets, _made_and_lost(made, scrap), "a sheet per line")


def _made_and_lost(made, scrap):
    return {
        "production": (("date", "line", "qty_produced"), made),
        "scrap": (("date", "line", "qty_scrap"), scrap),
    }


SHAPES = (
    metric_rows,
    measures_under_months,
    sections,
    days_across,
    month_over_shift,
    year_and_month,
    reasons_across,
    lines_over_measures,
    shifts_across,
    stops_across,
    codes_on_another_sheet,
    a_sheet_per_month,
    a_sheet_per_line,
)
