"""The process that answers long questions: the same answers, and none lost when it is."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from kpi import analysis
from kpi.access import LOCAL, Access, Permission, Role
from kpi.analysis import screening
from kpi.analysis.results import Filters
from kpi.errors import KpiError
from pages.shared import processes
from pages.shared.answering import LEAST_HELD, Apart, look_ahead

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def home(filled_once):
    opened = analysis.open_home(filled_once)
    yield opened
    opened.store.close()


@pytest.fixture(scope="module")
def apart():
    one = Apart()
    yield one
    one.close()


def series(home):
    return analysis.series_view(home, "scrap_rate", Filters())[0]


def test_it_answers_as_it_would_be_answered_here(apart, home):
    there = apart.ask(home, analysis.series_view, "scrap_rate", Filters())[0]
    here = series(home)
    assert there.headline == here.headline
    assert there.points.equals(here.points)
    assert apart.pid not in (None, os.getpid())


def test_it_sees_what_whoever_asks_may_see(apart, home):
    nobody = home.seen_by(Access.of({"Elsewhere": Role.VIEWER}))
    assert apart.ask(nobody, analysis.choices, Filters()) == {} or all(
        values == () for values in apart.ask(nobody, analysis.choices, Filters()).values()
    )
    assert "Nordhafen" in apart.ask(home, analysis.choices, Filters())["plant"]
    assert nobody.access.may(Permission.SEE, ["Nordhafen"]) is False


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="asks Linux for variables")
def test_it_knows_no_secrets(apart, home, monkeypatch):
    monkeypatch.setenv("KPI_AUTH_CLIENT_SECRET", "canary of a secret")
    apart.ask(home, analysis.catalogue)
    assert b"canary of a secret" not in Path(f"/proc/{apart.pid}/environ").read_bytes()


def test_what_a_question_raises_is_raised_here_whole(apart, home):
    with pytest.raises(KpiError) as there:
        apart.ask(home, analysis.series_view, "nothing", Filters())
    with pytest.raises(KpiError) as here:
        analysis.series_view(home, "nothing", Filters())
    assert type(there.value) is type(here.value)
    assert str(there.value) == str(here.value)


def test_a_process_that_died_costs_no_answer(apart, home, caplog):
    apart.ask(home, analysis.catalogue)
    before = apart.pid
    os.kill(before, signal.SIGKILL)
    end = time.monotonic() + 20
    while apart.pid == before and time.monotonic() < end:
        answer = apart.ask(home, analysis.catalogue)
        assert [kpi.id for kpi in answer] == [kpi.id for kpi in analysis.catalogue(home)]
    assert apart.pid != before


def test_a_process_that_has_come_to_hold_too_much_is_replaced(apart, home, monkeypatch):
    apart.ask(home, analysis.catalogue)
    before = apart.pid
    apart.ask(home, analysis.catalogue)
    assert apart.pid == before
    assert apart._most >= LEAST_HELD
    monkeypatch.setattr(apart, "_most", 1)
    assert apart.ask(home, analysis.catalogue) == analysis.catalogue(home)
    assert apart.pid is None, "the next question starts another"


@pytest.mark.long
def test_it_ends_with_whoever_asks_it_however_that_ends(filled_once):
    asks = (
        "import sys, time; from pathlib import Path; from kpi import analysis;"
        "from pages.shared.answering import Apart; a = Apart();"
        f"a.ask(analysis.open_home(Path({str(filled_once)!r})), analysis.catalogue);"
        "print(a.pid, flush=True); time.sleep(600)"
    )
    with subprocess.Popen([sys.executable, "-c", asks], cwd=ROOT, stdout=subprocess.PIPE) as server:
        assert server.stdout is not None
        answerer = int(server.stdout.readline())
        os.kill(answerer, 0)
        server.kill()
    end = time.monotonic() + 30
    while time.monotonic() < end:
        try:
            os.kill(answerer, 0)
        except ProcessLookupError:
            return
        time.sleep(0.1)
    pytest.fail("The process that answers outlived the one that asks.")


def test_a_process_begun_before_it_is_asked_is_the_one_that_answers(home):
    one = Apart()
    try:
        one.begin()
        begun = one.pid
        one.begin()
        assert one.pid == begun
        assert one.ask(home, analysis.choices, Filters())["plant"]
        assert one.pid == begun
    finally:
        one.close()


@pytest.fixture
def early():
    """The process as the server starts it before all else; ended if nobody takes it over."""
    processes.begin()
    process = processes._Early.process
    yield process
    processes._end_unclaimed()


def test_the_process_started_first_of_all_is_the_one_that_answers(early, home):
    one = Apart()
    try:
        one.begin()
        assert one.pid == early.pid
        assert processes.begun() is None, "it is handed out once"
        assert one.ask(home, analysis.choices, Filters())["plant"]
    finally:
        one.close()


def test_a_start_that_is_refused_leaves_no_process_behind(early):
    processes._end_unclaimed()
    assert early.poll() is not None
    processes._end_unclaimed()  # as at the end of a server that took it over


def test_what_the_first_page_asks_is_worked_out_before_it_is_asked(filled, monkeypatch):
    homes = {}
    look_ahead(homes)
    ((place, is_sample),) = homes
    assert (place, is_sample) == (filled, False)

    def again(*_):
        raise AssertionError("it was screened again")

    monkeypatch.setattr(screening, "_Screen", again)
    assert analysis.overview(homes[place, False].seen_by(LOCAL), Filters()).cards
    homes[place, False].store.close()


def test_looking_ahead_makes_nothing_that_is_not_there(empty):
    homes = {}
    look_ahead(homes)
    assert homes == {}
    assert not empty.exists()


def test_a_home_that_cannot_be_looked_at_is_left_to_the_pages(empty):
    empty.mkdir()
    (empty / "settings.toml").write_text("not = [a setting")
    homes = {}
    look_ahead(homes)
    assert homes == {}
