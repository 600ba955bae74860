"""The home as the server opens it: once, and what is set otherwise than before is recorded."""

import getpass
from datetime import datetime
from pathlib import Path

from kpi import analysis
from kpi.analysis import Home
from kpi.analysis.settings_history import keep_settings


def opened(path: Path, *, is_sample: bool) -> Home:
    """The home at ``path``. What was changed on disk meanwhile goes into the audit trail."""
    home = analysis.open_home(path, is_sample=is_sample)
    if not is_sample:
        when = datetime.now().astimezone()
        keep_settings(home, who=account(), when=when, where="the dashboard")
    return home


def account() -> str:
    """The account the server runs under."""
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):  # no such account, as in some containers
        return "local administrator"
