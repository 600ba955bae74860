"""A real PostgreSQL server of the tests' own, from Debian's package: in a folder, behind a socket.

It listens on no network address, so that runs side by side never meet, and lets in the account that
started it. As root it is run by another account, which the server insists on.
"""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path
from urllib.parse import quote

import pytest

PACKAGES = Path("/usr/lib/postgresql")
PORT = 54329
"""Part of the socket's name only."""

ROLE = "clause_nine"

GUARDED, PASSWORD = "guarded", "Sesame-9!"
"""A user who is let in with a password only."""


def programs() -> Path | None:
    """Where the newest server's programs lie; ``None`` where none is installed."""
    found = sorted(PACKAGES.glob("*/bin/initdb"), key=lambda p: int(p.parts[-3]))
    if found:
        return found[-1].parent
    which = shutil.which("initdb")
    return Path(which).parent if which else None


def required() -> Path:
    """The programs; without them the test is skipped, or fails where tools are required."""
    found = programs()
    if found is None:
        told = "PostgreSQL is not installed (Debian: postgresql)"
        if os.environ.get("KPI_REQUIRE_TOOLS") == "1":
            pytest.fail(told)
        pytest.skip(told)
    return found


class Server:
    """One server with as many databases as asked for."""

    def __init__(self) -> None:
        self._bin = required()
        self.folder = Path(tempfile.mkdtemp(prefix="pg-", dir="/tmp"))  # a socket's path is short
        self._count = 0
        if os.geteuid() == 0:
            account = pwd.getpwnam("nobody")
            os.chown(self.folder, account.pw_uid, account.pw_gid)
            ids = ["--reuid", str(account.pw_uid), "--regid", str(account.pw_gid)]
            self._as = ["setpriv", *ids, "--clear-groups"]
            self.folder.chmod(0o711)
        else:
            self._as = []
        data = self.folder / "data"
        self._run("initdb", "-D", str(data), "-U", ROLE, "-A", "trust", "--no-sync",
                  "--no-instructions", "-E", "UTF8", "--locale=C.UTF-8")  # fmt: skip
        rules = data / "pg_hba.conf"
        rules.write_text(f"local all {GUARDED} scram-sha-256\n{rules.read_text()}")
        self.start()
        self.sql("postgres", f"CREATE ROLE {GUARDED} LOGIN SUPERUSER PASSWORD '{PASSWORD}'")

    def start(self) -> None:
        """Start it, and wait until it answers."""
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [*self._as, str(self._bin / "postgres"), "-D", str(self.folder / "data"),
                 "-k", str(self.folder), "-p", str(PORT), "-c", "listen_addresses=",
                 "-c", "fsync=off", "-c", "max_connections=60", "-c", "shared_buffers=16MB"],
                stdout=subprocess.DEVNULL, stderr=log, cwd=self.folder,
            )  # fmt: skip
        for _ in range(200):
            if self._process.poll() is not None:
                raise RuntimeError((self.folder / "log").read_text()[-2000:])
            try:
                self.sql("postgres", "SELECT 1")
                return
            except Exception:
                time.sleep(0.05)
        raise RuntimeError("the server does not answer")

    def stop(self) -> None:
        """End it at once, as a server that fails does."""
        self._process.send_signal(signal.SIGQUIT)
        self._process.wait(30)

    def remove(self) -> None:
        """End it and leave nothing."""
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def database(self, encoding: str = "UTF8") -> str:
        """A new, empty database; its address."""
        self._count += 1
        name = f"home_{self._count}"
        more = "" if encoding == "UTF8" else f" ENCODING '{encoding}' LOCALE 'C' TEMPLATE template0"
        self.sql("postgres", f"CREATE DATABASE {name}{more}")
        return self.url(name)

    def name(self, url: str) -> str:
        """The name of a database by its address."""
        return url.split("/")[3].partition("?")[0]

    def url(self, name: str, role: str = ROLE) -> str:
        """The address of a database."""
        return f"postgresql://{role}@/{name}?host={quote(str(self.folder), safe='')}&port={PORT}"

    def sql(self, name: str, *statements: str) -> list[tuple]:
        """Ask the server past the product, each statement by itself; the last one's rows."""
        import psycopg

        with psycopg.connect(
            host=str(self.folder), port=PORT, user=ROLE, dbname=name, autocommit=True
        ) as connection:
            for statement in statements:
                cursor = connection.execute(statement)
            return cursor.fetchall() if cursor.description else []

    def _run(self, program: str, *arguments: str) -> None:
        done = subprocess.run(
            [*self._as, str(self._bin / program), *arguments],
            capture_output=True, text=True, check=False, cwd=self.folder,
        )  # fmt: skip
        if done.returncode:
            raise RuntimeError(done.stderr)
