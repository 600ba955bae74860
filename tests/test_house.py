"""The house: who may import whom, and where each library lives. Imports are read, not run."""

import ast
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "kpi"

FLOORS = {
    "errors": 0, "model": 0, "safe_text": 0, "scratch": 0, "texts": 0, "logs": 0, "terminal": 0,
    "access": 1, "datasets": 1, "calendar": 1, "settings": 1,
    "ingest": 2, "store": 2, "spc": 2,
    "measures": 3, "trends": 3,
    "qms": 4,
    "analysis": 5,
    "figures": 6, "reports": 6,
    "cli": 7, "watching": 7, "watch_notes": 7,
    "__main__": 8, "__init__": 0,
}  # fmt: skip

APART = [{"ingest", "store", "spc"}]

LIBRARY_HOMES = {
    "streamlit": (),
    "plotly": ("figures",),
    "kaleido": ("figures",),
    "choreographer": ("figures",),
    "pptx": ("reports",),
    "docx": ("reports",),
    "fpdf": ("reports",),
    "statsmodels": ("trends",),
    "sqlalchemy": ("store",),
    "alembic": ("store",),
    "psycopg": ("store",),
    "duckdb": ("store", "measures"),
    "ibis": ("store", "measures"),
    "openpyxl": ("reports", "ingest"),
    "fastexcel": ("ingest",),
    "python_calamine": ("ingest",),
}


def modules() -> Iterator[tuple[str, Path]]:
    for path in sorted(PACKAGE.rglob("*.py")):
        part = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
        yield part, path


def imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            if node.module == "kpi":
                yield from (f"kpi.{alias.name}" for alias in node.names)
            else:
                yield node.module


CASES = [pytest.param(part, path, id=str(path.relative_to(ROOT))) for part, path in modules()]


@pytest.mark.parametrize(("part", "path"), CASES)
def test_imports_point_downwards(part, path):
    for name in imports(path):
        if not name.startswith("kpi."):
            continue
        other = name.split(".")[1]
        if other == part:
            continue
        assert FLOORS[other] <= FLOORS[part], f"{part} may not import {other}"
        assert not any({part, other} <= group for group in APART), f"{part} and {other} stay apart"


@pytest.mark.parametrize(("part", "path"), CASES)
def test_libraries_stay_where_they_live(part, path):
    for name in imports(path):
        library = name.split(".")[0]
        if library in LIBRARY_HOMES:
            assert part in LIBRARY_HOMES[library], f"{library} does not belong in {part}"


@pytest.mark.parametrize(("part", "path"), CASES)
def test_the_library_reads_no_clock(part, path):
    """Who and when are arguments: only the command line and the pages look at the clock."""
    if path == PACKAGE / "cli" / "parts.py" or part == "__main__":
        return
    tree = ast.parse(path.read_text(encoding="utf-8"))
    calls = [
        f"{node.func.value.id}.{node.func.attr}"
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and isinstance(node.func.value, ast.Name)
    ]
    assert not {"datetime.now", "date.today", "datetime.today", "time.time"} & set(calls)


def test_every_part_has_a_floor():
    assert {part for part, _ in modules()} <= set(FLOORS)


PAGES = sorted((ROOT / "pages").glob("*.py"))


@pytest.mark.parametrize("path", PAGES, ids=lambda p: p.name)
def test_a_page_reads_from_top_to_bottom(path):
    """No loop, no formula, no try: those belong in the package or in pages/shared."""
    if path.name == "navigation.py":
        return
    tree = ast.parse(path.read_text(encoding="utf-8"))
    banned = (ast.For, ast.While, ast.Try, ast.BinOp, ast.AugAssign, ast.ListComp, ast.Lambda)
    found = [type(node).__name__ for node in ast.walk(tree) if isinstance(node, banned)]
    assert not found, f"{path.name} holds {found}"


def test_the_top_level_is_as_promised():
    promised = ("dashboard.py", "kpi", "data", "pages", "tests", "requirements.txt", "README.md")
    assert [name for name in promised if not (ROOT / name).exists()] == []


def files_named(name: str) -> Iterator[Path]:
    """The file an import means; a package's face only hands names on, so it is none."""
    place = ROOT.joinpath(*name.split("."))
    for path in (place.with_suffix(".py"), place.parent.with_suffix(".py")):
        if path.exists():
            yield path
            return


def imported_files(path: Path) -> set[Path]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        found |= {file for name in names for file in files_named(name)}
    return found - {path}


def test_no_files_import_each_other_in_a_circle():
    """Not inside functions either: who can only be understood together belongs in one file."""
    files = [p for part in ("kpi", "web", "pages") for p in (ROOT / part).rglob("*.py")]
    graph = {path: imported_files(path) for path in files if path.name != "__init__.py"}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as circle:
        told = " → ".join(str(path.relative_to(ROOT)) for path in circle.args[1])
        raise AssertionError(told) from None
