"""The workbook, read back: every series and table as numbers, native charts, and no formula."""

import io
import math

import openpyxl
import pytest

from kpi.figures.marks import marks_of
from kpi.figures.theme import LIGHT
from kpi.reports.workbook import write_workbook
from tests.injection.written import package_faults
from tests.reports.made_agenda import LONG, full
from tests.reports.test_deck import soffice
from tests.reports.test_deck_whole import as_pdf

__all__ = ["soffice"]  # a fixture


def written(agenda):
    file = io.BytesIO()
    write_workbook(agenda, file)
    return file.getvalue()


@pytest.fixture(scope="module")
def data(agenda):
    return written(full(agenda))


@pytest.fixture(scope="module")
def book(data):
    return openpyxl.load_workbook(io.BytesIO(data))


def column(sheet, name):
    for row in sheet.iter_rows(max_row=8):
        for cell in row:
            if cell.value == name:
                values = [
                    sheet.cell(r, cell.column).value for r in range(cell.row + 1, sheet.max_row + 1)
                ]
                return cell, values
    raise AssertionError(f"{sheet.title} has no column {name}")


def test_every_series_stands_in_full_with_its_chart(agenda, book):
    names = {
        "Value": "value", "Usual level": "center", "Lower limit": "lcl", "Upper limit": "ucl",
        "Target": "target", "Numerator": "numerator", "Denominator": "denominator",
    }  # fmt: skip
    for kpi in agenda.review.kpis:
        sheet = book[kpi.series.kpi.title[:31]]
        for heading, name in names.items():
            _, found = column(sheet, heading)
            expected = [None if math.isnan(v) else v for v in kpi.series.points[name]]
            assert found == pytest.approx(expected), (kpi.series.kpi.id, name)
        (chart,) = sheet._charts
        drawn = [s.val.numRef.f for s in chart.series]
        present = [n for n in list(names.values())[:5] if kpi.series.points[n].notna().any()]
        assert len(drawn) == len(present)


def test_a_chart_colours_the_points_that_signal_as_pages_and_deck_do(agenda, book):
    coloured = 0
    for kpi in agenda.review.kpis:
        view = kpi.series
        marks = marks_of(view, LIGHT)
        told = {
            at: mark.colour.lstrip("#")
            for at, mark in enumerate(marks)
            if (mark.signal or mark.member) and not mark.excluded and not math.isnan(mark.value)
        }
        values = book[view.kpi.title[:31]]._charts[0].series[0]
        drawn = {
            point.idx: point.marker.graphicalProperties.solidFill.srgbClr for point in values.dPt
        }
        assert drawn == told, view.kpi.id
        coloured += len(drawn)
    assert coloured, "one of the series signals"


def test_charts_show_the_cells_of_their_table(agenda, book):
    kpi = agenda.review.kpis[0]
    sheet = book[kpi.series.kpi.title[:31]]
    head, _ = column(sheet, "Value")
    reference = sheet._charts[0].series[0].val.numRef.f
    first, last = head.row + 1, head.row + len(kpi.series.points)
    assert reference == f"'{sheet.title}'!$B${first}:$B${last}"


def test_paretos_have_bars(agenda, book):
    for view in agenda.review.paretos:
        sheet = book[f"Pareto {view.kpi.title}"[:31]]
        _, amounts = column(sheet, view.amount_title)
        assert amounts == pytest.approx(list(view.bars["amount"]))
        assert len(sheet._charts) == 1


def test_tables_stand_whole_with_numbers_as_numbers(book):
    sheet = next(s for s in book.worksheets if s.title.startswith("d3 Findings, worst"))
    _, ages = column(sheet, "Age, days")
    assert ages == [n * 11 for n in range(60)]
    _, ids = column(sheet, "Record")
    assert ids == list(LONG.ids)


def test_no_cell_is_a_formula_whatever_it_looks_like(data, book):
    assert list(package_faults(data)) == []
    kinds = {cell.data_type for s in book.worksheets for row in s.iter_rows() for cell in row}
    assert "f" not in kinds
    sheet = next(s for s in book.worksheets if s.title.startswith("d3 Findings, worst"))
    _, owners = column(sheet, "Owner")
    assert owners[0] == "=HYPERLINK(0)"


def test_the_cover_says_where_the_figures_come_from(agenda, book):
    told = [str(c.value) for row in book["Cover"].iter_rows() for c in row if c.value]
    assert agenda.review.head in told
    assert "approved by M. Director on 9 November 2026" in told
    assert {s.title for s in book.worksheets[1:]} <= set(told)


def test_sheets_are_ready_to_read_and_to_print(book):
    assert len({s.title.casefold() for s in book.worksheets}) == len(book.worksheets)
    for sheet in book.worksheets[1:]:
        assert len(sheet.title) <= 31
        assert sheet.freeze_panes
        assert sheet.print_title_rows
        assert sheet.page_setup.orientation == "landscape"
        assert sheet.page_setup.fitToWidth == 1


def test_numbers_are_written_as_the_kpi_declares(agenda, book):
    kpi = next(k for k in agenda.review.kpis if k.series.kpi.id == "scrap_rate")
    sheet = book[kpi.series.kpi.title]
    head, _ = column(sheet, "Value")
    assert sheet.cell(head.row + 1, head.column).number_format == "#,##0.00"


def test_the_same_agenda_gives_the_same_bytes(agenda, data):
    assert written(full(agenda)) == data


@pytest.mark.long
def test_the_workbook_opens(data, soffice, tmp_path):
    path = tmp_path / "workbook.xlsx"
    path.write_bytes(data)
    as_pdf(soffice, path)
    assert path.with_suffix(".pdf").stat().st_size > 10_000
