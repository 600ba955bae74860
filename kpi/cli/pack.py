"""``python -m kpi pack``: the evidence pack of a period, and whether a pack is as it was made."""

import argparse
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, cast

from kpi.cli.parts import DONE, REJECTED, declare, home_of, show, time_now, user
from kpi.errors import StoreError, UsageError

if TYPE_CHECKING:
    from kpi.analysis.packing import Pack

VERIFY = "verify"


def add(commands: Any) -> None:
    """Make the command known."""
    one = declare(
        commands, "pack", _pack, "the evidence pack of a period; pack verify FILE checks one"
    )
    one.add_argument("do", nargs="?", choices=[VERIFY], help="check a pack instead of making one")
    one.add_argument("file", nargs="?", type=Path, help="the pack to check")
    one.add_argument("--from", dest="first", metavar="YYYY-MM", help="the first month")
    one.add_argument("--to", dest="last", metavar="YYYY-MM", help="the last month")
    one.add_argument("--plant", action="append", default=[], help="only this plant")
    one.add_argument("--edition", default="", metavar="2015|2026", help="of ISO 9001")
    one.add_argument("--uploads", action="store_true", help="with the bytes of the uploaded files")
    one.add_argument("-o", "--out", type=Path, metavar="FILE.zip", help="where to write it")


def _pack(arguments: argparse.Namespace) -> int:
    if arguments.do == VERIFY:
        return _verify(arguments)
    if not (arguments.first and arguments.last and arguments.out):
        raise UsageError(
            "A pack takes --from YYYY-MM, --to YYYY-MM and -o FILE.zip; to check one: pack verify FILE."
        )
    return _make(arguments)


def _verify(arguments: argparse.Namespace) -> int:
    from kpi.reports.pack_check import verify_pack

    if arguments.file is None:
        raise UsageError("Which pack is to be checked? Write: pack verify FILE.")
    found = verify_pack(arguments.file)
    told = {
        "file": str(arguments.file), "fine": found.fine, "parts": found.parts,
        "manifest_sha256": found.manifest, "made": found.made, "audit_trail_head": found.head,
        "problems": list(found.problems), "says": found.says,
    }  # fmt: skip
    show(arguments, lambda: told, lambda: found.says)
    return DONE if found.fine else REJECTED


def _make(arguments: argparse.Namespace) -> int:
    from kpi.analysis.agenda import asked_of
    from kpi.analysis.packing import build_pack
    from kpi.qms.agenda import LATEST

    home = home_of(arguments)
    where = tuple(("plant", plant) for plant in arguments.plant)
    asked = asked_of(home, where, arguments.first, arguments.last)
    pack = build_pack(
        home, asked, edition=arguments.edition or LATEST, who=user(), when=time_now(),
        uploads=arguments.uploads,
    )  # fmt: skip
    sha256 = _save(pack, arguments.out)
    records = sum(len(kind.records) for kind in pack.kinds)
    kpis = len({one.series.kpi.id for one in pack.kpis})
    says = (
        f"{arguments.out}: {kpis} KPIs in {len(pack.kpis)} charts, {records} record{'s' * (records != 1)}, "
        f"{len(pack.weaknesses)} {'weakness' if len(pack.weaknesses) == 1 else 'weaknesses'}. Its manifest has the SHA-256 {sha256}."
    )
    told = {
        "file": str(arguments.out), "manifest_sha256": sha256, "kpis": kpis, "charts": len(pack.kpis),
        "records": records, "weaknesses": len(pack.weaknesses),
        "documents": len(pack.documents), "uploads": len(pack.uploads),
        "position": pack.agenda.position, "audit_trail_head": pack.head, "says": says,
    }  # fmt: skip
    show(arguments, lambda: told, lambda: says)
    return DONE


def _save(pack: "Pack", path: Path) -> str:
    """Write the pack, whole or not at all; returns the hash of its manifest."""
    from kpi.reports.pack import write_pack

    aside: Path | None = None
    try:
        with tempfile.NamedTemporaryFile(
            dir=path.parent, prefix=".pack-", suffix=".zip", delete=False
        ) as file:
            aside = Path(file.name)
            sha256 = write_pack(pack, cast(BinaryIO, file))
        aside.replace(path)
        aside = None
    except OSError as problem:
        raise StoreError(
            f"{path} cannot be written ({os.strerror(problem.errno or 0)}). Choose another folder."
        ) from problem
    finally:
        if aside is not None:
            aside.unlink(missing_ok=True)
    return sha256
