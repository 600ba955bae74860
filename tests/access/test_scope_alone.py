"""Answers of somebody of some plants are those of a home into which nothing else was ever loaded.

That is more than not naming the others: no figure, no order, no limit, no choice may rest on them.
"""

import dataclasses
import re
from datetime import date, datetime

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kpi import analysis
from kpi.access import Access, Role
from kpi.analysis import Filters, registering
from kpi.qms.kinds import ALL
from tests.access.asked import QUESTIONS
from tests.access.canaries import MONTHS, make, plants

EVERY = plants(3)
OF_THE_BOOKS = {
    "position", "upload", "uploads", "home", "head", "hash", "withdrawn", "store", "number",
    "ledger_hash",
}  # fmt: skip
"""What the ledger numbers: the only thing in which a home of one's own may differ."""

TRAIL = re.compile(r"\d+ entries, each with who.* Head: \S+")
"""The one sentence on the books as a whole, which are everybody's."""

IDENTIFIER = re.compile(r"\b[A-Z]{2,3}-\d{4}-\d{3,}\b")
"""Records are numbered through the whole company, as audits and nonconformities are on paper."""

NOT_COMPARED = {
    "drill.cells_view", "drill.source_files", "mending.rejected_rows", "permitted.may_withdraw",
    "permitted.sight_words", "trail.trail", "trail_check.trail_state",
    "trail_check.compare_head", "known.known_to",
}  # fmt: skip
"""Asked by an upload's number, of the books as a whole, or of what someone may do."""


def plain(answer):
    """An answer as values that can be compared, without what the ledger numbers."""
    if isinstance(answer, pd.DataFrame):
        kept = answer.drop(columns=[c for c in answer.columns if c in OF_THE_BOOKS])
        return kept.to_csv(index=False, float_format="%.9g")
    if isinstance(answer, np.ndarray):
        return np.array2string(answer, threshold=10**6, formatter={"float_kind": _rounded})
    if dataclasses.is_dataclass(answer) and not isinstance(answer, type):
        fields = [f.name for f in dataclasses.fields(answer) if f.name not in OF_THE_BOOKS]
        return type(answer).__name__, {name: plain(getattr(answer, name)) for name in fields}
    if isinstance(answer, dict):
        return {str(key): plain(value) for key, value in answer.items()}
    if isinstance(answer, (set, frozenset)):
        return sorted(map(repr, answer))
    if isinstance(answer, (list, tuple)):
        return [plain(value) for value in answer]
    if isinstance(answer, (float, np.floating)):
        return _rounded(answer)
    if isinstance(answer, (str, int, bool, date, datetime, type(None), np.generic)):
        return repr(answer)
    return str(answer) if hasattr(answer, "value") else repr(vars(answer)) if _open(answer) else ""


def _rounded(value):
    """Sums of the same rows in another order differ in their last digits."""
    return f"{value:.9g}"


def _open(answer):
    return hasattr(answer, "__dict__")


def viewer(own):
    return Access.of({plant.name: Role.VIEWER for plant in own})


@pytest.fixture(scope="module")
def homes(tmp_path_factory):
    """Homes of some sets of the plants, the files always loaded in the same order."""
    made = {}
    first, third = EVERY[0], EVERY[2]
    for own in ((first,), (third,), (first, third), EVERY):
        folder = tmp_path_factory.mktemp("alone")
        made[own] = make(folder, own, kinds=("scrap", "stops", "orders"), mixed=False)
    yield made
    for home in made.values():
        home.store.close()


@pytest.mark.long
@pytest.mark.parametrize("question", [q for q in QUESTIONS if q not in NOT_COMPARED])
def test_every_question_is_answered_as_if_there_were_nothing_else(homes, question):
    whole = homes[EVERY]
    for own, home in homes.items():
        if own == EVERY or (len(own) > 1 and HEAVY.match(question)):
            continue
        seen, alone = whole.seen_by(viewer(own)), home.seen_by(viewer(own))
        answers = [_by_title(plain(_asked(question, one)), _titles(one)) for one in (seen, alone)]
        assert answers[0] == answers[1], own


def _asked(question, home):
    from kpi.errors import KpiError

    try:
        return QUESTIONS[question](home)
    except (KpiError, IndexError) as error:  # of an event nobody noted
        return str(error)


def _by_title(answer, titles):
    """The answer with what each record is called in place of the number it happened to get."""
    if isinstance(answer, str):
        known = TRAIL.sub("the trail", answer)
        return IDENTIFIER.sub(lambda found: titles.get(found[0], found[0]), known)
    if isinstance(answer, dict):
        return {_by_title(key, titles): _by_title(one, titles) for key, one in answer.items()}
    if isinstance(answer, (list, tuple)):
        return type(answer)(_by_title(one, titles) for one in answer)
    return answer


def _titles(home):
    return {
        entry.id: f"<{entry.item.title}>"
        for kind in ALL
        for entry in registering.listed(home, kind)
    }


HEAVY = re.compile(r"(attention|effectiveness|forecasting|landing|review|screen|why)")

KPIS = ("scrap_rate", "scrap_cost", "downtime_hours", "stops", "otd_promise", "rework_rate")
LINES = [f"{plant.mark} line {n}" for plant in EVERY for n in (1, 2)]
SLICES = st.lists(
    st.one_of(
        st.tuples(st.just("plant"), st.sampled_from([p.name for p in EVERY])),
        st.tuples(st.just("line"), st.sampled_from(LINES)),
    ),
    max_size=2,
)
DAYS = st.sampled_from([None, *MONTHS])


@pytest.mark.long
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    own=st.sampled_from([EVERY[:1], EVERY[2:], (EVERY[0], EVERY[2])]),
    kpi=st.sampled_from(KPIS),
    where=SLICES,
    period=st.sampled_from(["month", "quarter", "week"]),
    by=st.sampled_from([(), ("plant",), ("line",), ("reason",)]),
    first=DAYS,
)
def test_any_series_is_answered_as_if_there_were_nothing_else(
    homes, own, kpi, where, period, by, first
):
    seen, alone = homes[EVERY].seen_by(viewer(own)), homes[own].seen_by(viewer(own))
    asked = Filters(where=tuple(dict.fromkeys(where)), period=period, first=first)
    answers = []
    for home in (seen, alone):
        try:
            found = [
                analysis.series_view(home, kpi, asked, by=by),
                analysis.pareto_view(home, kpi, "reason", asked),
                analysis.choices(home, asked),
                analysis.coverage_calendar(home, asked),
                analysis.rows_view(home, kpi, asked, None),
            ]
        except analysis_errors() as error:
            found = [str(error)]
        answers.append(plain(found))
    assert answers[0] == answers[1]


def analysis_errors():
    from kpi.errors import KpiError

    return KpiError


@pytest.mark.long
@pytest.mark.parametrize("question", ["series.ask", "drill.pareto_view", "drill.rows_view"])
def test_the_comparison_tells_homes_apart(homes, question):
    """The whole home, not limited, answers otherwise than one plant alone."""
    (first,), everything = EVERY[:1], homes[EVERY]
    assert plain(_asked(question, everything)) != plain(_asked(question, homes[(first,)]))
