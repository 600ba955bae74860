"""How much one request may send, and how slowly: counted as it arrives, whatever it claims."""

import asyncio
import os
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from web.asgi import Message, Receive

MEGABYTE: Final = 1024 * 1024

FRAMING: Final = MEGABYTE
"""What a form around a file may add to it."""


class TooMuchError(Exception):
    """A body that is refused while it arrives: the status, and why."""

    def __init__(self, status: int, says: str) -> None:
        super().__init__(says)
        self.status, self.says = status, says


@dataclass(frozen=True, slots=True)
class Limits:
    """What may be sent and held. Bytes; a session is one open page of one browser."""

    file_bytes: int = 500 * MEGABYTE
    session_files: int = 300
    session_bytes: int = 1000 * MEGABYTE
    server_bytes: int = 2000 * MEGABYTE
    session_at_once: int = 8
    server_at_once: int = 24
    other_bytes: int = 64 * 1024  # of a request that is no upload: none of ours has a body
    chunk_seconds: float = 30.0  # without a single byte
    spare_seconds: float = 60.0
    slowest_bytes: int = 16 * 1024  # a second, beyond the spare seconds

    @classmethod
    def for_files_of(cls, megabytes: int, memory: int | None = None) -> "Limits":
        """Limits that follow from the largest file the site takes, and from the memory there is.

        Files wait in memory until their page has read them. They may take a quarter of it, and one
        file of the size the site asked for in any case.
        """
        file = megabytes * MEGABYTE
        server = 4 * file if memory is None else max(file, min(4 * file, memory // 4))
        return cls(file_bytes=file, session_bytes=min(2 * file, server), server_bytes=server)


def memory_bytes(group: Path = Path("/sys/fs/cgroup/memory.max")) -> int | None:
    """The memory of this machine, or of the container it runs in; ``None`` where nobody tells."""
    known = []
    if hasattr(os, "sysconf"):
        known.append(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"))
    with suppress(OSError, ValueError):  # no container, or one without a bound: "max"
        known.append(int(group.read_text()))
    return min(known, default=None)


def limited(
    receive: Receive,
    limits: Limits,
    allowed: int,
    counted: Callable[[int], None] = lambda _more: None,
    clock: Callable[[], float] = time.monotonic,
) -> Receive:
    """The same body, refused once it is larger than ``allowed`` or comes too slowly.

    ``counted`` is told of every part that arrived; it may raise ``TooMuchError``, too.
    """
    began = clock()
    arrived, complete = 0, False

    async def take() -> Message:
        nonlocal arrived, complete
        if complete:  # what comes now is word that the client has gone, whenever that is
            return await receive()
        try:
            message = await asyncio.wait_for(receive(), limits.chunk_seconds)
        except TimeoutError:
            raise _slow() from None
        if message["type"] != "http.request":
            complete = True
            return message
        size = len(message.get("body", b""))
        arrived += size
        if arrived > allowed:
            raise TooMuchError(413, f"This is larger than the {_words(allowed)} that may be sent.")
        if clock() - began > limits.spare_seconds + arrived / limits.slowest_bytes:
            raise _slow()
        counted(size)
        complete = not message.get("more_body", False)
        return message

    return take


DRAINED_BYTES: Final = 8 * MEGABYTE
DRAINED_SECONDS: Final = 2.0
"""What is read and thrown away of a body that was refused, so that its sender learns why."""


async def drained(receive: Receive) -> None:
    """Read on for a moment, to the body's end or those bounds."""
    left = DRAINED_BYTES
    try:
        async with asyncio.timeout(DRAINED_SECONDS):
            while left > 0:
                message = await receive()
                left -= len(message.get("body", b"")) + 1
                if not message.get("more_body", False):
                    return
    except TimeoutError:
        return


def _slow() -> TooMuchError:
    return TooMuchError(408, "What you send arrives too slowly. Try again on a faster connection.")


def _words(size: int) -> str:
    return f"{size // MEGABYTE} MB" if size >= MEGABYTE else f"{size // 1024} kB"
