"""Asked to stop while busy: an upload in progress is there whole or not at all, and the end is near."""

import asyncio
import socket
import time
from contextlib import suppress

import pytest

from bench import uploader
from bench.visitor import LostError, Visitor
from kpi.analysis import open_home
from kpi.analysis.health import doctor
from tests.web import two_plants
from tests.web.server import served
from web.stopping import PATIENCE, Stopping

ROWS = 30_000
AT_ONCE = 12
"""Seconds an idle server may take on a loaded machine."""

pytestmark = pytest.mark.long


async def press_commit(port, number):
    """Drop a file, go on to its last button, press it, and tell when it is under way."""
    content = await asyncio.to_thread(uploader.file_of, ROWS, number)
    visitor = Visitor(port)
    await visitor.__aenter__()
    await visitor.open("upload")
    await uploader._drop(visitor, f"load {number}.csv", content)
    while not (button := uploader._button(visitor, "commit-")):
        further = uploader._button(visitor, "confirm")
        assert further, visitor.buttons
        await visitor.press(further)
    return visitor, button


async def stopped_after(site, number, delay):
    """Ask the server to stop so long after the button was pressed; seconds until it had ended."""
    visitor, button = await press_commit(site.port, number)
    pressed = asyncio.create_task(visitor.press(button))
    await asyncio.sleep(delay)
    began = time.monotonic()
    code = await asyncio.to_thread(site.stop, PATIENCE + 10)
    took = time.monotonic() - began
    with suppress(LostError):
        await pressed
    return code, took


@pytest.mark.parametrize("delay", [0.05, 0.4, 1.5, 6.0])
def test_an_upload_in_progress_ends_or_never_was(made_once, tmp_path, delay):
    before = two_plants.copy(made_once, tmp_path / "home")
    position = before.position
    before.store.close()
    with served(tmp_path / "home", tmp_path / "log") as site:
        code, took = asyncio.run(stopped_after(site, 1, delay))
    assert code in (0, -15), site.text()
    assert took < PATIENCE + 5
    home = open_home(tmp_path / "home")
    assert home.position in (position, position + 1)
    assert [c for c in doctor(home) if not c.fine] == []
    rows = sum(
        part.rows_accepted for entry in home.store.entries()[position:] for part in entry.parts
        if part.dataset == "production"
    )  # fmt: skip
    assert (home.position - position, rows) in ((0, 0), (1, ROWS))
    left = list((tmp_path / "home").rglob("*.tmp"))
    assert left == []
    home.store.close()


def test_open_pages_and_idle_connections_do_not_keep_it(made_once, tmp_path):
    two_plants.copy(made_once, tmp_path / "home").store.close()

    async def look(site):
        async with Visitor(site.port) as visitor:
            await visitor.open("scrap")
            began = time.monotonic()
            await asyncio.to_thread(site.stop, PATIENCE + 10)
            return time.monotonic() - began

    with (
        served(tmp_path / "home", tmp_path / "log") as site,
        socket.create_connection(("127.0.0.1", site.port)),
    ):
        assert asyncio.run(look(site)) < AT_ONCE


def test_a_request_that_never_ends_is_left_after_a_while(made_once, tmp_path):
    two_plants.copy(made_once, tmp_path / "home").store.close()

    async def begin(site):
        visitor = Visitor(site.port)
        await visitor.__aenter__()
        await visitor.open("upload")
        head = (
            f"PUT /_stcore/upload_file/{visitor.session}/x HTTP/1.1\r\nHost: 127.0.0.1\r\n"
            f"Cookie: {visitor.cookie_line}\r\nX-Xsrftoken: {visitor.cookies['_streamlit_xsrf']}\r\n"
            "Content-Type: multipart/form-data; boundary=b\r\nContent-Length: 100000\r\n\r\n--b"
        )
        endless = socket.create_connection(("127.0.0.1", site.port))
        endless.sendall(head.encode())
        await asyncio.sleep(1)
        began = time.monotonic()
        await asyncio.to_thread(site.stop, PATIENCE + 10)
        return endless, time.monotonic() - began

    with served(tmp_path / "home", tmp_path / "log") as site:
        endless, took = asyncio.run(begin(site))
        endless.close()
        print(f"ended after {took:.1f} s")
    assert took < PATIENCE + 5


def test_outside_the_main_thread_another_holds_the_signals():
    stopping = Stopping()
    found = []

    async def watch():
        await asyncio.to_thread(stopping.watch)
        found.append(stopping.asked())

    asyncio.run(watch())
    assert found == [False]
