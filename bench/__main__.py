"""``python -m bench [NAME…] [--quick]``: each benchmark in a process of its own, then one table."""

import argparse
import importlib
import json
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Final

from bench.table import table
from bench.timing import Line

BENCHMARKS: Final = {
    "ingest_csv": "bench.reading",
    "ingest_dirty_csv": "bench.reading",
    "ingest_xlsx": "bench.reading",
    "ingest_claim": "bench.reading",
    "page_data": "bench.asking",
    "start_up": "bench.serving",
    "reruns": "bench.serving",
    "control_charts": "bench.charting",
    "screening": "bench.screening",
    "screen_numbers": "bench.screening_numbers",
    "capabilities": "bench.capable",
    "new_filter": "bench.answering",
    "evidence": "bench.answering",
    "agenda": "bench.answering",
    "deck": "bench.reviewing",
    "pack": "bench.answering",
    "trail": "bench.verifying",
}


def main() -> int:
    """Run the benchmarks asked for, all by default; 1 where one could not be run."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(BENCHMARKS))
    parser.add_argument("--quick", action="store_true", help="a tenth of the rows")
    parser.add_argument("--json", action="store_true", help="the lines as JSON, in this process")
    arguments = parser.parse_args()
    unknown = [name for name in arguments.names if name not in BENCHMARKS]
    if unknown:
        parser.error(f"there is no {unknown[0]!r}; there are {', '.join(BENCHMARKS)}")
    names = arguments.names or list(BENCHMARKS)
    if arguments.json:
        lines = [line for name in names for line in _run(name, arguments.quick)]
        print(json.dumps([asdict(line) for line in lines]))
        return 0
    found = {name: _apart(name, arguments.quick) for name in names}
    print(table(line for lines in found.values() for line in lines or ()))
    broken = [name for name, lines in found.items() if lines is None]
    if broken:
        print(f"Could not be run: {', '.join(broken)}.", file=sys.stderr)
    return 1 if broken else 0


def _run(name: str, quick: bool) -> list[Line]:
    lines: list[Line] = getattr(importlib.import_module(BENCHMARKS[name]), name)(quick)
    return lines


def _apart(name: str, quick: bool) -> list[Line] | None:
    """A benchmark in its own process, so that no memory or import of another is in it."""
    print(f"{name} …", file=sys.stderr, flush=True)
    command = [sys.executable, "-m", "bench", name, "--json", *(["--quick"] if quick else [])]
    done = subprocess.run(
        command, cwd=Path(__file__).parents[1], stdout=subprocess.PIPE, text=True, check=False
    )
    if done.returncode:
        return None
    return [Line(**line) for line in json.loads(done.stdout.splitlines()[-1])]


if __name__ == "__main__":
    sys.exit(main())
