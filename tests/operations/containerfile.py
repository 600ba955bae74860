"""A Containerfile, read as its instructions, and followed here as far as no container is needed."""

import json
import os
import re
import shlex
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
FILE: Final = ROOT / "deploy" / "Containerfile"


@dataclass(frozen=True)
class Instruction:
    """A word and what stands behind it."""

    word: str
    rest: str


def instructions() -> list[Instruction]:
    """The file's instructions in order, lines that go on put together."""
    text = "\n".join(x for x in FILE.read_text().splitlines() if not x.startswith("#"))
    joined = re.sub(r"\\\n\s*", " ", text)
    lines = [line.strip() for line in joined.splitlines() if line.strip()]
    return [Instruction(*line.split(maxsplit=1)) for line in lines]


def every(word: str) -> list[str]:
    return [one.rest for one in instructions() if one.word == word]


def environment() -> dict[str, str]:
    """The variables it sets."""
    return dict(pair.split("=", 1) for rest in every("ENV") for pair in shlex.split(rest))


def copied_to(folder: Path) -> None:
    """What it copies, copied into a folder as it would be into the image."""
    for rest in every("COPY"):
        *sources, to = rest.split()
        for source in sources:
            if to.endswith("/") and (ROOT / source).is_dir():
                kept = shutil.ignore_patterns("__pycache__", "secrets.toml")
                shutil.copytree(ROOT / source, folder / to, dirs_exist_ok=True, ignore=kept)
            else:
                (folder / to).mkdir(parents=True, exist_ok=True)
                shutil.copy(ROOT / source, folder / to)


def command(word: str = "CMD") -> list[str]:
    """What it runs; of the health check what stands behind its own ``CMD``."""
    (rest,) = every(word)
    found: list[str] = json.loads(rest[rest.index("[") :])
    return found


def surroundings(home: Path) -> dict[str, str]:
    """The environment of its process: nothing of ours but where programs are."""
    own = {"PATH": os.environ["PATH"], **environment()}
    return own | {"KPI_HOME": str(home), "HOME": str(home.parent)}
