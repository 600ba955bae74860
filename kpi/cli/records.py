"""``python -m kpi records``: every kind of record listed, shown with its history, and recorded."""

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from kpi.cli.parts import DONE, as_dimension_pair, declare, home_of, show, time_now, user

if TYPE_CHECKING:
    from kpi.analysis.registering import Version
    from kpi.qms.purged import Purged
    from kpi.qms.register import Kind, Recorded

LARGEST_FILE: Final = 1_000_000
"""Bytes of a file with one record."""


def add(commands: Any) -> None:
    """Make the command known; without a word after it the kinds are listed."""
    parser = declare(commands, "records", _kinds, "records of the quality system, by kind")
    what = parser.add_subparsers(title="what to do", metavar="WHAT", parser_class=type(parser))
    one = declare(what, "list", _list, "every record of a kind")
    one.add_argument("kind", metavar="KIND")
    one.add_argument(
        "--where", action="append", type=as_dimension_pair, default=[], metavar="DIM=VALUE"
    )
    one = declare(what, "show", _show, "one record, what it belongs to and what belongs to it")
    one.add_argument("id", metavar="ID")
    one.add_argument("--history", action="store_true", help="every version, with what it changed")
    one = declare(what, "put", _put, "record an item from a JSON file, or change one")
    one.add_argument("kind", metavar="KIND")
    one.add_argument("file", type=Path, metavar="FILE.json")
    one.add_argument("--id", default="", help="the record to change; without it, a new one")
    one.add_argument("--version", type=int, default=0, help="the version you have seen, with --id")
    one.add_argument("--why", default="", help="the reason, kept in the history")
    one = declare(
        what, "purge", _purge, "delete what a record says for good; its hashes and the reason stay"
    )
    one.add_argument("id", metavar="ID")
    one.add_argument("--why", default="", help="the reason, kept in the history")
    one = declare(what, "schema", _schema, "the JSON schema of a kind")
    one.add_argument("kind", metavar="KIND")


def _kinds(arguments: argparse.Namespace) -> int:
    from kpi.analysis.registering import listed
    from kpi.qms.kinds import ALL

    home = home_of(arguments)
    counts = {kind.name: len(listed(home, kind)) for kind in ALL}
    told = [
        {"kind": k.name, "title": k.title, "stem": k.stem, "clauses": list(k.clauses),
         "records": counts[k.name]}
        for k in ALL
    ]  # fmt: skip
    width = max(len(k.name) for k in ALL)
    lines = [
        f"{k.name:<{width}}  {counts[k.name]:>4}  {k.stem:<4} {k.plural} ({', '.join(k.clauses)})"
        for k in ALL
    ]
    show(arguments, lambda: told, lambda: "\n".join(lines))
    return DONE


def _list(arguments: argparse.Namespace) -> int:
    from kpi.analysis.registering import listed
    from kpi.qms.kinds import kind_of

    kind = kind_of(arguments.kind)
    found = listed(home_of(arguments), kind, tuple(arguments.where))
    show(
        arguments,
        lambda: [_told(kind, entry) for entry in found],
        lambda: "\n".join(map(_line, found)) or f"No {kind.title.lower()} is recorded.",
    )
    return DONE


def _show(arguments: argparse.Namespace) -> int:
    from kpi.analysis import registering
    from kpi.errors import UnknownNameError
    from kpi.qms.kinds import BY_STEM, kind_of_id
    from kpi.qms.purged import purged

    home, kind = home_of(arguments), kind_of_id(arguments.id)
    if kind is None:
        raise UnknownNameError("record", arguments.id, known=[f"{stem}-…" for stem in BY_STEM])
    if (gone := purged(home.store, kind.name, arguments.id)) is not None:
        show(arguments, lambda: _gone_told(gone), lambda: _gone_text(gone))
        return DONE
    entry = registering.found(home, kind, arguments.id)
    linking = [one.id for _, one in registering.linking(home, entry.id)]
    history = registering.history(home, kind, entry.id) if arguments.history else ()
    lost = registering.purged_links(home, entry.item)
    told = {**_told(kind, entry), "linked_from": linking, "purged_links": list(lost)}
    if arguments.history:
        told["history"] = [_version(one) for one in history]
    show(arguments, lambda: told, lambda: _text(kind, entry, [*lost], linking, history))
    return DONE


def _put(arguments: argparse.Namespace) -> int:
    from kpi.analysis.putting import put
    from kpi.errors import UsageError
    from kpi.qms.kinds import kind_of
    from kpi.qms.register import item_from

    kind = kind_of(arguments.kind)
    if bool(arguments.id) != bool(arguments.version):
        raise UsageError(
            "--id and --version go together: say which record changes, and which version of it you "
            "have seen (`records show ID` tells)."
        )
    item = item_from(kind, _read(arguments.file))
    entry = put(
        home_of(arguments), kind, item, id=arguments.id, version=arguments.version, who=user(),
        when=time_now(), why=arguments.why,
    )  # fmt: skip
    says = f"{entry.id} is recorded, version {entry.version}: {entry.item.title}."
    show(arguments, lambda: {**_told(kind, entry), "says": says}, lambda: says)
    return DONE


def _purge(arguments: argparse.Namespace) -> int:
    from kpi.analysis.erasing import purge_record

    home = home_of(arguments)
    done = purge_record(home, arguments.id, who=user(), when=time_now(), why=arguments.why)
    told = {
        "id": done.id, "kind": done.kind, "versions": done.versions, "number": done.number,
        "hash": done.hash, "erased": done.erased, "kept_in": list(done.kept_in),
        "named_in": list(done.named_in), "says": list(done.says),
    }  # fmt: skip
    show(arguments, lambda: told, lambda: "\n".join(done.says))
    return DONE


def _schema(arguments: argparse.Namespace) -> int:
    from kpi.qms.kinds import kind_of
    from kpi.qms.schema import schema_of

    print(json.dumps(schema_of(kind_of(arguments.kind)), ensure_ascii=False, indent=2))
    return DONE


def _read(path: Path) -> Any:
    from kpi.errors import UsageError

    try:
        if path.stat().st_size > LARGEST_FILE:
            raise UsageError(f"{path.name} is too large for one record.")
        return json.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError, RecursionError) as problem:
        raise UsageError(f"{path.name} cannot be read as JSON: {problem}") from None


def _told(kind: "Kind[Any]", entry: "Recorded[Any]") -> dict[str, Any]:
    from kpi.qms.register import item_told

    return {
        "id": entry.id, "kind": kind.name, "version": entry.version, "number": entry.number,
        "who": entry.who, "when": entry.when.isoformat(), "why": entry.why, "hash": entry.hash,
        "item": item_told(kind, entry.item),
    }  # fmt: skip


def _gone_told(gone: "Purged") -> dict[str, Any]:
    versions = [
        {"version": v.version, "number": v.number, "who": v.who, "when": v.when.isoformat(),
         "hash": v.hash}
        for v in gone.versions
    ]  # fmt: skip
    return {
        "id": gone.id, "kind": gone.kind, "says": gone.says, "versions": versions,
        "purged": {
            "who": gone.who, "when": gone.when.isoformat(), "why": gone.why,
            "number": gone.number, "hash": gone.hash,
        },
    }  # fmt: skip


def _gone_text(gone: "Purged") -> str:
    lines = [f"Version {v.version}, {v.when:%Y-%m-%d %H:%M}, {v.who}: purged, hash {v.hash}"
             for v in gone.versions]  # fmt: skip
    return "\n".join(map(_kept_in, [gone.says, *lines]))


def _version(one: "Version") -> dict[str, Any]:
    return {
        "version": one.version, "who": one.who, "when": one.when.isoformat(), "why": one.why,
        "hash": one.hash,
        "changes": [{"field": c.label, "from": c.before, "to": c.after} for c in one.changes],
    }  # fmt: skip


def _line(entry: "Recorded[Any]") -> str:
    from kpi.qms.register import in_words
    from kpi.safe_text import one_line

    status = in_words(getattr(entry.item, "status", None))
    more = "; ".join(filter(None, (status, entry.item.owner, in_words(entry.item.slice))))
    return one_line(f"{entry.id}  {entry.item.title}" + (f"  ({more})" if more else ""))


def _text(
    kind: "Kind[Any]",
    entry: "Recorded[Any]",
    lost: list[str],
    linking: list[str],
    history: "tuple[Version, ...]",
) -> str:
    from kpi.qms.register import in_words, told_fields

    values = [
        (about.label, in_words(getattr(entry.item, name)))
        for name, about in told_fields(kind.of).items()
    ]
    lines = [
        f"{kind.title} {entry.id}, version {entry.version} of {entry.when:%Y-%m-%d %H:%M} by "
        f"{entry.who}",
        *(f"  {label}: {value}" for label, value in values if value),
        *(f"  {sentence}" for sentence in lost),
        *([f"  Linked from: {', '.join(linking)}"] if linking else []),
    ]
    for one in history:
        lines.append(f"Version {one.version}, {one.when:%Y-%m-%d %H:%M}, {one.who}: {one.why}")
        lines += [f"    {c.label}: {c.before or '–'} → {c.after or '–'}" for c in one.changes]
    return "\n".join(_kept_in(line) for line in lines)


def _kept_in(line: str) -> str:
    """A line of text as one line, as far in as it was."""
    from kpi.safe_text import one_line

    text = line.lstrip(" ")
    return " " * (len(line) - len(text)) + one_line(text)
