"""``python -m kpi backup | restore | purge | retention``: what is kept, where else, and for how long."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kpi.cli.parts import DONE, declare, home_of, show, time_now, user
from kpi.errors import UsageError

if TYPE_CHECKING:
    from kpi.analysis.keeping import Purged
    from kpi.store import Entry


def add(commands: Any) -> None:
    """Make the commands known."""
    one = declare(commands, "backup", _backup, "copy the home into one archive while it is used")
    one.add_argument("to", type=Path, metavar="FOLDER|FILE.zip")
    one.add_argument("--keep", type=int, metavar="N", help="then keep only the N newest there")
    one = declare(commands, "restore", _restore, "bring a backup back into a new or empty home")
    one.add_argument("archive", type=Path, metavar="FILE.zip")
    one = declare(
        commands, "purge", _purge, "delete an upload's bytes and rows for good; its entry stays"
    )
    one.add_argument("upload", nargs="?", metavar="UPLOAD")
    one.add_argument("--due", action="store_true", help="every upload kept longer than set")
    one.add_argument("--why", default="", help="the reason, kept in the ledger")
    declare(commands, "retention", _retention, "uploads kept longer than the settings say")


def _backup(arguments: argparse.Namespace) -> int:
    from kpi.analysis.keeping import back_up

    home = home_of(arguments)
    done = back_up(home, arguments.to, who=user(), when=time_now(), keep=arguments.keep)
    found = done.backup.manifest
    told = {
        "file": str(done.backup.path), "bytes": done.backup.bytes, "files": len(found.files),
        "position": found.position, "ledger_head": found.ledger_head, "records": found.records,
        "records_head": found.records_head, "removed": [str(p) for p in done.removed],
        "says": done.says,
    }  # fmt: skip
    show(arguments, lambda: told, lambda: done.says)
    return DONE


def _restore(arguments: argparse.Namespace) -> int:
    from kpi.analysis.home import default_home
    from kpi.analysis.keeping import restore

    path = arguments.home or default_home()
    done = restore(arguments.archive, path, who=user(), when=time_now())
    told = {"home": str(path), "position": done.position, "says": done.says}
    show(arguments, lambda: told, lambda: done.says)
    return DONE


def _purge(arguments: argparse.Namespace) -> int:
    from kpi.analysis.keeping import purge, purge_due

    if bool(arguments.upload) == arguments.due:
        raise UsageError("Name one upload to purge, or give --due for all that are due.")
    home = home_of(arguments)
    who, when = user(), time_now()
    if arguments.due:
        done = purge_due(home, who=who, when=when, why=arguments.why)
    else:
        done = (purge(home, arguments.upload, who=who, when=when, why=arguments.why),)
    show(
        arguments,
        lambda: [_purged_told(one) for one in done],
        lambda: "\n\n".join("\n".join(one.says) for one in done) or "No upload is due.",
    )
    return DONE


def _purged_told(done: "Purged") -> dict[str, Any]:
    return {"uploads": list(done.uploads), "position": done.position, "says": list(done.says)}


def _retention(arguments: argparse.Namespace) -> int:
    from kpi.analysis.keeping import due

    home = home_of(arguments)
    years = home.settings.retention.upload_years
    found = due(home, time_now())
    told = {"upload_years": years, "due": [_due_told(entry) for entry in found]}
    show(arguments, lambda: told, lambda: _retention_text(years, found))
    return DONE


def _due_told(entry: "Entry") -> dict[str, Any]:
    return {
        "upload": entry.upload, "file": entry.file, "feed": entry.feed,
        "uploaded": entry.when.isoformat(), "in_force": entry.withdrawn is None,
    }  # fmt: skip


def _retention_text(years: float | None, found: "tuple[Entry, ...]") -> str:
    if years is None:
        return (
            "Uploads are kept for ever. Set upload_years under [retention] in settings.toml to have "
            "older ones listed here."
        )
    if not found:
        return f"No upload is older than {years:g} years."
    lines = [f"{e.upload}  {e.when:%Y-%m-%d}  {e.file}" for e in found]
    last = (
        "`python -m kpi purge --due` deletes their bytes and rows for good. KPIs of their months then "
        "have nothing to show."
    )
    return "\n".join([f"Older than {years:g} years:", *lines, last])
