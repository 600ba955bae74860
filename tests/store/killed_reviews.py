"""Reviews held and approved in children that are killed at a random line. Run by test_kill_reviews.py.

What a review shows is worked out once and handed to every child, for a kill there changes nothing: each
child renders, keeps and records, and looks again whether nobody else did, and dies somewhere in that.

    python killed_reviews.py FOLDER ROUNDS SEED
"""

import json
import os
import random
import shutil
import signal
import sys
from datetime import UTC, datetime
from pathlib import Path

from killed import Steps, in_child

from kpi import analysis
from kpi.analysis import holding, registering
from kpi.analysis.health import doctor
from kpi.qms.reviews import DECISION, REVIEW, ReviewStatus
from tests.analysis import made_reviews

STEPS = (ReviewStatus.HELD, ReviewStatus.APPROVED)
TRACED = (
    "/kpi/store/",
    "/kpi/qms/",
    "/analysis/holding.py",
    "/analysis/registering.py",
    "made_reviews",
)
ID = "REV-2026-001"

AT_THE_END = 80
"""Lines of the code."""


class Lines(Steps):
    """As ``Steps``, in the code that holds and approves, too."""

    def _enter(self, frame, _event, _arg):
        return self._line if any(t in frame.f_code.co_filename for t in TRACED) else None


def deed(home, to):
    """The step to a status; each has a document of some size, written after one that is small."""
    entry = registering.found(home, REVIEW, ID)

    def render(own, agenda):
        small = made_reviews.plain(own, agenda)
        return {**small, "minutes.docx": str(agenda.record.item.status).encode() * 20_000}

    if to is ReviewStatus.HELD:
        return made_reviews.held(home, entry, render=render)
    return made_reviews.approved(home, entry, render=render)


def prepared(folder):
    """Homes just before each step, and what is worked out in it, by status."""
    home = made_reviews.make(folder)
    entry = made_reviews.concluded(home, made_reviews.drafted(home))
    made_reviews.decided(home, entry)
    built, found = holding.build_agenda, {}

    def once(*positional, **named):
        agenda = built(*positional, **named)
        found["agenda"] = agenda
        return agenda

    starts = {}
    for to in STEPS:
        starts[to] = folder / f"before {to}"
        shutil.copytree(folder / "home", starts[to])
        holding.build_agenda = once
        deed(home, to)
    home.store.close()
    holding.build_agenda = lambda *_, **__: found["agenda"]
    holding.restated_sentences = lambda *_: ()
    return starts


def state(home):
    """What is on record of the review: its status, its documents, who looked at what."""
    entry = registering.found(home, REVIEW, ID)
    return {
        "status": str(entry.item.status), "versions": entry.version,
        "signed": entry.item.signature is not None, "frozen": entry.item.frozen is not None,
        "documents": sorted((f.name, str(f.at)) for f in entry.item.kept),
        "carried": [list(d.item.carried) for d in registering.listed(home, DECISION)],
        "number": home.store.records.number(),
    }  # fmt: skip


def wrong(folder, to, before, after):
    """What is wrong with what a kill left; nothing where all is as before, or as after."""
    home = analysis.open_home(folder)
    now = state(home)
    if now not in (before, after):
        return f"between: {now}"
    found = {one.name: one for one in doctor(home, now=datetime.now(UTC))}
    told = found["Kept documents"]
    lying = {p.name for p in (folder / "kept").glob("[0-9a-f]*")}
    named = {f.sha256 for f in registering.found(home, REVIEW, ID).item.kept}
    if not told.fine or (bool(lying - named) != ("no record names" in told.says)):
        return f"doctor says: {told.says}, {len(lying - named)} lie there"
    if not found["Ledger"].fine:
        return f"doctor says: {found['Ledger'].says}"
    if now == before:
        deed(home, to)
        if state(home) != after:
            return f"done again: {state(home)}"
    documents = registering.found(home, REVIEW, ID).item.kept
    if home.store.verify_documents() != len({f.sha256 for f in documents}):
        return "a document is missing"
    return "" if now == before else "done"


def main():
    folder, rounds, seed = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    chance, done = random.Random(seed), dict.fromkeys(STEPS, 0)
    starts, lines, ends = prepared(folder), {}, {}
    for to in STEPS:  # once without a kill: how many lines it has, and how it ends
        here = folder / "whole"
        shutil.copytree(starts[to], here)

        def whole(here=here, to=to):
            home = analysis.open_home(here)
            before = state(home)
            with Lines() as steps:
                deed(home, to)
            told = {"lines": steps.count, "before": before, "after": state(home)}
            (folder / "told.json").write_text(json.dumps(told))

        if os.waitpid(in_child(whole), 0)[1]:
            raise SystemExit(f"{to}: cannot be done")
        ends[to] = json.loads((folder / "told.json").read_text())
        lines[to] = ends[to]["lines"]
        shutil.rmtree(here)
    for n in range(rounds):
        to, here = STEPS[n % 2], folder / "round"
        shutil.copytree(starts[to], here)
        # Every fifth around the moment at which it is entered, which is short.
        first = lines[to] - AT_THE_END if n % 5 == 4 else 1
        last = chance.randint(first, lines[to] + 5)

        def one(here=here, to=to, last=last):
            home = analysis.open_home(here)
            state(home)  # what is remembered then is not read again: as where lines were counted
            with Lines(last):
                deed(home, to)
            os.kill(os.getpid(), signal.SIGKILL)

        os.waitpid(in_child(one), 0)

        def look(here=here, to=to):
            before, after = ({**ends[to][k]} for k in ("before", "after"))
            for told in (before, after):
                told["documents"] = [tuple(d) for d in told["documents"]]
            (folder / "look.json").write_text(json.dumps(wrong(here, to, before, after)))

        if os.waitpid(in_child(look), 0)[1]:
            raise SystemExit(f"round {n}: what is left of {to} cannot be looked at")
        found = json.loads((folder / "look.json").read_text())
        if found not in ("", "done"):
            raise SystemExit(f"round {n}, {to}, line {last} of {lines[to]}: {found}")
        done[to] += found == "done"
        shutil.rmtree(here)
    print(
        f"{rounds} kills, {sum(done.values())} after it was recorded; lines {list(lines.values())}"
    )


if __name__ == "__main__":
    main()
