"""Deeds in children that are killed at random moments. Run by test_kill*.py.

A process that has everything imported forks a child per round (a fresh start would take longer than
what is to be tested) and another that looks at what is left. A child dies either by a signal from
outside after a random time, or by its own hand at a random line of the store's code: the first hits
the long steps and the inside of libraries, the second the narrow gaps between two steps.

    python killed.py FOLDER POINT BUILD ROUNDS SEED
"""

import json
import os
import random
import shutil
import signal
import sys
import threading
import time
from pathlib import Path

import kill_points
from kill_builds import use_build

from kpi.errors import KpiError

ROUNDS_PER_HOME = 40
OPENS_WITHIN = 5.0
TRACED = (
    "/kpi/store/",
    "/kpi/scratch.py",
    "/kill_builds.py",
    "/tempfile.py",
    "/zipfile.py",
    "/shutil.py",
)


def in_child(task):
    """Fork; the child does the task and is gone."""
    child = os.fork()
    if child == 0:
        try:
            task()
            os._exit(0)
        except BaseException:
            import traceback

            traceback.print_exc()
            os._exit(1)
    return child


class Steps:
    """Counts lines of the store's code, in every thread; ends the process at the line given."""

    def __init__(self, last=None):
        self.count, self.last = 0, last

    def __enter__(self):
        threading.settrace(self._enter)
        sys.settrace(self._enter)
        return self

    def __exit__(self, *_):
        sys.settrace(None)
        threading.settrace(None)

    def _enter(self, frame, _event, _arg):
        return self._line if any(t in frame.f_code.co_filename for t in TRACED) else None

    def _line(self, _frame, event, _arg):
        if event == "line":
            self.count += 1
            if self.count == self.last:
                os.kill(os.getpid(), signal.SIGKILL)
        return self._line


def by_its_own_hand(point, seed, tell, share):
    """One deed, ended at a share (0 to 1) of the lines that the same kind of deed had last time."""
    deed = point.prepare(random.Random(seed))
    tell({"intent": deed.told})
    with Steps(max(1, int(share * point.lines()))) as steps:
        done = deed.do()
    point.lines(steps.count)
    tell({"done": deed.told, "result": done})
    os.kill(os.getpid(), signal.SIGKILL)


def until_the_end(point, seed, tell):
    """Deed after deed, for as long as one lives."""
    chance = random.Random(seed)
    while True:
        deed = point.prepare(chance)
        tell({"intent": deed.told})
        tell({"done": deed.told, "result": deed.do()})


def one_round(point, chance, pace):
    """Start a child and kill it; what it told before it died."""
    heard, told = os.pipe()

    def tell(what):
        os.write(told, json.dumps(what).encode() + b"\n")

    seed, by_hand, share = chance.random(), chance.random() < 0.6, chance.random()
    if by_hand:
        child = in_child(lambda: by_its_own_hand(point, seed, tell, share * 1.02))
    else:
        child = in_child(lambda: until_the_end(point, seed, tell))
    os.close(told)
    if not by_hand:
        if chance.random() < 0.8:  # the others may be killed while they open the home
            os.set_blocking(heard, True)
            first = os.read(heard, 1)
        else:
            first = b""
        time.sleep(chance.random() * 1.5 * pace)
        os.kill(child, signal.SIGKILL)
    else:
        first = b""
    _, status = os.waitpid(child, 0)
    said = first
    while piece := os.read(heard, 1 << 16):
        said += piece
    os.close(heard)
    if not os.WIFSIGNALED(status):
        raise SystemExit("the child ended by itself")
    return [json.loads(line) for line in said.splitlines() if line.endswith(b"}")]


def looked_at(point, told, result):
    """What is wrong after a round, by a process of its own; and how long opening took."""

    def look():
        try:
            found = point.look(told)
        except KpiError as error:
            found = [str(error)]
        result.write_text(
            json.dumps(
                {"wrong": found, "opened": point.opened, "worked": point.worked, **point.kept()}
            )
        )

    result.unlink(missing_ok=True)
    _, status = os.waitpid(in_child(look), 0)
    if status:
        return {"wrong": ["what is left cannot be looked at"], "opened": 0.0, "worked": 0.0}
    return json.loads(result.read_text())


def main():
    folder, name, build, rounds, seed = sys.argv[1:]
    use_build(build)
    chance = random.Random(int(seed))
    slowest, within = 0.0, 0
    for n in range(int(rounds)):
        if n % ROUNDS_PER_HOME == 0:
            here = Path(folder) / f"h{n}"
            here.mkdir(parents=True)
            point = kill_points.POINTS[name](here)
            _, status = os.waitpid(in_child(point.set_up), 0)
            if status:
                print("the point cannot be set up")
                return 1
            pace = point.pace()
        told = one_round(point, chance, pace)
        within += bool(told) and "intent" in told[-1]
        found = looked_at(point, told, here / "look.json")
        slowest = max(slowest, found["opened"])
        # Where the machine does much else, the clock alone says nothing of this program.
        if found["opened"] > OPENS_WITHIN and found["worked"] > OPENS_WITHIN / 5:
            found["wrong"].append(f"opening took {found['opened']:.1f} s")
        if found["wrong"]:
            print(f"round {n}: {found['wrong']} after {told[-3:]}")
            return 1
        point.remember(told, found)
        if n % ROUNDS_PER_HOME == ROUNDS_PER_HOME - 1:
            shutil.rmtree(here)
    print(f"{rounds} kills, {within} of them within a deed; opened in {slowest:.2f} s at most")
    return 0


if __name__ == "__main__":
    sys.exit(main())
