"""What the registers' kinds ask for: grades on the edges of their criteria, ratings, refusals."""

import math
from dataclasses import replace
from datetime import date

import pytest

from kpi.errors import UsageError
from kpi.qms.context import CLIMATE, RESOURCE, Answer, ClimateDecision, Provision, Resource
from kpi.qms.register import checked
from kpi.qms.risks import (
    OPPORTUNITY,
    RISK,
    Consequence,
    Gain,
    Likelihood,
    Opportunity,
    Risk,
    Standing,
    rating,
)
from kpi.qms.satisfaction import SURVEY, CustomerScore, Survey, customer_scores
from kpi.qms.suppliers import (
    CRITERIA,
    SUPPLIER_GRADE,
    Grade,
    Supplied,
    SupplierCriteria,
    SupplierGrade,
    grade_of,
)

DAY = date(2026, 9, 1)
BOTH = SupplierCriteria(
    otd_a=95, otd_b=90, ppm_a=500, ppm_b=2000, fewest=5, meaning="C: no new orders", since=DAY
)
NONE = math.nan

GRADED = [
    pytest.param(Supplied(95.0, 20, 500.0, 1000), Grade.A, id="reaching both thresholds is A"),
    pytest.param(Supplied(94.99, 20, 0.0, 1000), Grade.B, id="just below on time"),
    pytest.param(Supplied(100.0, 20, 500.01, 1000), Grade.B, id="just above in ppm"),
    pytest.param(Supplied(90.0, 20, 2000.0, 1000), Grade.B, id="reaching the thresholds of B"),
    pytest.param(Supplied(89.99, 20, 0.0, 1000), Grade.C, id="below B on time"),
    pytest.param(Supplied(100.0, 20, 2000.01, 1000), Grade.C, id="above B in ppm"),
    pytest.param(Supplied(0.0, 20, 0.0, 1000), Grade.C, id="nothing on time is zero, and is C"),
    pytest.param(Supplied(NONE, NONE, 100.0, 1000), Grade.NONE, id="missing on time is no zero"),
    pytest.param(Supplied(99.0, 20, NONE, NONE), Grade.NONE, id="missing ppm is no zero"),
    pytest.param(Supplied(NONE, NONE, 9000.0, 1000), Grade.C, id="a C needs no second figure"),
    pytest.param(Supplied(99.0, 5, 0.0, 1000), Grade.A, id="as many lines as it takes"),
    pytest.param(Supplied(99.0, 4, 0.0, 1000), Grade.NONE, id="too few lines"),
    pytest.param(Supplied(10.0, 4, 0.0, 1000), Grade.NONE, id="too few lines to be bad, too"),
    pytest.param(Supplied(), Grade.NONE, id="nothing known"),
]


@pytest.mark.parametrize(("supplied", "grade"), GRADED)
def test_grade_by_the_criteria(supplied, grade):
    assert grade_of(supplied, BOTH)[0] is grade


@pytest.mark.parametrize(
    ("supplied", "says"),
    [
        (
            Supplied(94.96, 20, 1234.4, 1000),
            "On time 94.96\u00a0% is below 95\u00a0% and at least 90\u00a0%: B. 1\u202f234 ppm is above "
            "500 and at most 2\u202f000: B.",
        ),
        (Supplied(99.0, 4, 0.0, 9), "On time: 4 lines due, and it takes 5. 0 ppm is at most 500: A."),
        (Supplied(99.0, 8), "On time 99\u00a0% is at least 95\u00a0%: A. ppm: nothing received is on file."),
        (
            Supplied(99.0, 8, pieces=900),
            "On time 99\u00a0% is at least 95\u00a0%: A. ppm: neither inspections nor complaints to "
            "suppliers are on file.",
        ),
        (
            Supplied(ppm=2000.4),
            "On time: no purchase line was due. 2\u202f000.4 ppm is above 2\u202f000: C.",
        ),
    ],
)  # fmt: skip
def test_how_a_grade_comes_about(supplied, says):
    assert grade_of(supplied, BOTH)[1] == says


def test_a_figure_without_thresholds_does_not_count():
    only_ppm = replace(BOTH, otd_a=None, otd_b=None)
    assert grade_of(Supplied(ppm=400.0), only_ppm)[0] is Grade.A
    assert grade_of(Supplied(otd=1.0, lines=50, ppm=400.0), only_ppm)[0] is Grade.A
    assert grade_of(Supplied(otd=99.0, lines=50), SupplierCriteria()) == (
        Grade.NONE, "No threshold is set.",
    )  # fmt: skip


RATED = [
    (Risk(likelihood=Likelihood.LIKELY, consequence=Consequence.HIGH), 16),
    (Risk(likelihood=Likelihood.CERTAIN, consequence=Consequence.SEVERE), 25),
    (Risk(likelihood=Likelihood.RARE, consequence=Consequence.MINOR), 1),
    (Risk(likelihood=Likelihood.LIKELY), None),
    (Risk(consequence=Consequence.HIGH), None),
    (Opportunity(likelihood=Likelihood.POSSIBLE, consequence=Gain.GREAT), 15),
    (Opportunity(likelihood=Likelihood.POSSIBLE), None),
]


@pytest.mark.parametrize(("item", "expected"), RATED)
def test_rating(item, expected):
    assert rating(item) == expected


SAID = Survey(
    title="Yearly",
    described="By mail",
    first=DAY,
    last=DAY,
    lowest=1,
    highest=5,
    score=4,
    asked=10,
    answered=6,
)
GIVEN = SupplierGrade(
    title="Oststahl",
    first=DAY,
    last=DAY,
    grade=Grade.B,
    computed=Grade.B,
    decided=DAY,
    by="P. Lang",
)
RISKY = Risk(title="Fire", effect="No plant", identified=DAY)

REFUSED = [
    pytest.param(
        CLIMATE, ClimateDecision(reason="Because", decided=DAY, by="A"),
        "Say whether climate change is relevant here: yes or no. Both are sound with a reason.",
        id="climate left open",
    ),
    pytest.param(
        CLIMATE, ClimateDecision(relevant=Answer.NO, decided=DAY, by="A"),
        "Reason is empty. Without it nothing is recorded.", id="climate without a reason",
    ),
    pytest.param(
        RESOURCE, Resource(title="Setter", purpose="Nights", asked=DAY, status=Provision.PROVIDED),
        "Provided on is empty: say since when the resource is there.", id="provided, and no day",
    ),
    pytest.param(
        RESOURCE, Resource(title="Setter", purpose="Nights", asked=DAY, provided=date(2026, 8, 1)),
        "The resource was provided before it was asked for: check both days.", id="before asked",
    ),
    pytest.param(
        RISK, replace(RISKY, status=Standing.DONE),
        "What is done is empty. Say it in a few words, or link the actions under Belongs to.",
        id="done, and nothing said",
    ),
    pytest.param(
        RISK, replace(RISKY, status=Standing.DONE, action="Sprinklers"),
        "Done on is empty: the effect is judged from that day on.", id="done without a day",
    ),
    pytest.param(
        RISK, replace(RISKY, settles=-1.0), "Days it needs to settle is a number from 0 to 3660.",
        id="settles before",
    ),
    pytest.param(
        OPPORTUNITY, Opportunity(title="Board", effect="OTD", identified=DAY, hoped=0.0),
        "Change hoped for is a share of today's level, such as −25 or 10.", id="no change hoped for",
    ),
    pytest.param(
        SURVEY, replace(SAID, last=date(2026, 8, 1)),
        "The survey ends before it begins: check From and To.", id="survey ends first",
    ),
    pytest.param(SURVEY, replace(SAID, answered=11), "More answered than were asked: check both numbers.",
                 id="more answers than asked"),
    pytest.param(SURVEY, replace(SAID, asked=2.5), "Asked is a whole number, 0 or more.", id="half asked"),
    pytest.param(SURVEY, replace(SAID, score=5.1), "Score is 5.1, and the scale goes from 1 to 5.",
                 id="off the scale"),
    pytest.param(SURVEY, replace(SAID, highest=1),
                 "The scale ends where it begins, or below: check Scale from and Scale to.", id="no scale"),
    pytest.param(SURVEY, replace(SAID, customers=("ACME = 7",)),
                 "The score of ACME is 7, and the scale goes from 1 to 5.", id="customer off the scale"),
    pytest.param(
        SURVEY, replace(SAID, customers=("ACME = good",)),
        "Single customers: 'ACME = good' cannot be read. Write the customer, an equals sign and the "
        "score: Autohaus = 8.5", id="customer without a number",
    ),
    pytest.param(CRITERIA, SupplierCriteria(meaning="m", since=DAY),
                 "No threshold is set: say from which figures on a supplier is A or B.", id="no threshold"),
    pytest.param(CRITERIA, replace(BOTH, otd_b=None),
                 "For on time, set the threshold of A and that of B, or neither.", id="half a threshold"),
    pytest.param(CRITERIA, replace(BOTH, otd_a=80),
                 "On time lies between 0 and 100 %, and A asks at least as much as B.", id="A below B"),
    pytest.param(CRITERIA, replace(BOTH, ppm_a=3000),
                 "ppm is 0 or more, and A allows at most as much as B.", id="A above B in ppm"),
    pytest.param(SUPPLIER_GRADE, replace(GIVEN, grade=Grade.NONE), "Choose a grade: A, B or C.",
                 id="no grade"),
    pytest.param(SUPPLIER_GRADE, replace(GIVEN, grade=Grade.A),
                 "The data say B, you say A: give the reason.", id="differs without a reason"),
    pytest.param(SUPPLIER_GRADE, replace(GIVEN, computed=Grade.NONE),
                 "The data give no grade, you say B: give the reason.", id="no grade by the data"),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "item", "sentence"), REFUSED)
def test_what_a_register_refuses_and_why(kind, item, sentence):
    with pytest.raises(UsageError) as raised:
        checked(kind, item)
    assert str(raised.value) == sentence


@pytest.mark.parametrize(
    ("kind", "item"),
    [
        (SURVEY, SAID), (CRITERIA, BOTH), (SUPPLIER_GRADE, GIVEN), (RISK, RISKY),
        (SUPPLIER_GRADE, replace(GIVEN, grade=Grade.A, reason="New plant since")),
        (SURVEY, replace(SAID, score=1)), (SURVEY, replace(SAID, score=5, answered=10)),
        (CRITERIA, replace(BOTH, otd_a=90, ppm_a=2000)), (CRITERIA, replace(BOTH, ppm_a=0)),
        (RISK, replace(RISKY, status=Standing.PLANNED, links=("ACT-2026-001",))),
    ],
)  # fmt: skip
def test_what_stands_on_the_edge_is_recorded(kind, item):
    checked(kind, item)


def test_scores_of_single_customers():
    said = replace(SAID, customers=("ACME = 4,5", "Q = A = 2", "Orbis Rail"))
    assert customer_scores(said) == (
        CustomerScore("ACME", 4.5), CustomerScore("Q = A", 2.0), CustomerScore("Orbis Rail", None),
    )  # fmt: skip
