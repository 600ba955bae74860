"""Sentences that name records: each id is the way to its record, with the record's title.

An id alone tells a person nothing. Wherever a sentence or a table names a record that may be seen,
it becomes a link on which the title stands, unless the title stands beside it already.
"""

import re
from collections.abc import Sequence
from typing import Any, Final
from urllib.parse import quote

from kpi.analysis import registering, words
from kpi.errors import KpiError
from kpi.figures.escape import html
from kpi.qms.kinds import BY_STEM, kind_of_id
from kpi.qms.register import Recorded
from pages.shared import inputs, linked

_ID: Final = re.compile(rf"\b(?:{'|'.join(map(re.escape, BY_STEM))})-\d{{4}}-\d{{3,}}\b")

LONGEST_TITLE: Final = 60


def records_in(
    text: object, *, longest: int = 2000, beside: str = "", about: Sequence[str] = ()
) -> str:
    """Text for HTML in which each record that may be seen is a link; ``beside`` stands next to it.

    What is no record, or none that may be seen, stays the plain text it is. Of the records that the
    text is ``about``, those it calls by their title alone are given their id.
    """
    shown = html(text, longest=longest)
    if about:
        shown = _with_ids(shown, about)
    if not _ID.search(shown):
        return shown
    near = f"{text} {beside}"
    told: set[str] = set()
    return _ID.sub(lambda found: _link(found.group(0), near, told), shown)


def _with_ids(shown: str, about: Sequence[str]) -> str:
    for id in dict.fromkeys(about):
        entry = _seen(id) if id not in shown else None
        title = f"“{html(entry.item.title)}”" if entry is not None else ""
        if title and title in shown:
            shown = shown.replace(title, f"{title} {id}", 1)
    return shown


def _link(id: str, near: str, told: set[str]) -> str:
    entry = _seen(id)
    kind = kind_of_id(id)
    page = linked.pages().get(kind.name, "") if kind else ""
    if entry is None or not page or id == inputs.opened():
        return id
    title = entry.item.title
    names = bool(title) and title not in near and id not in told
    told.add(id)
    shown = f"{html(words.clipped(title, LONGEST_TITLE))} " if names else ""
    # A relative address: the page's own is one level deep, wherever the application is mounted.
    return (
        f'<a class="cn-record" href="{page.removesuffix(".py")}?record={quote(id)}" '
        f'title="{html(title)}">{shown}<span class="cn-id">{id}</span></a>'
    )


def _seen(id: str) -> Recorded[Any] | None:
    kind = kind_of_id(id)
    if kind is None:
        return None
    try:
        return registering.found(inputs.here(), kind, id)
    except KpiError:
        return None
