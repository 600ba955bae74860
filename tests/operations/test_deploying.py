"""The files by which the product is installed: they say what the program does, and are not made up."""

import importlib.util
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import tomllib
from importlib.metadata import version

import pytest
from packaging.version import Version

from kpi.settings.document import known_keys
from kpi.settings.words import WORDS
from tests.operations import containerfile
from tests.operations.containerfile import ROOT
from web import start

DEPLOY = ROOT / "deploy"


def module(path):
    spec = importlib.util.spec_from_file_location(path.stem, path)
    found = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = found  # dataclasses look themselves up there
    spec.loader.exec_module(found)
    return found


# --- settings -----------------------------------------------------------------------------------


def test_the_page_of_settings_tells_every_key_as_it_is():
    page = module(ROOT / "docs" / "make_settings.py")
    assert known_keys() == WORDS.keys()
    assert page.PAGE.read_text(encoding="utf-8") == page.page()


def test_every_sentence_about_a_setting_ends():
    assert [key for key, words in WORDS.items() if not words.endswith(".")] == []


# --- packages -----------------------------------------------------------------------------------


def test_every_package_is_pinned_as_the_checks_have_it():
    pin = module(DEPLOY / "pin.py")
    assert pin.FILE.read_text(encoding="utf-8") == pin.constraints(), "run `make pins`"


@pytest.mark.parametrize(
    ("package", "least"),
    [
        pytest.param("authlib", "1.6.9", id="tokens that were not checked"),
        pytest.param("starlette", "1.1", id="what a request may claim"),
        pytest.param("python-multipart", "0.0.30", id="uploads that block"),
    ],
)
def test_no_package_is_older_than_its_last_known_hole(package, least):
    assert Version(version(package)) >= Version(least)


VULNERABLE = """{"dependencies": [
  {"name": "fine", "version": "1.0", "vulns": []},
  {"name": "holed", "version": "2.0", "vulns": [{"id": "CVE-2026-1", "fix_versions": ["2.1"]}]}
]}"""


@pytest.mark.parametrize(
    ("output", "code", "expected", "says"),
    [
        pytest.param('{"dependencies": [{"name": "a", "version": "1", "vulns": []}]}', 0, 0,
                     "No known vulnerability in 1 packages.", id="nothing known"),
        pytest.param(VULNERABLE, 1, 1,
                     "1 known vulnerabilities:\nholed 2.0: CVE-2026-1, mended in 2.1", id="known"),
        pytest.param("", 1, 2, "NOT CHECKED", id="no service"),
        pytest.param('{"dependencies": []}', 0, 2, "NOT CHECKED", id="nothing looked at"),
        pytest.param('{"dependencies": [{"name": "a", "skip_reason": "unknown"}]}', 0, 2,
                     "NOT CHECKED: a (unknown)", id="one skipped is no success"),
        pytest.param("<html>", 0, 2, "NOT CHECKED", id="a proxy's page"),
    ],
)  # fmt: skip
def test_what_the_audit_answers(output, code, expected, says):
    audit = module(DEPLOY / "audit.py")
    found = audit.verdict(output, "ERROR: no route", code)
    assert found.code == expected
    assert found.says.startswith(says)


@pytest.mark.long
def test_an_audit_without_its_service_says_so_and_claims_nothing():
    nowhere = {
        **os.environ,
        "HTTPS_PROXY": "http://127.0.0.1:9",
        "https_proxy": "http://127.0.0.1:9",
    }
    command = [sys.executable, str(DEPLOY / "audit.py")]
    done = subprocess.run(command, env=nowhere, capture_output=True, text=True, check=False)
    assert done.returncode == 0
    assert done.stdout.startswith("NOT CHECKED")
    assert "No known vulnerability" not in done.stdout
    needed = subprocess.run([*command, "--required"], env=nowhere, capture_output=True, check=False)
    assert needed.returncode == 2


# --- the service --------------------------------------------------------------------------------

UNITS = ("clause-nine.service", "clause-nine-backup.service", "clause-nine-backup.timer")


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="no systemd here")
def test_the_service_is_well_formed_and_closed(tmp_path):
    for name in UNITS:
        text = (DEPLOY / name).read_text()
        (tmp_path / name).write_text(
            text.replace("/opt/clause-nine/.venv/bin/python", sys.executable)
        )
    for name in UNITS:
        looked = subprocess.run(
            ["systemd-analyze", "verify", str(tmp_path / name)],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert looked.returncode == 0, looked.stderr
        assert looked.stderr == ""
    exposed = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", str(tmp_path / UNITS[0])],
        capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    (level,) = re.findall(r"Overall exposure level.*?: ([\d.]+)", exposed)
    assert float(level) <= 2.0


def test_the_service_listens_where_only_the_machine_reaches_it():
    text = (DEPLOY / "clause-nine.service").read_text()
    (address,) = re.findall(r"--server\.address=(\S+)", text)
    assert start.is_loopback(address)
    assert "client_secret" not in text


def test_the_service_lets_a_reading_process_confine_itself():
    """The group of calls of services has these not, or not everywhere."""
    text = (DEPLOY / "clause-nine.service").read_text()
    (allowed,) = re.findall(r"^SystemCallFilter=(@.+)$", text, re.MULTILINE)
    calls = {"landlock_create_ruleset", "landlock_add_rule", "landlock_restrict_self"}
    assert calls <= set(allowed.split())


def test_the_backup_is_a_command_there_is(capsys):
    from kpi import cli

    text = (DEPLOY / "clause-nine-backup.service").read_text()
    (words,) = re.findall(r"-m kpi (.+)", text)
    assert cli.main([words.split()[0], "--help"]) == 0
    assert "FOLDER" in capsys.readouterr().out


# --- proxy and secrets --------------------------------------------------------------------------


def config():
    return tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text())


def test_a_proxy_lets_through_the_largest_file_and_no_more_than_a_little_beside():
    largest = config()["server"]["maxUploadSize"]
    (nginx,) = re.findall(r"client_max_body_size (\d+)m;", (DEPLOY / "nginx.conf").read_text())
    (caddy,) = re.findall(r"max_size (\d+)MB", (DEPLOY / "Caddyfile").read_text())
    for allowed in (int(nginx), int(caddy)):
        assert largest < allowed <= largest + 20


def test_streamlit_is_told_what_keeps_it_closed():
    told = config()
    assert told["client"]["disableDataExport"] is True
    assert told["client"]["showErrorDetails"] == "none"
    assert told["server"]["headless"] is True  # else a browser may have files installed
    assert told["server"]["address"] == "localhost"
    assert told["server"]["enableStaticServing"] is False
    assert told["browser"]["gatherUsageStats"] is False


def test_the_example_of_secrets_asks_for_what_sign_in_needs_and_holds_none():
    example = tomllib.loads((DEPLOY / "secrets.example.toml").read_text())["auth"]
    assert set(example) == set(start._KEYS)
    assert "without cookie_secret" in start.refusal("0.0.0.0", example)
    filled = {key: value or "x" * 64 for key, value in example.items()}
    filled["server_metadata_url"] = "https://id.example.com/.well-known/openid-configuration"
    assert start.refusal("0.0.0.0", filled) == ""


# --- the container ------------------------------------------------------------------------------


def test_the_image_is_named_shortly_and_its_process_is_nobody():
    assert containerfile.every("FROM") == ["python:3.11-slim"]
    words = [one.word for one in containerfile.instructions()]
    assert words.index("USER") > max(i for i, word in enumerate(words) if word in ("RUN", "COPY"))
    (user,) = containerfile.every("USER")
    assert not user.startswith(("0", "root"))
    assert containerfile.every("STOPSIGNAL") == ["SIGTERM"]
    assert not re.search(r"(?i)secret\s*=|password|token", containerfile.FILE.read_text())
    copied = [source for rest in containerfile.every("COPY") for source in rest.split()[:-1]]
    assert ".streamlit/config.toml" in copied  # not the folder: secrets may lie there
    assert not {".", "./", ".streamlit/", ".streamlit"} & set(copied)


@pytest.fixture
def unpacked(tmp_path):
    folder = tmp_path / "app"
    folder.mkdir()
    containerfile.copied_to(folder)
    return folder


def run(folder, command, home, **more):
    python = [sys.executable, *command[1:]]
    return subprocess.Popen(
        python, cwd=folder, env=containerfile.surroundings(home) | more,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


@pytest.mark.long
def test_what_the_image_holds_refuses_to_be_open_to_everyone(unpacked, tmp_path):
    process = run(unpacked, containerfile.command(), tmp_path / "home")
    _, told = process.communicate(timeout=120)
    assert process.returncode == start.REFUSED
    assert "without sign-in" in told


@pytest.mark.long
def test_what_the_image_holds_serves_with_sign_in_and_ends_when_asked(unpacked, tmp_path):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    secrets = {
        "KPI_AUTH_REDIRECT_URI": f"http://localhost:{port}/oauth2callback",
        "KPI_AUTH_COOKIE_SECRET": "c" * 64,
        "KPI_AUTH_CLIENT_ID": "clause-nine",
        "KPI_AUTH_CLIENT_SECRET": "s" * 32,
        "KPI_AUTH_SERVER_METADATA_URL": "http://127.0.0.1:9/.well-known/openid-configuration",
    }
    words = [
        w.replace("8501", port).replace("0.0.0.0", "127.0.0.1") for w in containerfile.command()
    ]
    check = [w.replace("8501", port) for w in containerfile.command("HEALTHCHECK")]
    process = run(unpacked, words, tmp_path / "home", **secrets)
    try:
        end = time.monotonic() + 120
        healthy = False
        while not healthy and time.monotonic() < end and process.poll() is None:
            looked = subprocess.run(
                [sys.executable, *check[1:]], capture_output=True, timeout=60, check=False
            )
            healthy = looked.returncode == 0
        assert healthy
        assert not list(unpacked.rglob("__pycache__")), "the rest may be read-only"
    finally:
        process.send_signal(signal.SIGTERM)
        _, told = process.communicate(timeout=60)
    lines = [line for line in told.splitlines() if line.strip()]
    assert lines
    assert all(line.startswith("{") for line in lines), told
