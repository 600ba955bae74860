"""A KPI per period by the command line: its rows, filters, limits, and the ledger's past."""

import csv
import io

import pytest
from made_exports import Cli, scrap_rows, scrapped, written

from kpi.cli import main

MONTHS = [f"2026-{number:02d}" for number in range(1, 11)]

FIELDS = ["period", "numerator", "denominator", "value", "unit", "state", "reason"]


def formula_line(rows):
    """The same rows, line L2 named like a formula."""
    return [(*row[:2], "=L2" if row[2] == "L2" else row[2], *row[3:]) for row in rows]


@pytest.fixture(scope="module")
def files():
    """A year without April and October, October, October corrected."""
    early = [row for m in MONTHS[:-1] if m != "2026-04" for row in scrap_rows(m)]
    late = [scrap_rows("2026-10"), scrap_rows("2026-10", scrap=90)]
    return [formula_line(rows) for rows in (early, *late)]


@pytest.fixture(scope="module")
def home(files, tmp_path_factory):
    folder = tmp_path_factory.mktemp("series")
    paths = [written(folder / f"scrap_{i}.csv", rows) for i, rows in enumerate(files)]
    assert main(["--home", str(folder / "home"), "ingest", *map(str, paths)]) == 0
    return folder / "home"


@pytest.fixture
def cli(home, capsys):
    return Cli(home, capsys)


def of_month(rows, text):
    return [row for row in rows if row[0].startswith(text)]


def test_every_period_is_there(cli, files):
    rows = cli.series("scrap_rate")
    assert [row["period"] for row in rows] == MONTHS
    assert [*rows[0]][: len(FIELDS)] == FIELDS
    march = of_month(files[0], "2026-03")
    made = float(sum(row[3] for row in march))
    assert rows[2]["numerator"] == scrapped(march)
    assert rows[2]["denominator"] == made
    assert rows[2]["value"] == scrapped(march) / made * 100
    assert (rows[2]["unit"], rows[2]["state"], rows[2]["reason"]) == ("%", "value", "")
    april = rows[3]
    assert (april["value"], april["numerator"]) == (None, None)
    assert april["state"] in ("missing", "zero", "not_computable")
    assert april["reason"]
    assert {row["report_date"] for row in rows} == {"2026-10-31"}
    assert {row["ledger"] for row in rows} == {3}


def test_an_earlier_position_gives_the_earlier_figures(cli, files):
    now = cli.values()
    then = cli.values("--ledger", 2)
    assert now["2026-10"] == scrapped(files[2])
    assert then["2026-10"] == scrapped(files[1])
    assert {**now, "2026-10": 0} == {**then, "2026-10": 0}
    assert "2026-10" not in cli.values("--ledger", 1)
    assert cli.series("scrap_rate", "--ledger", 0) == []
    code, _, err = cli("series", "scrap_rate", "--ledger", 4)
    assert (code, err) == (2, "The ledger stands at position 3; it has no position 4.\n")


@pytest.mark.parametrize(
    ("period", "labels"),
    [
        ("day", ["2026-10-05", "2026-10-06"]),
        ("week", ["2026-W41"]),
        ("quarter", ["2026-Q4"]),
        ("year", ["2026"]),
        ("fiscal", ["FY2026-P10"]),
        ("all", ["all"]),
    ],
)
def test_periods(cli, files, period, labels):
    rows = cli.series(
        "scrap_rate", "--period", period, "--from", "2026-10-05", "--to", "2026-10-06"
    )
    assert [row["period"] for row in rows] == labels
    kept = [row for row in files[2] if row[0] in ("2026-10-05", "2026-10-06")]
    assert sum(row["numerator"] for row in rows) == scrapped(kept)


def test_split_and_filtered(cli, files):
    october = files[2]
    day = ("--from", "2026-10-01", "--to", "2026-10-31")
    by_line = {r["line"]: r["numerator"] for r in cli.series("scrap_rate", "--by", "line", *day)}
    assert by_line == {
        line: scrapped([r for r in october if r[2] == line]) for line in ("L1", "=L2")
    }
    either = cli.values("--where", "line=L1", "--where", "line==L2", *day)
    assert either == {"2026-10": scrapped(october)}
    both = cli.values("--where", "line=L1", "--where", "reason=Porosity", *day)
    assert both == {"2026-10": scrapped([r for r in october if r[2] == "L1" and r[5]])}
    several = cli.series("scrap_rate", "--by", "plant,line", "--period", "all")
    assert {(r["plant"], r["line"]) for r in several} == {("Nordhafen", "L1"), ("Nordhafen", "=L2")}


@pytest.mark.parametrize("chart", [(), ("--chart", "auto")])
def test_the_dimension_reason_beside_the_reason_why(cli, chart):
    rows = cli.series("scrap_rate", "--by", "reason", "--from", "2026-04-01", "--to", "2026-05-31", *chart)  # fmt: skip
    assert {row["reason"] for row in rows} == {"Porosity", None}
    april = [row for row in rows if row["period"] == "2026-04"]
    assert april
    assert all(row["state_reason"] for row in april)


def test_limits_and_signals(cli):
    rows = cli.series("scrap_rate", "--chart", "imr", "--baseline", "8")
    last = rows[-1]
    assert last["value"] > last["ucl"] > last["center"] > last["lcl"]
    assert "beyond_limits" in last["signals"]
    assert all(row["signals"] == [] for row in rows[:3])
    named = cli.series("scrap_rate", "--chart", "imr", "--baseline", "2026-01..2026-08")
    assert named[-1]["center"] == pytest.approx(last["center"])
    for kind in ("auto", "p", "u", "laney_p", "laney_u", "run"):
        assert len(cli.series("scrap_rate", "--chart", kind)) == len(rows)
    sliced = cli.series("scrap_rate", "--chart", "auto", "--by", "line")
    assert len(sliced) == 2 * len(rows)


def test_a_report_date_of_the_past(cli):
    rows = cli.series("scrap_rate", "--as-of", "2026-03-15")
    assert rows[-1]["period"] == "2026-03"
    assert {row["report_date"] for row in rows} == {"2026-03-15"}


def test_csv_is_neutralised(cli):
    code, out, _ = cli("series", "scrap_rate", "--by", "line", "--period", "all", "--csv")
    assert code == 0
    rows = list(csv.DictReader(io.StringIO(out)))
    assert {row["line"] for row in rows} == {"L1", "'=L2"}
    assert float(rows[0]["value"]) > 0


def test_for_a_person(cli):
    code, out, _ = cli("series", "scrap_rate", "--chart", "auto")
    assert code == 0
    assert out.startswith("Scrap rate (%)\n")
    assert "Report date 31 October 2026; ledger 3." in out
    assert "2026-10" in out


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("scrap_rat",), "There is no KPI 'scrap_rat'. Did you mean 'scrap_rate'?"),
        (("scrap_rate", "--by", "color"), "There is no dimension 'color'"),
        (("scrap_rate", "--where", "color=red"), "There is no dimension 'color'"),
        (("scrap_rate", "--where", "line"), "'line' is not of the form NAME=VALUE"),
        (("scrap_rate", "--from", "2026-02-30"), "'2026-02-30' is no date"),
        (("scrap_rate", "--from", "20260201"), "'20260201' is no date"),
        (("scrap_rate", "--as-of", "yesterday"), "'yesterday' is no date"),
        (("scrap_rate", "--period", "decade"), "invalid choice: 'decade'"),
        (("scrap_rate", "--from", "2026-03-01", "--to", "2026-02-01"), "lies before the first"),
        (("scrap_rate", "--chart", "pie"), "There is no chart of a series 'pie'"),
        (("scrap_rate", "--chart", "p", "--baseline", "soon"), "--baseline takes"),
        (("scrap_rate", "--chart", "p", "--baseline", "0"), "--baseline takes"),
        (("scrap_rate", "--chart", "p", "--baseline", "2020-01..2020-02"), "No period of the series"),
        (("scrap_rate", "--ledger", "now"), "invalid int value: 'now'"),
        (("reported:nothing",), "There is no KPI 'reported:nothing'"),
    ],
)  # fmt: skip
def test_wrong_usage_is_told_in_a_sentence(cli, arguments, says):
    code, out, err = cli("series", *arguments, "--json")
    assert (code, out) == (2, "")
    assert says in err
    assert err.count("\n") == 1
