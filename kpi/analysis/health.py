"""What is in force, and what is wrong with it."""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final

from kpi.analysis.home import Home, open_home
from kpi.errors import KpiError


@dataclass(frozen=True, slots=True)
class Check:
    """One thing looked at: fine or not, and in words."""

    name: str
    fine: bool
    says: str


PACKAGES: Final = ("streamlit", "pandas", "plotly", "statsmodels", "duckdb", "ibis-framework")


def doctor(home: Home) -> tuple[Check, ...]:
    """Look at the installation, the settings, the ledger's chain, the files and the facts."""
    looks: tuple[tuple[str, Callable[[Home], str]], ...] = (
        ("Python and packages", _packages),
        ("Home folder", _writable),
        ("Ledger", _chain),
        ("Uploaded files", _uploads),
        ("Facts", _facts),
    )
    return tuple(_look(name, look, home) for name, look in looks)


def examine(path: Path) -> tuple[Home | None, tuple[Check, ...]]:
    """Open a home and look at it; one that cannot be opened is a check that failed, and ``None``."""
    try:
        home = open_home(path)
    except KpiError as problem:
        return None, (Check("Home folder", False, str(problem)),)
    return home, doctor(home)


def _look(name: str, look: Callable[[Home], str], home: Home) -> Check:
    try:
        return Check(name, True, look(home))
    except KpiError as problem:
        return Check(name, False, str(problem))


def _packages(_home: Home) -> str:
    found = []
    for package in PACKAGES:
        try:
            found.append(f"{package} {version(package)}")
        except PackageNotFoundError:
            raise KpiError(
                f"{package} is not installed. Run: python -m pip install -r requirements.txt"
            ) from None
    return f"Python {sys.version.split()[0]}; {', '.join(found)}."


def _writable(home: Home) -> str:
    probe = Path(home.path) / ".write-probe"
    try:
        probe.write_bytes(b"")
        probe.unlink()
    except OSError as problem:
        raise KpiError(
            f"{home.path} cannot be written to ({problem.strerror}). "
            "Uploads will fail: give the account that runs the product write access."
        ) from problem
    return f"{home.path} can be written to."


def _chain(home: Home) -> str:
    home.store.verify_chain()
    entries = home.store.entries()
    uploads = sum(1 for e in entries if e.kind == "upload")
    return f"{len(entries)} entries ({uploads} uploads); every link of the chain agrees."


def _uploads(home: Home) -> str:
    checked = home.store.verify_uploads()
    return f"{checked} uploaded files are there with the bytes their hash names."


def _facts(home: Home) -> str:
    checked = home.store.verify_facts()
    return f"{checked} tables of facts hold the rows the ledger says."
