"""Published or independently computed control charts; each case names its source in its JSON."""

import math

import numpy as np
import pytest

from kpi.model import Assurance, Direction, Variation
from kpi.spc import RULES, Options, chart, verdict
from kpi.spc.anhoej import crossings_limit, longest_run_limit, runs_test
from kpi.spc.constants import Constants, c4, d2, d3
from kpi.spc.rules import NELSON, evidence

from .cases import (
    ROUNDED,
    Case,
    beyond,
    close,
    lines_close,
    nelson_close,
    points,
    runs_close,
    weco_close,
)

pytestmark = pytest.mark.reference


def test_constants():
    case = Case("constants_d2_c4")
    table = Constants()
    for row in case.rows:
        n = int(row["n"])
        # the source integrates to seven to nine digits
        assert d2(n) == pytest.approx(float(row["d2"]), rel=2e-8)
        assert d3(n) == pytest.approx(float(row["d3"]), rel=2e-6)
        assert c4(n) == pytest.approx(float(row["c4"]), rel=1e-12)
        assert table.range_limits(n)[0] == pytest.approx(float(row["D3"]), rel=1e-5, abs=1e-6)
        assert table.range_limits(n)[1] == pytest.approx(float(row["D4"]), rel=1e-6)
        assert (
            abs(d2(n) - float(row["d2_qcc_3dp"])) <= case.expected["max_abs_diff_to_qcc_3dp"] + 1e-9
        )
    assert d2(2) == pytest.approx(case.data["params"]["exact_d2_2"], rel=1e-14)
    assert d3(2) == pytest.approx(case.data["params"]["exact_d3_2"], rel=1e-13)
    assert table.median_range == pytest.approx(case.expected["d4_2"], rel=1e-6)


def test_anhoej_limits():
    for row in Case("anhoej_limits").rows:
        n = int(row["n_useful"])
        assert longest_run_limit(n) == int(row["longest_run_max"])
        assert crossings_limit(n) == int(row["n_crossings_min"])


def test_imr_nist_flowrate():
    case = Case("imr_nist_flowrate")
    drawn = chart("imr", case.column("x"), baseline="all", rules="nelson")
    lines_close(drawn, case.expected["I"], ROUNDED)
    close(drawn.panels[0].center, case.expected["MR"]["center"])
    close(drawn.panels[0].ucl, case.expected["MR"]["ucl"], ROUNDED)
    nelson_close(drawn, case.flags["ref_nelson"])
    tabled = chart("imr", case.column("x"), options=Options(constants="table"))
    lines_close(tabled, case.expected["I"])


def test_imr_loan_cost_freeze():
    case = Case("imr_loan_cost_freeze")
    cost = case.column("cost")
    drawn = chart("imr", cost, rules="nelson")  # twenty points freeze the limits by default
    lines_close(drawn, case.expected["I"], ROUNDED)
    statistic = np.array([np.nan, *case.expected["MR"]["statistic"][1:]], dtype=float)
    close(drawn.panels[0].statistic, statistic)
    close(drawn.panels[0].center, case.expected["MR"]["center"])
    close(drawn.panels[0].ucl, case.expected["MR"]["ucl"], ROUNDED)
    assert beyond(drawn.panels[0]) == case.flags["sigma_signal_mr"]
    nelson_close(drawn, case.flags["ref_nelson"])
    weco_close(chart("imr", cost, baseline=20, rules="western_electric"), case.flags["ref_weco"])
    assert beyond(chart("imr", cost)) == case.flags["sigma_signal"]
    runs_close(drawn.runs[0], case.data["anhoej"])


def test_imr_missing_values():
    case = Case("imr_missing_values")
    drawn = chart("imr", case.column("x"), baseline="all")
    lines_close(drawn, case.expected["I"], ROUNDED)
    assert np.isnan(drawn.ucl[[2, 9, 10]]).all()
    runs_close(drawn.runs[0], case.data["anhoej"])
    first = chart("imr", case.column("x")[:8])
    close(first.sigma, case.expected["first8"]["sigma_mr_dropped"], ROUNDED)


def test_imr_screened_and_median_moving_range():
    case = Case("imr_screened_mr")
    y, e = case.column("y"), case.expected
    lines_close(chart("imr", y, baseline="all"), e["qic_unscreened"], ROUNDED)
    lines_close(chart("imr", y, baseline="all"), e["nhs_unscreened"], ROUNDED)
    screened = chart("imr", y, baseline="all", options=Options(moving_range="screened"))
    lines_close(screened, e["qic_screened"], ROUNDED)
    lines_close(screened, e["nhs_screened"], ROUNDED)
    median = chart("imr", y, baseline="all", options=Options(moving_range="median"))
    close(median.sigma, e["median_mr_0954"]["sigma_exact_d4"], 1e-6)
    close(median.sigma, e["median_mr_0954"]["sigma_jmp_0954"], ROUNDED)


def test_i_prime_complaints():
    case = Case("iprime_complaints")
    drawn = chart(
        "i_prime", count=case.column("complaints"), size=case.column("sales"), baseline="all"
    )
    lines_close(drawn, case.expected)
    assert beyond(drawn) == case.flags["sigma_signal"]


def test_p_orangejuice():
    case = Case("p_orangejuice_trial")
    given = {"count": case.column("D"), "size": case.column("size"), "baseline": "all"}
    drawn = chart("p", **given, rules=NELSON)
    lines_close(drawn, case.expected)
    nelson_close(drawn, case.flags["ref_nelson"])
    nelson_close(chart("p", **given, rules="nelson"), case.flags["ref_nelson"], range(1, 5))
    weco_close(chart("p", **given, rules="western_electric"), case.flags["ref_weco"])


def test_np_orangejuice():
    case = Case("np_orangejuice")
    drawn = chart(
        "np", count=case.column("D"), size=case.column("size"), baseline="all", rules=NELSON
    )
    lines_close(drawn, case.expected)
    nelson_close(drawn, case.flags["ref_nelson"])


def test_p_with_varying_n():
    case = Case("p_variable_n")
    given = {"count": case.column("count"), "size": case.column("size"), "baseline": "all"}
    drawn = chart("p", **given, rules="nelson")
    lines_close(drawn, case.expected)
    nelson_close(drawn, case.flags["ref_nelson"], range(1, 5))
    weco_close(chart("p", **given, rules="western_electric"), case.flags["ref_weco"])


@pytest.mark.parametrize("kind", ["p", "u"])
def test_p_and_u_with_gaps(kind):
    case = Case("p_u_missing_zero_denominator")
    drawn = chart(kind, count=case.column("y"), size=case.column("n"), baseline="all")
    lines_close(drawn, case.expected[kind])
    assert beyond(drawn) == case.flags[kind]
    assert np.flatnonzero(np.isnan(drawn.ucl)).tolist() == [2, 4, 5]
    runs_close(drawn.runs[0], case.data["anhoej"])


def test_c_nist_wafers():
    case = Case("c_nist_wafers")
    drawn = chart("c", count=case.column("x"), baseline="all", rules=NELSON)
    lines_close(drawn, case.expected)
    nelson_close(drawn, case.flags["ref_nelson"])


@pytest.mark.parametrize(
    ("name", "count", "size"),
    [("u_pcmanufact", "x", "size"), ("u_supply_chain", "count", "size")],
)
def test_u(name, count, size):
    case = Case(name)
    drawn = chart(
        "u", count=case.column(count), size=case.column(size), baseline="all", rules=NELSON
    )
    lines_close(drawn, case.expected)
    nelson_close(drawn, case.flags["ref_nelson"])


def test_u_per_thousand():
    case = Case("u_gtt_per_1000_days")
    drawn = chart("u", count=case.column("harms"), size=case.column("days"), multiply=1000)
    lines_close(drawn, case.expected)
    assert beyond(drawn) == case.flags["sigma_signal"]
    runs_close(drawn.runs[0], case.data["anhoej"])


def test_u_facets():
    case = Case("u_facets_hospital_infections")
    for facet in case.expected["facets"]:
        where = {"infection": facet["infection"], "hospital": facet["hospital"]}
        drawn = chart(
            "u",
            count=case.column("n", **where),
            size=case.column("days", **where),
            multiply=10_000,
            baseline="all",
        )
        assert len(drawn.statistic) == facet["n_points"]
        close(drawn.center, facet["center"])
        close(drawn.lcl[:1], facet["lcl_first"])
        close(drawn.ucl[:1], facet["ucl_first"])
        assert beyond(drawn) == facet["sigma_signal_points"]
        runs_close(drawn.runs[0], facet)


def test_laney_nhs_accidents():
    case = Case("laney_p_nhs_accidents")
    given = {"count": case.column("r"), "size": case.column("n"), "baseline": "all"}
    drawn = chart("laney_p", **given)
    assert drawn.sigma_z == pytest.approx(case.expected["sigma_z"], rel=ROUNDED)
    lines_close(drawn, case.expected, ROUNDED)
    assert beyond(drawn) == case.flags["p_prime"]
    plain = chart("p", **given)
    close(plain.sigma, case.expected["sigma_binomial"])
    close((plain.statistic - plain.center) / plain.sigma, case.expected["z"], 1e-7)
    lines_close(plain, case.expected["p_chart"])
    assert beyond(plain) == case.flags["p_chart"]
    tabled = chart("laney_p", **given, options=Options(constants="table"))
    lines_close(tabled, case.expected)
    screened = chart("laney_p", **given, options=Options(moving_range="screened"))
    assert screened.sigma_z == pytest.approx(case.expected["screened"]["sigma_z"], rel=ROUNDED)


def test_laney_jasp():
    case = Case("laney_p_jasp_spc_p")
    given = {"count": case.column("D"), "size": case.column("Size"), "baseline": "all"}
    e = case.expected
    for kind, expected, flags in (
        ("laney_p", e, case.flags["p_prime"]),
        ("laney_u", e["u_prime"], case.flags["u_prime"]),
    ):
        drawn = chart(kind, **given)
        assert drawn.sigma_z == pytest.approx(expected["sigma_z"], rel=ROUNDED)
        lines_close(drawn, expected, ROUNDED)
        assert beyond(drawn) == flags


def test_g_cabg_deaths():
    case = Case("g_cabg_deaths")
    drawn = chart("g", case.column("cases_between"), baseline="all")
    e = case.expected["qicharts2"]
    close(drawn.statistic, case.expected["statistic"])
    close(drawn.center, e["center_median"])
    assert drawn.extra["mean"] == pytest.approx(e["mean"], rel=1e-9)
    close(drawn.sigma, e["sigma"])
    close(drawn.lcl, e["lcl"])
    close(drawn.ucl, e["ucl"])
    assert beyond(drawn) == case.flags["sigma_signal"]


def test_t_valve_failures():
    case = Case("t_valve_failures")
    drawn = chart("t", case.column("hours"), baseline="all", options=Options(constants="table"))
    e = case.expected["qicharts2"]
    close(drawn.center, e["center"])
    close(drawn.lcl, e["lcl"])
    close(drawn.ucl, e["ucl"])
    lines_close(drawn.panels[0], e["transformed"])
    exact = chart("t", case.column("hours"), baseline="all")
    lines_close(exact.panels[0], e["transformed"], ROUNDED)
    assert beyond(exact) == case.flags["sigma_signal"]


def test_run_charts():
    case = Case("run_chart_anhoej")
    for expected in case.expected.values():
        drawn = chart("run", expected["x"], baseline="all")
        close(drawn.center, expected["median"])
        runs_close(drawn.runs[0], expected)
        assert bool(drawn.signals) == expected["runs_signal"]


def test_xbar_r_pistonrings():
    case = Case("xbar_r_pistonrings")
    given = {"subgroup": case.text("sample"), "baseline": 25}
    drawn = chart("xbar_r", case.column("diameter"), **given, rules="nelson")
    lines_close(drawn, case.expected["xbar"], ROUNDED)
    lines_close(
        drawn.panels[0], {**case.expected["R"], "statistic": drawn.panels[0].statistic}, ROUNDED
    )
    close(drawn.panels[0].statistic, case.expected["R"]["statistic"], 1e-9)
    nelson_close(drawn, case.flags["ref_nelson"])
    weco = chart("xbar_r", case.column("diameter"), **given, rules="western_electric")
    weco_close(weco, case.flags["ref_weco"])
    assert beyond(drawn.panels[0]) == case.flags["qcc27_R"]["beyond_limits"]
    tabled = chart("xbar_r", case.column("diameter"), **given, options=Options(constants="table"))
    lines_close(tabled, case.expected["xbar"])


def test_xbar_s_pistonrings():
    case = Case("xbar_s_pistonrings")
    drawn = chart("xbar_s", case.column("diameter"), subgroup=case.text("sample"), baseline=25)
    close(drawn.statistic[:25], case.expected["xbar"]["statistic"])
    lines_close(drawn, {k: v for k, v in case.expected["xbar"].items() if k != "statistic"})
    lines_close(drawn.panels[0], case.expected["S"])
    assert beyond(drawn.panels[0]) == case.flags["qcc27_S"]["beyond_limits"]


def test_xbar_s_montgomery():
    case = Case("xbar_s_montgomery_t6_3")
    drawn = chart(
        "xbar_s", case.column("obs"), subgroup=case.text("sample"), baseline="all", rules="nelson"
    )
    lines_close(drawn, case.expected["xbar"])
    lines_close(drawn.panels[0], case.expected["S"])
    nelson_close(drawn, case.flags["ref_nelson"])
    runs_close(drawn.runs[0], case.data["anhoej"])


def test_ewma_montgomery():
    case = Case("ewma_montgomery_9_2")
    options = Options(weight=0.1, width=2.7, center=10, sigma=1)
    drawn = chart("ewma", case.column("x"), options=options)
    close(drawn.statistic, case.expected["z"])
    lines_close(drawn, case.expected)
    assert beyond(drawn) == case.flags["beyond"]


def test_ewma_nist():
    case = Case("ewma_nist")
    drawn = chart(
        "ewma", case.column("x"), options=Options(weight=0.3, width=3, center=50, sigma=2.0539)
    )
    close(drawn.statistic, case.expected["z"])
    lines_close(drawn, case.expected)
    assert beyond(drawn) == case.flags["beyond"]


def test_ewma_pistonrings():
    case = Case("ewma_pistonrings")
    options = Options(weight=0.2, width=2.7)
    drawn = chart(
        "ewma", case.column("diameter"), subgroup=case.text("sample"), baseline=25, options=options
    )
    close(drawn.statistic, case.expected["z"])
    lines_close(drawn, case.expected, ROUNDED)
    assert beyond(drawn) == case.flags["beyond"]


@pytest.mark.parametrize(("head_start", "prefix"), [(0.0, ""), (2.5, "fir_")])
def test_cusum_montgomery(head_start, prefix):
    case = Case("cusum_montgomery_9_1")
    options = Options(k=0.5, h=5, center=10, sigma=1, head_start=head_start)
    drawn = chart("cusum", case.column("x"), options=options)
    close(drawn.statistic, case.expected[f"{prefix}pos"])
    close(drawn.panels[0].statistic, case.expected[f"{prefix}neg"])
    assert beyond(drawn) == case.flags[f"{prefix}upper"]
    if not prefix:
        assert beyond(drawn.panels[0]) == case.flags["lower"]


def test_cusum_pistonrings():
    case = Case("cusum_pistonrings")
    drawn = chart("cusum", case.column("diameter"), subgroup=case.text("sample"), baseline=25)
    close(drawn.statistic, case.expected["pos"], ROUNDED, size=1)  # sums count in sigma
    close(drawn.panels[0].statistic, case.expected["neg"], ROUNDED, size=1)
    close(drawn.aim, case.expected["center"])
    close(drawn.sigma, case.expected["sigma"], ROUNDED)
    assert beyond(drawn) == case.flags["upper"]
    assert beyond(drawn.panels[0]) == case.flags["lower"]


def test_t2_boiler():
    case = Case("t2_boiler")
    rows = np.column_stack([case.column(name) for name in case.data["params"]["vars"]])
    drawn = chart("t2", rows, baseline="all", options=Options(confidence=0.999))
    close(drawn.statistic, case.expected["T2"])
    close(drawn.ucl, case.expected["ucl_phase1"])
    later = np.vstack([rows, rows[:1]])
    close(
        chart("t2", later, baseline=25, options=Options(confidence=0.999)).ucl[-1:],
        case.expected["ucl_phase2"],
    )
    assert beyond(drawn) == case.flags["beyond"]


def _judged(x, rules):
    """Rules on values with centre 0 and sigma 1."""
    value = np.asarray(x, dtype=float)[:, None]
    zero, one = np.zeros((1, 1)), np.ones((1, 1))
    e = evidence(
        value=value, center=zero, zone_center=zero, zone=one, lcl=-3 * one, ucl=3 * one, joined=None
    )
    return {r: (np.flatnonzero(RULES[r].fires(e)[:, 0]) + 1).tolist() for r in rules}


@pytest.mark.parametrize("sequence", Case("rules_nelson_sequences").expected)
def test_rule_sequences(sequence):
    case = Case("rules_nelson_sequences")
    x = case.column("x", sequence=sequence)
    for prefix, count in (("nelson", 8), ("western_electric", 4)):
        names = [f"{prefix}_{i}" for i in range(1, count + 1)]
        expected = case.expected[sequence][prefix]
        assert _judged(x, names) == {f"{prefix}_{i}": v for i, v in expected.items()}


def test_a_tie_is_dropped_by_anhoej():
    x = Case("rules_nelson_sequences").column("x", sequence="tie_center")
    test, _ = runs_test(np.sign(x).astype(np.int8), np.ones(len(x), dtype=bool))
    assert test.longest_run == 10


_NHS_ORDER = (
    ("nhs_beyond_limits", ("Above UCL", "Below LCL")),
    ("nhs_trend_of_7", ("7 Point Trend (Increasing)", "7 Point Trend (Decreasing)")),
    ("nhs_two_of_three", ("2 in 3 Above CL", "2 in 3 Below CL")),
    ("nhs_run_of_7", ("7 Points Above CL", "7 Points Below CL")),
)


def _nhs_words(drawn):
    """Each point by the first rule in NHS order whose pattern it is a member of."""
    words = ["Common Cause"] * len(drawn.statistic)
    for rule, (up, down) in reversed(_NHS_ORDER):
        for signal in drawn.signals:
            if signal.rule != rule:
                continue
            rising = drawn.statistic[signal.members[-1]] > (
                drawn.statistic[signal.members[0]]
                if "trend" in rule
                else drawn.center[signal.members[0]]
            )
            for member in signal.members:
                words[member] = up if rising else down
    return words


@pytest.mark.parametrize("sequence", Case("nhs_rule_sequences").expected)
def test_nhs_sequences(sequence):
    case = Case("nhs_rule_sequences")
    params = case.data["params"]
    sigma = (params["upl"] - params["mean"]) / 3
    expected = case.expected[sequence]
    drawn = chart(
        "imr", expected["x"], rules="nhs", options=Options(center=params["mean"], sigma=sigma)
    )
    assert _nhs_words(drawn) == expected["special_cause"]


@pytest.mark.parametrize("which", ["default_screened", "fixed_12", "rebased_unscreened"])
def test_nhs_breaches(which):
    case = Case("nhs_xmr_rjz_breaches")
    expected = case.expected[which]
    how = {
        "default_screened": {"options": Options(moving_range="screened"), "baseline": "all"},
        "fixed_12": {"options": Options(moving_range="screened"), "baseline": 12},
        "rebased_unscreened": {"phases": expected["rebase_group"], "baseline": "all"},
    }[which]
    drawn = chart("imr", case.column("breaches"), rules="nhs", **how)
    lines_close(drawn, expected, ROUNDED)
    assert _nhs_words(drawn) == expected["special_cause"]
    if "assurance" in expected:
        assert expected["assurance"] == "consistent_fail"
        found = verdict(drawn, Direction.LOWER, 1200, assured_by="phase")
        assert found.assurance is Assurance.WILL_MISS


def test_the_verdict_agrees_with_nhs_colours():
    case = Case("nhs_xmr_rjz_breaches")
    expected = case.expected["default_screened"]["point_type"][-1]
    drawn = chart(
        "imr",
        case.column("breaches"),
        rules="nhs",
        baseline="all",
        options=Options(moving_range="screened"),
    )
    found = verdict(drawn, Direction.LOWER).variation
    assert (
        found
        is {
            "special_cause_improvement": Variation.IMPROVING,
            "special_cause_concern": Variation.WORSENING,
            "common_cause": Variation.COMMON_CAUSE,
        }[expected]
    )
    assert points(drawn, "nhs_run_of_7")
    assert not math.isnan(drawn.center[-1])
