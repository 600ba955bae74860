"""``python -m bench.load``: many sessions at once, a click every ten seconds each.

Each session is a ``Visitor``: it opens the overview, then changes page, filter, figure or tab, as
people do. Printed are the times from the click to the end of its answer, errors, and what the
server used. With ``--upload-every`` one more session puts a file in force again and again.
"""

import argparse
import asyncio
import contextlib
import random
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import psutil

from bench import homes
from bench.growing import Sample, watch
from bench.loaded import HABITS, PAGES, Record, told
from bench.serving import ROOT, served
from bench.uploader import deliver
from bench.visitor import Answer, BusyError, LostError, Visitor
from web.busy import RETRY_SECONDS

JITTER: Final = 0.4
"""A pause is the time between clicks, more or less by this share."""

FILTERS: Final = ("Plant", "Line")


async def session(
    port: int, record: Record, until: float, seed: int, wishes: argparse.Namespace
) -> None:
    """One person's visit, until the time is up or the clicks are made."""
    chance = random.Random(seed)
    await asyncio.sleep(chance.uniform(0, wishes.every))
    while time.monotonic() < until:
        try:
            await _visit(port, record, until, chance, wishes)
        except BusyError:  # the page tries again by itself
            record.busy += 1
            await asyncio.sleep(RETRY_SECONDS)
        except (LostError, OSError, TimeoutError) as lost:
            record.errors.append(f"session {seed}: {lost}")
        else:
            return


async def _visit(
    port: int, record: Record, until: float, chance: random.Random, wishes: argparse.Namespace
) -> None:
    async with Visitor(port, cookie=wishes.cookie) as visitor:
        record.note("first", "", await visitor.open(""))
        for _ in range(wishes.clicks or sys.maxsize):
            pause = chance.uniform(1 - JITTER, 1 + JITTER) * wishes.every
            if time.monotonic() + pause > until:
                return
            await asyncio.sleep(pause)
            await _click(visitor, record, chance)


async def _click(visitor: Visitor, record: Record, chance: random.Random) -> None:
    kind = chance.choices(list(HABITS), list(HABITS.values()))[0]
    answer = await getattr(sys.modules[__name__], f"_{kind}")(visitor, chance)
    if answer is None:
        kind, answer = "page", await _page(visitor, chance)
    record.note(kind, visitor.page, answer)


async def _page(visitor: Visitor, chance: random.Random) -> Answer:
    others = {page: often for page, often in PAGES.items() if page != visitor.page}
    return await visitor.open(chance.choices(list(others), list(others.values()))[0])


async def _filter(visitor: Visitor, chance: random.Random) -> Answer | None:
    widget = visitor.labelled(chance.choice(FILTERS))
    if widget is None:
        return None
    return await visitor.choose(
        widget, *(() if widget.chosen else (chance.choice(widget.options),))
    )


async def _tab(visitor: Visitor, chance: random.Random) -> Answer | None:
    return await _other_choice(visitor, "tabs", "", chance)


async def _figure(visitor: Visitor, chance: random.Random) -> Answer | None:
    return await _other_choice(visitor, "button_group", "KPI", chance)


async def _other_choice(
    visitor: Visitor, kind: str, label: str, chance: random.Random
) -> Answer | None:
    found = (w for w in visitor.widgets.values() if w.kind == kind and label in ("", w.label))
    widget = next(found, None)
    if widget is None or len(widget.options) < 2:
        return None
    others = [option for option in widget.options if (option,) != widget.chosen]
    return await visitor.choose(widget, chance.choice(others))


async def uploads(port: int, record: Record, until: float, every: float, rows: int) -> None:
    """Somebody who puts a large file in force and takes it back, again and again."""
    for number in range(sys.maxsize):
        if time.monotonic() + every > until:
            return
        await asyncio.sleep(every)
        started = time.monotonic()
        try:
            await deliver(port, rows, number)
            record.uploads.append(time.monotonic() - started)
        except (BusyError, LostError, OSError, RuntimeError) as error:
            record.errors.append(f"upload {number}: {error}")


async def run(port: int, pid: int, wishes: argparse.Namespace) -> tuple[Record, list[Sample]]:
    """All sessions side by side, while the server's memory is watched."""
    record, until = Record(), time.monotonic() + wishes.minutes * 60
    samples: list[Sample] = []
    watching = asyncio.create_task(watch(pid, samples))
    visits = [session(port, record, until, seed, wishes) for seed in range(wishes.sessions)]
    if wishes.upload_every:
        visits.append(uploads(port, record, until, wishes.upload_every, wishes.rows))
    await asyncio.gather(*visits)
    watching.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await watching
    return record, samples


@contextlib.contextmanager
def _server(wishes: argparse.Namespace) -> Iterator[tuple[int, int]]:
    """The port and process id of the dashboard to load: one that runs, or one started here."""
    if wishes.port:
        yield wishes.port, wishes.pid or _listening(wishes.port)
        return
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        if wishes.home:
            home = Path(wishes.home)
        else:
            loaded = homes.sample(folder)
            loaded.store.close()
            home = loaded.path
        with served(ROOT / "dashboard.py", {"KPI_HOME": str(home), "KPI_SAMPLE": "off"}) as (
            p,
            process,
        ):
            yield p, process.pid


def _listening(port: int) -> int:
    for one in psutil.net_connections("tcp"):
        if one.laddr and one.laddr.port == port and one.status == psutil.CONN_LISTEN and one.pid:
            return one.pid
    raise SystemExit(f"Nothing listens on port {port}.")


def wishes(arguments: list[str] | None = None) -> argparse.Namespace:
    """What the command line asks for."""
    parser = argparse.ArgumentParser(prog="python -m bench.load", description=__doc__)
    parser.add_argument("--sessions", type=int, default=60)
    parser.add_argument("--minutes", type=float, default=20)
    parser.add_argument("--every", type=float, default=10, help="seconds between clicks")
    parser.add_argument("--clicks", type=int, default=0, help="of each session; 0: all the time")
    parser.add_argument("--upload-every", type=float, default=0, help="seconds between uploads")
    parser.add_argument("--rows", type=int, default=200_000, help="rows of an uploaded file")
    parser.add_argument("--home", default="", help="a home to serve, instead of the sample plant's")
    parser.add_argument("--port", type=int, default=0, help="a dashboard that runs already")
    parser.add_argument("--pid", type=int, default=0, help="its process")
    parser.add_argument("--cookie", default="", help="the sign-in cookie to come with")
    return parser.parse_args(arguments)


def main() -> int:
    """Load the dashboard and print the report; 1 where a goal is missed."""
    asked = wishes()
    with _server(asked) as (port, pid):
        record, samples = asyncio.run(run(port, pid, asked))
    report = told(record, samples, asked)
    print(report)
    return int("MISSED" in report)


if __name__ == "__main__":
    sys.exit(main())
