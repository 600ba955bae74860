"""The deck, read back through PowerPoint's own file: what it shows is what the review says."""

import io
import math
import os
import re
import shutil
import subprocess
from dataclasses import replace

import openpyxl
import pytest
from pptx import Presentation
from pptx.util import Emu

from kpi.errors import StoreError
from kpi.model import Variation
from kpi.reports.deck import save_deck, write_deck
from kpi.reports.deck_appendix import APPENDIX, MOST_LINES
from kpi.reports.fitting import line_count
from kpi.reports.planned import MOST_TABLE_ROWS
from tests.analysis.made_home import HOSTILE

MOST_WORDS = 40
PATIENCE = 180


def drawn(agenda, template=None):
    file = io.BytesIO()
    count = write_deck(agenda, file, template)
    file.seek(0)
    return Presentation(file), count


def reviewed(agenda, **changes):
    """The agenda with a review that differs."""
    return replace(agenda, review=replace(agenda.review, **changes))


@pytest.fixture(scope="module")
def october(agenda):
    return agenda.review


@pytest.fixture(scope="module")
def deck(agenda):
    return drawn(agenda)[0]


def slides_with(deck, kind):
    return [s for s in deck.slides if any(getattr(x, kind) for x in s.shapes)]


def chart_of(slide):
    return next(shape.chart for shape in slide.shapes if shape.has_chart)


def charts_named(deck, kpi):
    """Every control chart of a KPI in the deck, alone on its slide or among several."""
    name = f"Control chart: {kpi.title}"
    return [x.chart for s in deck.slides for x in s.shapes if x.has_chart and x.name == name]


def titled(deck, title):
    return next(s for s in deck.slides if s.shapes.title.text_frame.text == title)


def cells_of(chart):
    """The chart's embedded workbook: series name -> values, None at a gap."""
    book = openpyxl.load_workbook(io.BytesIO(chart.part.chart_workbook.xlsx_part.blob))
    rows = list(book.worksheets[0].iter_rows(values_only=True))
    return {name: [row[at] for row in rows[1:]] for at, name in enumerate(rows[0]) if at}


def test_every_kpi_has_its_chart_with_its_numbers(october, deck):
    columns = {
        "Value": "value", "Usual level": "center", "Upper limit": "ucl", "Lower limit": "lcl",
        "Target": "target",
    }  # fmt: skip
    for kpi in october.kpis:
        charts = charts_named(deck, kpi.series.kpi)
        assert charts, kpi.series.kpi.id
        for chart in charts:
            shown = {s.name: list(s.values) for s in chart.plots[0].series}
            in_book = cells_of(chart)
            for name, column in columns.items():
                expected = [None if math.isnan(v) else v for v in kpi.series.points[column]]
                if not any(v is not None for v in expected):
                    assert name not in in_book
                    continue
                assert in_book[name] == pytest.approx(expected), (kpi.series.kpi.id, name)
                assert shown[name] == pytest.approx(expected), (kpi.series.kpi.id, name)


def test_signals_are_series_of_their_own(october, deck):
    kpi = next(k for k in october.kpis if k.series.kpi.id == "scrap_rate")
    in_book = cells_of(chart_of(titled(deck, kpi.title)))
    points = kpi.series.points
    expected = [v if s else None for v, s in zip(points["value"], points["signals"], strict=True)]
    told = [v for name, v in in_book.items() if name.startswith("Signal")]
    merged = [
        next((v for v in column if v is not None), None) for column in zip(*told, strict=True)
    ]
    assert merged == pytest.approx(expected)


def test_a_missing_month_stays_a_gap(october, deck):
    kpi = next(k for k in october.kpis if k.series.kpi.id == "downtime_hours")
    (chart,) = charts_named(deck, kpi.series.kpi)
    at = kpi.series.points["period"].tolist().index("2025-09")
    assert cells_of(chart)["Value"][at] is None
    assert 'dispBlanksAs val="gap"' in chart.part.blob.decode()


def test_the_time_axis_is_one_of_dates(october, deck):
    chart = chart_of(titled(deck, october.kpis[0].title))
    xml = chart.part.blob.decode()
    assert "<c:dateAx>" in xml
    assert 'formatCode="mmm yy"' in xml


def test_three_due_dates_stand_side_by_side(october, deck):
    chart = chart_of(titled(deck, october.redating.title))
    in_book = cells_of(chart)
    assert list(in_book) == ["Requested date", "First promise", "Promise now"]
    series = {k.series.kpi.id: k.series.points for k in october.kpis}
    last = [
        series[id]["value"].iloc[-1] for id in ("otd_request", "otd_first_promise", "otd_promise")
    ]
    assert [values[-1] for values in in_book.values()] == pytest.approx(last)


def test_pareto_bars_are_the_amounts(october, deck):
    for pareto in october.paretos:
        (values,) = cells_of(chart_of(titled(deck, pareto.title.removesuffix(".")))).values()
        assert values == pytest.approx(list(pareto.bars["amount"].head(10)))


def test_notes_carry_formula_sums_baseline_and_every_hash(october, deck):
    for kpi in october.kpis:
        told = [slide.notes_slide.notes_text_frame.text for slide in deck.slides]
        said = next(text for text in told if f"{kpi.title}.\n" in text and "Formula: " in text)
        own = kpi.series.kpi
        assert "Formula: " in said
        assert own.numerator in said and own.denominator in said
        assert f"Definition version {own.version}." in said
        assert all(s.sha256 in said and s.file in said for s in kpi.sources)
        assert kpi.series.chart is None or "Baseline: November 2024 to " in said
    first = deck.slides[0].notes_slide.notes_text_frame.text
    assert all(source.sha256 in first for source in october.sources)


def words_of(slide):
    """Words a person reads besides title, chart, table, source line and page number."""
    texts = [
        shape.text_frame.text
        for shape in slide.shapes
        if shape.has_text_frame
        and shape != slide.shapes.title
        and shape.name not in ("Source", "Page number")
    ]
    return re.findall(r"\w[\w.,%-]*", " ".join(texts))


def check_layout(deck):
    for number, slide in enumerate(deck.slides, start=1):
        title = slide.shapes.title
        size = title.text_frame.paragraphs[0].runs[0].font.size
        points = size.pt if size else 30.0
        wide = Emu(title.width).pt
        assert line_count(title.text_frame.text, wide, points, bold=True) <= 2, number
        assert len(words_of(slide)) <= MOST_WORDS, (number, words_of(slide))
        for shape in slide.shapes:
            assert shape.left >= -1000 or shape.has_chart, (number, shape.name)
            assert shape.left + shape.width <= deck.slide_width + 1000, (number, shape.name)
            assert shape.top + shape.height <= deck.slide_height, (number, shape.name)
            if shape.has_table:
                most = MOST_LINES if title.text_frame.text.startswith(APPENDIX) else MOST_TABLE_ROWS
                assert len(shape.table.rows) - 1 <= most, number


def test_every_slide_keeps_to_its_measure(deck):
    check_layout(deck)


def test_titles_say_different_things(deck):
    titles = [slide.shapes.title.text_frame.text for slide in deck.slides]
    assert len(set(titles)) == len(titles)
    assert all(titles)


def test_every_slide_has_a_page_number_and_a_source(deck):
    for slide in list(deck.slides)[1:]:
        shapes = {shape.name: shape for shape in slide.shapes}
        assert "Nordhafen" in shapes["Source"].text_frame.text
        assert "slidenum" in shapes["Page number"]._element.xml


def test_the_grid_shows_value_target_variation_and_assurance(october, deck):
    slide = next(s for s in deck.slides if s.shapes.title.text_frame.text.startswith("Where we"))
    table = next(x.table for x in slide.shapes if x.has_table)
    rows = {row.cells[0].text: [c.text for c in row.cells] for row in table.rows}
    scrap = next(k.series for k in october.kpis if k.series.kpi.id == "scrap_rate")
    told = rows["Scrap rate"]
    assert told[1] == scrap.last_value
    assert [t.strip() for t in told[3:6]] == ["3.00\u00a0%", "worsening", "March 2026"]
    assert told[6].strip() in {"will meet it", "may or may not", "will miss it"}
    names = [x.name for x in slide.shapes]
    assert names.count(f"Variation: {scrap.variation.value}") >= 1
    assert names.count(f"Target: {scrap.assurance.value}") >= 1


def test_text_from_files_stays_text(agenda, october, deck):
    """A hostile name is neither markup nor a formula, and does not burst its place."""
    long = october.plants + " " + HOSTILE * 3
    strange = reviewed(
        agenda,
        plants=long,
        company="<b>A & B</b>\x07 \u202egnp",
        kpis=tuple(
            replace(k, title=f"{HOSTILE * 3} {k.title}", see=k.see) for k in october.kpis
        ),
    )  # fmt: skip
    other, _ = drawn(strange)
    cover = other.slides[0].shapes.title.text_frame.text
    assert cover.startswith("<b>A & B</b>") and "\x07" not in cover and "\u202e" not in cover
    for slide in list(other.slides)[1:]:
        title = slide.shapes.title
        size = title.text_frame.paragraphs[0].runs[0].font.size.pt
        wide = Emu(title.width).pt
        assert line_count(title.text_frame.text, wide, size, bold=True) <= 2
    pareto = next(p for p in october.paretos if p.dimension == "reason" and "scrap" in p.kpi.id)
    chart = chart_of(titled(deck, pareto.title.removesuffix(".")))
    assert max(len(str(c)) for c in chart.plots[0].categories) <= 30
    assert not [c for c in chart.plots[0].categories if str(c).startswith("=")]
    notes = titled(deck, pareto.title.removesuffix(".")).notes_slide.notes_text_frame.text
    assert HOSTILE.strip() in notes


def test_without_findings_the_deck_says_so(agenda):
    nothing = {"findings": (), "improvements": ()}
    steady = tuple(k for k in agenda.review.kpis if k.series.variation is Variation.COMMON_CAUSE)
    quiet, _ = drawn(reviewed(agenda, kpis=steady, **nothing))
    assert titled(quiet, "Nothing is out of the ordinary by October 2026")
    few = tuple(
        replace(k, series=replace(k.series, variation=Variation.TOO_FEW))
        for k in agenda.review.kpis
    )
    early, _ = drawn(reviewed(agenda, kpis=few, **nothing))
    slide = titled(early, "The months are too few yet to tell signal from chance")
    texts = " ".join(s.text_frame.text for s in slide.shapes if s.has_text_frame)
    assert "What moves is chance" not in texts


def test_without_findings_a_kpi_that_worsens_by_its_own_chart_is_not_called_ordinary(agenda):
    quiet, _ = drawn(reviewed(agenda, findings=(), improvements=()))
    assert "Scrap rate" in agenda.review.worsening
    slide = titled(quiet, "No change is sure enough yet to act on")
    texts = " ".join(s.text_frame.text for s in slide.shapes if s.has_text_frame)
    assert "By their own charts alone, worse: " in texts


def test_without_promises_there_is_no_slide_on_them(agenda, deck):
    titles = [
        s.shapes.title.text_frame.text for s in drawn(reviewed(agenda, redating=None))[0].slides
    ]
    assert agenda.review.redating.title not in titles
    assert titled(deck, agenda.review.redating.title)


def test_the_file_is_written_whole_or_not_at_all(agenda, tmp_path):
    path = tmp_path / "review.pptx"
    count = save_deck(agenda, path)
    assert len(Presentation(str(path)).slides) == count
    assert [p.name for p in tmp_path.iterdir()] == ["review.pptx"]
    missing = tmp_path / "nowhere" / "review.pptx"
    with pytest.raises(StoreError) as caught:
        save_deck(agenda, missing)
    assert str(caught.value) == (
        f"{missing} cannot be written (No such file or directory). "
        "Choose another folder, or close the file where it is open."
    )


@pytest.fixture(scope="module")
def soffice():
    found = shutil.which("soffice") or shutil.which("libreoffice")
    if found is None:
        if os.environ.get("KPI_REQUIRE_TOOLS") == "1":
            pytest.fail("LibreOffice is required here, and no soffice is on the path.")
        pytest.skip("LibreOffice is not installed: the deck is not rendered.")
    return found


def test_the_deck_renders_a_page_per_slide(agenda, soffice, tmp_path):
    count = save_deck(agenda, tmp_path / "review.pptx")
    subprocess.run(
        [
            soffice, f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}", "--headless",
            "--convert-to", "pdf", "--outdir", str(tmp_path), str(tmp_path / "review.pptx"),
        ],
        check=True, capture_output=True, timeout=PATIENCE,
    )  # fmt: skip
    pdf = (tmp_path / "review.pdf").read_bytes()
    assert len(re.findall(rb"/Type\s*/Page\b", pdf)) == count
