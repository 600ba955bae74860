"""How the cells of a text file are separated and quoted, told from its first lines."""

import csv
import io
import math
import re
from collections import Counter
from dataclasses import dataclass, replace
from typing import Any, Final

from kpi.ingest.aligned import Cuts, cuts_of

SEPARATORS: Final = (",", ";", "\t", "|", "^", "~", "\x1f", "¦", " ")
SAMPLE_RECORDS: Final = 300
SAMPLE_CHARACTERS: Final = 1 << 18
FEW_COLUMNS: Final = 1.6
"""The score of three columns: a comma in a remark parts two."""

LEAST: Final = 0.7
"""The score below which no separator explains a text."""

_SEP_LINE: Final = re.compile(r"\s*\"?sep=(.)\"?\s*(?:\r\n|\r|\n|$)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Dialect:
    r"""How a text file parts and quotes its cells; ``directive`` characters at its start say so."""

    separator: str
    quote: str = '"'
    backslash: bool = False  # quotes inside cells are written \"
    skip_blank: bool = False  # blanks after the separator belong to it
    piped: bool = False  # every row stands between pipes, as in printed lists
    directive: int = 0
    escaped: bool = False  # separators inside cells are written \\;
    cuts: Cuts = ()  # the columns of a printed text, where nothing but blanks parts them

    @property
    def simple(self) -> bool:
        """A parser that knows a separator and doubled quotes reads it."""
        odd = self.backslash or self.skip_blank or self.piped or self.escaped or self.cuts
        return not odd and self.quote == '"'

    @property
    def shown(self) -> str:
        """The separator as it stands in the file, with the blank that belongs to it."""
        return self.separator + " " * self.skip_blank

    def options(self) -> dict[str, Any]:
        """The arguments of ``csv.reader`` that read it."""
        return {
            "delimiter": self.separator,
            "quotechar": self.quote,
            "doublequote": True,
            "skipinitialspace": self.skip_blank,
            "quoting": csv.QUOTE_NONE if self.piped else csv.QUOTE_MINIMAL,
            "escapechar": "\\" if self.escaped else None,
        }

    def plain(self, text: str) -> str:
        """The text with the quotes inside its cells doubled, as ``csv.reader`` expects them."""
        if self.backslash:
            return text.replace('\\"', '""')
        if self.quote == "'":
            separator = re.escape(self.separator)
            cell = rf"(?<![^\r\n{separator}])'([^\r\n]*?)'(?=[\r\n{separator}]|$)"
            return re.sub(cell, lambda m: f"'{_requoted(m[1])}'", text)
        return text


def _requoted(cell: str) -> str:
    """A cell that stood in single quotes: these doubled, double quotes that were doubled single."""
    if cell.count('"') == 2 * cell.count('""'):
        cell = cell.replace('""', '"')
    return cell.replace("'", "''")


def dialect_of(text: str) -> Dialect:
    """The dialect of a text, from its first 300 records."""
    told = _SEP_LINE.match(text[:20])
    sample = text[told.end() if told else 0 :][:SAMPLE_CHARACTERS]
    if len(text) > SAMPLE_CHARACTERS:
        sample = sample[: max(sample.rfind("\n"), sample.rfind("\r")) + 1] or sample
    if told:
        return Dialect(told[1], backslash=_has_backslashes(sample), directive=told.end())
    if _is_piped(sample):
        return Dialect("|", piped=True)
    quote = _quote_of(sample)
    backslash = quote == '"' and _has_backslashes(sample)
    candidates = [Dialect(separator, quote, backslash) for separator in SEPARATORS]
    candidates += [
        replace(c, escaped=True) for c in candidates[:-1] if f"\\{c.separator}" in sample
    ]
    scores = {c: _score(sample, c) for c in candidates}
    *usual, by_blanks = [c for c in candidates if not c.escaped]
    best = max(usual, key=lambda c: scores[c])
    cuts = cuts_of(sample.splitlines()[:SAMPLE_RECORDS]) if scores[best] < FEW_COLUMNS else ()
    if cuts and math.log2(len(cuts)) > scores[best] + 1:
        return Dialect("\0", cuts=cuts)
    few = scores[best] < LEAST and _lines(sample) > 1
    if few and scores[by_blanks] > max(scores[best], 0.9):
        best = by_blanks
    escaped = replace(best, escaped=True)
    if scores.get(escaped, 0) > scores[best]:
        best = escaped
    blank = best.separator in ",;" and _blank_follows(sample, best)
    return replace(best, skip_blank=blank)


def _lines(sample: str) -> int:
    return sum(bool(line.strip()) for line in sample.splitlines())


def _is_piped(sample: str) -> bool:
    lines = [line for line in sample.splitlines() if line.strip()]
    piped = sum(line.lstrip().startswith("|") and line.rstrip().endswith("|") for line in lines)
    return piped >= 2 and piped >= 0.5 * len(lines)


def _quote_of(sample: str) -> str:
    def pairs(mark: str) -> int:
        opens = len(re.findall(rf"(?:^|[,;\t| ]){mark}(?=[^{mark},;\t|])", sample, re.MULTILINE))
        closes = len(re.findall(rf"[^{mark},;\t|]{mark}(?:$|[,;\t| ])", sample, re.MULTILINE))
        return min(opens, closes)

    single, double = pairs("'"), pairs('"')
    return "'" if single > 2 and single > 2 * double else '"'


def _has_backslashes(sample: str) -> bool:
    r"""A backslash before quotes inside cells; not the end of a path such as ``"C:\data\"``."""
    inside = len(re.findall(r'\\"(?![,;\t|\r\n]|$)', sample))
    doubled = len(re.findall(r'[^,;\t|\r\n"]""(?=[^",;\t|\r\n])', sample))
    return inside > 0 and not doubled


def _records(sample: str, dialect: Dialect) -> list[list[str]]:
    records: list[list[str]] = []
    try:
        for record in csv.reader(
            io.StringIO(dialect.plain(sample), newline=""), **dialect.options()
        ):
            if any(cell.strip() for cell in record):
                records.append(record)
            if len(records) >= SAMPLE_RECORDS:
                break
    except csv.Error:
        return []
    return records


def _score(sample: str, dialect: Dialect) -> float:
    """How well a separator explains the sample: many cells per record, and as many in each."""
    records = _records(sample, dialect)
    counts = Counter(len(record) for record in records)
    wide = {size: times for size, times in counts.items() if size > 1}
    if not wide:
        return 0.0
    size, times = max(wide.items(), key=lambda item: (item[1] * math.log2(item[0]), item[0]))
    share = times / len(records)
    return share * math.log2(size) * (1.0 if share > 0.5 else 0.5 + share)


def _blank_follows(sample: str, dialect: Dialect) -> bool:
    """Cells are parted by the separator and a blank, as a person would write a list."""
    plain = re.sub(r'"[^"\r\n]*"', "x", sample)
    followed = len(re.findall(re.escape(dialect.separator) + " ", plain))
    return followed > 0.9 * plain.count(dialect.separator) > 0
