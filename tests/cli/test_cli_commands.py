"""The other commands, the real process, and wrong usage."""

import csv
import json
import random

import pytest
from made_exports import command, scrapped

from tests.spc.cases import FOLDER

CHARTS = {
    "imr": ("imr_nist_flowrate", "--value x"),
    "i_prime": ("iprime_complaints", "--count complaints --size sales"),
    "p": ("p_orangejuice_trial", "--count D --size size"),
    "np": ("np_orangejuice", "--count D --size size"),
    "c": ("c_nist_wafers", "--count x"),
    "u": ("u_pcmanufact", "--count x --size size"),
    "laney_p": ("laney_p_nhs_accidents", "--count r --size n"),
    "laney_u": ("laney_p_jasp_spc_p", "--count D --size Size"),
    "xbar_r": ("xbar_r_pistonrings", "--value diameter --subgroup sample --baseline 25"),
    "xbar_s": ("xbar_s_montgomery_t6_3", "--value obs --subgroup sample"),
    "ewma": ("ewma_nist", "--value x --target 50 --sigma 2.0539"),
    "cusum": ("cusum_montgomery_9_1", "--value x --target 10 --sigma 1"),
    "run": ("imr_missing_values", "--value x"),
}


@pytest.mark.long
@pytest.mark.parametrize("kind", CHARTS)
def test_a_chart_straight_from_a_csv(kind, tmp_path):
    name, options = CHARTS[kind]
    file = FOLDER / f"{name}.csv"
    done = command(tmp_path / "home", "chart", kind, "--csv", file, *options.split(), "--json")
    assert (done.returncode, done.stderr) == (0, "")
    told = json.loads(done.stdout)
    assert told["chart"] == kind
    assert told["convention"]
    assert not (tmp_path / "home").exists()
    for panel in told["panels"]:
        assert panel.keys() >= {"name", "statistic", "center", "sigma", "lcl", "ucl", "signals"}
        points = len(panel["statistic"])
        assert all(len(panel[line]) == points for line in ("center", "sigma", "lcl", "ucl"))
        for signal in panel["signals"]:
            assert all(1 <= p <= points for p in (*signal["points"], *signal["members"]))
    if kind.startswith("laney"):
        assert told["sigma_z"] > 0
    if "--subgroup" not in options:
        with file.open(encoding="utf-8", newline="") as rows:
            assert len(told["panels"][0]["statistic"]) == len(list(csv.DictReader(rows)))


def test_the_real_process(month, tmp_path):
    path, rows = month("2026-10")
    home = tmp_path / "a home"
    done = command(home, "ingest", path, "--json")
    assert done.returncode == 0, done.stderr
    done = command(home, "series", "scrap_rate", "--json")
    assert json.loads(done.stdout)[0]["numerator"] == scrapped(rows)
    done = command(home, "series", "nothing")
    assert (done.returncode, done.stdout) == (2, "")
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ((), "required"),
        (("frobnicate",), "invalid choice: 'frobnicate'"),
        (("ingest",), "FILE"),
        (("ingest", "nowhere.csv"), "There is no file nowhere.csv."),
        (("ingest", "."), ". is a folder."),
        (("ingest", __file__, "--answer", "abc"), "'abc' is not of the form NAME=VALUE"),
        (("ingest", __file__, "--answer", "abc=1"), "'abc' is no question's id"),
        (("ingest", __file__, "--dataset", "scarp"), "Did you mean 'scrap'?"),
        (("withdraw", "U000001"), "There is no upload 'U000001'"),
        (("targets", "--set", "scrap_rate"), "A target takes"),
        (("targets", "--value", "1"), "A target takes"),
        (("targets", "--set", "nope", "--value", "1", "--valid-from", "2026-01-01"), "no KPI 'nope'"),
        (("targets", "--set", "scrap_rate", "--value", "nan", "--valid-from", "2026-01-01"), "number"),
        (("review", "--month", "2026-13", "--out", "x.pptx"), "Write them as 2026-07 and 2026-09"),
        (("chart", "pie", "--csv", "x.csv"), "There is no kind of chart 'pie'"),
        (("chart", "imr", "--csv", "nowhere.csv"), "cannot be read"),
    ],
)  # fmt: skip
def test_wrong_usage_is_told_in_a_sentence(cli, arguments, says):
    code, out, err = cli(*arguments)
    assert (code, out) == (2, "")
    assert says in err
    assert err.count("\n") == 1


def test_a_missing_file_stops_before_anything_is_done(cli, month):
    path, _ = month("2026-10")
    assert cli("ingest", path, "nowhere.csv")[0] == 2
    assert cli.json("ledger") == []


def test_a_home_that_cannot_be(cli, tmp_path):
    cli.home = tmp_path / "file"
    cli.home.write_text("not a folder")
    code, out, err = cli("status")
    assert (code, out) == (4, "")
    assert err.count("\n") == 1
    told = cli.json("doctor", code=4)
    assert not told["fine"]
    assert str(cli.home) in told["checks"][0]["says"]


def test_the_home_of_the_environment(cli, month, monkeypatch, capsys):
    from kpi.cli import main

    cli.ingest(month("2026-10")[0])
    monkeypatch.setenv("KPI_HOME", str(cli.home))
    assert main(["status", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["home"] == str(cli.home)


def test_what_is_known_of_a_home(cli, month):
    cli("ingest", month("2026-08")[0], month("2026-10")[0])
    status = cli.json("status")
    (feed,) = status["feeds"]
    assert (feed["uploads"], feed["data_date"]) == (2, "2026-10-31")
    assert any("September 2026" in hole for hole in status["missing"])
    ledger = cli.json("ledger")
    assert [line["position"] for line in ledger] == [2, 1]
    assert {line["kind"] for line in ledger} == {"upload"}
    kpis = {kpi["id"]: kpi for kpi in cli.json("kpis")}
    assert kpis["scrap_rate"]["unit"] == "%"
    assert kpis["scrap_rate"]["clauses"]
    doctor = cli.json("doctor")
    assert doctor["fine"]
    assert {c["name"] for c in doctor["checks"]} >= {"Ledger", "Uploaded files", "Facts"}
    for name in ("status", "ledger", "kpis", "doctor", "targets"):
        code, out, _ = cli(name)
        assert code == 0
        assert out.strip()


def test_targets(cli):
    assert cli.json("targets") == []
    (target,) = cli.json(
        "targets", "--set", "scrap_rate", "--value", "1.5", "--valid-from", "2026-01-01",
        "--where", "site=Nordhafen", "--why", "agreed in the review",
    )  # fmt: skip
    assert target["kpi"] == "scrap_rate"
    assert target["slice"] == {"plant": "Nordhafen"}
    assert (target["value"], target["valid_from"]) == (1.5, "2026-01-01")


def months_in_order(count):
    return [f"{2024 + i // 12}-{i % 12 + 1:02d}" for i in range(count)]


@pytest.mark.long
@pytest.mark.parametrize("count", [5, 36])
def test_any_order_of_arrival_gives_the_same_series(cli, month, tmp_path, count):
    paths = [month(m, scrap=i % 7)[0] for i, m in enumerate(months_in_order(count))]
    shuffled = random.Random(9).sample(paths, len(paths))
    found = []
    for name, order in (("in order", paths), ("shuffled", shuffled)):
        cli.home = tmp_path / name
        told = cli.json("ingest", *order)
        assert {t["state"] for t in told} == {"committed"}
        found.append(cli.series("scrap_rate", "--by", "line", "--chart", "auto"))
    assert len(found[0]) == 2 * count
    assert found[0] == found[1]
