"""The command that charts a CSV file, on the reference cases and on odd files."""

import argparse
import json

import numpy as np
import pytest

from kpi.analysis import chart_file
from kpi.errors import UnknownNameError, UsageError

from .cases import FOLDER, ROUNDED, Case, close


def run(kind, path, *options):
    parser = argparse.ArgumentParser()
    chart_file.add_arguments(parser)
    data, text = chart_file.run(parser.parse_args([kind, "--csv", str(path), *options]))
    return json.loads(json.dumps(data, allow_nan=False)), text


def written(tmp_path, text, encoding="utf-8"):
    path = tmp_path / "given.csv"
    path.write_bytes(text.encode(encoding))
    return path


def line(panel, name):
    return np.array([np.nan if v is None else v for v in panel[name]])


CASES = [
    ("imr", "imr_nist_flowrate", "--value x", "I"),
    ("imr", "imr_loan_cost_freeze", "--value cost --baseline 20", "I"),
    ("imr", "imr_loan_cost_freeze", "--value cost --baseline 1..20 --constants table", "I"),
    ("imr", "imr_missing_values", "--value x", "I"),
    ("imr", "imr_screened_mr", "--value y --screened", "qic_screened"),
    ("i_prime", "iprime_complaints", "--count complaints --size sales", None),
    ("p", "p_orangejuice_trial", "--count D --size size", None),
    ("np", "np_orangejuice", "--count D --size size", None),
    ("p", "p_variable_n", "--count count --size size", None),
    ("p", "p_u_missing_zero_denominator", "--count y --size n", "p"),
    ("u", "p_u_missing_zero_denominator", "--count y --size n", "u"),
    ("c", "c_nist_wafers", "--count x", None),
    ("u", "u_pcmanufact", "--count x --size size", None),
    ("u", "u_gtt_per_1000_days", "--count harms --size days --multiply 1000", None),
    ("laney_p", "laney_p_nhs_accidents", "--count r --size n", None),
    ("laney_u", "laney_p_jasp_spc_p", "--count D --size Size", "u_prime"),
    ("xbar_r", "xbar_r_pistonrings", "--value diameter --subgroup sample --baseline 25", "xbar"),
    ("xbar_s", "xbar_s_montgomery_t6_3", "--value obs --subgroup sample", "xbar"),
    ("ewma", "ewma_nist", "--value x --lambda 0.3 --L 3 --target 50 --sigma 2.0539", None),
]


@pytest.mark.reference
@pytest.mark.parametrize(("kind", "name", "options", "part"), CASES)
def test_reference_cases(kind, name, options, part):
    case = Case(name)
    data, _ = run(kind, case.csv, *options.split())
    expected = case.expected if part is None else case.expected[part]
    panel = data["panels"][0]
    width = np.nanmax(line(panel, "ucl") - line(panel, "center"))
    assert data["chart"] == kind
    for quantity in ("statistic", "center", "sigma", "lcl", "ucl"):
        if quantity in expected:
            close(line(panel, quantity), expected[quantity], ROUNDED, size=width)
    if "sigma_z" in expected:
        assert data["sigma_z"] == pytest.approx(expected["sigma_z"], rel=ROUNDED)


@pytest.mark.reference
def test_cusum_reports_its_two_sums_and_what_they_are_counted_from():
    case = Case("cusum_montgomery_9_1")
    data, _ = run("cusum", case.csv, *["--value", "x", "--target", "10", "--sigma", "1", "--fir"])
    upper, lower = data["panels"]
    close(line(upper, "statistic"), case.expected["fir_pos"])
    close(line(lower, "statistic"), case.expected["fir_neg"])
    assert upper["signals"] == [{"rule": "beyond_limits", "points": [29, 30], "members": [29, 30]}]
    assert set(upper["center"]) == {10.0}


@pytest.mark.reference
def test_t2_of_columns():
    case = Case("t2_boiler")
    columns = ",".join(case.data["params"]["vars"])
    data, _ = run("t2", case.csv, "--values", columns, "--confidence", "0.999")
    close(line(data["panels"][0], "ucl"), case.expected["ucl_phase1"])
    assert data["panels"][0]["signals"][0]["points"] == case.flags["beyond"]


@pytest.mark.reference
def test_groups():
    case = Case("u_facets_hospital_infections")
    data, text = run(
        "u",
        case.csv,
        *["--count", "n", "--size", "days", "--multiply", "10000", "--by", "infection,hospital"],
    )
    facets = {(f["infection"], f["hospital"]): f for f in case.expected["facets"]}
    assert len(data["groups"]) == len(facets) == 18
    for group in data["groups"]:
        expected = facets[group["infection"], group["hospital"]]
        assert group["group"] == {k: expected[k] for k in ("infection", "hospital")}
        close(group["panels"][0]["center"], expected["center"])
        assert group["anhoej"]["longest_run"] == expected["longest_run"]
        assert group["anhoej"]["n_crossings_min"] == expected["n_crossings_min"]
    assert text.startswith("infection BAC, hospital AHH\nu chart: ")


def test_gaps_are_null_and_points_count_from_one(tmp_path):
    path = written(tmp_path, "x\n" + "\n".join(["5", "6"] * 6 + ["", "60", "", ""]))
    data, _ = run("imr", path)
    panel = data["panels"][0]
    assert panel["statistic"][12] is None
    assert panel["ucl"][12] is None
    assert data["panels"][1]["name"] == "MR"
    assert data["panels"][1]["statistic"][0] is None
    assert run("imr", path, "--baseline", "10")[0]["panels"][0]["signals"] == [
        {"rule": "beyond_limits", "points": [14], "members": [14]}
    ]


def test_rows_are_counted_as_the_spreadsheet_does(tmp_path):
    path = written(tmp_path, "x,y\n1,a\n\n2,b\nthree,c\n")
    with pytest.raises(UsageError, match=r"^Row 5, column 'x': expected a number, got 'three'\.$"):
        run("imr", path, "--value", "x")


def test_a_german_file(tmp_path):
    path = written(tmp_path, "Tag;Größe\n1;1.250,5\n2;1.251,5\n3;1.249,0\n", "cp1252")
    data, _ = run("imr", path, "--value", "größe")
    assert data["panels"][0]["statistic"] == [1250.5, 1251.5, 1249.0]


def test_phases_and_exclusions(tmp_path):
    rows = [f"{v},{p},{e}" for v, p, e in [(5, "a", ""), (6, "a", "0"), (90, "a", "TRUE")] * 4]
    rows += [f"{v},b,false" for v in (15, 16, 15, 17)]
    path = written(tmp_path, "v,phase,skip\n" + "\n".join(rows))
    data, text = run("imr", path, *["--value", "v", "--phase", "phase", "--exclude", "skip"])
    assert [(p["first"], p["last"], p["points"]) for p in data["phases"]] == [
        (1, 12, 8),
        (13, 16, 4),
    ]
    assert data["phases"][0]["center"] == 5.5
    assert data["excluded"] == [3, 6, 9, 12]
    assert "not counted; a point beyond the limits" in text
    assert "Phase 1, points 1–12: centre 5.5, sigma 0.886227." in text.splitlines()


def test_no_rules_no_signals():
    case = Case("p_variable_n")
    data, _ = run("p", case.csv, *["--count", "count", "--size", "size", "--rules", "none"])
    assert data["panels"][0]["signals"] == []
    assert "rules: none" in data["convention"]


def test_text_reads_as_a_table():
    case = Case("c_nist_wafers")
    _, text = run("c", case.csv, "--count", "x")
    assert text.splitlines()[0] == (
        "c chart: centre = mean count; sigma = √centre (Poisson); limits ±3 sigma, cut at 0; "
        "from all 25 points; rules: beyond limits, run of 8."
    )
    assert (
        "    24           31            4           16           28  a point beyond the limits"
        in text
    )


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ("p --value x", "The p chart needs --count COL and --size COL."),
        ("imr", "Say which column holds the values: --value COL. The file has: x, n, note."),
        ("imr --value note", "Row 3, column 'note': expected a number, got 'late'."),
        ("imr --value x --exclude note", "Row 3, column 'note': expected TRUE or FALSE, got 'late'."),
        ("imr --value x --baseline 5..2", "--baseline 5..2: points count from 1, and FROM comes before TO."),
        ("imr --value x --baseline x", "--baseline takes N or FROM..TO, counted in points; not 'x'."),
        ("imr --value x --baseline 0", "--baseline needs at least one point."),
        ("imr --value x --screened --median-mr", "Choose one of --screened and --median-mr."),
        ("ewma --value x --target 3 --center 2", "Choose one of --target and --center."),
        ("imr --value x --center 3,a", "--center takes numbers, one for each phase; not 'a'."),
        ("imr --value x --sigma 1,-1", "--sigma is out of range."),
        ("imr --values x,n", "--values is for t2, and for charts of subgroups: one row each."),
        ("ewma --value x --lambda 0", "--lambda is out of range."),
        ("t2", "Say which columns are measured together: --values COL,COL,…."),
        ("p --value x --count x --size n", "Give --value, or --count with --size; not both."),
    ],
)  # fmt: skip
def test_wrong_usage_is_told(tmp_path, options, message):
    path = written(tmp_path, "x,n,note\n1,10,\n2,10,late\n3,10,\n")
    kind, *rest = options.split()
    with pytest.raises(UsageError) as raised:
        run(kind, path, *rest)
    assert str(raised.value) == message


def test_a_file_that_is_not_there():
    with pytest.raises(UsageError, match=r"'nothing\.csv' cannot be read: No such file"):
        run("imr", FOLDER / "nothing.csv")


def test_a_column_that_is_not_there():
    with pytest.raises(UnknownNameError, match=r"There is no column 'diametre'\. Did you mean"):
        run("imr", Case("xbar_r_pistonrings").csv, "--value", "diametre")


@pytest.mark.parametrize("text", ["", "x\n", "x\n\n"])
def test_an_empty_file(tmp_path, text):
    path = written(tmp_path, text)
    if text:
        data, _ = run("imr", path, "--value", "x")
        assert data["panels"][0]["statistic"] == []
    else:
        with pytest.raises(UsageError, match=r"cannot be charted\. The file is empty"):
            run("imr", path)


KINDS_OF_ONE = {
    "p": "--count x --size n",
    "np": "--count x --size n",
    "u": "--count x --size n",
    "laney_p": "--count x --size n",
    "laney_u": "--count x --size n",
    "i_prime": "--count x --size n",
    "funnel": "--count x --size n",
    "xbar_r": "--value x --subgroup g",
    "xbar_s": "--value x --subgroup g",
    **dict.fromkeys(("imr", "run", "c", "g", "t", "ewma", "cusum"), "--value x"),
}


@pytest.mark.parametrize("kind", KINDS_OF_ONE)
@pytest.mark.parametrize(
    "rows",
    [
        pytest.param("", id="no rows"),
        pytest.param("5,10,a\n", id="one point"),
        pytest.param("5,10,a\n" * 12, id="all equal"),
        pytest.param("0,10,a\n" * 9, id="nothing happened"),
        pytest.param(",,a\n,10,b\n5,10,c\n4,10,d\n6,10,e\n", id="gaps lead"),
        pytest.param("5,0,a\n,0,b\n", id="nothing to count from"),
    ],
)
def test_thin_files_answer_as_json(kind, rows, tmp_path):
    path = written(tmp_path, "x,n,g\n" + rows)
    data, text = run(kind, path, *KINDS_OF_ONE[kind].split(), "--better", "lower")
    assert data["panels"][0]["signals"] == []
    assert data["verdict"]["variation"] in ("too_few", "common_cause")
    assert "nan" not in text


def test_phases_of_one_point(tmp_path):
    path = written(tmp_path, "x,n,g\n" + "".join(f"{v},10,{v}\n" for v in (3, 5, 4)))
    data, _ = run("laney_p", path, *["--count", "x", "--size", "n", "--phase", "g"])
    assert data["sigma_z"] == [None, None, None]
    assert [p["center"] for p in data["phases"]] == [0.3, 0.5, 0.4]


def test_choices_are_in_the_answer():
    data, _ = run(
        "imr",
        Case("imr_loan_cost_freeze").csv,
        *["--value", "cost", "--baseline", "20", "--screened", "--rules", "beyond_limits,run_of_7"],
    )
    chosen = data["options"]
    assert (chosen["moving_range"], chosen["baseline"]) == ("screened", 20)
    assert chosen["rules"] == ["beyond_limits", "run_of_7"]
    ranged, _ = run(
        "imr", Case("imr_loan_cost_freeze").csv, *["--value", "cost", "--baseline", "1..20"]
    )
    assert ranged["options"]["baseline"] == [1, 20]


def test_a_row_may_be_a_subgroup(tmp_path):
    wide = "ph,x1,x2,x3\na,1,2,3\na,2,3,5\nb,4,,6\nb,5,7,6\n"
    long = "ph,s,x\n" + "".join(
        f"{row.split(',')[0]},{i},{x}\n"
        for i, row in enumerate(wide.split()[1:])
        for x in row.split(",")[1:]
    )
    (tmp_path / "a").mkdir()
    one, _ = run("xbar_s", written(tmp_path, wide), *["--values", "x1,x2,x3", "--phase", "ph"])
    other, _ = run(
        "xbar_s",
        written(tmp_path / "a", long),
        *["--value", "x", "--subgroup", "s", "--phase", "ph"],
    )
    assert one["panels"] == other["panels"]
    assert len(one["phases"]) == 2


def test_a_target_and_a_better_direction_give_a_verdict():
    data, text = run(
        "imr",
        Case("nhs_xmr_rjz_breaches").csv,
        *[
            "--value",
            "breaches",
            "--rules",
            "nhs",
            "--screened",
            "--target",
            "1200",
            "--better",
            "lower",
        ],
    )
    assert data["target"] == 1200
    assert data["verdict"]["assurance"] == "not_known"
    assert data["verdict"]["assurance_of"] == "since"
    assert "It has changed, and " in text
    assert "say whether it will meet its target." in text


def test_a_group_too_small_says_so_beside_the_others(tmp_path):
    rows = [f"big,{i % 5},{(i * i) % 7}" for i in range(12)] + ["small,1,2"]
    data, text = run(
        "t2", written(tmp_path, "g,a,b\n" + "\n".join(rows)), *["--values", "a,b", "--by", "g"]
    )
    big, small = data["groups"]
    assert len(big["panels"][0]["statistic"]) == 12
    assert small["error"].startswith(
        "A T² chart of 2 columns needs at least 4 values; there are 1."
    )
    assert "small" in text


def test_the_circuit_boards_of_montgomery(tmp_path):
    """Introduction to Statistical Quality Control, example 7.3: samples 6 and 20 left out."""
    boards = [21, 24, 16, 12, 15, 5, 28, 20, 31, 25, 20, 24, 16, 19, 10, 17, 13, 22, 18, 39, 30, 24,
              16, 19, 17, 15]  # fmt: skip
    rows = [f"{x},100,{'TRUE' if i in (6, 20) else ''}" for i, x in enumerate(boards, 1)]
    path = written(tmp_path, "x,size,out\n" + "\n".join(rows))
    trial, _ = run("c", path, *["--count", "x", "--size", "size"])
    assert trial["phases"][0]["center"] == pytest.approx(19.85, abs=5e-3)
    assert trial["panels"][0]["ucl"][0] == pytest.approx(
        33.22, abs=1e-2
    )  # from 19.85, rounded first
    assert trial["panels"][0]["lcl"][0] == pytest.approx(6.48, abs=1e-2)
    assert trial["panels"][0]["signals"][0]["points"] == [6, 20]
    revised, _ = run("c", path, *["--count", "x", "--size", "size", "--exclude", "out"])
    assert revised["phases"][0]["center"] == pytest.approx(19.67, abs=5e-3)
    assert revised["panels"][0]["ucl"][0] == pytest.approx(32.97, abs=6e-3)
    assert revised["panels"][0]["lcl"][0] == pytest.approx(6.37, abs=1e-2)


def test_a_first_line_that_tells_the_separator_is_no_heading(tmp_path):
    path = written(tmp_path, "sep=;\r\nmonat;wert\r\n1;1,5\r\n2;2,5\r\n3;4\r\n")
    data, _ = run("imr", path, "--value", "wert")
    assert data["panels"][0]["statistic"] == [1.5, 2.5, 4.0]
    path = written(tmp_path, "SEP=;\nwert\n1\nzwei\n")
    with pytest.raises(UsageError, match="Row 4, column 'wert'"):
        run("imr", path, "--value", "wert")


def test_counts_below_zero_are_told(tmp_path):
    path = written(tmp_path, "d,n\n1,10\n-3,10\n2,10\n")
    data, _ = run("p", path, "--count", "d", "--size", "n")
    assert "Some counts are below zero, which no count can be." in data["notes"]
    assert not any("below zero," in note for note in run("imr", path, "--value", "d")[0]["notes"])


def test_one_point_is_told_as_one(tmp_path):
    data, _ = run("c", written(tmp_path, "x\n5\n"), "--value", "x")
    assert "from 1 point;" in data["convention"]
