"""Read every hostile file and print what became of each: ``python -m tests.hostile.table [words]``.

A line per file, then one per class. Words narrow it to the files whose class and name hold them all.
Ends with 1 where a file went otherwise than promised.
"""

import sys
from collections.abc import Sequence

from kpi.ingest import processes
from tests.hostile.cases import CLASSES, Measured, all_cases, measured


def main(words: Sequence[str]) -> int:
    """Print the table; the exit code."""
    found: list[Measured] = []
    print(f"{'file':<78}{'MB':>7} {'s':>6} {'cpu s':>6} {'child MB':>9} {'grown':>6}  outcome")
    for case in all_cases():
        if all(word.lower() in case.id.lower() for word in words):
            found.append(measured(case))
            print(_line(found[-1]), flush=True)
    print()
    for line in by_class(found):
        print(line)
    processes.starter.stop()
    return int(any(one.faults() for one in found))


def _line(one: Measured) -> str:
    size = one.size / 2**20
    told = f"{one.case.id[:77]:<78}{size:>7.1f} {one.seconds:>6.2f} {one.processor:>6.2f} "
    told += f"{one.megabytes:>9.0f}"
    faults = "; ".join(one.faults())
    first = one.sentences.partition("\n")[0][:150]
    return f"{told} {one.parent_megabytes:>6.0f}  {one.ended}{f' !! {faults}' if faults else ''} | {first}"


def by_class(found: Sequence[Measured]) -> list[str]:
    """One line per class: how many files, what became of them, the most any took."""
    lines = [
        f"{'class':<14}{'files':>6}{'accepted':>9}{'warned':>8}{'refused':>8}"
        f"{'most s':>8}{'cpu s':>8}{'most MB':>9}{'parent MB':>10}{'faults':>8}"
    ]
    for group in CLASSES:
        ours = [one for one in found if one.case.group == group]
        if not ours:
            continue
        ends = [one.ended for one in ours]
        lines.append(
            f"{group:<14}{len(ours):>6}{ends.count('accepted'):>9}"
            f"{ends.count('accepted with warnings'):>8}{ends.count('refused'):>8}"
            f"{max(one.seconds for one in ours):>8.2f}"
            f"{max(one.processor for one in ours):>8.2f}{max(one.megabytes for one in ours):>9.0f}"
            f"{max(one.parent_megabytes for one in ours):>10.0f}"
            f"{sum(bool(one.faults()) for one in ours):>8}"
        )
    return lines


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
