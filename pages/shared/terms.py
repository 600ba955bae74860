"""Words of the glossary where they stand: what one means appears on hovering, with the keyboard, at a touch."""

from kpi.figures.escape import html
from kpi.qms.glossary import Term, find_term, meaning, words_in

_LONGEST = 2000


def heading(text: str) -> str:
    """A heading or label as HTML; where it is a word of the glossary, with what that means."""
    term = find_term(text)
    return html(text) if term is None else _explained(text, term)


def hint(label: str, own: str = "") -> str | None:
    """The help of a field: what its kind says, else what its label means in the glossary."""
    return own or (meaning(label) if find_term(label) else None)


def sentence(text: str) -> str:
    """Running text as HTML, each word of the glossary explained where it stands first."""
    out, done = [], 0
    for first, last, term in words_in(text):
        out += [_plain(text[done:first]), _explained(text[first:last], term)]
        done = last
    return "".join([*out, _plain(text[done:])])


def _plain(text: str) -> str:
    """Text between two words: the spaces at its ends stay."""
    before, after = text[:1].isspace(), text[1:] and text[-1:].isspace()
    return f"{' ' * before}{html(text, longest=_LONGEST)}{' ' * bool(after)}"


def _explained(text: str, term: Term) -> str:
    # The text of the tip stands in the page, so that a screen reader says it with the word.
    return (
        f'<span class="cn-term" tabindex="0">{html(text)}'
        f'<span class="cn-tip" role="tooltip">{html(meaning(term.word), longest=_LONGEST)}</span></span>'
    )
