"""Log lines that tell what happened and carry nothing of what is in the files.

What may stand in a line: words as they are written in a program's source, numbers, and fields of a
narrow form that our own code passes by name. What never does: whatever was filled into a message.
So a cell, a file's name, a person's address does not get into a log by an exception's text either;
where an error came from is told by its type and its frames.
"""

import errno
import hashlib
import hmac
import json
import logging
import os
import re
import secrets
import sys
import traceback
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from types import CodeType, FrameType
from typing import Any, Final, TextIO

from kpi.safe_text import one_line

NAME: Final = "clause_nine"
"""The logger of what this product says itself."""

LEVELS: Final = ("debug", "info", "warning", "error")
FORMS: Final = ("auto", "json", "plain")
"""``auto``: plain on a terminal, JSON elsewhere."""

LONGEST: Final = 4_000
"""Characters of a text that is filled in."""

MOST_FRAMES: Final = 40
MOST_CAUSES: Final = 5

_NARROW: Final = re.compile(r"[A-Za-z0-9_.:/+@{}=-]{0,100}")
"""What a field may hold: an id, a hash, a route, a name out of our own source."""

_REFERENCE: Final = re.compile(r"[0-9A-F]{6}")

_PLACE: Final = re.compile(r"%(?:\(\w+\))?[-#0 +]*[\d*]*(?:\.[\d*]+)?[a-zA-Z]")
_ROOT: Final = __file__.rpartition(f"kpi{os.sep}")[0]


class Scrubbed(str):
    """Text that whoever logs it has freed of what it quoted: frames that another process names."""

    __slots__ = ()


class _Key:
    """What opaque ids are made with; of this process, unless ``set_up`` is given one that lasts."""

    value = secrets.token_bytes(32)


def opaque(text: str) -> str:
    """An id that is the same for the same text, and from which nobody gets the text back."""
    return hmac.new(_Key.value, text.encode("utf-8", "replace"), hashlib.sha256).hexdigest()[:12]


def event(what: str, *, level: int = logging.INFO, **fields: object) -> None:
    """Log that something happened. ``what`` is written in the source; fields are ids and numbers."""
    logging.getLogger(NAME).log(level, what, extra={"fields": fields}, stacklevel=2)


def unexpected(error: BaseException, **fields: object) -> str:
    """Log an error that nobody foresaw; the reference under which it is found."""
    reference = secrets.token_hex(3).upper()
    logging.getLogger(NAME).error(
        "unexpected error", exc_info=error, extra={"fields": {"reference": reference, **fields}}
    )
    return reference


def set_up(
    level: str = "info",
    form: str = "auto",
    *,
    stream: TextIO | None = None,
    key: bytes | None = None,
    about: Callable[[], Mapping[str, object]] = dict,
) -> logging.Handler:
    """Send every library's log through here, to standard error unless ``stream`` says otherwise.

    ``about`` tells what every line carries besides: the request, the session.
    """
    out = stream or sys.stderr
    plain = form == "plain" or (form == "auto" and out.isatty())
    handler = logging.StreamHandler(out)
    handler.setFormatter((PlainLines if plain else JsonLines)(about))
    root = logging.getLogger()
    root.addHandler(handler)
    for name in (NAME, "kpi"):
        logging.getLogger(name).setLevel(level.upper())
    if key:
        _Key.value = hashlib.sha256(b"log" + key).digest()
    return handler


@contextmanager
def logging_to(
    stream: TextIO,
    level: str = "info",
    form: str = "auto",
    about: Callable[[], Mapping[str, object]] = dict,
) -> Iterator[None]:
    """Log to a stream while the block lasts, warnings of Python too."""
    before = warnings.showwarning
    handler = set_up(level, form, stream=stream, about=about)
    warnings.showwarning = warned
    try:
        yield
    finally:
        warnings.showwarning = before
        logging.getLogger().removeHandler(handler)


def warned(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: TextIO | None = None,
    line: str | None = None,
) -> None:
    """A warning's text may quote anything: its kind and place are enough to find it."""
    del message, file, line
    fields = {"kind": category.__name__, "at": f"{_short(filename)}:{lineno}"}
    logging.getLogger(NAME).warning("python warning", extra={"fields": fields})


class JsonLines(logging.Formatter):
    """One JSON object a line."""

    def __init__(self, about: Callable[[], Mapping[str, object]] = dict) -> None:
        super().__init__()
        self._about = about

    def format(self, record: logging.LogRecord) -> str:
        """The record as JSON; nothing in it breaks the line."""
        return json.dumps(self.document(record), ensure_ascii=True)

    def document(self, record: logging.LogRecord) -> dict[str, object]:
        """What the line says, by name."""
        when = datetime.fromtimestamp(record.created, tz=UTC)
        told: dict[str, object] = {
            "time": when.isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": words_of(record),
        }
        own = getattr(record, "fields", {})
        told |= {k: v for k, v in _kept({**self._about(), **own}) if k not in told}
        if (error := _error_in(record)) is not None:
            told["error"] = error_of(error)
        return told


def _error_in(record: logging.LogRecord) -> BaseException | None:
    """The error a record tells of: handed over as such, or to be filled into the message."""
    if record.exc_info and record.exc_info[1] is not None:
        return record.exc_info[1]
    given = record.args if isinstance(record.args, tuple) else ()
    return next((one for one in given if isinstance(one, BaseException)), None)


class PlainLines(JsonLines):
    """The same for eyes: time, level, event, then fields and frames."""

    def format(self, record: logging.LogRecord) -> str:
        """The record on one line."""
        told = self.document(record)
        head = f"{told.pop('time')} {str(told.pop('level')).upper():<7} {told.pop('logger')}: {told.pop('event')}"
        error = told.pop("error", None)
        parts = [head, *(f"{key}={value}" for key, value in told.items())]
        if isinstance(error, dict):
            parts.append(f"| {json.dumps(error)}")
        return one_line(" ".join(parts))


def _kept(fields: Mapping[str, object]) -> Iterator[tuple[str, object]]:
    for key, value in fields.items():
        if value is None or isinstance(value, bool | int):
            yield key, value
        elif isinstance(value, float):
            yield key, round(value, 3) if value - value == 0 else None
        else:
            text = str(value)
            yield key, text if _NARROW.fullmatch(text) else "(not logged)"


# --- words as they are written in a source --------------------------------------------------------


def words_of(record: logging.LogRecord) -> str:
    """The message as its source writes it, with numbers filled in and everything else left out."""
    template = record.msg if isinstance(record.msg, str) else ""
    frame = _frame_of(record)
    if not template or frame is None or not _is_written(template, frame.f_code, frame.f_globals):
        return f"at {_short(record.pathname)}:{record.lineno}"
    args = iter(record.args if isinstance(record.args, tuple) else ())

    def fill(_place: re.Match[str]) -> str:
        given = next(args, None)
        known = isinstance(given, int | Scrubbed)
        known = known or (isinstance(given, str) and _REFERENCE.fullmatch(given) is not None)
        return str(given)[:LONGEST] if known else "…"

    return one_line(_PLACE.sub(fill, template) if record.args else template)


def _frame_of(record: logging.LogRecord) -> FrameType | None:
    """The call that logs: it is still running while its line is written."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        code = frame.f_code
        if code.co_filename == record.pathname and code.co_name == record.funcName:
            return frame
        frame = frame.f_back
    return None


def _is_written(text: str, code: CodeType, names: Mapping[str, Any]) -> bool:
    """Whether a text is a constant of this code or of its module, and not made up as it ran."""
    if any(isinstance(constant, str) and constant == text for constant in code.co_consts):
        return True
    return any(
        name.strip("_").isupper() and isinstance(value, str) and value == text
        for name, value in names.items()
    )


# --- errors ---------------------------------------------------------------------------------------


def error_of(error: BaseException, depth: int = 0) -> dict[str, object]:
    """An error without what it quotes: its type, its words where they are constant, its frames."""
    told: dict[str, object] = {"type": type(error).__name__, "frames": frames(error)}
    if words := _constant_words(error):
        told["says"] = words
    if isinstance(error, OSError) and error.errno is not None:
        told["code"] = errno.errorcode.get(error.errno, str(error.errno))
    if name := getattr(error, "sqlite_errorname", ""):
        told["code"] = str(name)
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if cause is not None and depth < MOST_CAUSES:
        told["cause"] = error_of(cause, depth + 1)
    if isinstance(error, BaseExceptionGroup) and depth < MOST_CAUSES:
        told["parts"] = [error_of(one, depth + 1) for one in error.exceptions[:MOST_CAUSES]]
    return told


def frames(error: BaseException) -> list[str]:
    """Where an error came up: file, line and function, the place it was raised at last."""
    found = [
        f"{_short(frame.f_code.co_filename)}:{line} {frame.f_code.co_name}"
        for frame, line in traceback.walk_tb(error.__traceback__)
    ]
    return found[-MOST_FRAMES:]


def _constant_words(error: BaseException) -> str:
    said = error.args[0] if len(error.args) == 1 else None
    template = getattr(said, "template", None)
    if isinstance(template, str):
        return one_line(template)
    last = error.__traceback__
    if not isinstance(said, str) or last is None:
        return ""
    while last.tb_next is not None:
        last = last.tb_next
    frame = last.tb_frame
    return one_line(said) if _is_written(said, frame.f_code, frame.f_globals) else ""


def _short(path: str) -> str:
    """A source's path without where it is installed."""
    inner = path.replace("\\", "/").rpartition("site-packages/")[2]
    return one_line(inner.removeprefix(_ROOT.replace("\\", "/")))
