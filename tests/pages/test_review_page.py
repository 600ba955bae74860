"""The pages of management reviews and restatements: what stands there at each status."""

import shutil

import pytest
from test_pages import opened, said

from kpi import analysis
from kpi.analysis import registering, restatements
from kpi.qms.reviews import REVIEW, ReviewStatus
from tests.analysis.made_reviews import (
    approved,
    concluded,
    correct,
    decided,
    drafted,
    held,
    make,
)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A home with a draft, one with the review held, and one where it is approved and restated."""
    folder = tmp_path_factory.mktemp("reviews")
    home = make(folder)
    entry = drafted(home)
    shutil.copytree(folder / "home", folder / "draft")
    entry = held(home, entry)
    decided(home, entry, "Regrind the tool")
    entry = concluded(home, entry)
    shutil.copytree(folder / "home", folder / "held")
    approved(home, entry)
    correct(home, folder)
    shutil.copytree(folder / "home", folder / "approved")
    return folder


@pytest.fixture
def at(made, tmp_path, monkeypatch):
    """Opens a page on the home of a status."""

    def open_at(status, page="review.py", **address):
        home = tmp_path / "home"
        shutil.copytree(made / status, home)
        monkeypatch.setenv("KPI_HOME", str(home))
        monkeypatch.setenv("KPI_SAMPLE_HOME", str(tmp_path / "sample"))
        app = opened().run().switch_page(page)
        for name, value in address.items():
            app.query_params[name] = value
        app.run()
        assert not app.exception
        return app, analysis.open_home(home)

    return open_at


def press(app, label):
    next(b for b in app.button if b.label == label and not b.disabled).click().run()
    assert not app.exception


def errors(app):
    return [str(e.value) for e in app.error]


def test_a_review_is_drafted_with_plants_months_and_edition(at):
    app, home = at("draft")
    press(app, "Draft the review")
    assert errors(app) == []
    entry = registering.found(home, REVIEW, "REV-2026-002")
    assert (str(entry.item.first), str(entry.item.last)) == ("2026-06-01", "2026-08-31")
    assert str(entry.item.edition) == "2026"
    assert "What became of earlier decisions" in said(app)


@pytest.mark.long
def test_holding_on_the_page_keeps_all_documents(at):
    app, home = at("draft", record="REV-2026-001", tab="close")
    press(app, "Hold the review")
    assert errors(app) == []
    entry = registering.found(home, REVIEW, "REV-2026-001")
    assert entry.item.status is ReviewStatus.HELD
    assert sorted(f.name for f in entry.item.kept) == [
        "agenda.json", "deck.pptx", "minutes.docx", "pack.zip", "summary.pdf", "workbook.xlsx",
    ]  # fmt: skip
    assert home.store.verify_documents() == 6


def test_what_stands_against_holding_is_told_on_the_page(at):
    app, home = at("draft", record="REV-2026-001", tab="minutes")
    next(c for c in app.checkbox if c.label == "Top management").uncheck().run()
    press(app, "Record the minutes")
    app.query_params["record"], app.query_params["tab"] = "REV-2026-001", "close"
    app.run()
    press(app, "Hold the review")
    assert errors(app)[0].startswith("Nobody present is marked as top management")
    assert registering.found(home, REVIEW, "REV-2026-001").item.status is ReviewStatus.DRAFT


def test_what_is_open_stands_above_the_signature(at):
    app, _ = at("held", record="REV-2026-001", tab="close")
    assert "Open: " not in said(app), "one decision with all it needs, and the conclusion"
    assert "labelled self-declared" in said(app)
    press(app, "Approve and sign")
    assert errors(app)[0].startswith("Say who signs")


def test_an_approved_review_offers_what_was_kept_and_takes_addenda_only(at):
    app, _ = at("approved", record="REV-2026-001", tab="close")
    labels = [b.label for b in app.download_button]
    assert labels.count("The deck") == 2, "as held and as approved"
    assert "The hash fits what was signed." in said(app)
    assert [b.label for b in app.button if "Hold" in b.label or "Approve" in b.label] == []
    app.text_area[0].set_value("The supplier wrote.").run()
    press(app, "Record the addendum")
    assert "The supplier wrote." in said(app)


def test_then_and_today_stand_beside_each_other(at):
    app, _ = at("approved", record="REV-2026-001", tab="restated")
    text = said(app).replace("\u00a0", " ")
    assert "froze read otherwise today" in text
    assert "2.00 %" in text
    assert "2.25 %" in text


def test_a_restatement_is_accepted_on_its_page(at):
    app, home = at("approved", page="restatements.py")
    assert "One ledger entry changed figures already reported; one not accepted yet." in said(app)
    app.text_input[0].set_value("Late slips").run()
    press(app, "Accept")
    assert errors(app) == []
    (found,) = restatements.restatements(home)
    assert found.cause.accepted.endswith(": Late slips")
    assert "each was accepted" in said(app)


def test_decisions_of_reviews_stand_in_a_list_of_their_own(at):
    app, _ = at("approved", tab="decisions")
    assert any("Regrind the tool" in link.proto.label for link in app.get("page_link"))


def test_a_kpi_of_the_agenda_leads_to_the_passport_of_its_figure(at):
    app, _ = at("approved", record="REV-2026-001")
    app.session_state["evidence monitoring"] = True
    app.run()
    link = '<a class="cn-record" href="passport?kpi=scrap_rate&amp;rows=2026-08">Scrap rate</a>'
    assert link in said(app)
