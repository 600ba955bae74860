"""A process that has loaded what reading a file takes, and forks one child per file.

Started by ``kpi.ingest.processes`` as ``python -m kpi.ingest.starter`` with a socket as standard
input; a message is the folder of a job, and the child's standard streams come with it. It reads no
file itself and hands nothing from one to the next. Ends when the socket does, or after idling.
"""

import gc
import os
import select
import signal
import socket
import sys
import traceback
from collections.abc import Sequence
from typing import Final, NoReturn

from kpi.ingest.child import WithoutPandas
from kpi.ingest.child import main as read_one_file
from kpi.ingest.processes import ENDED, STARTED

IDLE_SECONDS: Final = 600.0
MESSAGE_BYTES: Final = 1 << 14
STREAMS: Final = 4
"""Handles that come with a message: job, steps, errors, status."""


def main() -> int:
    """Serve until nobody asks any more."""
    load()
    gc.collect()
    gc.freeze()  # so that the children's collections leave these pages shared
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    with socket.socket(fileno=os.dup(0)) as link:
        while select.select([link], [], [], IDLE_SECONDS)[0]:
            message, streams, _, _ = socket.recv_fds(link, MESSAGE_BYTES, STREAMS)
            if not message:
                break
            if len(streams) == STREAMS and os.fork() == 0:
                link.close()
                _watch(message.decode(), streams)
            for stream in streams:
                os.close(stream)
    return 0


def load() -> None:
    """Import what any file may need, so that no child has to."""
    sys.meta_path.insert(0, WithoutPandas())
    import fastexcel  # noqa: F401
    import pyarrow.csv  # noqa: F401
    import python_calamine  # noqa: F401

    import kpi.ingest.handing
    import kpi.ingest.hashing
    import kpi.ingest.interpret
    import kpi.ingest.markup
    import kpi.ingest.sheets
    import kpi.ingest.text
    import kpi.ingest.workbook  # noqa: F401
    from kpi.ingest.vocabulary import vocabulary

    vocabulary()


def _watch(folder: str, streams: Sequence[int]) -> NoReturn:
    """Fork the child, wait for its end and say how it was and what it took."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.setsid()
    status = streams[-1]
    child = os.fork()
    if child == 0:
        os.close(status)
        _become(folder, streams[:-1])
    for stream in (0, *streams[:-1]):
        os.close(stream)
    _tell(status, STARTED.pack(os.getpid()))
    _end_with_reader(child, status)
    _, how, took = os.wait4(child, 0)
    _tell(status, ENDED.pack(how, took.ru_maxrss << 10, took.ru_utime + took.ru_stime))
    os._exit(0)


def _end_with_reader(child: int, status: int) -> None:
    """Wait for the child; where the process that waits for its status is gone, end both at once."""
    try:
        ended = os.pidfd_open(child)
    except OSError:  # an old kernel: the child's own limits end it
        return
    both = select.poll()
    both.register(ended, select.POLLIN)
    both.register(status, 0)  # an error is told of unasked: nobody reads any more
    if all(handle != ended for handle, _ in both.poll()):
        os.killpg(0, signal.SIGKILL)
    os.close(ended)


def _tell(pipe: int, told: bytes) -> None:
    try:
        os.write(pipe, told)
    except BrokenPipeError:
        os._exit(0)  # nobody waits any more


def _become(folder: str, streams: Sequence[int]) -> NoReturn:
    """Be the child: its streams, its folder, one file, the end."""
    code = 1
    try:
        for place, stream in enumerate(streams):
            os.dup2(stream, place)
            os.close(stream)
        os.chdir(folder)
        code = read_one_file()
        sys.stdout.flush()
    except BaseException:
        traceback.print_exc()
        sys.stderr.flush()
    finally:
        os._exit(code)


if __name__ == "__main__":
    sys.exit(main())
