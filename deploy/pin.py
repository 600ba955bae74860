"""Write constraints.txt: the version of every package that requirements*.txt bring along.

Run it in the environment the checks pass in: ``python deploy/pin.py``. With ``--check`` nothing is
written, and the exit code says whether the file is as it would be.
"""

import re
import sys
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Final

from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT: Final = Path(__file__).parents[1]
FILE: Final = ROOT / "constraints.txt"
HEAD: Final = (
    "# Versions of all packages, those that others bring along included; pip takes no other.\n"
    "# Made by deploy/pin.py. To change one: change requirements.txt, install, run the checks, pin.\n"
)


def asked(file: Path) -> Iterator[Requirement]:
    """The requirements a file states itself."""
    for line in file.read_text(encoding="utf-8").splitlines():
        text = line.partition("#")[0].strip()
        if text and not text.startswith("-"):
            yield Requirement(text)


def closure(wanted: list[Requirement]) -> dict[str, str]:
    """Name and version of all that is needed here, by canonical name."""
    found: dict[str, str] = {}
    seen: set[tuple[str, str]] = set()
    waiting = [(r, extra) for r in wanted for extra in ("", *r.extras)]
    while waiting:
        requirement, extra = waiting.pop()
        marker = requirement.marker
        if marker is not None and not marker.evaluate({**default_environment(), "extra": ""}):
            continue
        name = canonicalize_name(requirement.name)
        if (name, extra) in seen:
            continue
        seen.add((name, extra))
        try:
            here = distribution(requirement.name)
        except PackageNotFoundError:
            raise SystemExit(
                f"{requirement.name} is not installed: run `make test` first."
            ) from None
        found[name] = here.version
        for text in here.requires or ():
            needed = Requirement(text)
            if needed.marker and not needed.marker.evaluate(
                {**default_environment(), "extra": extra}
            ):
                continue
            bare = Requirement(re.sub(r";.*", "", text))
            waiting += [(bare, inner) for inner in ("", *bare.extras)]
    return found


def constraints() -> str:
    """The file as it should be."""
    wanted = [
        r for name in ("requirements.txt", "requirements-dev.txt") for r in asked(ROOT / name)
    ]
    lines = [f"{name}=={version}" for name, version in sorted(closure(wanted).items())]
    # Not installed where the checks run, and pinned where they are asked for.
    lines += [str(r) for r in wanted if r.marker and not r.marker.evaluate()]
    return HEAD + "\n".join(sorted(lines)) + "\n"


def main() -> int:
    """Write the file, or with ``--check`` only look."""
    made = constraints()
    if "--check" in sys.argv[1:]:
        return int(not FILE.exists() or FILE.read_text(encoding="utf-8") != made)
    FILE.write_text(made, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
