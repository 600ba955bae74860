"""The fill-in workbooks: headings the product knows, and cells that accept only what makes sense."""

import csv
import io

import make_templates
import pytest
from openpyxl import Workbook, load_workbook
from template_columns import TEMPLATES, Ask, Entry
from workbooks import put, save

from kpi.datasets import DATASETS, Kind
from kpi.ingest.own_words import own_words

FOLDER = make_templates.FOLDER

VOCABULARY_FIELD = {
    "product": {"product", "part"},
    "reason": {"reason_code", "reason"},
    "item": {"line"},
    "minutes": {"duration"},
    "stop_class": {"planned"},
    "event": {"notification"},
    "first_promise_date": {"promise_date"},
    "shipped_on": {"actual_ship_date"},
    "delivered_on": {"actual_delivery_date"},
    "qty": {"qty_shipped"},
    "planned_min": {"planned_production_time"},
    "run_min": {"run_time"},
}
WORDS_OF_THE_DATASET = ("reported_values.xlsx", "names.xlsx")
OWN_WORDS = {"complaints.xlsx": "complaint", "measurements.xlsx": "measuring"}


def vocabulary_of(template):
    """Which part of the vocabulary the headings of a template are looked up in."""
    first = template.datasets[0]
    return {"production": "scrap", "order_item": "delivery"}.get(first, "downtime")


@pytest.fixture(params=TEMPLATES, ids=lambda t: t.file)
def template(request):
    return request.param


@pytest.fixture
def sheet(template):
    return load_workbook(FOLDER / template.file)[template.sheet]


def test_the_committed_files_are_what_the_script_makes(tmp_path):
    make_templates.make(tmp_path)
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted(p.name for p in FOLDER.iterdir())
    for path in tmp_path.iterdir():
        made, kept = (load_workbook(f) for f in (path, FOLDER / path.name))
        for name in made.sheetnames:
            rows = [[c.value for c in row] for row in made[name].iter_rows()]
            assert rows == [[c.value for c in row] for row in kept[name].iter_rows()]


def test_headings_stand_alone_in_row_1_and_stay_in_sight(template, sheet):
    assert [c.value for c in sheet[1]] == [c.heading for c in template.columns]
    assert sheet.max_row == 1
    assert sheet.freeze_panes == "A2"
    assert sheet.print_title_rows == "$1:$1"
    assert sheet.page_setup.orientation == "landscape"


def test_headings_are_exact_synonyms(template, vocabulary):
    if template.file in WORDS_OF_THE_DATASET:
        return  # their columns have no vocabulary: see the next two tests
    if template.file in OWN_WORDS:
        words, shared = own_words(OWN_WORDS[template.file]), vocabulary["scrap"]
        for column in template.columns:
            wanted = VOCABULARY_FIELD.get(column.field, {column.field})
            told = {f for f, labels in shared.items() if column.heading in labels}
            assert words.field_of(column.heading) == column.field or told & wanted, column.heading
        return
    known = vocabulary[vocabulary_of(template)]
    shared = vocabulary["scrap"]
    for column in template.columns:
        heading = column.heading.split(" (")[0]
        fields = VOCABULARY_FIELD.get(column.field, {column.field})
        matching = {f for f, labels in known.items() if heading in labels}
        if column.field in ("plant", "currency"):
            matching |= {f for f in fields if heading in shared[f]}
        assert matching == fields & (set(known) | {"plant", "currency"}), column.heading


def test_names_carries_the_words_of_its_dataset():
    (names,) = (t for t in TEMPLATES if t.file == "names.xlsx")
    assert tuple(c.heading.casefold() for c in names.columns) == DATASETS["names"].names


def test_reported_values_has_the_months_of_a_year_across():
    (reported,) = (t for t in TEMPLATES if t.file == "reported_values.xlsx")
    assert [c.heading for c in reported.columns[3:]] == [f"2026-{m:02}" for m in range(1, 13)]


def test_every_column_is_one_of_its_datasets_and_the_required_ones_are_there(template):
    columns = {c.name: c for d in template.datasets for c in DATASETS[d].columns}
    asked = {c.field for c in template.columns}
    assert asked <= set(columns)
    # Not typed in: the slug is made from the title, the grain and day from the month's heading,
    # the direction from whether a customer or a supplier is named.
    derived = {"slug", "grain", "direction"} | ({"date"} if "title" in asked else set())
    required = {name for name, c in columns.items() if c.required} - derived
    assert required <= {c.field for c in template.columns if c.required}


def test_entries_suit_the_type_of_the_column(template):
    columns = {c.name: c for d in template.datasets for c in DATASETS[d].columns}
    suits = {
        Kind.TEXT: {Entry.TEXT, Entry.CHOICE},
        Kind.DATE: {Entry.DAY},
        Kind.TIMESTAMP: {Entry.MOMENT},
        Kind.NUMBER: {Entry.AMOUNT, Entry.SIGNED, Entry.VALUE},
        Kind.FLAG: {Entry.CHOICE},
    }
    for column in template.columns:
        assert column.entry in suits[columns[column.field].kind], column.heading


def test_every_column_is_checked_as_it_is_typed(template, sheet):
    checks = {str(v.sqref).split("2:")[0]: v for v in sheet.data_validations.dataValidation}
    assert len(checks) == len(template.columns)
    for cell, column in zip(sheet[1], template.columns, strict=True):
        check = checks[cell.column_letter]
        assert check.prompt == column.says[: make_templates.PROMPT_LIMIT]
        assert check.allow_blank
        assert check.showErrorMessage
        wanted = {
            Entry.TEXT: "textLength",
            Entry.DAY: "date",
            Entry.MOMENT: "date",
            Entry.CHOICE: "list",
        }.get(column.entry, "decimal")
        assert check.type == wanted, column.heading
        if column.entry is Entry.AMOUNT:
            assert (check.operator, check.formula1, check.errorStyle or "stop") == (
                "greaterThanOrEqual", "0", "stop",
            )  # fmt: skip


def test_texts_are_formatted_as_text_so_that_zeros_stay(template, sheet):
    for cell, column in zip(sheet[1], template.columns, strict=True):
        style = sheet.column_dimensions[cell.column_letter].number_format
        assert style == make_templates.FORMATS.get(column.entry, "General")


def test_the_instructions_explain_every_column_with_an_example(template):
    sheet = load_workbook(FOLDER / template.file)["Instructions"]
    lines = [row[0].value for row in sheet.iter_rows()]
    for column in template.columns:
        (line,) = (text for text in lines if text and text.startswith(f"{column.heading} ("))
        assert line == column.heading + make_templates.told(column)
        assert column.says.endswith(".")
        assert column.example


def test_what_is_told_of_a_column():
    column = Ask("Date", "date", "The day.", "2026-10-05", Entry.DAY, required=True)
    assert make_templates.told(column) == " (needed, a date). The day. For example: 2026-10-05"


def test_the_instructions_are_no_table(template):
    assert load_workbook(FOLDER / template.file)["Instructions"].max_column == 1


def test_choices_fit_into_a_list_rule():
    choices = [c for t in TEMPLATES for c in t.columns if c.choices]
    assert all(len(",".join(c.choices)) < 255 for c in choices)
    assert all("," not in choice for c in choices for choice in c.choices)
    assert all(c.example in c.choices for c in choices)


def test_an_error_names_what_was_expected():
    column = Ask("Type", "stop_class", "The type.", "A", Entry.CHOICE, choices=("A", "B"))
    check = make_templates.rule(column)
    assert (check.errorTitle, check.error) == ("Type", "Expected one of: A, B.")


@pytest.mark.parametrize("text", ["=1+1", "+49 40 1234", "-5", "@SUM(A1)", '=HYPERLINK("x")'])
def test_text_is_never_written_as_a_formula(tmp_path, text):
    book = Workbook()
    put(book.worksheets[0], 1, 1, text)
    save(book, tmp_path / "a.xlsx")
    cell = load_workbook(tmp_path / "a.xlsx").worksheets[0]["A1"]
    assert (cell.value, cell.data_type) == (text, "s")
    assert cell.quotePrefix


@pytest.mark.parametrize("folder", ["templates", pytest.param("sample", marks=pytest.mark.long)])
def test_no_file_carries_a_formula(folder):
    for path in (FOLDER.parent / folder).iterdir():
        if path.suffix == ".xlsx":
            for sheet in load_workbook(path).worksheets:
                kinds = {c.data_type for row in sheet.iter_rows() for c in row}
                assert "f" not in kinds, path.name
        elif path.suffix == ".csv":
            text = path.read_bytes().decode("latin-1")
            cells = {c[:1] for row in csv.reader(io.StringIO(text), delimiter=";") for c in row}
            assert not cells & set("=+-@"), path.name
