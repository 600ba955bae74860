"""Next month's export has other headings: the feed stays, and only the change is asked."""

from pathlib import Path

import pytest
from homes import WHEN, home_with, series

from kpi.analysis import Home
from kpi.analysis.ingesting import ingest_file, unknown_answers
from kpi.analysis.results import FileOutcome

JANUARY = """Datum;Linie;Artikel;Gut;Ausschuss;Schicht
03.01.2026;L1;A12;100;2;1
05.01.2026;L2;A13;120;3;2
31.01.2026;L1;A12;90;1;1
"""


def _file(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def _look(home: Home, path: Path, answers: dict[str, str] | None = None) -> FileOutcome:
    return ingest_file(home, path, who="test", when=WHEN, answers=answers)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    found = home_with(tmp_path / "home")
    done = _look(found, _file(tmp_path, "ausschuss_01.csv", JANUARY))
    assert done.state == "committed", done.says
    return found


def _february(heads: str, *rows: str) -> str:
    return "\n".join([heads, *rows]) + "\n"


def _scrap(home: Home) -> dict[str, tuple[float, float]]:
    rows = series(home, "scrap_rate")
    return {
        p: (n, d)
        for p, n, d in zip(rows["period"], rows["numerator"], rows["denominator"], strict=True)
        if d > 0
    }


KEPT = {"2026-01": (6, 316)}


@pytest.mark.parametrize(
    ("heads", "row"),
    [
        ("Schicht;Gut;Datum;Linie;Ausschuss;Artikel", "1;100;02.02.2026;L1;4;A12"),  # other order
        ("Datum,Linie,Artikel,Gut,Ausschuss,Schicht", "02.02.2026,L1,A12,100,4,1"),  # delimiter
        ("Werk Nord;;;;;\n;;;;;\nDatum;Linie;Artikel;Gut;Ausschuss;Schicht", "02.02.2026;L1;A12;100;4;1"),  # moved down
        ("DATUM ;Linie;Artikel;Gut;Ausschuss;Schicht", "02.02.2026;L1;A12;100;4;1"),  # printed otherwise
    ],
)  # fmt: skip
def test_what_is_no_change_is_not_asked(home: Home, tmp_path: Path, heads: str, row: str) -> None:
    done = _look(home, _file(tmp_path, "f.csv", _february(heads, row)))
    assert (done.state, done.changes) == ("committed", ())
    assert len(home.store.feeds()) == 1
    assert _scrap(home) == {**KEPT, "2026-02": (4, 104)}


def test_a_column_nobody_needs_is_said_and_not_asked(home: Home, tmp_path: Path) -> None:
    heads = "Datum;Linie;Artikel;Gut;Ausschuss;Schicht;Lagerplatz"
    done = _look(home, _file(tmp_path, "f.csv", _february(heads, "02.02.2026;L1;A12;100;4;1;R07")))
    assert done.state == "committed", done.questions
    assert [(c.kind, c.heading) for c in done.changes] == [("new", "Lagerplatz")]
    assert len(home.store.feeds()) == 1


def test_a_new_quantity_is_asked_once(home: Home, tmp_path: Path) -> None:
    heads = "Datum;Linie;Artikel;Gut;Ausschuss;Schicht;Nacharbeit"
    path = _file(tmp_path, "f.csv", _february(heads, "02.02.2026;L1;A12;100;4;1;5"))
    asked = _look(home, path)
    assert asked.state == "needs_answer"
    (question,) = asked.questions
    assert question.heading == "Nacharbeit"
    assert [c.value for c in question.candidates] == ["qty_rework", "ignore"]
    assert [(c.kind, c.heading) for c in asked.changes] == [("new", "Nacharbeit")]
    (column,) = [c for c in asked.columns if c.heading == "Nacharbeit"]
    assert (column.change, column.question) == ("new", question.id)
    assert _look(home, path, {question.id: "ignore"}).state == "committed"
    again = _february(heads, "02.03.2026;L1;A12;100;4;1;5")
    assert _look(home, _file(tmp_path, "g.csv", again)).state == "committed"
    assert series(home, "rework_rate")["numerator"].fillna(0).sum() == 0
    assert len(home.store.feeds()) == 1


@pytest.mark.parametrize("answer", ["Ausschuss Stk", "none", "another"])
def test_a_renamed_quantity_is_asked(home: Home, tmp_path: Path, answer: str) -> None:
    heads = "Datum;Linie;Artikel;Gut;Ausschuss Stk;Schicht"
    path = _file(tmp_path, "f.csv", _february(heads, "02.02.2026;L1;A12;100;4;1"))
    asked = _look(home, path)
    (question,) = asked.questions
    assert question.ask == (
        "'Ausschuss' is not in this file any more. Is 'Ausschuss Stk' what was 'Ausschuss'?"
    )
    assert [c.value for c in question.candidates] == ["Ausschuss Stk", "none", "another"]
    done = _look(home, path, {question.id: answer})
    if answer == "Ausschuss Stk":
        assert done.state == "committed"
        assert [(c.kind, c.heading, c.was) for c in done.changes] == [
            ("renamed", "Ausschuss Stk", "Ausschuss")
        ]
        assert _scrap(home) == {**KEPT, "2026-02": (4, 104)}
        march = _february(heads, "02.03.2026;L1;A12;100;5;1")
        assert _look(home, _file(tmp_path, "g.csv", march)).state == "committed"
        old = JANUARY.replace(".01.2026", ".12.2025")
        assert _look(home, _file(tmp_path, "h.csv", old)).state == "committed"
        assert len(home.store.feeds()) == 1
        mixed = _february("Datum;Linie;Gut;Ausschuss Stk;Lagerplatz", "02.04.2026;L1;90;5;R1")
        last = _look(home, _file(tmp_path, "i.csv", mixed))
        assert last.state == "committed", last.questions
        assert sorted((c.kind, c.heading) for c in last.changes) == [
            ("gone", "Artikel"), ("gone", "Schicht"), ("new", "Lagerplatz"),
        ]  # fmt: skip
    elif answer == "none":
        assert done.state == "rejected"
        assert "'Ausschuss'" in done.says
    else:
        assert done.state == "committed"
        assert len(home.store.feeds()) == 2


def test_a_lost_column_that_matters_is_refused(home: Home, tmp_path: Path) -> None:
    text = _february("Datum;Linie;Artikel;Gut;Schicht", "02.02.2026;L1;A12;100;1")
    done = _look(home, _file(tmp_path, "f.csv", text))
    assert done.state == "rejected"
    assert done.says == (
        "Nothing was taken from this file: 'Ausschuss' is not in the file any more; without it "
        "there is no scrapped quantity. Export it with 'Ausschuss' again, or load it as a feed of "
        "its own under another name."
    )


def test_without_its_denominator_a_file_may_be_a_feed_of_its_own(
    home: Home, tmp_path: Path
) -> None:
    text = _february("Datum;Linie;Artikel;Ausschuss;Schicht", "02.02.2026;L1;A12;4;1")
    path = _file(tmp_path, "f.csv", text)
    done = _look(home, path)
    assert done.state == "rejected"
    assert "'Gut' is not in the file any more" in done.says
    alone = ingest_file(home, path, who="test", when=WHEN, feed="scrap alone")
    assert alone.state == "committed", alone.questions


def test_a_lost_column_that_does_not_matter_is_said(home: Home, tmp_path: Path) -> None:
    text = _february("Datum;Linie;Artikel;Gut;Ausschuss", "02.02.2026;L1;A12;100;4")
    done = _look(home, _file(tmp_path, "f.csv", text))
    assert done.state == "committed", done.questions
    assert [(c.kind, c.heading) for c in done.changes] == [("gone", "Schicht")]
    assert _scrap(home) == {**KEPT, "2026-02": (4, 104)}


def test_another_field_for_a_column_is_remembered(tmp_path: Path) -> None:
    home = home_with(tmp_path / "home")
    text = "Datum;Linie;Gut;Ausschuss;Nacharbeit\n03.01.2026;L1;100;2;7\n31.01.2026;L1;100;3;9\n"
    path = _file(tmp_path, "f.csv", text)
    first = ingest_file(home, path, who="test", when=WHEN, dry_run=True)
    by_heading = {c.heading: c for c in first.columns}
    assert by_heading["Nacharbeit"].field == "qty_rework"
    answers = {by_heading["Nacharbeit"].id: "ignore"}
    assert unknown_answers(home, [path], answers) == ()
    done = _look(home, path, answers)
    assert done.state == "committed"
    after = {c.heading: c for c in done.columns}
    assert (after["Nacharbeit"].field, after["Nacharbeit"].because) == ("ignore", "you said so")
    again = _look(home, _file(tmp_path, "g.csv", text.replace(".01.", ".02.")))
    assert again.state == "committed"
    assert {c.heading: c.field for c in again.columns}["Nacharbeit"] == "ignore"


def test_a_field_its_cells_cannot_be_is_asked_again(tmp_path: Path) -> None:
    home = home_with(tmp_path / "home")
    path = _file(tmp_path, "f.csv", JANUARY)
    first = ingest_file(home, path, who="test", when=WHEN, dry_run=True)
    column = next(c for c in first.columns if c.heading == "Artikel")
    done = _look(home, path, {column.id: "request_date"})
    assert done.state == "needs_answer"
    (question,) = done.questions
    assert question.id == column.id
    assert question.ask == (
        "'Artikel' cannot be read as day the customer asked for: its cells are like 'A12'"
    )
    assert _look(home, path, {column.id: "product"}).state == "committed"


def test_a_table_nothing_is_known_of_may_be_named_by_hand(tmp_path: Path) -> None:
    home = home_with(tmp_path / "home")
    text = "Tag;Ort;Zahl A;Zahl B\n03.01.2026;H1;100;2\n28.01.2026;H2;100;4\n"
    path = _file(tmp_path, "f.csv", text)
    first = _look(home, path)
    assert first.state == "rejected"
    ids = {c.heading: c.id for c in first.columns}
    answers = {ids["Zahl A"]: "qty_produced", ids["Zahl B"]: "qty_scrap", ids["Ort"]: "line"}
    assert unknown_answers(home, [path], answers) == ()
    assert _look(home, path, answers).state == "committed"
    again = _file(tmp_path, "g.csv", text.replace(".01.", ".02."))
    assert _look(home, again).state == "committed"
    assert _scrap(home) == {"2026-01": (6, 200), "2026-02": (6, 200)}


def test_a_near_export_may_be_another_one(home: Home, tmp_path: Path) -> None:
    heads = "Datum;Linie;Artikel;Gut;Ausschuss;Grund"  # a reason, and no shift
    path = _file(tmp_path, "f.csv", _february(heads, "02.01.2026;L9;B7;100;4;Kratzer"))
    asked = _look(home, path)
    question = next(q for q in asked.questions if q.heading == "Grund")
    assert [c.value for c in question.candidates] == ["reason", "ignore", "another"]
    done = _look(home, path, {question.id: "another"})
    if done.state == "needs_answer":
        answers = {q.id: q.candidates[0].value for q in done.questions}
        done = _look(home, path, {question.id: "another"} | answers)
    assert done.state == "committed", done.questions
    assert len(home.store.feeds()) == 2
