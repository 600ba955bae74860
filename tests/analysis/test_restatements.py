"""Restatements: what later entries changed in reported months, held against sums made by hand."""

import shutil

import pytest

from kpi import analysis
from kpi.access import Access
from kpi.analysis import registering, restated_review, restatements
from kpi.analysis.restatement_results import NOT_LEDGER
from kpi.errors import KpiError, UsageError
from kpi.qms.acceptances import ACCEPTANCE
from kpi.store.model import UPLOAD
from tests.analysis.made_reviews import (
    MONTHS,
    PRODUCED,
    WHEN,
    correct,
    drafted,
    held,
    load,
    make,
    scrap_file,
)

NORD, SUED = (("plant", "Nord"), ("line", "L1")), (("plant", "Sued"), ("line", "L1"))
JULY, AUGUST = MONTHS[-2], MONTHS[-1]


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A home whose review of June to August is held; the fixture below copies it."""
    folder = tmp_path_factory.mktemp("restated")
    home = make(folder)
    held(home, drafted(home))
    return folder


@pytest.fixture
def folder(made, tmp_path):
    shutil.copytree(made / "home", tmp_path / "home")
    return tmp_path


@pytest.fixture
def home(folder):
    return analysis.open_home(folder / "home")


def rate(*scrapped):
    """Scrap of some plants, per 100 made: by hand."""
    return 100 * sum(scrapped) / (PRODUCED * len(scrapped))


def since(home):
    return restated_review.since_review(home, "REV-2026-001")


def scrap(found):
    return {(f.slice, f.month): (f.before, f.after) for f in found.figures if f.kpi == "scrap_rate"}


def test_as_long_as_nothing_comes_later_nothing_is_restated(home):
    found = since(home)
    assert found.figures == found.causes == found.tables == ()
    assert found.says == "Every figure that REV-2026-001 froze reads the same today."
    # June to August of the whole, and of each plant's line: nine of every KPI.
    assert found.compared % 9 == 0
    assert restatements.restatements(home) == ()


def test_a_correction_is_told_with_both_figures_and_its_cause(home, folder):
    correct(home, folder, scrapped=150, month=AUGUST)
    found = since(home)
    assert scrap(found) == {
        ((), "2026-08"): pytest.approx((rate(100, 300), rate(150, 300))),
        (NORD, "2026-08"): pytest.approx((rate(100), rate(150))),
    }
    assert {f.causes for f in found.figures} == {(3,)}
    assert {f.reviews for f in found.figures} == {("REV-2026-001",)}
    (cause,) = found.causes
    assert cause.says == (
        "Upload U000003 (Nord 08 corrected.csv) was put in force on 10 September 2026 by loader."
    )
    whole = next(f for f in found.figures if f.kpi == "scrap_rate" and not f.slice)
    assert whole.says == (
        "Scrap rate of all plants in August 2026: 2.00\u00a0% when it was reported, 2.25\u00a0% now."
    )
    assert whole.change_words == "+0.25\u00a0pt"
    tables = restated_review.annex(home, "REV-2026-001")
    assert [t.title for t in tables] == ["Figures that read otherwise today", "What changed them"]
    assert len(tables[0].lines) == len(found.figures)


@pytest.mark.long
def test_two_corrections_are_two_causes_each_of_its_own_figures(home, folder):
    correct(home, folder, scrapped=150, month=AUGUST)
    correct(home, folder, scrapped=200, month=JULY)
    correct(home, folder, scrapped=120, month=AUGUST)
    found = since(home)
    assert scrap(found)[NORD, "2026-08"] == pytest.approx((rate(100), rate(120)))
    causes = {(f.slice, f.month): f.causes for f in found.figures if f.kpi == "scrap_rate"}
    assert causes == {
        ((), "2026-07"): (4,), (NORD, "2026-07"): (4,),
        ((), "2026-08"): (3, 5), (NORD, "2026-08"): (3, 5),
    }  # fmt: skip


@pytest.mark.long
def test_what_was_taken_back_is_no_restatement_any_more(home, folder):
    upload = correct(home, folder).upload
    home.store.withdraw(upload, who="Q", when=WHEN, why="wrong file")
    assert since(home).figures == ()
    told = {r.cause.position: r for r in restatements.restatements(home)}
    assert set(told) == {3, 4}, "both entries changed a reported figure"
    assert told[4].cause.says == (
        f"Upload {upload} (Nord 08 corrected.csv) was withdrawn on 10 September 2026 by Q: "
        "wrong file."
    )


@pytest.mark.long
def test_a_setting_that_changes_figures_is_no_entry_of_the_ledger(home, folder):
    (entry,) = [e for e in home.store.entries() if e.kind == UPLOAD and "Sued" in e.file]
    home.store.purge(entry.upload, who="Q", when=WHEN, why="asked for by law")
    found = since(home)
    assert scrap(found)[(), "2026-08"] == pytest.approx((rate(100, 300), rate(100)))
    assert NOT_LEDGER in {p for f in found.figures for p in f.causes}
    gone = next(f for f in found.figures if f.slice == SUED)
    assert (gone.after_words, gone.change_words) == ("not computable", "gone")

    review = found.review
    assert "not accepted yet" in {line[-1] for line in found.tables[1].lines}
    by = {"who": "Anna", "when": WHEN}
    with pytest.raises(UsageError, match="is empty"):
        restated_review.accept_without_entry(home, review, why="", **by)
    done = restated_review.accept_without_entry(home, review, why="Asked for by law", **by)
    assert (done.item.entry, done.item.review, done.item.links) == (NOT_LEDGER, review, (review,))
    assert gone.says in done.item.figures or done.item.figures[-1].endswith("more figures.")
    (cause,) = [c for c in since(home).causes if c.position == NOT_LEDGER]
    assert cause.accepted == f"Anna, 10 September 2026 ({done.id}): Asked for by law"
    with pytest.raises(UsageError, match="It is accepted: Anna"):
        restated_review.accept_without_entry(home, review, why="Again", **by)
    (entry,) = [e for e in home.store.entries() if e.kind == UPLOAD and "Nord" in e.file]
    home.store.purge(entry.upload, who="Q", when=WHEN, why="asked for by law")
    (cause,) = [c for c in since(home).causes if c.position == NOT_LEDGER]
    assert cause.accepted == "", "what changed since is to be looked at anew"


@pytest.mark.long
def test_what_entries_changed_is_accepted_by_entry(home, folder):
    with pytest.raises(UsageError, match="accepted by its number"):
        restated_review.accept_without_entry(home, since(home).review, why="x", who="A", when=WHEN)


@pytest.mark.long
def test_a_month_is_reported_once_a_later_one_came(tmp_path):
    home = analysis.open_home(tmp_path / "home")
    load(home, scrap_file(tmp_path, "to july.csv", MONTHS[:7]))
    correct(home, tmp_path, scrapped=150, month=MONTHS[6])
    assert restatements.restatements(home) == (), "July was the latest month, and no review used it"
    load(home, scrap_file(tmp_path, "august.csv", MONTHS[7:]))
    assert restatements.restatements(home) == (), "a first figure restates none"
    correct(home, tmp_path, scrapped=180, month=MONTHS[3])
    (found,) = restatements.restatements(home)
    by_line = next(f for f in found.figures if f.kpi == "scrap_rate" and f.slice == NORD)
    assert (by_line.before, by_line.after) == pytest.approx((rate(100), rate(180)))
    assert (found.reviews, found.plants) == ((), ("Nord",))


@pytest.mark.long
def test_a_review_makes_its_latest_month_reported(home, folder):
    correct(home, folder, scrapped=150, month=AUGUST)
    (found,) = restatements.restatements(home)
    assert found.reviews == ("REV-2026-001",)
    assert found.says.endswith("of August 2026. REV-2026-001 was held before it.")


def test_an_entry_that_was_taken_back_is_not_told_as_what_is_now(home, folder):
    correct(home, folder, scrapped=150, month=AUGUST)
    home.store.withdraw("U000003", who="loader", when=WHEN, why="wrong month")
    newest, oldest = restatements.restatements(home)
    for found, before, after in ((oldest, "2.00", "2.25"), (newest, "2.25", "2.00")):
        whole = next(f for f in found.figures if f.kpi == "scrap_rate" and not f.slice)
        assert whole.says_of_entry == (
            f"Scrap rate of all plants in August 2026: {before}\u00a0% before it, {after}\u00a0% after it."
        )


def test_accepting_is_recorded_once_with_who_when_and_why(home, folder):
    correct(home, folder)
    entry = restatements.accept(home, 3, why="Late slips of line 1", who="Anna", when=WHEN)
    assert entry.item.slice == (("plant", "Nord"),)
    assert entry.item.links == ("REV-2026-001",)
    assert "Scrap rate of all plants in August 2026: 2.00\u00a0%" in " ".join(entry.item.figures)
    (found,) = restatements.restatements(home)
    assert found.cause.accepted == f"Anna, 10 September 2026 ({entry.id}): Late slips of line 1"
    assert since(home).causes[0].accepted == found.cause.accepted
    with pytest.raises(UsageError, match="The restatement of entry 3 is accepted"):
        restatements.accept(home, 3, why="again", who="Bo", when=WHEN)
    with pytest.raises(UsageError, match="Entry 1 of the ledger restated no reported figure"):
        restatements.accept(home, 1, why="nothing", who="Bo", when=WHEN)
    assert len(registering.listed(home, ACCEPTANCE)) == 1


@pytest.mark.long
def test_frozen_figures_never_change_by_restating(home, folder):
    before = since(home).compared
    correct(home, folder)
    restatements.accept(home, 3, why="right", who="Anna", when=WHEN)
    found = since(home)
    assert found.compared == before
    assert scrap(found)[(), "2026-08"][0] == pytest.approx(rate(100, 300))


@pytest.mark.long
def test_restatements_of_other_plants_are_not_told(home, folder):
    correct(home, folder, plant="Sued", scrapped=330, month=JULY)
    boss = home.seen_by(Access.of({"Nord": "quality manager"}))
    assert restatements.restatements(boss) == ()
    with pytest.raises(KpiError):
        restated_review.since_review(boss, "REV-2026-001")
    with pytest.raises(KpiError):
        restatements.accept(boss, 3, why="mine", who="Bo", when=WHEN)
    (seen,) = restatements.restatements(home.seen_by(Access.of({"Sued": "viewer"})))
    assert {v for f in seen.figures for d, v in f.slice if d == "plant"} == {"Sued"}


def test_an_upload_names_the_held_reviews_it_touches_before_it_counts(home):
    touched = restatements.reviews_touched(home, [("Nord", "2026-08"), ("Nord", "2026-09")])
    assert [one.id for one in touched] == ["REV-2026-001"]
    assert restatements.reviews_touched(home, [("Nord", "2026-09"), ("Nord", "2026-05")]) == ()


@pytest.mark.long
def test_the_preview_of_an_upload_names_them(home, folder):
    path = scrap_file(folder, "again.csv", [AUGUST], scrapped=160)
    outcome = analysis.ingest_file(home, path, who="Q", when=WHEN, dry_run=True)
    answers = {q.id: q.candidates[0].value for q in outcome.questions}
    outcome = analysis.ingest_file(home, path, who="Q", when=WHEN, dry_run=True, answers=answers)
    assert [str(text) for text in outcome.touches] == [
        "REV-2026-001 was held with figures of these months. It keeps them as they were; what "
        "differs will stand beside them as a restatement."
    ]
