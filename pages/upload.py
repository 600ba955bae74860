"""Drop files; each becomes a card that says what it is and what it changes. Then you decide."""

from pages.shared import forms, uploading
from pages.shared.frame import frame
from pages.shared.language import tr

with frame("Upload", title=tr("Upload"), filtered=False):
    uploading.leaving_the_sample()
    uploading.page()
    forms.offer()
