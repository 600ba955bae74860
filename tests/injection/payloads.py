"""Texts that somebody could put into a file or a form in the hope that they are interpreted.

Each carries a piece of every language that something here could take text for, between ``START``
and ``END``: so that a test finds again what came from outside wherever it stands, cut short or not.
"""

import re
from typing import Final

START, END = "7qz", "zq7"

OUTSIDE: Final = "outside.example"
"""A host that nothing may ask."""

MARKUP: Final = (
    f'{START}<script>hacked=1</script><img src=//{OUTSIDE}/i onerror="hacked=2">'
    f"<b>b</b>&lt;i&gt;<svg onload=hacked=3>{END}"
)
MARKDOWN: Final = (
    f"{START}[a](javascript:hacked=4) ![x](http://{OUTSIDE}/p.png) **b** _i_ ~~s~~ `c` "
    f":red[x] :material/bolt: :smile: # h | p{END}"
)
TEMPLATES: Final = (
    f"={START}$\\LaTeX$ $$y$$ {{{{7*7}}}} ${{x}} %{{x}} %{{customdata}} %s %n %(name)s {{0.__class__}} "
    f"{{name}}{END}"
)
LINKS: Final = (
    f"+{START}https://{OUTSIDE} www.{OUTSIDE} a@{OUTSIDE} <a href='//{OUTSIDE}'>x</a> "
    f'"\' onmouseover="hacked=5" x={END}'
)
CONTROLS: Final = (
    f"@{START}\x1b[31mred\x1b]0;title\x07 \x9b2J \u202egnp.exe\u202c z\u200bero \u2028line "
    f"\ufeff\u2066i\u2069{END}"
)
CONTROLS_AS_SEEN: Final = f"@{START}[31mred]0;title 2J gnp.exe zero \u2028line i{END}"
"""What is left of it in a name: nobody sees the others, and two names they tell apart are one."""

MANY_CELLS: Final = f"-{START}cmd|' /C calc'!A1;=1+1 \u202f;@x\t=2+2{END}"
FULL_WIDTH: Final = f"＝{START}1+1 ＋＠－{END}"
ENDLESS: Final = f"{START}<i>{'long ' * 999}{END}"

NAMES: Final = (
    MARKUP, MARKDOWN, TEMPLATES, LINKS, CONTROLS, MANY_CELLS, FULL_WIDTH, ENDLESS,
)  # fmt: skip
"""All of them, for the names of things."""

FORGED: Final = (
    f"{START}one\n2026-11-02T08:00:00 WARNING forged line\r\n"
    f'{{"level": "error", "event": "forged"}}{END}'
)
"""What somebody types or names in the hope that a log or a terminal takes it for a line of its own."""

_FOREIGN: Final = re.compile(f"{START}(.*?)(?:{END}|…|$)", re.IGNORECASE | re.DOTALL)


def foreign(text: str) -> list[str]:
    """The parts of a text that came from outside.

    >>> foreign(f"Line {START}<b>{END} and {START}cut short…")
    ['<b>', 'cut short']
    """
    return _FOREIGN.findall(text)
