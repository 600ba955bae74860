"""The menu, then the page. The application starts here: see ``dashboard.py``."""

from pathlib import Path

import streamlit as st

from pages.shared.frame import banner
from pages.shared.settled import settle

# A material symbol as page icon would be fetched from another host; this picture is our own.
ICON = Path(__file__).parent / "shared" / "icon.png"

st.set_page_config(page_title="Clause Nine", page_icon=str(ICON), layout="wide")

page = st.navigation(
    {
        "": [
            st.Page("overview.py", title="Overview", icon=":material/dashboard:", default=True),
        ],
        "KPIs": [
            st.Page("scrap.py", title="Scrap", icon=":material/delete_sweep:"),
            st.Page("downtime.py", title="Downtime", icon=":material/timer_off:"),
            st.Page("delivery.py", title="Delivery", icon=":material/local_shipping:"),
            st.Page("partners.py", title="Customers and suppliers", icon=":material/handshake:"),
            st.Page("measurements.py", title="Measurements", icon=":material/straighten:"),
            st.Page("other.py", title="Other figures", icon=":material/monitoring:"),
        ],
        "Data": [
            st.Page("upload.py", title="Upload", icon=":material/upload_file:"),
            st.Page("ledger.py", title="Ledger", icon=":material/history:"),
        ],
        "Management": [
            st.Page("review.py", title="Review", icon=":material/co_present:"),
            st.Page("targets.py", title="Targets and time", icon=":material/flag:"),
            st.Page("definitions.py", title="Definitions", icon=":material/menu_book:"),
        ],
    }
)
banner()
page.run()
settle()
