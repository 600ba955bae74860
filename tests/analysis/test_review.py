"""The review of a month, decided before a slide is drawn."""

from dataclasses import replace
from datetime import date

import pytest

from kpi.analysis.agenda_improvement import improvement_input
from kpi.analysis.agenda_own import over_all
from kpi.analysis.agenda_results import Asked
from kpi.analysis.redating import redating
from kpi.analysis.results import Filters
from kpi.analysis.review import build_review, months_to_review, review_pages
from kpi.analysis.sentences import lately
from kpi.errors import KpiError, UsageError
from kpi.measures import CATALOG
from kpi.model import Assurance, Variation
from tests.analysis.made_home import HOSTILE, WHEN


def by_id(review):
    return {k.series.kpi.id: k for k in review.kpis}


def test_the_step_is_found_and_told(october):
    scrap = by_id(october)["scrap_rate"]
    assert scrap.series.variation is Variation.WORSENING
    assert scrap.title == (
        "Scrap rate has been above its usual level since March 2026, eight months running"
    )
    assert scrap.since == "March 2026"
    assert scrap.decision == "Find the cause; name owner and date."
    assert october.findings[0].headline.startswith("Scrap rate of line L2, Nordhafen has been")


def test_a_steady_kpi_asks_for_nothing(october):
    hours = by_id(october)["downtime_hours"]
    assert hours.title == "Downtime hours keep to their usual range"
    assert (hours.mean, hours.since) == ("What moves is chance.", "–")
    assert hours.decision == "No action on single months."


def test_titles_differ(october):
    titles = [
        *(k.title for k in october.kpis), *(p.title for p in october.pages),
        *(p.title for p in october.paretos), october.redating.title,
    ]  # fmt: skip
    assert len(set(titles)) == len(titles)


def test_files_behind_every_month_of_a_chart_are_named(october):
    named = {s.file for s in by_id(october)["downtime_hours"].sources}
    assert named == {"stops until August 2025.csv", "stops from October 2025.csv"}
    assert {s.file for s in october.sources} == {*named, "scrap.csv", "orders.csv"}
    assert all(len(s.sha256) == 64 for s in october.sources)


def test_what_was_never_uploaded_is_said(october):
    missing = [text for kind, text in october.quality if kind == "Missing"]
    assert missing == ["Downtime of Nordhafen: September 2025 never uploaded."]


def test_a_review_of_an_earlier_month_knows_nothing_later(made_home):
    review = build_review(made_home, "2025-08", who="Q", when=WHEN)
    assert [text for kind, text in review.quality if kind == "Missing"] == []
    assert by_id(review)["scrap_rate"].series.last_label == "August 2025"
    assert by_id(review)["scrap_rate"].series.variation is Variation.COMMON_CAUSE


def test_redating_counts_the_same_order_lines(october):
    last = october.redating.months.iloc[-1]
    assert (last["period"], last["redated"], last["won"], last["lost"]) == ("2026-10", 4, 4, 0)
    assert last["points"] == pytest.approx(100 * 4 / 12)
    assert october.redating.title == (
        "Moving promises won 33.3\u00a0points of on-time delivery in October 2026"
    )
    assert october.redating.see == (
        "4 of 12 order lines are on time only because their promise was moved."
    )


def test_before_promises_moved_nothing_was_won(made_home, october):
    told = redating(made_home, Filters(last=october.report_date), "2025-06")
    assert told.title == "Moving promises changed nothing of on-time delivery in June 2025"
    assert told.decision == "No action."


def test_redating_needs_a_month_with_promises(made_home):
    assert redating(made_home, Filters(), "2019-01") is None


def test_the_hostile_reason_stays_text(october):
    labels = [b["label"] for p in october.paretos for b in p.bars.to_dict("records")]
    assert HOSTILE.strip() in labels


@pytest.mark.parametrize(
    ("month", "plants", "said"),
    [
        pytest.param("October", (), "'October' is no month. Write it as 2026-10.", id="no month"),
        pytest.param(
            "2019-01", (), "There is nothing to review: no facts in force up to January 2019.",
            id="before the data",
        ),
    ],
)  # fmt: skip
def test_what_cannot_be_reviewed_is_said(made_home, month, plants, said):
    with pytest.raises(UsageError) as caught:
        build_review(made_home, month, who="Q", when=WHEN, plants=plants)
    assert str(caught.value) == said


def test_an_unknown_plant_is_named(made_home):
    with pytest.raises(KpiError, match="Nordhaven"):
        build_review(made_home, "2026-10", who="Q", when=WHEN, plants=("Nordhaven",))


def test_months_on_offer_end_with_the_data(made_home):
    months = months_to_review(made_home)
    assert (months[0], months[-1], len(months)) == ("2026-10", "2024-11", 24)


def many(october, *counts):
    """KPIs of the review put into domains: so many of each."""
    one = october.kpis[0]
    domains = ("scrap", "downtime", "delivery", "reported")
    return [
        replace(one, series=replace(one.series, kpi=replace(CATALOG["scrap_rate"], domain=domain)))
        for domain, count in zip(domains, counts, strict=False)
        for _ in range(count)
    ]


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        pytest.param((2, 3, 3), [("Scrap, downtime and delivery", 8)], id="eight fill a table"),
        pytest.param((2, 3, 4), [("Scrap and downtime", 5), ("Delivery", 4)], id="domains stay whole"),
        pytest.param(
            (0, 0, 0, 17),
            [("Other figures", 8), ("Other figures, continued", 8), ("Other figures, continued", 1)],
            id="a long domain goes on",
        ),
        pytest.param((), [], id="none"),
    ],
)  # fmt: skip
def test_tables_have_at_most_eight_rows(october, counts, expected):
    pages = review_pages(many(october, *counts))
    assert [(page.words, len(page.kpis)) for page in pages] == expected


@pytest.mark.parametrize(
    ("variations", "expected"),
    [
        ("s", "Scrap: the one KPI keeps to the usual range"),
        ("sss", "Scrap: all three KPIs keep to the usual range"),
        ("ws", "Scrap: one of two KPIs is worsening; the other is steady"),
        ("wwis", "Scrap: two of four KPIs are worsening and one is improving; the other is steady"),
        ("cww", "Scrap: two of three KPIs are worsening and one has changed"),
        ("ff", "Scrap: too few months yet to tell signal from chance"),
        (
            "sf",
            "Scrap: one of two KPIs has too few months to tell; the other keeps to the usual range",
        ),
        ("bs", "Scrap: one of two KPIs is steady again; the other keeps to the usual range"),
        (
            "wbs",
            "Scrap: one of three KPIs is worsening and one is steady again; the other is steady",
        ),
    ],
)
def test_a_table_has_its_finding(october, variations, expected):
    assert review_pages(varying(october, variations))[0].title == expected


@pytest.mark.parametrize(
    ("variations", "expected"),
    [
        ("ss", "All two KPIs keep to their usual range."),
        ("bss", "Of three KPIs one is steady again."),
        ("ff", "The months are too few yet to tell signal from chance."),
        ("wcf", "Of three KPIs one is worse than usual, one has changed and one has too few months to tell."),
    ],
)  # fmt: skip
def test_processes_are_not_called_steady_where_nobody_can_tell(october, variations, expected):
    kpis = [
        replace(one, series=replace(one.series, assurance=Assurance.NO_TARGET))
        for one in varying(october, variations)
    ]
    assert over_all(kpis) == expected


def varying(october, variations):
    """KPIs with a verdict each; ``b``: steady, with a signal among its last three points."""
    kinds = {
        "s": Variation.COMMON_CAUSE, "w": Variation.WORSENING, "i": Variation.IMPROVING,
        "c": Variation.CHANGED, "f": Variation.TOO_FEW, "b": Variation.COMMON_CAUSE,
    }  # fmt: skip
    one = october.kpis[0]
    signals = next(k.series.chart for k in october.kpis if lately(k.series.chart) is not None)
    return [
        replace(
            one, series=replace(one.series, variation=kinds[v], chart=signals if v == "b" else None)
        )
        for v in variations
    ]


def test_where_months_are_too_few_nothing_is_called_ordinary(october, made_home):
    asked = Asked((), date(2026, 10, 1), date(2026, 10, 31))

    def told(variations):
        kpis = tuple(varying(october, variations))
        quiet = replace(october, findings=(), kpis=kpis, paretos=())
        return improvement_input(made_home, asked, quiet).nothing

    early = "Nothing to report: the months are too few yet to tell signal from chance, no loss"
    assert told("ff").startswith(early)
    assert told("sf").startswith("Nothing to report: nothing is out of the ordinary, no loss")
