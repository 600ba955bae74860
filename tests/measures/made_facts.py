"""Small facts for tests of series."""

from datetime import date

from kpi.measures import MemorySource, SeriesQuestion, evaluate, facts
from kpi.settings import Settings


def day(text):
    return date.fromisoformat(text)


def made(on, produced, *, line="L1", plant="A", **more):
    return {"date": day(on), "plant": plant, "line": line, "qty_produced": produced, **more}


def scrapped(on, quantity, *, line="L1", plant="A", **more):
    return {"date": day(on), "plant": plant, "line": line, "qty_scrap": quantity, **more}


def source(**tables):
    """A source from rows per dataset; ``coverage`` and ``data_dates`` go through."""
    options = {k: tables.pop(k) for k in ("coverage", "data_dates") if k in tables}
    return MemorySource({name: facts(name, rows) for name, rows in tables.items()}, **options)


def ask(src, kpi, settings=None, **question):
    return evaluate(src, SeriesQuestion(kpi, **question), settings or Settings())


def rows(src, kpi, settings=None, **question):
    """The cells as dictionaries."""
    return ask(src, kpi, settings, **question).frame.to_dict("records")


def values(src, kpi, settings=None, **question):
    """Value per period, or per dimension and period."""
    by = question.get("by", ())
    found = rows(src, kpi, settings, **question)
    return {(*(r[d] for d in by), r["period"]) if by else r["period"]: r["value"] for r in found}


def states(src, kpi, settings=None, **question):
    by = question.get("by", ())
    found = rows(src, kpi, settings, **question)
    return {(*(r[d] for d in by), r["period"]) if by else r["period"]: r["state"] for r in found}
