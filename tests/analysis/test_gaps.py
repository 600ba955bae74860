"""What a file cannot give is said with what to ask for; what another feed has is not asked for."""

from pathlib import Path

import pytest
from made_home import WHEN

from kpi.analysis import open_home
from kpi.analysis.ingesting import ingest_file

FILES = {
    "scrap": "Date;Line;Reason;Scrap Qty\n2026-01-05;L1;A;5\n2026-01-06;L1;B;3\n",
    "made": "Date;Line;Produced Qty\n2026-01-05;L1;500\n2026-01-06;L1;300\n",
    "both": "Date;Line;Produced Qty;Scrap Qty;Scrap Cost EUR\n2026-01-05;L1;500;5;10\n2026-01-06;L1;300;2;4\n",
    "stops": "Date;Machine;Downtime (min);Reason\n2026-01-05;M1;30;Jam\n2026-01-06;M1;20;Jam\n",
    "stops and time": (
        "Date;Machine;Downtime (min);Planned Production Time (min)\n"
        "2026-01-05;M1;30;480\n2026-01-06;M1;20;480\n"
    ),
    "promised": (
        "Sales Order;Item;Promised Date;Delivered On;Qty Delivered\n"
        "A1;10;2026-01-05;2026-01-05;5\nA2;10;2026-01-06;2026-01-07;5\n"
    ),
    "undated": "Line;Produced Qty;Scrap Qty\nL1;500;5\nL2;300;3\n",
}


def _gaps(folder: Path, *names: str) -> list[tuple[str, ...]]:
    """The KPIs that the last of some files cannot give, the others being loaded before."""
    home = open_home(folder / "home")
    outcome = None
    for name in names:
        path = folder / f"{name}.csv"
        path.write_text(FILES[name], encoding="utf-8")
        answers: dict[str, str] = {}
        for _ in range(2):
            outcome = ingest_file(home, path, who="test", when=WHEN, answers=answers)
            answers = {q.id: q.candidates[0].value for q in outcome.questions}
        if outcome.state == "needs_answer":
            outcome = ingest_file(home, path, who="test", when=WHEN, answers=answers)
    assert outcome is not None
    for gap in outcome.cannot:
        assert gap.ask.endswith(".")
    return [gap.kpis for gap in outcome.cannot]


RATES = ("Scrap rate", "Internal ppm")
COST = ("Scrap cost",)
PLANNED = ("Availability", "Unplanned downtime share", "Number of stops", "MTBF")
SPEED = ("Performance", "OEE")
REQUEST = ("On time to request",)


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (("scrap",), [RATES, COST]),
        (("made",), [RATES]),
        (("made", "scrap"), [COST]),  # the production is there by another feed
        (("scrap", "made"), []),
        (("both",), []),
        (("stops",), [PLANNED]),
        (("stops and time",), [SPEED]),
        (("promised",), [REQUEST]),
        (("undated",), [RATES]),
    ],
)
def test_what_a_file_cannot_give(
    tmp_path: Path, names: tuple[str, ...], expected: list[tuple[str, ...]]
) -> None:
    assert _gaps(tmp_path, *names) == expected
