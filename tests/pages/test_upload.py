"""The upload page: every state of a file's card, one screen to confirm, many files at once."""

import pytest

from kpi import analysis
from kpi.analysis import watching
from kpi.errors import UsageError
from tests.pages.conftest import WHEN
from tests.pages.made_uploads import POEM, XLSX, german_scrap
from tests.pages.test_pages import opened, said


def dropped(*files):
    """The page after these files (name and bytes) were dropped."""
    app = opened().run().switch_page("upload.py").run()
    app.file_uploader[0].set_value([(name, content, XLSX) for name, content in files])
    app.run()
    assert not app.exception
    return app


def press(app, label):
    button = next(b for b in app.button if label in b.label)
    button.click().run()
    assert not app.exception
    assert not app.error
    return app


def labels(app):
    return [button.label for button in app.button]


def field_of(app, heading):
    return next(box for box in app.selectbox if f"column {heading} as" in box.label)


def test_what_is_unclear_stands_first_then_every_column_then_what_will_happen(empty):
    app = dropped(("Ausschuss Oktober.xlsx", german_scrap()))
    text = said(app)
    order = [
        "Ausschuss Oktober.xlsx",
        "1 thing to confirm",
        "Menge",
        "How every column is read",
        "01.10.2026</span> → 1 October 2026",
        "What will be in force",
    ]
    places = [text.index(words) for words in order]
    assert places == sorted(places)
    assert app.radio[0].value == ","
    assert field_of(app, "Menge").value == "qty_produced"
    assert field_of(app, "Bediener").value == "ignore"
    folded = [e.label.replace("\\", "") for e in app.expander]
    assert "1 column is not needed: Bediener" in folded
    assert "1 sheet is left out" in folded


def test_a_field_is_changed_on_the_spot_and_decides(empty):
    app = dropped(("scrap.xlsx", german_scrap()))
    field_of(app, "Fehlergrund").select("ignore")
    press(app, "Confirm")
    assert "Would put 54 rows in force" in said(app)
    assert field_of(app, "Fehlergrund").value == "ignore"
    assert any("Fehlergrund" in e.label for e in app.expander)


def test_a_file_goes_in_force_and_comes_back(empty):
    app = dropped(("scrap.xlsx", german_scrap()))
    press(app, "Confirm")
    text = said(app)
    assert "add up to all of them, to the last digit" in text
    assert "None of these months had a figure before." in text
    press(app, "Put in force")
    assert "Put 54 rows in force" in said(app)
    press(app, "Undo")
    assert "no longer counts" in said(app)
    press(app, "Look at it again")
    assert "Would put 54 rows in force" in said(app)


@pytest.mark.long
def test_the_next_month_of_a_feed_asks_nothing_and_shows_before_and_after(empty):
    app = dropped(("scrap 09.xlsx", german_scrap(9)))
    press(press(app, "Confirm"), "Put in force")
    app = dropped(("scrap 10.xlsx", german_scrap(10)))
    assert "Would put 54 rows in force" in said(app)
    press(app, "Put in force")
    app = dropped(("scrap 10 new.xlsx", german_scrap(10, scrap=25)))
    text = said(app)
    assert '1.93\u00a0% → </span><span class="">2.37\u00a0%' in text
    assert "Rows that would change: 54; that would be gone: 0." in text
    assert not app.radio


def test_the_same_file_again_changes_nothing(empty):
    app = dropped(("scrap.xlsx", german_scrap()))
    press(press(app, "Confirm"), "Put in force")
    app = dropped(("scrap.xlsx", german_scrap()))
    assert "in force already" in said(app)
    assert not [label for label in labels(app) if "force" in label]


def test_a_file_that_holds_nothing_is_told_why(empty):
    app = dropped(("poem.csv", POEM))
    assert "Nothing was taken from this file: no such table was found." in said(app)
    assert not [label for label in labels(app) if "force" in label]


def test_columns_nobody_knows_are_named_by_hand(empty):
    rows = "".join(f"{day:02d}.10.2026;{100 + day};{day % 4};L1\n" for day in range(1, 25))
    app = dropped(("odd.csv", f"Tag;Grün;Blau;Wo\n{rows}".encode()))
    assert "Nothing was taken from this file: " in said(app)
    assert "cannot be used" not in said(app)
    assert any(e.label == "Name the columns yourself" for e in app.expander)
    field_of(app, "Grün").select("qty_produced")
    field_of(app, "Blau").select("qty_scrap")
    press(app, "Read it again")
    assert "Would put 24 rows in force: production, scrap and rework." in said(app)


def test_a_file_that_fails_does_so_on_its_card(empty, monkeypatch):
    def refuse(*_, **__):
        raise UsageError("The drive is gone. Connect it again.")

    monkeypatch.setattr(analysis, "ingest_file", refuse)
    app = dropped(("scrap.xlsx", german_scrap()))
    assert "The drive is gone" in app.error[0].value
    assert len(app.title) == 1


def test_rejected_rows_stand_by_kind_and_can_be_taken_along(empty):
    app = dropped(("scrap.xlsx", german_scrap(spoiled=(3, 4))))
    press(app, "Confirm")
    text = said(app)
    assert "4 rejected" in text
    assert text.count("<details") >= 1
    assert [b.label for b in app.download_button][:2] == [
        "Save the rejected rows, to mend and upload as they are",
        "Save the list as CSV",
    ]
    assert "Put in force without the rejected rows" in labels(app)


def test_a_hidden_sheet_can_be_read_too(empty):
    app = dropped(("scrap.xlsx", german_scrap()))
    app.checkbox[0].check()
    press(app, "Confirm")
    text = said(app)
    assert "Sheet Vorlage" in text
    assert "1 January 2026" in text


def test_one_answer_serves_all_files_of_a_layout(empty, monkeypatch):
    read, real = [], analysis.read_files

    def counting(home, files, **how):
        read.extend(file.name for file in files)
        return real(home, files, **how)

    monkeypatch.setattr(analysis, "read_files", counting)
    files = [(f"scrap {m:02d}.xlsx", german_scrap(m)) for m in (7, 8, 9)]
    app = dropped(*files, ("poem.csv", POEM))
    text = said(app)
    assert "4 files: 1 not taken · 3 to confirm" in text
    assert "One answer for 3 files of one layout" in text
    assert len(app.radio) == 1
    press(app, "Confirm")
    assert "4 files: 1 not taken · 3 ready" in said(app)
    press(app, "Put 3 files in force")
    assert "4 files: 1 not taken · 3 in force" in said(app)
    assert len(read) == 4, "the best reading was confirmed: there is nothing to read again"
    assert len(analysis.open_home(empty).store.feeds()) == 1
    press(app, "Take all 3 back")
    assert "3 taken back" in said(app)


def test_an_answer_other_than_the_best_is_read_anew(empty):
    app = dropped(("scrap.xlsx", german_scrap()))
    app.radio[0].set_value(".")
    press(app, "Confirm")
    assert "reads as" not in said(app)
    assert "1.01" in said(app)


def test_no_text_of_a_file_becomes_markup(empty):
    app = dropped(("<b>x</b> [y](javascript:1).xlsx", german_scrap()))
    assert "<b>Lunker</b>" not in said(app)
    assert "&lt;b&gt;Lunker" in said(app)
    for element in (*app.markdown, *app.caption):
        assert "javascript:" not in element.value


@pytest.mark.parametrize("asked", ["xx", "", "en"])
def test_an_unknown_language_is_english(empty, asked):
    app = opened()
    app.query_params["lang"] = asked
    app.run().switch_page("upload.py").run()
    assert app.title[0].value == "Upload"


@pytest.fixture
def waiting(empty, tmp_path):
    """A drop folder with a file that waits for an answer."""
    folder = tmp_path / "drop"
    aside = folder / "answer"
    aside.mkdir(parents=True)
    file = aside / "scrap.xlsx"
    file.write_bytes(german_scrap())
    home = analysis.open_home(empty)
    outcome = analysis.ingest_file(home, file, who="watch", when=WHEN, dry_run=True)
    assert outcome.state == "needs_answer"
    watching.remember(home, folder, file, outcome, when=WHEN)
    return file


def test_a_file_of_a_drop_folder_is_answered_here_and_moves_on(waiting):
    app = opened().run().switch_page("upload.py").run()
    assert not app.exception
    text = said(app)
    assert "scrap.xlsx" in text
    assert "Set aside in the drop folder" in text
    press(app, "Confirm")
    assert "Would put 54 rows in force" in said(app)
    assert waiting.exists()
    press(app, "Put in force")
    assert "Put 54 rows in force" in said(app)
    assert not waiting.exists()
    press(app, "Undo")
    assert "no longer counts" in said(app)
    assert not [label for label in labels(app) if "again" in label]


def test_files_of_a_drop_folder_stand_beside_those_dropped_here(waiting):
    app = dropped(("scrap 11.xlsx", german_scrap(11)))
    text = said(app)
    assert "2 files: 2 to confirm" in text
    assert "One answer for 2 files of one layout" in text
    assert any("drop folder" in e.label for e in app.expander)
