"""Code that a file brings to run in the process that reads it: what it may do, tried by doing it.

The process is the real one, with one more kind of job: to try everything and tell how it went.
"""

import json
import socket
import subprocess
import sys
from dataclasses import asdict

import pytest

from kpi.analysis.health import doctor
from kpi.analysis.home import open_home
from kpi.ingest.confined import CALLS, FILES, OFF
from kpi.ingest.limits import DEFAULT_LIMITS
from kpi.ingest.processes import RESULT, environment
from kpi.ingest.reading import confinement, read_file
from tests.hostile.packages import CSV

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="held by the Linux kernel")

TRYING = """
import ctypes, json, mmap, os, socket, subprocess, sys, threading, zoneinfo
from pathlib import Path
from kpi.ingest import child

def probe(job, limits, folder):
    home, own, parent = Path(job["home"]), Path(job["path"]), os.getppid()
    libc = ctypes.CDLL(None, use_errno=True)

    def call(*arguments):
        if libc.syscall(*arguments) < 0:
            raise OSError(ctypes.get_errno(), "call")

    deeds = {
        "read a secret": lambda: (home / "secret").read_text(),
        "read it by another way": lambda: Path(f"/proc/self/root{home}/secret").read_text(),
        "read it by a link": lambda: (os.symlink(home / "secret", folder / "l"), open(folder / "l")),
        "read it by another name": lambda: os.link(home / "secret", folder / "m"),
        "read accounts": lambda: Path("/etc/passwd").read_text(),
        "read the parent's surroundings": lambda: Path(f"/proc/{parent}/environ").read_bytes(),
        "list a folder": lambda: os.listdir(home),
        "write beside it": lambda: (home / "new").write_text("x"),
        "change the file": lambda: own.open("r+b"),
        "remove the file": own.unlink,
        "make a folder": lambda: (home / "folder").mkdir(),
        "write into the program": lambda: Path(child.__file__).open("a"),
        "start a program": lambda: subprocess.run(["/bin/true"]),
        "become a program": lambda: os.execv("/bin/true", ["true"]),
        "fork": os.fork,
        "connect": lambda: socket.create_connection(("127.0.0.1", job["port"]), 2),
        "listen": lambda: socket.create_server(("127.0.0.1", 0)),
        "talk to a local service": lambda: socket.socket(socket.AF_UNIX).connect("/run/x"),
        "end the parent": lambda: os.kill(parent, 0),
        "end the parent by a handle": lambda: os.pidfd_open(parent),
        "make room for others": lambda: call(272, 0x10000000),
        "queue calls": lambda: call(425, 8, ctypes.create_string_buffer(120)),
        "read the file": own.read_bytes,
        "use its own folder": lambda: [(folder / "a").write_text("x"), (folder / "d").mkdir(),
                                       (folder / "a").rename(folder / "b"), (folder / "b").unlink()],
        "start a thread": lambda: threading.Thread(target=len, args=("",)).start(),
        "import what is left": lambda: __import__("xml.sax.expatreader"),
        "know time zones": lambda: zoneinfo.ZoneInfo("Europe/Berlin"),
        "hold memory": lambda: mmap.mmap(-1, 1 << 20),
    }
    went = {}
    for what, do in deeds.items():
        if job["only"] and what not in job["only"]:
            continue
        try:
            do()
            went[what] = "done"
        except OSError as error:
            went[what] = "refused" if error.errno in (1, 13, 18) else repr(error)
    return {"went": went, "held": list(job["held"])}

child._KINDS["probe"] = probe
sys.exit(child.main())
"""

ALLOWED = {
    "read the file", "use its own folder", "start a thread", "import what is left",
    "know time zones", "hold memory",
}  # fmt: skip


@pytest.fixture
def tried(tmp_path):
    """How it all went in a process that is confined, or is not."""
    home, folder = tmp_path / "home", tmp_path / "folder"
    home.mkdir(), folder.mkdir()
    (home / "secret").write_text("kept")
    (home / "a.csv").write_text(CSV)

    def trying(only=(), **surroundings):
        with socket.create_server(("127.0.0.1", 0)) as server:
            job = {
                "kind": "probe", "path": str(home / "a.csv"), "folder": str(folder),
                "limits": asdict(DEFAULT_LIMITS), "home": str(home),
                "port": server.getsockname()[1], "only": list(only),
            }  # fmt: skip
            subprocess.run(
                [sys.executable, "-s", "-c", TRYING],
                input=json.dumps(job).encode(), env=environment() | surroundings, cwd=folder,
                check=True, stdout=subprocess.DEVNULL,
            )  # fmt: skip
        return json.loads((folder / RESULT).read_bytes()), home

    return trying


@pytest.mark.skipif(
    sys.platform == "linux" and set(confinement()) != {FILES, CALLS},
    reason="this kernel has no Landlock, or no filter of calls",
)
def test_code_of_a_file_reads_that_file_and_does_nothing_else(tried):
    told, home = tried()
    assert told["held"] == [FILES, CALLS]
    done = {what for what, how in told["went"].items() if how == "done"}
    assert done == ALLOWED
    assert set(told["went"].values()) == {"done", "refused"}
    assert sorted(path.name for path in home.iterdir()) == ["a.csv", "secret"]
    assert (home / "a.csv").read_text() == CSV


def test_the_same_tries_succeed_where_nothing_holds_them(tried):
    """Or the test above would prove nothing."""
    harmless = ("read a secret", "list a folder", "write beside it", "start a program", "connect")
    told, _ = tried(harmless, **{OFF: "off"})
    assert told == {"held": [], "went": dict.fromkeys(harmless, "done")}


def test_a_file_is_read_where_nothing_confines_its_process(tmp_path, monkeypatch):
    from kpi.ingest import processes

    monkeypatch.setenv(OFF, "off")
    processes.starter.stop()  # one that was started with other surroundings
    path = tmp_path / "a.csv"
    path.write_text(CSV)
    assert confinement() == ()
    assert read_file(path).state == "ready"
    processes.starter.stop()


def test_doctor_says_what_holds(tmp_path, monkeypatch):
    from kpi.ingest import processes

    home = open_home(tmp_path / "home")

    def said():
        return next(check for check in doctor(home) if check.name == "Reading of files")

    if set(confinement()) == {FILES, CALLS}:
        assert not said().notice
        assert said().says.endswith("can open no other, start nothing and connect nowhere.")
    monkeypatch.setenv(OFF, "off")
    processes.starter.stop()
    assert said().fine
    assert said().notice
    assert "it may open what this account may" in said().says
    processes.starter.stop()
