"""Class "Names": what a file may be called. The name is only ever shown."""

from tests.hostile.cases import ACCEPTED, CASES, Case, put
from tests.hostile.packages import CSV

NAMES = (
    "../../etc/passwd",
    "..\\..\\windows\\system32\\a.csv",
    "/etc/passwd",
    "C:\\Users\\x\\a.csv",
    "\\\\server\\share\\a.csv",
    "a\nb.csv",
    "a\x00b.csv",
    "a\x1b[31m.csv",
    "a\u202evsc.exe",
    "\ud800.csv",
    "x" * 300 + ".csv",
    "é" * 300,
    "CON",
    "NUL.csv",
    "COM1.xlsx",
    "aux.",
    ".",
    "..",
    "~",
    "-rf",
    "$(id).csv",
    "`id`.csv",
    "%s%n%x.csv",
    "{0.__class__}.csv",
    "=1+1.csv",
    "<script>alert(1)</script>.csv",
    "![x](http://192.0.2.1/x.png).csv",
    " ",
    "",
    "\u200b",
    "a.csv" + "\u0301" * 500,
    "a:b.csv",
    "a.csv:stream",
    "a?b*c|d.csv",
)


def _make(folder):
    return put(folder / "upload", CSV.encode())


for _name in NAMES:
    shown = ascii(_name) if len(_name) < 60 else f"{_name[:20]!a} and {len(_name) - 20} more"
    CASES.append(Case("Names", shown, _make, (ACCEPTED,), rows=12, called=_name))
