"""Complaints and measurements of next month come in as those of this month did, without a question."""

from datetime import UTC, datetime

import pytest

from kpi import analysis

WHEN = datetime(2026, 12, 2, 8, tzinfo=UTC)

SAMPLES = """Date,Time,Part No,x1,x2,x3
2026-{m}-05,06:00,P1,10.01,10.02,10.03
2026-{m}-07,08:00,P1,10.04,10.05,10.06
"""
COLUMNS = """Date,Serial No,Bore,Press force
2026-{m}-05,S1{m},10.01,812.5
2026-{m}-05,S2{m},10.02,808.1
2026-{m}-06,S3{m},10.02,809.7
"""
UNTOLD = """Complaint No,Date received,Part No,Qty complained
C{m}1,2026-{m}-13,P1,10
C{m}2,2026-{m}-20,P1,4
"""
LIMITS = """Date,Serial No,Bore (mm),Length (mm)
USL,,10.05,52.2
LSL,,9.95,51.8
2026-{m}-05,S1{m},10.01,52.01
2026-{m}-06,S2{m},10.02,52.02
"""
TOLD = """Rekla-Nr.;Eingang;Werk;Kunde;Teilenummer;reklamierte Menge;davon anerkannt;Status
R{m}1;05.{m}.2026;A;X;4711;12;3;offen
R{m}2;17.{m}.2026;A;X;4711;5;;erledigt
"""


@pytest.mark.parametrize(
    ("text", "dataset", "asked"),
    [
        (SAMPLES, "measurement", 1), (COLUMNS, "measurement", 1), (LIMITS, "measurement", 0),
        (UNTOLD, "complaint", 1), (TOLD, "complaint", 0),
    ],
    ids=["samples", "columns", "limit rows", "whose complaints", "a German list"],
)  # fmt: skip
def test_what_was_answered_once_is_remembered(tmp_path, text, dataset, asked):
    home = analysis.open_home(tmp_path / "home")
    for month in ("10", "11"):
        path = tmp_path / f"list {month}.csv"
        path.write_text(text.format(m=month), encoding="utf-8")
        outcome = analysis.ingest_file(home, path, who="test", when=WHEN)
        if month == "10" and asked:
            assert outcome.state == "needs_answer"
            assert len(outcome.questions) == asked
            answers = {q.id: q.candidates[0].value for q in outcome.questions}
            outcome = analysis.ingest_file(home, path, who="test", when=WHEN, answers=answers)
        assert (outcome.state, [q.ask for q in outcome.questions]) == ("committed", [])
        assert {d.dataset for d in outcome.datasets} == {dataset}
    assert len({e.feed for e in home.store.entries()}) == 1
    assert {month for _, month in home.view().month_rows(dataset)} == {"2026-10", "2026-11"}
