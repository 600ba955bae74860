"""The busy page: who meets it, who does not, and that whoever is in stays in."""

import asyncio
import threading
import time

import httpx
import pytest

from bench import load
from bench.visitor import BusyError, Visitor
from kpi.settings import Capacity
from pages.shared.remembering import Age, Memory
from tests.web import two_plants
from tests.web.server import served
from web import busy
from web.busy import RETRY_SECONDS, SCRIPT_THREAD, Busy, Room, running
from web.headers import HEADERS

SESSIONS = 4
"""The room of the real server below."""


class Site:
    """The middleware before an application that keeps every page open until it is let go."""

    def __init__(self, *, sessions=4, each=2, at_work=3, signing_in=False, base="", doors=()):
        self.at_work, self.let_go = 0, asyncio.Event()
        self.busy = Busy(
            self._app,
            room=lambda: Room(sessions, each, at_work),
            person=lambda scope: scope.get("person", ""),
            signing_in=lambda: signing_in,
            running=lambda: self.at_work,
            base=base,
            doors=lambda: doors,
        )
        self.pages = []

    async def _app(self, scope, receive, send):
        if scope["type"] == "websocket":
            await send({"type": "websocket.accept"})
            await self.let_go.wait()
        else:
            await send({"type": "http.response.start", "status": 200, "headers": []})

    async def open(self, address="10.0.0.1", person="", *, returning=False, extensions=()):
        """Open a page; what the server says to it: ``accept``, or how it is refused."""
        protocols = b"streamlit, xsrf, session" if returning else b"streamlit, xsrf"
        scope = {
            "type": "websocket", "path": "/_stcore/stream", "client": (address, 1),
            "headers": [(b"sec-websocket-protocol", protocols)], "person": person,
            "extensions": {name: {} for name in extensions},
        }  # fmt: skip
        sent = asyncio.Queue()
        self.pages.append(asyncio.create_task(self.busy(scope, _connecting, sent.put)))
        return await sent.get()

    async def document(self, path="/", address="10.0.0.1", person="", accept="text/html"):
        """Ask for a page by address; status and headers."""
        scope = {
            "type": "http", "method": "GET", "path": path, "client": (address, 1),
            "headers": [(b"accept", accept.encode())], "person": person,
        }  # fmt: skip
        sent = []

        async def send(message):
            sent.append(message)

        await self.busy(scope, _connecting, send)
        self.body = b"".join(message.get("body", b"") for message in sent).decode()
        return sent[0]["status"], dict(sent[0]["headers"])

    async def leave(self):
        """Everybody leaves."""
        self.let_go.set()
        await asyncio.gather(*self.pages)
        self.pages, self.let_go = [], asyncio.Event()


async def _connecting():
    return {"type": "websocket.connect"}


def in_turn(story):
    """Run a story and end whatever it left open."""

    def test():
        asyncio.run(asyncio.wait_for(story(), 10))

    test.__name__ = story.__name__
    return test


ACCEPTED = {"type": "websocket.accept"}
REFUSED = {"type": "websocket.close", "code": 1013}


@in_turn
async def test_a_newcomer_beyond_the_room_meets_the_busy_page_and_the_others_stay():
    site = Site()
    for number in range(4):
        assert await site.open(f"10.0.0.{number}") == ACCEPTED
    status, headers = await site.document(address="10.0.0.9")
    assert status == 503
    assert headers[b"retry-after"] == str(RETRY_SECONDS).encode()
    assert await site.open("10.0.0.9") == REFUSED
    assert not any(page.done() for page in site.pages[:4])
    await site.leave()
    assert (await site.document(address="10.0.0.9"))[0] == 200
    assert await site.open("10.0.0.9") == ACCEPTED
    await site.leave()


@in_turn
async def test_a_server_that_can_answers_a_refused_page_with_its_status():
    site = Site(sessions=1)
    await site.open("10.0.0.1")
    told = await site.open("10.0.0.2", extensions=["websocket.http.response"])
    assert (told["type"], told["status"]) == ("websocket.http.response.start", 503)
    await site.leave()


@in_turn
async def test_one_address_cannot_take_all_the_room():
    site = Site()
    assert [await site.open("10.0.0.1") for _ in range(3)] == [ACCEPTED, ACCEPTED, REFUSED]
    assert (await site.document(address="10.0.0.1"))[0] == 503
    assert await site.open("10.0.0.2") == ACCEPTED
    await site.leave()


@in_turn
async def test_one_person_cannot_take_all_the_room_from_many_addresses():
    site = Site(signing_in=True)
    told = [await site.open(f"10.0.0.{n}", person="ann") for n in range(3)]
    assert told == [ACCEPTED, ACCEPTED, REFUSED]
    assert await site.open("10.0.0.1", person="ben") == ACCEPTED
    await site.leave()


@in_turn
async def test_the_machine_itself_is_no_single_visitor():
    site = Site()
    assert [await site.open("127.0.0.1") for _ in range(4)] == [ACCEPTED] * 4
    assert await site.open("::1") == REFUSED
    await site.leave()


@in_turn
async def test_half_the_room_is_for_people_who_are_signed_in():
    site = Site(sessions=4, signing_in=True)
    told = [await site.open(f"10.0.0.{n}") for n in range(3)]
    assert told == [ACCEPTED, ACCEPTED, REFUSED]
    assert (await site.document(address="10.0.0.8"))[0] == 503
    assert await site.open("10.0.0.9", person="ann") == ACCEPTED
    await site.leave()


@in_turn
async def test_nobody_who_stands_at_the_door_keeps_others_from_signing_in():
    doors = [("Sign in with <b>", "/auth/login?provider=a.b&c")]
    site = Site(sessions=4, each=1, signing_in=True, doors=doors, base="kpi")
    for n in range(2):
        assert await site.open(f"10.0.0.{n}") == ACCEPTED
    link = '<a href="/kpi/auth/login?provider=a.b&amp;c">Sign in with &lt;b&gt;</a>'
    assert (await site.document(path="/kpi/", address="10.0.0.8"))[0] == 503
    assert link in site.body
    assert (await site.document(path="/kpi/auth/login", address="10.0.0.8"))[0] == 200
    assert (await site.document(path="/kpi/", address="10.0.0.8", person="ann"))[0] == 200
    assert await site.open("10.0.0.8", person="ann") == ACCEPTED
    assert await site.open("10.0.0.9", person="ben") == ACCEPTED
    assert (await site.document(path="/kpi/", person="cem"))[0] == 503
    assert "auth/login" not in site.body, "who is signed in need not do so again"
    await site.leave()


@in_turn
async def test_where_nobody_signs_in_the_busy_page_has_no_door():
    site = Site(sessions=1, doors=[("Sign in", "/auth/login")])
    await site.open("10.0.0.1")
    assert (await site.document(address="10.0.0.2"))[0] == 503
    assert "auth/login" not in site.body
    await site.leave()


@in_turn
async def test_whoever_comes_back_after_a_lapse_finds_a_little_more_room():
    site = Site(sessions=2)
    assert await site.open("10.0.0.1") == ACCEPTED
    assert await site.open("10.0.0.2") == ACCEPTED
    assert await site.open("10.0.0.3") == REFUSED
    assert await site.open("10.0.0.4", returning=True) == ACCEPTED
    assert await site.open("10.0.0.5", returning=True) == REFUSED
    await site.leave()


@in_turn
async def test_somebody_signed_in_may_load_an_open_page_again_while_the_room_is_full():
    site = Site(sessions=2, signing_in=True)
    await site.open("10.0.0.1", person="ann")
    await site.open("10.0.0.2", person="ben")
    assert (await site.document(person="ann"))[0] == 200
    assert (await site.document(person="cem"))[0] == 503
    await site.leave()


@in_turn
async def test_too_many_pages_at_work_send_newcomers_to_the_busy_page_only():
    site = Site(at_work=3)
    site.at_work = 3
    assert (await site.document())[0] == 503
    assert await site.open() == ACCEPTED, "whoever is in goes on"
    site.at_work = 2
    assert (await site.document())[0] == 200
    await site.leave()


@pytest.mark.parametrize(
    ("path", "accept"),
    [
        ("/_stcore/health", "*/*"), ("/health/live", "text/html"), ("/api/v1/kpis", "text/html"),
        ("/static/js/index.js", "*/*"), ("/media/x.csv", "text/html"), ("/favicon.png", "image/*"),
        ("/oauth2callback", "text/html"), ("/", "application/json"),
    ],
)  # fmt: skip
def test_what_is_no_page_is_never_answered_with_the_busy_page(path, accept):
    async def story():
        site = Site(sessions=1)
        await site.open()
        assert (await site.document(path, address="10.0.0.9", accept=accept))[0] == 200
        assert (await site.document("/scrap", address="10.0.0.9"))[0] == 503
        await site.leave()

    asyncio.run(story())


@in_turn
async def test_the_address_a_site_is_served_under_is_looked_through():
    site = Site(sessions=1, base="quality")
    assert (await site.document("/quality/scrap"))[0] == 200
    site.at_work = 9
    assert (await site.document("/quality/scrap"))[0] == 503
    assert (await site.document("/quality/api/v1/kpis"))[0] == 200


@pytest.mark.parametrize(
    ("wishes", "cores", "room"),
    [
        pytest.param(Capacity(), 1, Room(50, 10, 12), id="one core"),
        pytest.param(Capacity(), 2, Room(100, 20, 24), id="two"),
        pytest.param(Capacity(), 64, Room(100, 20, 24), id="more do not help one process"),
        pytest.param(Capacity(), None, Room(50, 10, 12), id="not known"),
        pytest.param(Capacity(3), 2, Room(3, 1, 24), id="as the site says"),
        pytest.param(Capacity(30, 30, 5), 2, Room(30, 30, 5), id="in all three"),
    ],
)
def test_room_follows_from_settings_and_cores(wishes, cores, room):
    assert Room.of(wishes, cores) == room


def test_pages_at_work_are_the_threads_streamlit_runs_them_in():
    import inspect

    from streamlit.runtime.scriptrunner import ScriptRunner

    assert f'"{SCRIPT_THREAD}"' in inspect.getsource(ScriptRunner.start)
    done = threading.Event()
    thread = threading.Thread(target=done.wait, name=SCRIPT_THREAD)
    before = running()
    thread.start()
    assert running() == before + 1
    done.set()
    thread.join()


def test_pages_that_wait_for_an_answer_are_not_at_work():
    memory, began, go = Memory(1000), threading.Event(), threading.Event()
    age = Age("home", 1, 1)

    def make():
        began.set()
        go.wait()

    def ask():
        memory.get("question", age, make)

    before, pages = running(), [threading.Thread(target=ask, name=SCRIPT_THREAD) for _ in range(5)]
    for page in pages:
        page.start()
    began.wait()
    end = time.monotonic() + 20
    while running() != before + 1 and time.monotonic() < end:
        time.sleep(0.01)
    assert running() == before + 1, "one makes the answer, four wait for it"
    go.set()
    for page in pages:
        page.join()
    assert running() == before


def test_the_busy_page_asks_for_nothing_and_tries_again():
    assert "http://" not in busy.page([("Sign in", "/auth/login")])
    assert "https://" not in busy.page([("Sign in", "/auth/login")])
    assert "src=" not in busy.page()
    assert f'http-equiv="refresh" content="{RETRY_SECONDS}"' in busy.page()
    assert len(busy.page()) < 2500


@pytest.fixture(scope="module")
def server(made_once, tmp_path_factory):
    folder = tmp_path_factory.mktemp("busy")
    home = two_plants.copy(made_once, folder / "home")
    home.store.close()
    wishes = {"KPI_CAPACITY__SESSIONS": str(SESSIONS)}
    with served(home.path, folder / "log", environ=wishes) as running_server:
        yield running_server


@pytest.mark.long
def test_visitors_click_through_the_real_server_without_an_error(server):
    wishes = load.wishes(
        ["--sessions=2", "--clicks=3", "--minutes=5", "--every=0.05", f"--port={server.port}"]
    )
    record, samples = asyncio.run(load.run(server.port, server.process.pid, wishes))
    assert record.errors == []
    assert record.busy == 0
    assert [click.kind for click in record.clicks].count("first") == 2
    assert len(record.clicks) == 2 * (1 + 3)
    assert all(click.answer.elements > 5 for click in record.clicks)
    report = load.told(record, samples, wishes)
    assert "errors 0 (goal 0): met" in report
    assert "too short a run to tell its growth" in report


@pytest.mark.long
def test_the_real_server_turns_newcomers_away_and_lets_them_in_when_there_is_room(server):
    async def story():
        inside = [Visitor(server.port) for _ in range(SESSIONS)]
        for visitor in inside:
            await visitor.__aenter__()
        with pytest.raises(BusyError, match="the busy page"):
            await Visitor(server.port).__aenter__()
        with pytest.raises(BusyError, match="websocket refused with 503"):
            await Visitor(server.port).connect()
        answer = httpx.get(server.address, headers={"Accept": "text/html"})
        assert answer.status_code == 503
        assert answer.text == busy.page()
        assert answer.headers["retry-after"] == str(RETRY_SECONDS)
        for name, value in HEADERS:
            assert answer.headers[name.decode()] == value.decode()
        assert httpx.get(f"{server.address}/health/live").status_code == 200
        assert (await inside[0].open("scrap")).errors == [], "whoever is in goes on"
        await inside.pop().__aexit__()
        end = time.monotonic() + 10
        while time.monotonic() < end:
            newcomer = Visitor(server.port)
            try:
                await newcomer.__aenter__()
            except BusyError:
                await asyncio.sleep(0.05)
            else:
                inside.append(newcomer)
                break
        else:
            pytest.fail("The place that was left was not given to the newcomer.")
        for visitor in inside:
            await visitor.__aexit__()

    asyncio.run(story())
