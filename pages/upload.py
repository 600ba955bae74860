"""Drop files; each becomes a card that says what it is and what it changes. Then you decide."""

from kpi.access import Permission
from pages.shared import forms, uploading
from pages.shared.frame import frame
from pages.shared.language import tr

with frame("Upload", title=tr("Upload"), filtered=False, needs=Permission.UPLOAD):
    uploading.leaving_the_sample()
    uploading.page()
    forms.offer()
