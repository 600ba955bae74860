"""The review on one page: a PDF that holds its own letters, and is the same each time."""

import io
import re
import shutil
import subprocess
import time

import pytest

from kpi.reports.summary import write_summary
from tests.reports.made_agenda import full


def written(agenda):
    file = io.BytesIO()
    write_summary(agenda, file)
    return file.getvalue()


@pytest.fixture(scope="module")
def words(agenda, tmp_path_factory):
    if shutil.which("pdftotext") is None:
        pytest.skip("pdftotext is not installed: the page is not read back.")
    path = tmp_path_factory.mktemp("summary") / "summary.pdf"
    path.write_bytes(written(full(agenda)))
    found = subprocess.run(
        ["pdftotext", "-layout", str(path), "-"], check=True, capture_output=True
    )
    return " ".join(found.stdout.decode().split())


def test_it_is_one_landscape_page_with_its_own_letters(agenda):
    data = written(full(agenda))
    assert len(re.findall(rb"/Type /Page\b", data)) == 1
    assert re.search(rb"/MediaBox \[0 0 841.89 595.28\]", data)
    assert data.count(b"/FontFile2") == 2
    assert b'pdfaid:part="2"' in data or b"<pdfaid:part>2" in data
    assert b"/JavaScript" not in data and b"/URI" not in data


def test_it_shows_values_attention_objectives_and_decisions(agenda, words):
    scrap = next(k.series for k in agenda.review.kpis if k.series.kpi.id == "scrap_rate")
    for said in (
        "Where we stand", "Scrap rate", scrap.last_value.replace("\u00a0", " "),
        "worsening since", "What needs attention", "Objectives", "Dryers for line 2",
        "approved by M. Director", "ledger position 4",
    ):  # fmt: skip
        assert said in words, said


def test_letters_that_the_typeface_has_not_become_boxes(agenda):
    from dataclasses import replace

    strange = replace(agenda, review=replace(agenda.review, company="漢字 Überlänge Żółw " * 20))
    assert written(strange).startswith(b"%PDF-1.7")


def test_the_same_agenda_gives_the_same_bytes_at_another_time(agenda):
    first = written(agenda)
    time.sleep(1.1)  # the library writes the second of writing, which must be taken out again
    assert written(agenda) == first
