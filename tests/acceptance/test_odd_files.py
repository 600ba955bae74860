"""Before a file counts: a line that vanished, and figures of another size than ever, are said."""

from pathlib import Path

import pytest
from homes import WHEN, home_with

from kpi.analysis import Home
from kpi.analysis.ingesting import ingest_file


def _put(home: Home, folder: Path, month: int, lines: str, scrap: float) -> str:
    rows = "".join(
        f"2026-{month:02}-{day:02};{line};1000;{scrap + day % 3:g}\n"
        for day in range(1, 29)
        for line in lines.split()
    )
    path = folder / f"scrap {month:02}.csv"
    path.write_text(f"Date;Line;Produced Qty;Scrap Qty\n{rows}", encoding="utf-8")
    done = ingest_file(home, path, who="test", when=WHEN)
    assert done.state == "committed", done.says
    return done.says


@pytest.mark.parametrize(
    ("lines", "scrap", "expected"),
    [
        ("L1 L2 L3", 5, ""),
        ("L1 L2 L3 L4", 9, ""),
        ("L1 L3", 5, "A line that was in the files before is not in this one: L2."),
        ("L4", 5, "3 lines that were in the files before are not in this one: L1, L2, L3."),
        (
            "L1 L2 L3", 300,
            "Scrapped quantity: 301 in a row on average, and 6 in "
            "scrap 02.csv before. Check the unit and the decimal sign.",
        ),
    ],
)  # fmt: skip
def test_what_is_odd_about_a_third_month(
    tmp_path: Path, lines: str, scrap: float, expected: str
) -> None:
    home = home_with(tmp_path / "home")
    for month in (1, 2):
        assert "Check" not in _put(home, tmp_path, month, "L1 L2 L3", 5)
    says = _put(home, tmp_path, 3, lines, scrap)
    assert says.partition("scrap and rework.")[2].strip() == expected
