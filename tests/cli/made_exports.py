"""Small exports as a plant would make them, and the command line to put them through."""

import calendar
import json
import os
import subprocess
import sys
from datetime import date
from pathlib import Path

from kpi.cli import main

ROOT = Path(__file__).parents[2]

HEADINGS = ("Date", "Plant", "Line", "Produced Qty", "Scrap Qty", "Scrap Reason")


def scrap_rows(month, *, scrap=4, produced=500, lines=("L1", "L2"), days=None):
    """One row per day and line; scrap differs a little from day to day and line to line."""
    year, number = int(month[:4]), int(month[5:])
    last = calendar.monthrange(year, number)[1]
    return [
        (
            date(year, number, day).isoformat(), "Nordhafen", line, produced,
            scrap + (day + len(line) + i) % 3, "Porosity" if day % 2 else "",
        )
        for day in (days or range(1, last + 1))
        for i, line in enumerate(lines)
    ]  # fmt: skip


def written(path, rows, *, headings=HEADINGS, separator=","):
    """A CSV file of those rows."""
    lines = [headings, *rows]
    text = "".join(separator.join(map(str, line)) + "\n" for line in lines)
    path.write_text(text, encoding="utf-8")
    return path


def scrapped(rows):
    """The scrapped pieces of such rows."""
    return float(sum(row[4] for row in rows))


class Cli:
    """The command line on one home, within this process."""

    def __init__(self, home, capsys):
        self.home = home
        self._capsys = capsys

    def __call__(self, *arguments):
        self._capsys.readouterr()
        code = main(["--home", str(self.home), *map(str, arguments)])
        out, err = self._capsys.readouterr()
        assert "Traceback" not in err
        return code, out, err

    def json(self, *arguments, code=0):
        found, out, err = self(*arguments, "--json")
        assert found == code, err or out
        return json.loads(out)

    def ingest(self, *arguments, code=0):
        """What became of one file."""
        (told,) = self.json("ingest", *arguments, code=code)
        return told

    def series(self, *arguments):
        """The rows, without the head of the audit trail, which tells one home from another."""
        return [
            {k: v for k, v in row.items() if k != "head"} for row in self.json("series", *arguments)
        ]

    def values(self, *arguments, kpi="scrap_rate"):
        """The numerators of a series by period."""
        return {row["period"]: row["numerator"] for row in self.series(kpi, *arguments)}


def command(home, *arguments, **environment):
    """The real command, in a process of its own."""
    return subprocess.run(
        [sys.executable, "-W", "error", "-m", "kpi", "--home", str(home), *map(str, arguments)],
        cwd=ROOT, env={**os.environ, **environment}, capture_output=True, text=True, check=False,
        encoding="utf-8", timeout=120,
    )  # fmt: skip
