"""The workbooks to fill in that the Upload page offers."""

from kpi.analysis.forms import FORMS_FOLDER, forms


def test_every_workbook_to_fill_in_is_offered_by_a_title_of_its_own():
    assert {form.path for form in forms()} == set(FORMS_FOLDER.glob("*.xlsx"))
    assert len({str(form.title) for form in forms()}) == len(forms()) == 9
