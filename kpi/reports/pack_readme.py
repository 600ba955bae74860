"""The page of an evidence pack that is opened first: what it is of, what is in it, how to check it."""

from collections.abc import Iterable, Sequence
from html import escape
from typing import Final

from kpi.analysis import words
from kpi.analysis.packing import Pack
from kpi.figures.theme import LIGHT
from kpi.qms.agenda import edition_words
from kpi.reports.settled import in_utc
from kpi.safe_text import one_line

STYLE: Final = f"""
body{{font:15px/1.5 Arial,Helvetica,sans-serif;color:{LIGHT.ink};max-width:62rem;margin:2rem auto;padding:0 1rem}}
h1{{font-size:1.7rem;margin-bottom:.2rem}}h2{{font-size:1.15rem;margin:2rem 0 .5rem}}
p{{margin:.4rem 0}}table{{border-collapse:collapse;width:100%}}
th{{text-align:left;color:{LIGHT.muted};font-size:.85rem}}
td,th{{padding:.35rem .6rem .35rem 0;border-bottom:1px solid {LIGHT.rule};vertical-align:top}}
td.n,th.n{{text-align:right;font-variant-numeric:tabular-nums}}
code{{font:.85rem/1.4 "Courier New",monospace;overflow-wrap:anywhere}}
a{{color:{LIGHT.accent}}}.muted{{color:{LIGHT.muted}}}.missing{{color:{LIGHT.worsening};font-weight:bold}}
@page{{size:A4;margin:15mm}}@media print{{body{{margin:0;max-width:none;font-size:11px}}tr{{break-inside:avoid}}}}
"""

CONTENTS: Final = (
    ("figures/figures.csv", "Every figure with numerator, denominator, limits, target and signals"),
    ("figures/definitions.csv", "What each figure means: formula, source and version"),
    ("figures/sources.csv", "Which file gave how many rows to which figure, with SHA-256"),
    ("figures/coverage.csv", "Plant, data and month: there, zero, missing, not scheduled"),
    ("figures/quality.csv", "What the figures rest on: missing, rejected, assumed"),
    ("figures/paretos.csv", "Every bar of the Pareto charts"),
    ("review/inputs.json", "The inputs of the management review, each with its finding"),
    ("review/restated.csv", "Frozen figures that later uploads changed"),
    ("trail/audit-trail.csv", "Who changed what, when and why, with the hash of each entry"),
    ("trail/ledger.csv", "Every upload and withdrawal, with the file's SHA-256"),
    ("weaknesses.csv", "What an auditor would find, told by ourselves"),
    ("manifest.json", "Size and SHA-256 of every part of this pack"),
)


def readme(pack: Pack) -> str:
    """The page as HTML; it needs nothing else, and loads nothing."""
    agenda = pack.agenda
    period = words.span_words(agenda.asked.first, agenda.asked.last)
    title = f"Evidence pack, {period}"
    company = f"{agenda.review.company}: " if agenda.review.company else ""
    made = in_utc(pack.made)
    head = [
        f"<h1>{_text(company + title)}</h1>",
        _p(f"{agenda.review.plants} · {edition_words(agenda.edition)}"),
        _p(
            f"Made on {words.date_words(made.date())} at {made:%H:%M} UTC by {pack.made_by}, at ledger "
            f"position {agenda.position} and record {agenda.number}.", "muted",
        ),
    ]  # fmt: skip
    parts = [
        *head, _weaknesses(pack), _inputs(pack), _records(pack), _contents(pack), _sources(pack),
        _check(pack),
    ]  # fmt: skip
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; '
        "style-src 'unsafe-inline'\">"
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{_text(title)}</title><style>{STYLE}</style></head>\n<body>\n"
        + "\n".join(parts)
        + "\n</body></html>\n"
    )


def _weaknesses(pack: Pack) -> str:
    if not pack.weaknesses:
        return _section("What an auditor would find", _p("Nothing that we look for was found."))
    rows = [
        (str(n), w.title, w.says, w.mend, ", ".join(w.clauses))
        for n, w in enumerate(pack.weaknesses, start=1)
    ]
    table = _table(("", "What", "How much of it", "What to do", "Clause"), rows)
    return _section("What an auditor would find, worst first", table)


def _inputs(pack: Pack) -> str:
    rows = [
        (one.letter, one.title, one.nothing or one.finding, " ".join(one.missing) or "–")
        for one in pack.agenda.inputs
    ]
    return _section(
        "The inputs of the management review",
        _table(("", "Input", "What it comes to", "What is missing"), rows),
    )


def _records(pack: Pack) -> str:
    rows = [
        (kind.plural, str(len(kind.records)), ", ".join(kind.clauses),
         _Link(f"records/{kind.name}.csv"), _Link(f"records/{kind.name}.json"))
        for kind in pack.kinds
    ]  # fmt: skip
    told = _table(("Records", "How many", "Clause", "List", "With history"), rows, numbers=(1,))
    return _section("Records, as of then", told)


def _contents(pack: Pack) -> str:
    rows: list[tuple[str, str]] = [(_Link(path), says) for path, says in CONTENTS]
    rows += [(_Link(one.path), one.says) for one in (*pack.documents, *pack.uploads)]
    left = "".join(_p(text) for text in pack.left_out)
    documents = (
        "" if pack.documents else _p("No review of these days was held: no documents are kept.")
    )
    return _section("What is in it", _table(("Part", "What it holds"), rows) + documents + left)


def _sources(pack: Pack) -> str:
    rows = [
        (s.file, words.number(s.rows, 0), s.who, f"{in_utc(s.when):%Y-%m-%d}", _Code(s.sha256))
        for s in pack.agenda.review.sources
    ]
    missing = pack.agenda.review.coverage.missing
    gaps = "".join(_p(text, "missing") for text in missing)
    told = _table(("File", "Rows", "Loaded by", "On", "SHA-256"), rows, numbers=(1,))
    return _section("Files that the figures come from", gaps + told)


def _check(pack: Pack) -> str:
    said = [
        "<p>Whether this pack is as it was made, <code>python -m kpi pack verify FILE</code> tells: it "
        "recomputes the SHA-256 of every part and compares it with manifest.json.</p>",
    ]
    if pack.head:
        head = _text(pack.head)
        said.append(
            f"<p>The head of the audit trail was <code>{head}</code>. Whether everything recorded up to "
            "then still stands in the books, the page Audit trail or "
            f"<code>python -m kpi doctor --head {head}</code> tells.</p>"
        )
    return _section("How to check it", "".join(said))


class _Link(str):
    """The name of a part, to be opened from the page."""

    __slots__ = ()


class _Code(str):
    """Text set as code."""

    __slots__ = ()


def _cell(value: str) -> str:
    text = _text(value)
    if isinstance(value, _Link):
        return f'<a href="{_address(value)}">{text}</a>'
    return f"<code>{text}</code>" if isinstance(value, _Code) else text


def _address(path: str) -> str:
    from urllib.parse import quote

    return escape(quote(path))


def _table(
    headings: Sequence[str], rows: Iterable[Sequence[str]], numbers: Sequence[int] = ()
) -> str:
    def kind(at: int) -> str:
        return ' class="n"' if at in numbers else ""

    head = "".join(f"<th{kind(at)}>{_text(h)}</th>" for at, h in enumerate(headings))
    body = "".join(
        "<tr>" + "".join(f"<td{kind(at)}>{_cell(c)}</td>" for at, c in enumerate(row)) + "</tr>\n"
        for row in rows
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _section(title: str, content: str) -> str:
    return f"<section><h2>{_text(title)}</h2>{content}</section>"


def _p(text: str, kind: str = "") -> str:
    return f'<p class="{kind}">{_text(text)}</p>' if kind else f"<p>{_text(text)}</p>"


def _text(value: str) -> str:
    return escape(one_line(value))
