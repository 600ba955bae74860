"""What the process that reads a file may still do: read that file, write into its own folder.

Limits on memory and time bound what a file makes of a library; this bounds what somebody could do
who makes a library run code of theirs. The kernel holds it, for this process and every thread it
starts, until it ends: Landlock (Linux 5.13) for files, connections and signals, a filter of system
calls (seccomp) for programs, processes, sockets and other processes' memory. Neither needs a
privilege. Where a kernel lacks one, the rest holds, and ``doctor`` says so.
"""

import ctypes
import os
import platform
import struct
import sys
import sysconfig
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

OFF: Final = "KPI_CONFINED"
"""``KPI_CONFINED=off`` leaves it out, where a file system does not get along with it."""

FILES, CALLS = "files", "calls"
"""What may hold: no file but those of the job; no program, process or connection started."""

# --- Landlock: include/uapi/linux/landlock.h ----------------------------------------------------

_CREATE, _ADD, _RESTRICT = 444, 445, 446  # the same numbers on every architecture
_VERSION: Final = 1
_BENEATH: Final = 1

_READ: Final = 1 << 2
_LIST: Final = 1 << 3
_OWN: Final = (  # write, read, list, remove folder and file, make folder and file, move, cut
    1 << 1 | _READ | _LIST | 1 << 4 | 1 << 5 | 1 << 7 | 1 << 8 | 1 << 13 | 1 << 14
)
_KNOWN: Final = {1: (1 << 13) - 1, 2: (1 << 14) - 1, 3: (1 << 15) - 1, 5: (1 << 16) - 1}
"""All accesses to files that a version knows, from this version on."""
_TCP: Final = 0b11
_SCOPES: Final = 0b11  # sockets without a file, signals

# --- the filter: include/uapi/linux/seccomp.h, filter.h, audit.h --------------------------------

_PR_SET_SECCOMP, _PR_SET_NO_NEW_PRIVS, _FILTER = 22, 38, 2
_LOAD, _IS, _FROM, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_ALLOW, _ERRNO = 0x7FFF0000, 0x00050000
_EPERM, _ENOSYS = 1, 38
_NUMBER, _ARCHITECTURE, _FIRST_ARGUMENT = 0, 4, 16
_CLONE_THREAD: Final = 0x10000
_CLONE3: Final = 435
_X32: Final = 0x40000000

_NEW_CALLS: Final = (424, 425, 426, 427, 428, 429, 430, 431, 432, 433, 434, 438, 442)
"""Signals and handles of processes, rings of calls, mounts: one number on every architecture."""

_MACHINES: Final = {
    # name: (architecture, clone, calls refused)
    "x86_64": (0xC000003E, 56, (
        41, 53, 42, 49, 50, 43, 288,  # socket, socketpair, connect, bind, listen, accept
        59, 322, 57, 58,  # execve, execveat, fork, vfork
        62, 101, 310, 311, 312,  # kill, ptrace, memory of other processes, kcmp
        165, 166, 155, 161, 272, 308,  # mount, umount, pivot_root, chroot, unshare, setns
        321, 298, 323, 303, 304,  # bpf, perf_event_open, userfaultfd, handles of files
        248, 249, 250, 175, 313, 176, 246, 320, 169,  # keys, modules, kexec, reboot
        29, 30, 31, 64, 65, 66, 68, 69, 70, 71, 240,  # shared memory, semaphores, messages
    )),
    "aarch64": (0xC00000B7, 220, (
        198, 199, 203, 200, 201, 202, 242,
        221, 281,
        129, 117, 270, 271, 272,
        40, 39, 41, 51, 97, 268,
        280, 241, 282, 264, 265,
        217, 218, 219, 105, 273, 106, 104, 294, 142,
        194, 195, 196, 190, 191, 193, 186, 187, 188, 189, 180,
    )),
}  # fmt: skip


def confine(folder: Path, files: Iterable[Path]) -> tuple[str, ...]:
    """Leave this thread nothing but to read these files and to use the folder; what holds of it.

    Call it while there is one thread only: those started later are held as well, others are not.
    """
    if sys.platform != "linux" or os.environ.get(OFF, "").lower() == "off":
        return ()
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
        return ()
    held = []
    if _only_these(libc, folder, files):
        held.append(FILES)
    if _only_reading(libc):
        held.append(CALLS)
    return tuple(held)


def _only_these(libc: Any, folder: Path, files: Iterable[Path]) -> bool:
    """No other file, no connection, no signal to others, as far as the kernel's Landlock goes."""
    version = libc.syscall(_CREATE, None, ctypes.c_size_t(0), _VERSION)
    if version < 1:
        return False
    known = max(accesses for since, accesses in _KNOWN.items() if since <= version)
    ruleset = -1
    for wanted in (
        (known, _TCP, _SCOPES), (known, _TCP), (known,),
    )[0 if version >= 6 else 1 if version >= 4 else 2 :]:  # fmt: skip
        asked = struct.pack(f"={len(wanted)}Q", *wanted)
        ruleset = libc.syscall(_CREATE, asked, ctypes.c_size_t(len(asked)), 0)
        if ruleset >= 0:  # there are kernels that say a version and lack a part of it
            break
    if ruleset < 0:
        return False
    try:
        _allow(libc, ruleset, folder, _OWN & known)
        for path in files:
            _allow(libc, ruleset, path, _READ)
        for path in _libraries():
            with suppress(OSError):  # not on this system
                _allow(libc, ruleset, path, _READ | (_LIST if path.is_dir() else 0))
        return bool(libc.syscall(_RESTRICT, ruleset, 0) == 0)
    except OSError:
        return False  # a file that cannot be named must still be read
    finally:
        os.close(ruleset)


def _allow(libc: Any, ruleset: int, path: Path, accesses: int) -> None:
    handle = os.open(path, os.O_PATH | os.O_CLOEXEC)
    try:
        rule = struct.pack("=Qi", accesses, handle)
        if libc.syscall(_ADD, ruleset, _BENEATH, rule, 0) != 0:
            raise OSError(ctypes.get_errno(), "landlock_add_rule")
    finally:
        os.close(handle)


def _libraries() -> list[Path]:
    """What the interpreter and its libraries are made of, and the little they ask of the system."""
    python = {sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")}
    python |= {f"{sys.base_prefix}/lib", str(Path(__file__).parents[1])}
    system = (
        "/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/share/zoneinfo", "/etc/ld.so.cache",
        "/etc/localtime", "/dev/null", "/dev/urandom", "/proc/self/statm", "/proc/self/status",
        "/proc/meminfo", "/proc/cpuinfo", "/sys/devices/system/cpu",
    )  # fmt: skip
    return [Path(path) for path in (*sorted(filter(None, python)), *system)]


def _only_reading(libc: Any) -> bool:
    """No program, process, socket, or look into other processes."""
    if platform.machine() not in _MACHINES or struct.calcsize("P") != 8:
        return False
    program = b"".join(_program(*_MACHINES[platform.machine()]))
    kept = ctypes.create_string_buffer(program, len(program))
    told = struct.pack("@HP", len(program) // 8, ctypes.addressof(kept))
    return bool(libc.prctl(_PR_SET_SECCOMP, _FILTER, told, 0, 0) == 0)


def _program(architecture: int, clone: int, refused: Sequence[int]) -> list[bytes]:
    """The filter, one step after the other; a call it does not name is allowed."""
    steps = [
        _step(_LOAD, _ARCHITECTURE), _step(_IS, architecture, 1, 0), _step(_RETURN, _ERRNO | _EPERM),
        _step(_LOAD, _NUMBER), _step(_FROM, _X32, 0, 1), _step(_RETURN, _ERRNO | _EPERM),
        _step(_IS, _CLONE3, 0, 1), _step(_RETURN, _ERRNO | _ENOSYS),  # then clone is tried
    ]  # fmt: skip
    for number in (*refused, *_NEW_CALLS):
        steps += [_step(_IS, number, 0, 1), _step(_RETURN, _ERRNO | _EPERM)]
    return [
        *steps,
        _step(_IS, clone, 0, 3), _step(_LOAD, _FIRST_ARGUMENT),
        _step(_ANY_BIT, _CLONE_THREAD, 1, 0), _step(_RETURN, _ERRNO | _EPERM),
        _step(_RETURN, _ALLOW),
    ]  # fmt: skip


def _step(code: int, value: int, if_so: int = 0, else_: int = 0) -> bytes:
    return struct.pack("=HBBI", code, if_so, else_, value)
