"""Sign-in, the menu by role, then the page. The application starts here: see ``dashboard.py``."""

from pathlib import Path

import streamlit as st

from pages.shared import doorway, identity, menu
from pages.shared.frame import banner
from pages.shared.settled import settle
from web import logs

# A material symbol as page icon would be fetched from another host; this picture is our own.
ICON = Path(__file__).parent / "shared" / "icon.png"

st.set_page_config(page_title="Clause Nine", page_icon=str(ICON), layout="wide")

if doorway.let_in():
    page = menu.choose()
    banner()
    with logs.page(page.url_path, identity.person().id):
        page.run()
else:
    menu.hide()
    doorway.show()
settle()
