"""Every way by which a file gets in leads through a child process, or is read by nobody here.

Which modules may open foreign bytes is read from the code, so that a new way in is found on the day
it is added; and each way that is there is tried with a bomb.
"""

import ast
import re
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from kpi.analysis.audit_import import read_lists
from kpi.analysis.chart_columns import read_columns
from kpi.errors import UsageError
from kpi.ingest import processes
from kpi.ingest.profiles import ProfileError, site_profiles
from kpi.reports.template import open_presentation
from kpi.settings import load_settings
from tests.hostile.cases import put, resident
from tests.hostile.packages import XML, book, overlapping, zipped

ROOT = Path(__file__).parents[2]

LIBRARIES = {
    "zipfile", "tarfile", "lxml", "xml", "python_calamine", "fastexcel", "openpyxl", "pptx", "docx",
    "pickle", "marshal", "shelve", "dill", "email", "yaml", "toml", "tomllib", "gzip", "bz2", "lzma",
}  # fmt: skip

IN_THE_CHILD = {
    f"kpi/ingest/{name}.py"
    for name in (
        "archive", "container", "package", "repair", "workbook", "flaws", "biff12", "opendocument",
        "markup", "starter",
    )
}  # fmt: skip
"""Modules that only the child process runs, or that look at a listing within limits."""

OTHERS = {
    "kpi/reports/template.py": "a package that a child has looked through",
    "kpi/reports/native_parts.py": "XML of our own",
    "kpi/reports/native_flags.py": "XML of our own",
    "kpi/reports/canvas.py": "XML of our own",
    "kpi/reports/datasheet.py": "writes a workbook",
    "kpi/reports/native_labels.py": "XML of our own",
    "kpi/reports/native_pareto.py": "draws charts",
    "kpi/reports/pack_check.py": "a pack an auditor gives: read in steps, up to its manifest's sizes",
    "kpi/reports/settled.py": "documents that we drew",
    "kpi/reports/tables.py": "XML of our own",
    "kpi/reports/sheets.py": "writes a workbook",
    "kpi/reports/sheets_charts.py": "writes a workbook",
    "kpi/reports/word.py": "writes a document",
    "kpi/reports/workbook.py": "writes a workbook",
    "kpi/reports/verdict_marks.py": "XML of our own",
    "kpi/reports/rejected.py": "writes a workbook",
    "kpi/reports/audit_book.py": "writes a workbook",
    "kpi/cli/digest.py": "names a message",
    "kpi/reports/digest.py": "writes a message",
    "kpi/reports/mailing.py": "sends a message",
    "kpi/watching.py": "the workbook of rejected rows that it wrote, and its rows' hash",
    "kpi/settings/__init__.py": "the home's settings, up to 1 MB",
    "kpi/cli/doctor.py": "the administrator's own configuration",
    "web/start.py": "the administrator's own configuration",
    "kpi/analysis/erasing.py": "documents that we drew and kept, part by part",
    "kpi/store/archive.py": "backups, which an administrator gives, checked part by part",
    "kpi/store/backup.py": "writes a backup",
    "kpi/store/restore.py": "backups, which an administrator gives, checked part by part",
    "pages/shared/answering.py": "answers of a process of our own, which reads no file",
    "pages/shared/remembering.py": "copies of our own results in memory",
}
"""Modules beyond ``kpi/ingest`` that use such a library, and why that is no way in."""


_MAY_IMPORT = re.compile(
    rf"^\s*(?:import|from)\s+(?:{'|'.join(sorted(LIBRARIES))})\b", re.MULTILINE
)


def modules():
    for folder in ("kpi", "pages", "web"):
        yield from sorted((ROOT / folder).rglob("*.py"))
    yield ROOT / "dashboard.py"


@cache
def libraries_of(path):
    """The libraries of formats that a module imports, anywhere in it."""
    found = set()
    text = path.read_text("utf-8")
    if not _MAY_IMPORT.search(text):
        return found
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module.split(".")[0])
    return found & LIBRARIES


def test_who_reads_formats_is_known():
    using = {str(p.relative_to(ROOT)): libraries_of(p) for p in modules()}
    using = {name: found for name, found in using.items() if found}
    unknown = set(using) - IN_THE_CHILD - set(OTHERS)
    assert not unknown, f"a new way in? {unknown}"


def test_nothing_that_comes_from_a_file_is_unpickled():
    """What comes back from a child could run code here if it were; nor does the store keep any."""
    for path in (ROOT / "kpi").rglob("*.py"):
        assert not libraries_of(path) & {"pickle", "marshal", "shelve", "dill", "yaml"}, path


def test_who_reads_uploads_is_not_imported_by_those_who_ask():
    """Modules of the child are imported by it alone: the parent has no parser at hand."""
    code = (
        "import sys, kpi.ingest, kpi.analysis, kpi.cli\n"
        "print([m for m in ('lxml', 'python_calamine', 'fastexcel', 'kpi.ingest.workbook',"
        " 'kpi.ingest.markup', 'kpi.ingest.opendocument', 'kpi.ingest.text') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout == "[]\n"


def bombs(folder, ending):
    """Packages built to do harm, under one ending."""
    slide = f"{XML}<a>{'<b>' * 50_000}{'</b>' * 50_000}</a>"
    declared = f'{XML}<!DOCTYPE a [<!ENTITY e "x">]><a>&e;</a>'
    made = {
        "blanks": zipped({"ppt/presentation.xml": b" " * (40 << 20)}),
        "overlapping": overlapping(1, 300),
        "depth": zipped({"ppt/presentation.xml": slide}),
        "entities": zipped({"ppt/presentation.xml": declared}),
        "a name outside": zipped({"ppt/presentation.xml": "<a/>", "../../x": "y"}),
        "text": b"hello",
        "cut": book()[:500],
    }
    return {what: put(folder / f"{n}{ending}", data) for n, (what, data) in enumerate(made.items())}


def test_a_template_is_looked_through_by_a_child_first(tmp_path, monkeypatch):
    opened = []
    monkeypatch.setattr("kpi.reports.template.Presentation", opened.append)
    for what, path in bombs(tmp_path, ".pptx").items():
        before = resident()
        with pytest.raises(UsageError, match="cannot be used as a template"):
            open_presentation(path)
        assert resident() - before < 60, what
    assert opened == []


def test_a_presentation_of_ours_may_be_a_template(tmp_path):
    path = tmp_path / "a.pptx"
    open_presentation(None).save(str(path))
    assert open_presentation(path).slide_layouts


@pytest.mark.parametrize(
    ("what", "data", "says"),
    [
        ("a workbook", book(), "It is no CSV file"),
        ("a bomb", zipped({"xl/workbook.xml": b" " * (40 << 20)}), "times its size"),
        ("one line", b"a" * 20_000_000, "longer than 10,000,000 characters"),
        ("columns", b",".join([b"a"] * 5_000), "at most 1,500 columns"),
        ("more cells than headings", b"x,y\n1,2,3\n", "Row 2 has 3 cells under 2 headings"),
        ("random bytes", bytes(range(256)) * 50, "neither a workbook nor text"),
    ],
)
def test_a_file_to_be_charted_is_read_by_a_child(tmp_path, what, data, says):
    before = resident()
    with pytest.raises(UsageError, match=says):
        read_columns(put(tmp_path / "a.csv", data))
    assert resident() - before < 60, what


@pytest.mark.parametrize(
    ("what", "data", "says"),
    [
        ("a bomb", zipped({"xl/workbook.xml": b" " * (40 << 20)}), "times its size"),
        ("one line", b"a" * 19_000_000, "longer than 10,000,000 characters"),
        ("a large file", b"a,b\n" * 6_000_000, "at most 20 MB"),
        ("columns", b",".join([b"a"] * 5_000), "columns"),
        ("rows", b"Process,Owner\n" + b"a,b\n" * 6_000, "longer than the 5,000 rows"),
        ("random bytes", bytes(range(256)) * 50, "neither a workbook nor text"),
    ],
)
def test_a_list_of_audits_is_read_by_a_child(tmp_path, what, data, says):
    before = resident()
    with pytest.raises(UsageError, match=says):
        read_lists(put(tmp_path / "a.csv", data))
    assert resident() - before < 60, what


def test_what_is_charted_comes_as_text(tmp_path):
    path = put(tmp_path / "a.csv", b"sep=;\nx; y ;;x\n=1+1;2;;\n\n3,5;;4;5\n")
    frame, comma = read_columns(path)
    assert list(frame.columns) == ["x", "y", "Unnamed: 2", "x.1"]
    assert frame.to_numpy().tolist() == [["=1+1", "2", "", ""], ["3,5", "", "4", "5"]]
    assert frame.index.tolist() == [1, 3]
    assert comma


def test_settings_that_are_no_settings(tmp_path):
    file = tmp_path / "settings.toml"
    file.write_text("a = " + "[" * 20_000)
    with pytest.raises(UsageError, match="not a readable settings file"):
        load_settings(tmp_path, {})
    file.write_bytes(b"#" * 1_100_000)
    with pytest.raises(UsageError, match="larger than 1 MB"):
        load_settings(tmp_path, {})


def test_profiles_that_are_no_profiles(tmp_path):
    (tmp_path / "a.json").write_text("[" * 20_000)
    with pytest.raises(ProfileError, match="RecursionError"):
        site_profiles(tmp_path)
    (tmp_path / "a.json").write_bytes(b" " * 1_100_000)
    with pytest.raises(ProfileError, match="larger than 1 MB"):
        site_profiles(tmp_path)


def test_the_command_line_refuses_a_bomb_by_name(tmp_path):
    path = put(tmp_path / "a.xlsx", zipped({"xl/workbook.xml": b" " * (40 << 20)}))
    done = subprocess.run(
        [sys.executable, "-m", "kpi", "--home", str(tmp_path / "home"), "ingest", str(path)],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 4, done.stderr
    assert "unpacks to 1,029 times its size" in done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr


def test_files_of_many_are_read_a_few_at_a_time():
    """However many people upload at once: memory is bounded by the number of children."""
    assert 2 <= processes.AT_ONCE <= 8


def test_no_table_is_grouped_by_threads_that_may_never_start():
    """Near its memory limit a process gets no new thread, and Arrow waits for one for ever."""
    found = [
        f"{path.name}:{node.lineno}"
        for path in sorted((ROOT / "kpi" / "ingest").glob("*.py"))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in ("group_by", "join_asof")
        and not any(k.arg == "use_threads" and k.value.value is False for k in node.keywords)
    ]
    assert found == []
