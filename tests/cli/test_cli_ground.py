"""Two files on the same ground: asked, and each answer holds."""

import pytest
from made_exports import scrap_rows, scrapped, written

GERMAN = ("Tag", "Werk", "Linie", "Ausschussmenge")


def by_hand(tmp_path):
    """A second feed for October: another sheet, other headings."""
    days = (1, 15, 31)
    rows = [(f"{day:02d}.10.2026", "Nordhafen", "L1", 100) for day in days]
    return written(tmp_path / "by hand.csv", rows, headings=GERMAN, separator=";")


@pytest.mark.parametrize("answer", ["prefer", "complement", "compare"])
def test_a_second_feed_is_a_question(cli, month, tmp_path, answer):
    path, rows = month("2026-10", lines=("L1",))
    cli.ingest(path)
    second = by_hand(tmp_path)
    told = cli.ingest(second, code=3)
    (question,) = told["questions"]
    assert [c["value"] for c in question["candidates"]] == ["prefer", "complement", "compare"]
    assert "scrap_2026-10.csv" in question["ask"]
    assert cli.values() == {"2026-10": scrapped(rows)}
    assert cli.ingest(second, "--answer", f"{question['id']}={answer}")["state"] == "committed"
    expected = {"prefer": 300.0, "complement": scrapped(rows) + 300, "compare": scrapped(rows)}
    assert cli.values() == {"2026-10": expected[answer]}


@pytest.mark.parametrize(
    "answer",
    ["replace", *(pytest.param(a, marks=pytest.mark.long) for a in ("add", "cancel", "keep"))],
)
def test_a_part_of_a_loaded_month_is_a_question(cli, month, tmp_path, answer):
    path, rows = month("2026-10")
    cli.ingest(path)
    part = scrap_rows("2026-10", scrap=50, days=range(5, 12))
    week = written(tmp_path / "scrap_week.csv", part)
    (question,) = cli.ingest(week, code=3)["questions"]
    assert {"replace", "add", "cancel"} <= {c["value"] for c in question["candidates"]}
    told = cli.ingest(week, "--answer", f"{question['id']}={answer}")
    assert told["state"] == ("unchanged" if answer == "cancel" else "committed")
    outside = [row for row in rows if not "2026-10-05" <= row[0] <= "2026-10-11"]
    expected = {
        "replace": scrapped(outside) + scrapped(part),
        "add": scrapped(rows) + scrapped(part),
        "cancel": scrapped(rows),
        "keep": scrapped(rows),
    }
    assert cli.values() == {"2026-10": expected[answer]}
    assert cli.json("status")["position"] == (1 if answer == "cancel" else 2)


def test_a_cancelled_file_is_said_to_be(cli, month, tmp_path):
    cli.ingest(month("2026-10")[0])
    week = written(tmp_path / "scrap_week.csv", scrap_rows("2026-10", days=range(5, 12), scrap=9))
    (question,) = cli.ingest(week, code=3)["questions"]
    told = cli.ingest(week, "--answer", f"{question['id']}=cancel")
    assert told["says"] == "Cancelled: nothing was stored."
