"""What docs/validation.md compares: each reference case with the command that answers it.

A command is what follows ``python -m kpi chart``; its file is the case's own. ``parts`` names where in
the case's expected numbers each panel of the answer stands, ``flags`` which rule must fire where.
"""

from dataclasses import dataclass
from typing import Final

EXACT: Final = 1e-9
"""Ours and the source's convention are the same: equal but for rounding in the machine."""

ROUNDED: Final = 5e-4
"""The source used constants of three decimals (d2 = 1.128); limits count by their width."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """One command and what its answer is held to.

    ``parts``: part of the expected numbers ("" for all of them) by panel. ``flags``: rule and panel by
    the path of the expected points. ``scalars``: keys of the answer by path of the expected number.
    ``special`` is the path of the words of the NHS, ``anhoej`` and ``indices`` those of runs and of
    capability, ``group`` how an answer of many charts is compared. ``unit`` is the least size that a
    difference under the rounding of constants counts by.
    """

    case: str
    command: str
    parts: tuple[tuple[str, int], ...] = ()
    flags: tuple[tuple[str, str, int], ...] = ()
    scalars: tuple[tuple[str, str], ...] = ()
    nelson: str = ""
    western_electric: str = ""
    special: str = ""
    group: str = ""
    anhoej: str | None = None
    indices: str = ""
    unit: float = 0.0
    tolerance: float = EXACT


def _twice(case: str, command: str, **how: object) -> tuple[Compared, Compared]:
    """With exact constants, to what rounding explains; with the source's constants, exactly."""
    tabled = f"{command} --constants table"
    return (
        Compared(case=case, command=command, tolerance=ROUNDED, **how),  # type: ignore[arg-type]
        Compared(case=case, command=tabled, **how),  # type: ignore[arg-type]
    )


BEYOND: Final = "beyond_limits"

COMPARED: Final = (
    *_twice(
        "imr_nist_flowrate",
        "imr --value x --rules nelson",
        parts=(("I", 0), ("MR", 1)),
        nelson="ref_nelson",
    ),
    *_twice(
        "imr_loan_cost_freeze",
        "imr --value cost --baseline 20 --rules beyond_limits,nelson",
        parts=(("I", 0), ("MR", 1)),
        flags=(("sigma_signal", BEYOND, 0), ("sigma_signal_mr", BEYOND, 1)),
        nelson="ref_nelson",
        anhoej="",
    ),
    Compared(
        case="imr_loan_cost_freeze",
        command="imr --value cost --baseline 20 --rules western_electric",
        western_electric="ref_weco",
    ),
    *_twice("imr_missing_values", "imr --value x", parts=(("I", 0),), anhoej=""),
    *_twice("imr_screened_mr", "imr --value y", parts=(("qic_unscreened", 0),)),
    *_twice("imr_screened_mr", "imr --value y --screened", parts=(("qic_screened", 0),)),
    Compared(
        case="imr_screened_mr",
        command="imr --value y --screened",
        parts=(("nhs_screened", 0),),
        tolerance=ROUNDED,
    ),
    Compared(
        case="imr_screened_mr",
        command="imr --value y --median-mr",
        scalars=(("median_mr_0954.sigma_exact_d4", "panels.0.sigma"),),
        tolerance=1e-6,
    ),
    Compared(
        case="iprime_complaints",
        command="i_prime --count complaints --size sales",
        parts=(("", 0),),
        flags=(("sigma_signal", BEYOND, 0),),
    ),
    Compared(
        case="p_orangejuice_trial",
        command="p --count D --size size --rules nelson_1,nelson_2,nelson_3,nelson_4,nelson_5,"
        "nelson_6,nelson_7,nelson_8",
        parts=(("", 0),),
        nelson="ref_nelson",
    ),
    Compared(
        case="p_orangejuice_trial",
        command="p --count D --size size --rules western_electric",
        western_electric="ref_weco",
    ),
    Compared(
        case="np_orangejuice",
        command="np --count D --size size --rules nelson_1,nelson_2,nelson_3,nelson_4,nelson_5,"
        "nelson_6,nelson_7,nelson_8",
        parts=(("", 0),),
        nelson="ref_nelson",
    ),
    Compared(
        case="p_variable_n",
        command="p --count count --size size",
        parts=(("", 0),),
        flags=(("sigma_signal", BEYOND, 0),),
    ),
    Compared(
        case="p_variable_n",
        command="p --count count --size size --rules western_electric",
        western_electric="ref_weco",
    ),
    Compared(
        case="p_u_missing_zero_denominator",
        command="p --count y --size n",
        parts=(("p", 0),),
        flags=(("p", BEYOND, 0),),
        anhoej="",
    ),
    Compared(
        case="p_u_missing_zero_denominator",
        command="u --count y --size n",
        parts=(("u", 0),),
        flags=(("u", BEYOND, 0),),
        anhoej="",
    ),
    Compared(
        case="c_nist_wafers",
        command="c --count x --rules nelson_1,nelson_2,nelson_3,nelson_4,nelson_5,nelson_6,"
        "nelson_7,nelson_8",
        parts=(("", 0),),
        nelson="ref_nelson",
    ),
    Compared(case="u_pcmanufact", command="u --count x --size size", parts=(("", 0),)),
    Compared(
        case="u_supply_chain",
        command="u --count count --size size",
        parts=(("", 0),),
        flags=(("sigma_signal", BEYOND, 0),),
    ),
    Compared(
        case="u_gtt_per_1000_days",
        command="u --count harms --size days --multiply 1000",
        parts=(("", 0),),
        flags=(("sigma_signal", BEYOND, 0),),
        anhoej="",
    ),
    Compared(
        case="u_facets_hospital_infections",
        command="u --count n --size days --multiply 10000 --by infection,hospital",
        group="facets",
    ),
    *_twice(
        "laney_p_nhs_accidents",
        "laney_p --count r --size n",
        parts=(("", 0),),
        scalars=(("sigma_z", "sigma_z"),),
        flags=(("p_prime", BEYOND, 0),),
    ),
    *_twice(
        "laney_p_nhs_accidents",
        "laney_p --count r --size n --screened",
        scalars=(("screened.sigma_z", "sigma_z"),),
        flags=(("p_prime_screened", BEYOND, 0),),
    ),
    Compared(
        case="laney_p_nhs_accidents",
        command="p --count r --size n",
        parts=(("p_chart", 0),),
        flags=(("p_chart", BEYOND, 0),),
    ),
    *_twice(
        "laney_p_jasp_spc_p",
        "laney_p --count D --size Size",
        parts=(("", 0),),
        scalars=(("sigma_z", "sigma_z"),),
        flags=(("p_prime", BEYOND, 0),),
    ),
    *_twice(
        "laney_p_jasp_spc_p",
        "laney_u --count D --size Size",
        parts=(("u_prime", 0),),
        scalars=(("u_prime.sigma_z", "sigma_z"),),
        flags=(("u_prime", BEYOND, 0),),
    ),
    Compared(
        case="g_cabg_deaths",
        command="g --value cases_between",
        parts=(("qicharts2", 0),),
        scalars=(("qicharts2.mean", "mean"), ("qicharts2.center_median", "panels.0.center")),
        flags=(("sigma_signal", BEYOND, 0),),
    ),
    Compared(
        case="g_cabg_deaths",
        command="g --value cases_between --limits quantile",
        scalars=(
            ("jasp_minitab_probability.CL", "panels.0.center"),
            ("jasp_minitab_probability.UCL", "panels.0.ucl"),
        ),
        tolerance=ROUNDED,  # its tail is 0.00135, ours that of 3 sigma
    ),
    *_twice(
        "t_valve_failures",
        "t --value hours",
        parts=(("qicharts2.transformed", 1),),
        flags=(("sigma_signal", BEYOND, 0),),
    ),
    Compared(
        case="t_valve_failures",
        command="t --value hours --constants table",
        parts=(("qicharts2", 0),),
    ),
    Compared(
        case="t_valve_failures",
        command="t --value hours --times weibull",
        parts=(("weibull", 0),),
        scalars=(("weibull.shape", "shape"), ("weibull.scale", "scale")),
    ),
    Compared(
        case="xbar_r_pistonrings",
        command="xbar_r --value diameter --subgroup sample --baseline 25 --rules nelson",
        parts=(("xbar", 0), ("R", 1)),
        nelson="ref_nelson",
        flags=(("qcc27_R.beyond_limits", BEYOND, 1),),
        tolerance=ROUNDED,
    ),
    Compared(  # the source's d3 has more decimals than its d2: no table of ranges agrees with it
        case="xbar_r_pistonrings",
        command="xbar_r --value diameter --subgroup sample --baseline 25 --rules nelson "
        "--constants table",
        parts=(("xbar", 0),),
    ),
    Compared(
        case="xbar_r_pistonrings",
        command="xbar_r --value diameter --subgroup sample --baseline 25 --rules western_electric",
        western_electric="ref_weco",
    ),
    Compared(
        case="xbar_s_pistonrings",
        command="xbar_s --value diameter --subgroup sample --baseline 25",
        parts=(("xbar", 0), ("S", 1)),
        flags=(("qcc27_S.beyond_limits", BEYOND, 1),),
    ),
    Compared(
        case="xbar_s_montgomery_t6_3",
        command="xbar_s --value obs --subgroup sample --rules nelson",
        parts=(("xbar", 0), ("S", 1)),
        nelson="ref_nelson",
        anhoej="",
    ),
    Compared(
        case="ewma_montgomery_9_2",
        command="ewma --value x --lambda 0.1 --L 2.7 --target 10 --sigma 1",
        parts=(("", 0),),
        flags=(("beyond", BEYOND, 0),),
    ),
    Compared(
        case="ewma_nist",
        command="ewma --value x --lambda 0.3 --L 3 --target 50 --sigma 2.0539",
        parts=(("", 0),),
        flags=(("beyond", BEYOND, 0),),
    ),
    *_twice(
        "ewma_pistonrings",
        "ewma --value diameter --subgroup sample --baseline 25 --lambda 0.2 --L 2.7",
        parts=(("", 0),),
        flags=(("beyond", BEYOND, 0),),
    ),
    Compared(
        case="cusum_montgomery_9_1",
        command="cusum --value x --k 0.5 --h 5 --target 10 --sigma 1",
        scalars=(("pos", "panels.0.statistic"), ("neg", "panels.1.statistic")),
        flags=(("upper", BEYOND, 0), ("lower", BEYOND, 1)),
    ),
    Compared(
        case="cusum_montgomery_9_1",
        command="cusum --value x --k 0.5 --h 5 --target 10 --sigma 1 --fir",
        scalars=(("fir_pos", "panels.0.statistic"), ("fir_neg", "panels.1.statistic")),
        flags=(("fir_upper", BEYOND, 0),),
    ),
    *_twice(
        "cusum_pistonrings",
        "cusum --value diameter --subgroup sample --baseline 25",
        scalars=(
            ("pos", "panels.0.statistic"),
            ("neg", "panels.1.statistic"),
            ("center", "panels.0.center"),
            ("sigma", "panels.0.sigma"),
        ),
        unit=1.0,
        flags=(("upper", BEYOND, 0), ("lower", BEYOND, 1)),
    ),
    Compared(
        case="t2_boiler",
        command="t2 --values t1,t2,t3,t4,t5,t6,t7,t8 --confidence 0.999",
        scalars=(("T2", "panels.0.statistic"), ("ucl_phase1", "panels.0.ucl")),
        flags=(("beyond", BEYOND, 0),),
    ),
    Compared(
        case="nhs_xmr_rjz_breaches",
        command="imr --value breaches --rules nhs --screened",
        parts=(("default_screened", 0),),
        special="default_screened",
        tolerance=ROUNDED,
    ),
    Compared(
        case="nhs_xmr_rjz_breaches",
        command="imr --value breaches --rules nhs --screened --baseline 12",
        parts=(("fixed_12", 0),),
        special="fixed_12",
        tolerance=ROUNDED,
    ),
    Compared(
        case="nhs_rule_sequences",
        command="imr --value x --by sequence --rules nhs --center 1 --sigma 3.6666666666666667",
        group="special",
    ),
    Compared(
        case="rules_nelson_sequences",
        command="imr --value x --by sequence --rules nelson,western_electric --center 0 --sigma 1",
        group="rules",
    ),
    Compared(case="run_chart_anhoej", command="run --value x --by sequence", group="runs"),
    *(
        Compared(
            case="capability_pistonrings",
            command="capability --value diameter --subgroup sample --constants table "
            f"--intervals qcc {limits}",
            indices=part,
        )
        for part, limits in (
            ("c1", "--lsl 73.95 --usl 74.05 --target 74"),
            ("c2", "--lsl 73.95 --usl 74.05 --target 74.02"),
            ("c3", "--lsl 73.99 --usl 74.01 --target 74"),
            ("c4", "--lsl 73.99 --usl 74.1 --target 74.045"),
        )
    ),
    *(
        Compared(
            case="capability_one_sided",
            command="capability --value diameter --subgroup sample --constants table "
            f"--intervals qcc --target 74 {limits}",
            indices=part,
        )
        for part, limits in (("usl_only", "--usl 74.03"), ("lsl_only", "--lsl 73.97"))
    ),
)
"""Every comparison by the command line, in the order of the page."""
