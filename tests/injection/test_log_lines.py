"""The log: lines that are lines, and nothing in them from a file, a form or an address."""

import asyncio
import io
import json
import logging
import warnings

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from kpi import cli, logs
from kpi.errors import StoreError
from kpi.settings import Log, load_settings
from kpi.store.database import Database
from kpi.terminal import Harmless, harmless
from tests.injection import payloads
from tests.injection.payloads import CONTROLS, LINKS, NAMES
from web.logs import Logged, about, route_of
from web.unexpected import Unexpected

canary = "Kanarienvogel"
"""In every cell, name and message here; in no line of a log. (A constant of a source may be logged,
so that this must not look like one.)"""

forged = payloads.FORGED


@pytest.fixture
def lines():
    """What is logged while a test runs, a document a line."""
    stream = io.StringIO()
    root = logging.getLogger()
    with logs.logging_to(stream, "debug", "json", about):
        level, root.level = root.level, logging.DEBUG
        try:
            yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
        finally:
            root.setLevel(level)
            assert canary.lower() not in stream.getvalue().lower()
            assert stream.getvalue().isascii()


def failing(cell):
    raise KeyError(cell)


def raised(what, *arguments):
    try:
        what(*arguments)
    except Exception as error:
        return error
    raise AssertionError


def test_an_unexpected_error_is_told_by_type_and_place_and_found_by_its_reference(lines):
    reference = logs.unexpected(raised(failing, canary))
    (line,) = lines()
    assert line["event"] == "unexpected error"
    assert line["reference"] == reference
    assert line["level"] == "error"
    assert line["error"]["type"] == "KeyError"
    assert line["error"]["frames"][-1].startswith("tests/injection/test_log_lines.py:")
    assert line["error"]["frames"][-1].endswith(" failing")
    assert "says" not in line["error"]


def test_the_words_of_an_error_are_kept_where_they_are_written_in_the_source(lines):
    def constant():
        raise ValueError("two of these cannot be")

    def made_up(cell):
        raise ValueError(f"two of {cell} cannot be")

    logs.unexpected(raised(constant))
    logs.unexpected(raised(made_up, canary))
    first, second = lines()
    assert first["error"]["says"] == "two of these cannot be"
    assert "says" not in second["error"]


def test_a_cause_and_a_group_are_told_without_their_words(lines):
    def inner(cell):
        try:
            int(cell)
        except ValueError as error:
            raise ExceptionGroup(cell, [error, KeyError(cell)]) from error

    logs.unexpected(raised(inner, canary))
    (line,) = lines()
    assert line["error"]["cause"]["type"] == "ValueError"
    assert [part["type"] for part in line["error"]["parts"]] == ["ValueError", "KeyError"]


@pytest.mark.parametrize("name", ["kpi.store", "streamlit", "uvicorn.error", "alembic", "anything"])
def test_what_a_library_fills_into_its_message_is_left_out(lines, name):
    log = logging.getLogger(name)
    log.propagate = True
    if log.parent is not None:  # a server started in this process sets its own up apart
        log.parent.propagate = True
    log.error("Could not read %s in %d rows of %s", canary, 17, forged)
    log.error(f"Could not read {canary}")
    log.error("Uncaught app execution", exc_info=raised(failing, canary))
    first, second, third = lines()
    assert first["event"] == "Could not read … in 17 rows of …"
    assert second["event"].startswith("at tests/injection/test_log_lines.py:")
    assert third["event"] == "Uncaught app execution"
    assert third["error"]["type"] == "KeyError"


def test_a_refusal_of_the_database_is_told_by_its_code(lines, tmp_path):
    (tmp_path / "ledger.db").write_bytes(b"not a database" * 100)
    database = Database(f"sqlite:///{tmp_path / 'ledger.db'}", where=canary)
    logging.getLogger("clause_nine.health").error("Not ready: %s", raised(database.schema))
    (line,) = lines()
    assert line["error"]["type"] == StoreError.__name__
    assert line["error"]["cause"]["cause"]["code"] == "SQLITE_NOTADB"


def test_a_warning_is_told_by_kind_and_place(lines):
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.showwarning = logs.warned
        warnings.warn(f"{canary} is old", UserWarning, stacklevel=1)
    (line,) = lines()
    assert line["kind"] == "UserWarning"
    assert line["at"].startswith("tests/injection/")


@pytest.mark.parametrize("payload", [*NAMES, forged, canary * 9, f"{canary} {canary}"])
def test_a_field_holds_an_id_or_a_number_and_no_text(lines, payload):
    logs.event("upload committed", upload="U000001", rows=12, ms=1.5, name=payload)
    (line,) = lines()
    assert (line["upload"], line["rows"], line["ms"]) == ("U000001", 12, 1.5)
    assert line["name"] in ("(not logged)",) or canary in payload


@pytest.mark.parametrize("form", ["json", "plain"])
def test_no_text_makes_a_line_of_its_own(form):
    stream = io.StringIO()
    with logs.logging_to(stream, "info", form):
        logs.event("page", page=forged)
        logging.getLogger("other").warning(forged)
        logging.getLogger("other").warning("quotes %s", forged)
        logs.unexpected(raised(failing, forged))
    written = stream.getvalue()
    assert written.count("\n") == 4
    assert "forged" not in written
    assert not [c for c in written if not c.isprintable() and c != "\n"]


def test_an_opaque_id_is_the_same_for_the_same_and_says_nothing():
    assert logs.opaque("mara@plant.example") == logs.opaque("mara@plant.example")
    assert logs.opaque("mara@plant.example") != logs.opaque("tom@plant.example")
    assert len(logs.opaque("x")) == 12


# --- requests -----------------------------------------------------------------------------------


def application():
    async def fine(_request):
        return PlainTextResponse("fine")

    async def fails(request):
        failing(request.url.query)

    routes = [
        Route("/api/v1/series/{kpi:path}", fine),
        Route("/health/live", fine),
        Route("/media/{name}", fails),
    ]
    return Starlette(routes=routes, middleware=[Middleware(Logged), Middleware(Unexpected)])


def ask(path, query="", app=None):
    """Status and text of an answer."""
    sent = []

    async def receive():
        return {"type": "http.request", "body": b""}

    async def send(message):
        sent.append(message)

    scope = {
        "type": "http", "method": "GET", "path": path, "raw_path": path.encode(), "root_path": "",
        "query_string": query.encode(), "headers": [(b"cookie", canary.encode())],
        "client": ("192.0.2.7", 4711), "server": ("127.0.0.1", 80), "scheme": "http",
        "http_version": "1.1",
    }  # fmt: skip
    asyncio.run((app or application())(scope, receive, send))
    return sent[0]["status"], b"".join(m.get("body", b"") for m in sent).decode()


def test_a_request_is_told_by_its_route_and_not_by_its_address(lines):
    ask(f"/api/v1/series/{canary}", f"line={canary}")
    ask(f"/{canary}/{canary}")
    ask("/health/live")
    told = [(x["route"], x["status"], x["level"]) for x in lines() if x["event"] == "request"]
    assert told == [
        ("/api/v1/series/{kpi}", 200, "info"),
        ("/other", 404, "info"),
        ("/health/live", 200, "debug"),
    ]
    assert all("address" not in line for line in lines())
    assert all(line["ms"] >= 0 for line in lines() if line["event"] == "request")


def test_a_request_that_fails_gives_a_reference_and_its_lines_belong_together(lines):
    status, text = ask("/media/x", canary)
    assert status == 500
    failed, request = (x for x in lines() if "route" in x or "error" in x)
    assert f"Reference {failed['reference']}" in text
    assert canary not in text
    assert request["status"] == 500
    assert request["level"] == "warning"
    assert failed["request"] == request["request"]


def test_a_route_is_never_what_somebody_made_up():
    for path in ("/scrap", "/api/../secret", f"/{forged}", "/_stcore/stream", "/"):
        assert logs._NARROW.fullmatch(route_of({"path": path}))


def test_addresses_are_logged_where_the_settings_say_so(tmp_path, monkeypatch, lines):
    (tmp_path / "settings.toml").write_text("[log]\naddresses = true\n", encoding="utf-8")
    monkeypatch.setenv("KPI_HOME", str(tmp_path))
    ask("/api/v1/series/scrap_rate")
    assert [x["address"] for x in lines() if x["event"] == "request"] == ["192.0.2.7"]


def test_level_and_form_are_settings(tmp_path):
    variables = {"KPI_LOG__LEVEL": "error", "KPI_LOG__FORMAT": "plain"}
    assert load_settings(tmp_path, variables).log == Log("error", "plain", False)


# --- the command line ---------------------------------------------------------------------------


def test_an_error_of_the_program_has_a_reference_and_quotes_nothing(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("kpi.analysis.freshness.status", lambda home: failing(canary))
    assert cli.main(["--home", str(tmp_path), "status"]) == cli.INTERNAL
    told = capsys.readouterr().err
    line, sentence = told.splitlines()
    document = json.loads(line)
    assert f"Reference {document['reference']}:" in sentence
    assert canary not in told
    assert "Traceback" not in told


def test_the_traceback_is_shown_to_whoever_asks_for_it(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("kpi.analysis.freshness.status", lambda home: failing("cell"))
    assert cli.main(["--home", str(tmp_path), "--debug", "status"]) == cli.INTERNAL
    assert "KeyError: 'cell'" in capsys.readouterr().err


@pytest.mark.parametrize("payload", [CONTROLS, LINKS, forged])
def test_a_terminal_is_not_told_what_to_do(payload):
    shown = harmless(payload)
    assert not [c for c in shown if not c.isprintable() and c not in "\n\t"]
    document = json.dumps({"name": payload}, ensure_ascii=False)
    assert json.loads(harmless(document)) == {"name": payload}


def test_a_line_of_progress_may_overwrite_itself_on_a_terminal_only():
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    for stream, expected in ((Terminal(), "\r50% a\\u000db\r"), (io.StringIO(), "\\u000d50% a")):
        Harmless(stream).write("\r50% a\rb\r")
        assert stream.getvalue().startswith(expected)


# --- pages and files ----------------------------------------------------------------------------


def test_a_page_that_fails_shows_a_reference_and_nothing_of_the_error(lines):
    from streamlit.testing.v1 import AppTest

    from pages.shared import failure

    error = raised(failing, canary)
    shown = []

    def page(shown, error):
        from pages.shared import failure

        failure.told(error)

    app = AppTest.from_function(page, args=(shown, error)).run()
    (line,) = [x for x in lines() if x["event"] == "unexpected error"]
    assert failure.told.__doc__
    assert f"Reference {line['reference']}:" in app.error[0].value
    assert canary not in app.error[0].value


def test_an_upload_and_its_withdrawal_are_told_by_their_numbers(lines, tmp_path):
    from kpi import analysis
    from tests.injection.hostile_home import WHEN, put_in_force

    home = analysis.open_home(tmp_path / "home")
    file = tmp_path / f"{canary}.csv"
    rows = [
        f"2026-10-{day:02d};{canary};{canary} {day % 2};{canary};{day};900" for day in range(1, 9)
    ]
    head = "Date;Plant;Line;Reason;Scrapped quantity;Produced quantity"
    file.write_text("\n".join([head, *rows]) + "\n", encoding="utf-8")
    outcome = put_in_force(home, file)
    assert outcome.state == "committed"
    analysis.withdraw(home, outcome.upload, who=canary, when=WHEN, why=canary)
    told = [(x["event"], x["upload"], x["position"]) for x in lines() if "upload" in x]
    assert told == [
        ("upload in force", outcome.upload, 1),
        ("upload withdrawn", outcome.upload, 2),
    ]


# --- everything at once -------------------------------------------------------------------------


@pytest.mark.long
def test_nothing_of_a_hostile_home_is_in_the_log_of_its_server(hostile_once, tmp_path):
    """A real server over the hostile home, asked by addresses that carry payloads, some of which fail."""
    import shutil
    import urllib.error
    import urllib.parse
    import urllib.request

    from tests.browser.server import served

    home = tmp_path / "home"
    shutil.copytree(hostile_once, home)
    log = tmp_path / "log.txt"
    with served(home, log=log) as address:
        for payload in (*NAMES, forged, canary):
            quoted = urllib.parse.quote(payload[:300], safe="")
            for path in (
                f"/scrap?line={quoted}", f"/{quoted}", f"/media/{quoted}.csv", f"/api/v1/{quoted}",
                f"/api/v1/series/{quoted}", f"/api/v1/series/scrap_rate?line={quoted}",
                f"/_stcore/upload_file/{quoted}/x", f"/oauth2callback?code={quoted}",
            ):  # fmt: skip
                try:
                    urllib.request.urlopen(f"{address}{path}", timeout=30).read()
                except urllib.error.HTTPError as refused:
                    assert "Traceback" not in refused.read().decode(errors="replace")
    written = log.read_text(encoding="utf-8")
    documents = [json.loads(line) for line in written.splitlines() if line.strip()]
    assert len([d for d in documents if d["event"] == "request"]) > 50
    for word in (payloads.START, canary, "outside.example", "forged"):
        assert word.lower() not in written.lower()
