"""Bring the catalogues of the pages up to date with the sentences in the code.

Run it as ``python docs/make_catalogues.py`` after sentences were added or changed: the template
``pages/locale/clause_nine.pot`` and the ``.po`` file of each language then have exactly the
sentences that are there now; what is new stands in them without a translation.
"""

import ast
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from kpi.analysis.fields import declared  # noqa: E402
from kpi.ingest.reading import parted  # noqa: E402
from pages.shared.catalogue import DOMAIN, FOLDER, LANGUAGES, SOURCE, catalogue_file  # noqa: E402

SEARCHED = ("kpi", "pages")
NOT_SEARCHED = ("kpi/texts.py", "pages/shared/catalogue.py")
"""What defines sentences and has none."""

PASSING_ON = ("kpi/ingest/reading.py", "pages/shared/language.py")
"""What makes sentences of templates that were made elsewhere."""

SINGLE = ("said", "tr")
COUNTED = ("said_n", "tr_n")
REFUSALS = ("RefusedFileError", "NoSheetError", "DamagedWorkbookError", "_rejected")
"""What takes a sentence that is shown in two: what is wrong, and what to do."""

MADE = datetime(2026, 11, 1, tzinfo=UTC)
"""A date that does not change from run to run."""

Message = tuple[str, str]
"""Template and plural template, "" without one."""


@dataclass(frozen=True)
class Found:
    """Messages with the files they stand in, and places where a template cannot be read."""

    messages: dict[Message, tuple[str, ...]]
    unreadable: tuple[str, ...]


def found_in_code() -> Found:
    """Every sentence of the upload journey, as the code has it."""
    messages: dict[Message, set[str]] = {}
    unreadable = []
    for top in SEARCHED:
        for file in sorted((ROOT / top).rglob("*.py")):
            name = file.relative_to(ROOT).as_posix()
            if name in NOT_SEARCHED:
                continue
            for message, line in _messages(ast.parse(file.read_text(encoding="utf-8"))):
                if message is None:
                    unreadable += [f"{name}:{line}"] if name not in PASSING_ON else []
                else:
                    messages.setdefault(message, set()).add(name)
    for text in declared():
        messages.setdefault((text, ""), set()).add("kpi/analysis/fields.py")
    return Found({m: tuple(sorted(names)) for m, names in messages.items()}, tuple(unreadable))


def _messages(tree: ast.Module) -> Iterator[tuple[Message | None, int]]:
    """Messages of a module; ``None`` with the line where a template is no constant."""
    in_two = _in_two(tree)
    for node in in_two:
        for text in _texts(node.args[0] if isinstance(node, ast.Call) else node):
            for half in parted(text) if text else ():
                if half:
                    yield (half, ""), node.lineno
    whole = {id(node) for node in in_two}
    for call in _calls(tree, SINGLE):
        for text in _texts(call.args[0]) if call.args and id(call) not in whole else ():
            if text is not None:
                yield (text, ""), call.lineno
            elif _name(call) == "said":
                yield None, call.lineno
    for call in _calls(tree, COUNTED):
        one, many = (next(iter(_texts(arg))) for arg in call.args[:2])
        yield ((one, many) if one and many else None), call.lineno


def _in_two(tree: ast.Module) -> list[ast.expr]:
    """Constants and sentences that are told in two, where they stand or under a module's name."""
    named = {
        target.id: statement.value
        for statement in tree.body
        if isinstance(statement, (ast.Assign, ast.AnnAssign)) and statement.value is not None
        for target in _targets(statement)
    }
    found = []
    for call in _calls(tree, REFUSALS):
        for given in call.args[:1]:
            node = named.get(given.id) if isinstance(given, ast.Name) else given
            if isinstance(node, ast.Constant) or (
                isinstance(node, ast.Call) and _name(node) == "said"
            ):
                found.append(node)
    return found


def _targets(statement: ast.Assign | ast.AnnAssign) -> list[ast.Name]:
    targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
    return [target for target in targets if isinstance(target, ast.Name)]


def _calls(tree: ast.AST, names: tuple[str, ...]) -> Iterator[ast.Call]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and _name(node) in names:
            yield node


def _name(call: ast.Call) -> str:
    if isinstance(call.func, ast.Attribute):
        return call.func.attr
    return call.func.id if isinstance(call.func, ast.Name) else ""


def _texts(node: ast.expr) -> Iterator[str | None]:
    """The constant a node is, or the two of a choice between constants."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.IfExp):
        yield from _texts(node.body)
        yield from _texts(node.orelse)
    else:
        yield None


def template(found: Found) -> Catalog:
    """The messages as a catalogue without translations, by file."""
    catalogue = Catalog(project="Clause Nine", version="1", domain=DOMAIN, creation_date=MADE)
    catalogue.msgid_bugs_address, catalogue.last_translator = "", "Clause Nine"
    catalogue.header_comment = "# Sentences of the upload page. Made by docs/make_catalogues.py."
    for (one, many), names in sorted(found.messages.items()):
        catalogue.add((one, many) if many else one, locations=[(name, None) for name in names])
    return catalogue


def update(language: str, fresh: Catalog) -> int:
    """Write the catalogue of a language; how many messages have no translation in it."""
    file = catalogue_file(language)
    known = Catalog(locale=language, domain=DOMAIN)
    if file.is_file():
        with file.open("rb") as text:
            known = read_po(text, locale=language, domain=DOMAIN)
    known.update(fresh, no_fuzzy_matching=True)
    known.obsolete.clear()
    known.creation_date = known.revision_date = MADE
    known.header_comment = fresh.header_comment
    known.project, known.version = fresh.project, fresh.version
    known.msgid_bugs_address, known.last_translator = "", "Clause Nine"
    known.language_team = language
    known.fuzzy = False
    file.parent.mkdir(parents=True, exist_ok=True)
    _write(file, known)
    return sum(not _translated(message.string) for message in known if message.id)


def _translated(string: object) -> bool:
    return all(string) if isinstance(string, (tuple, list)) else bool(string)


def _write(file: Path, catalogue: Catalog) -> None:
    with file.open("wb") as out:
        write_po(out, catalogue, width=100, sort_output=True, ignore_obsolete=True)


def main() -> None:
    """Write the template and every catalogue; say what is not translated yet."""
    found = found_in_code()
    for place in found.unreadable:
        print(f"{place}: the template is no constant")
    fresh = template(found)
    FOLDER.mkdir(exist_ok=True)
    _write(FOLDER / f"{DOMAIN}.pot", fresh)
    for language in LANGUAGES:
        if language != SOURCE:
            print(f"{language}: {update(language, fresh)} of {len(found.messages)} not translated")


if __name__ == "__main__":
    main()
