"""Text from files is text wherever it is shown. Every label passes through here once.

``html`` serves whatever reads HTML or the little of it that plotly understands; ``markdown``
serves the labels that a page can only give as markdown.
"""

import re
from html import escape as _escape
from typing import Final

_INVISIBLE: Final = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff"
    "\ufff9-\ufffb\ud800-\udfff\U000e0000-\U000e007f]"
)
"""Control characters, halves of characters, marks that turn the reading direction of what follows,
and those that take no room: two names must not look alike. Joiners that scripts need are kept."""

_SPACES: Final = re.compile("[ \t\r\n\x0b\x0c\u2028\u2029]+")
"""What becomes one space; a no-break space keeps number and unit together and stays."""

_PUNCTUATION: Final = re.compile(r"([!-/:-@\[-`{-~])")
"""Everything in ASCII that markdown could take for structure."""

_LINKED: Final = re.compile(r"(?i)(https?|ftp|mailto|www)(?=[:.])|(?<=\w)(?=@\w)|(?<=:)(?=\w)")
"""Where a reader of markdown makes a link, an icon or a colour out of plain text."""

_WORD_JOINER: Final = "\u2060"

LONGEST: Final = 300
"""Characters of a label that are shown; no name needs more, a hostile one must not fill the page."""


def clean(text: object, *, longest: int = LONGEST) -> str:
    r"""One line of visible characters, cut at ``longest`` with an ellipsis.

    >>> clean("Line\x00 3\n")
    'Line\ufffd 3'
    """
    shown = _INVISIBLE.sub("\ufffd", _SPACES.sub(" ", str(text)).strip(" "))
    return shown if len(shown) <= longest else f"{shown[: longest - 1]}…"


def html(text: object, *, longest: int = LONGEST) -> str:
    """Text for HTML, for an attribute in quotes, and for labels and hovers of plotly.

    The dollar sign is written as an entity because a pair of them starts a formula in plotly.

    >>> html('<b>"x" & $y$</b>')
    '&lt;b&gt;&#34;x&#34; &amp; &#36;y&#36;&lt;/b&gt;'
    """
    escaped = _escape(clean(text, longest=longest), quote=True).replace("$", "&#36;")
    return escaped.replace("&quot;", "&#34;")  # which plotly would show as it is written


def markdown(text: object, *, longest: int = LONGEST) -> str:
    r"""Text for a markdown label: no link, image, formula, icon, colour or HTML comes of it.

    >>> markdown("[x](y) $z$")
    '\\[x\\]\\(y\\) \\$z\\$'
    """
    joined = _LINKED.sub(lambda m: f"{m.group(0)}{_WORD_JOINER}", clean(text, longest=longest))
    return _PUNCTUATION.sub(r"\\\1", joined)
