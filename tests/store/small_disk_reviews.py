"""Reviews held and approved on a full disk, for real. Run by test_full_disk.py as small_disk.py is.

    python small_disk_reviews.py FOLDER STEP [limited]

A little more room is left each time, so that every write of holding and of approving once meets the
end of the disk. Each ends as if it had not begun, with a sentence, or is done.
"""

import shutil
import signal
import sys
from pathlib import Path

from killed_reviews import STEPS, deed, prepared, state, wrong
from small_disk import FOLDER, Squeeze

from kpi import analysis
from kpi.errors import KpiError

KILOBYTES = range(0, 700, int(sys.argv[2]))


def main():
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    beside = Path(sys.argv[1]).parent / "beside"
    beside.mkdir(exist_ok=True)
    starts, told = prepared(beside), set()
    for to in STEPS:
        whole = analysis.open_home(shutil.copytree(starts[to], beside / f"whole {to}"))
        before = state(whole)
        deed(whole, to)
        after = state(whole)
        whole.store.close()
        refused = done = 0
        for kilobytes in KILOBYTES:
            here = shutil.copytree(starts[to], FOLDER / "home")
            home = analysis.open_home(here)
            with Squeeze(kilobytes):
                try:
                    deed(home, to)
                    done += 1
                except KpiError as error:
                    told.add(str(error))
                    refused += 1
                assert state(home) in (before, after)  # reading goes on
            home.store.close()
            found = wrong(here, to, before, after)
            assert found in ("", "done"), (str(to), kilobytes, found)
            shutil.rmtree(here)
        assert refused, to
        assert done, to
    print("\n".join(sorted(told)))


if __name__ == "__main__":
    main()
