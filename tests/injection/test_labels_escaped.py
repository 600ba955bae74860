"""Whatever a page gives a browser as markdown is written in the source, or was escaped on the way.

The crawl of the pages sees what they show; this reads the code, and so also what a page says after
a button nobody pressed.
"""

import ast

import pytest

from pages.shared import inputs
from tests.pages.test_pages import ROOT

RENDERS_MARKDOWN = frozenset(
    ["button", "caption", "checkbox", "data_editor", "date_input", "divider", "download_button", "error", "expander", "file_uploader", "form_submit_button", "header", "info", "link_button", "markdown", "metric", "multiselect", "number_input", "page_link", "popover", "progress", "radio", "segmented_control", "selectbox", "slider", "spinner", "status", "subheader", "success", "text_area", "text_input", "title", "toast", "toggle", "tooltip", "update", "warning"]
)  # fmt: skip
"""Streamlit's commands whose first text (label, body) is read as markdown."""

ESCAPES = frozenset({"markdown", "html", "records_in"})
HARMLESS = frozenset({"len", "small_number", "isoformat"})
"""Give numbers and dates."""

TRANSLATES = frozenset({"tr", "tr_n"})
RECEIVERS = frozenset({"st", "left", "right", "first", "second", "third", "fourth", "fifth"})
NO_TEXT_FIRST = frozenset({"page_link", "progress", "update"})
"""Commands whose first argument is a page or a share; their text is a named or a later one."""

KNOWN = {
    # parameters that those who call give a text of the source, which stands in these files
    "label": "charts.py tables.py why.py uploading.py inputs.py cards.py doorway.py confirming.py auditlists.py oneaction.py oneaudit.py onefinding.py",
    "label if escaped else markdown(label)": "asking.py",
    "step": "messages.py",
    "title": "messages.py onenonconformity.py evidence.py",
    "label or usual": "recordform.py",
    "doing": "reviewdeeds.py",
    "says": "asked.py",
    "title or name": "frame.py",
    # titles of our own lists, and of our own dimensions and forms
    "f'{title}: {len(found)}'": "cards.py",
    "dimension.capitalize()": "inputs.py",
    "tr(form.title)": "forms.py",
    "_heading(notes)": "annotating.py",
    "_answered(found)": "starting.py",  # which escapes
    "_heading(len(found))": "lookedat.py",
    "f'{title}: {len(lines)}'": "glossary.py",
    # kinds of records, the inputs of the agenda and the four words of the conclusion, from our files
    "f'All {kind.plural.lower()}'": "recordform.py",
    "label or f'Record another {kind.title.lower()}'": "registers.py",
    "f'{one.letter} {one.title}'": "minutes.py",
    "f'… {word}?'": "minutes.py",
    # numbers made by us, and the head of the trail
    "f'Evidence: {words.listed(what)}'": "onereview.py",
    "f'An auditor would miss {len(gaps)} {noun} here'": "onereview.py",
    "f'An auditor would miss {count} {noun} here'": "registers.py",
    "f'Look through {MORE} ledger entries, not only the latest {latest}'": "restated.py",
    "f'Page (1 to {found.pages}; {count}, the newest first)'": "trail.py",
    "trail_state(home)": "trail.py",
    "reference": "failure.py",
}
"""Texts that are not escaped where they are given, and where that was looked at."""

FILES = sorted((ROOT / "pages").rglob("*.py"))


def commands(tree):
    """Calls of ``st.…``, or of a column, that render a text as markdown."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            receiver = ast.unparse(node.func.value).split("[")[0].removesuffix(".sidebar")
            known = receiver in RECEIVERS or receiver == "columns"
            if node.func.attr in RENDERS_MARKDOWN and known:
                yield node


def given(call):
    """The texts of a call that are read as markdown."""
    named = [k.value for k in call.keywords if k.arg in ("label", "body", "help", "text", "title")]
    first = 1 if call.func.attr in NO_TEXT_FIRST else 0
    return [*call.args[first : first + 1], *named]


def safe(node, where):
    """Whether a text is written in the source, or escaped."""
    if where in KNOWN.get(ast.unparse(node), "").split():
        return True
    match node:
        case ast.Constant():
            return True
        case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name)):
            parts = [*node.args, *(k.value for k in node.keywords)]
            inner = name in TRANSLATES and all(safe(part, where) for part in parts)
            return name in ESCAPES or name in HARMLESS or inner
        case ast.JoinedStr(values=parts) | ast.BoolOp(values=parts):
            return all(safe(part, where) for part in parts)
        case ast.FormattedValue(value=part):
            return safe(part, where)
        case ast.IfExp(body=one, orelse=other) | ast.BinOp(left=one, right=other):
            return safe(one, where) and safe(other, where)
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name.strip("_").isupper()
    return False


def unescaped(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return [
        f"{path.name}:{call.lineno}: {ast.unparse(text)[:100]}"
        for call in commands(tree)
        for text in given(call)
        if not safe(text, path.name)
    ]


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(ROOT)))
def test_every_text_given_as_markdown_is_ours_or_escaped(path):
    assert unescaped(path) == []


def test_a_text_that_is_not_escaped_is_found(tmp_path):
    page = tmp_path / "page.py"
    page.write_text('st.success(told)\nst.button(f"Open {name}")\nst.error(markdown(told))\n')
    assert unescaped(page) == ["page.py:1: told", "page.py:2: f'Open {name}'"]


def test_options_that_look_alike_are_told_apart():
    """A list gives the first of two equal labels for either: a filter would show another line's figures."""
    names = {
        "a": "Line\u200b 3",
        "b": "Line\u2060 3",
        "c": "x" * 400,
        "d": "x" * 401,
        "e": "Line 3",
    }
    shown = inputs.told_apart(names)
    assert len(set(shown.values())) == len(names)
    assert shown["e"] == "Line 3"
