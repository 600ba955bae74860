"""What is printed on a terminal is read by a person, and obeyed by the terminal: text, nothing else."""

import re
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from typing import Any, Final, TextIO, cast

_OBEYED: Final = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]"
)
"""Control characters that a terminal acts on, and marks that turn or hide what is written."""


def harmless(text: str) -> str:
    r"""Text with every such character written out, as JSON writes it: a JSON document stays equal.

    >>> harmless("\x1b[31mred\u202e") == r"\u001b[31mred\u202e"
    True
    """
    return _OBEYED.sub(lambda found: f"\\u{ord(found.group()):04x}", text)


class Harmless:
    """A stream that passes text on harmless. What begins with a carriage return overwrites a line of ours."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        """Write the text, harmless."""
        head = "\r" if text.startswith("\r") and self._stream.isatty() else ""
        tail = head if text.endswith("\r") else ""
        self._stream.write(head + harmless(text.removeprefix(head).removesuffix(tail)) + tail)
        return len(text)

    def writelines(self, lines: Any) -> None:
        """Write each, harmless."""
        for line in lines:
            self.write(line)

    def __getattr__(self, name: str) -> Any:
        """Whatever else the stream can do."""
        return getattr(self._stream, name)


@contextmanager
def speaking(out: TextIO, err: TextIO) -> Iterator[None]:
    """While the block lasts, nothing that is printed can make the terminal do something."""
    with (
        redirect_stdout(cast(TextIO, Harmless(out))),
        redirect_stderr(cast(TextIO, Harmless(err))),
    ):
        yield
