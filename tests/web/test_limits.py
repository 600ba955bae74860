"""Bodies are counted as they arrive: too much, too slow, and what is neither."""

import asyncio

import pytest

from web.limits import MEGABYTE, Limits, TooMuchError, limited, memory_bytes


def body(*parts, pause=0.0, ends=True):
    """A receive that gives these parts, and then that the client has gone."""
    left = [
        {"type": "http.request", "body": part, "more_body": not ends or n < len(parts) - 1}
        for n, part in enumerate(parts)
    ]

    async def receive():
        if pause:
            await asyncio.sleep(pause)
        if left:
            return left.pop(0)
        if not ends:
            await asyncio.sleep(60)
        return {"type": "http.disconnect"}

    return receive


def read(receive):
    async def everything():
        found = []
        while True:
            message = await receive()
            found.append(message.get("body"))
            if not message.get("more_body"):
                return found

    return asyncio.run(everything())


def test_a_body_within_its_bounds_arrives_as_it_was_sent():
    counted = []
    receive = limited(body(b"abc", b"de"), Limits(), 5, counted.append)
    assert read(receive) == [b"abc", b"de"]
    assert counted == [3, 2]


def test_one_byte_too_many_is_refused_whatever_the_headers_claimed():
    with pytest.raises(TooMuchError, match="larger than the 2 MB") as refused:
        read(limited(body(b"a" * MEGABYTE, b"b" * MEGABYTE, b"c"), Limits(), 2 * MEGABYTE))
    assert refused.value.status == 413


def test_silence_in_the_middle_is_refused():
    limits = Limits(chunk_seconds=0.05)
    with pytest.raises(TooMuchError, match="too slowly") as refused:
        read(limited(body(b"a", ends=False), limits, 100))
    assert refused.value.status == 408


def test_a_trickle_is_refused_though_it_never_falls_silent():
    now = iter(range(0, 1000, 20))
    parts = [b"x"] * 10
    with pytest.raises(TooMuchError, match="too slowly"):
        read(limited(body(*parts), Limits(), 100, clock=lambda: next(now)))


def test_a_slow_connection_that_keeps_its_pace_is_not():
    now = iter(range(0, 10_000, 20))
    parts = [b"x" * 20 * 16 * 1024] * 30
    assert len(read(limited(body(*parts), Limits(), MEGABYTE * 20, clock=lambda: next(now)))) == 30


def test_waiting_for_the_client_to_leave_is_no_slow_body():
    """What streams an answer listens for that, for as long as it takes."""
    limits = Limits(chunk_seconds=0.05)

    async def listen():
        receive = limited(body(b"", pause=0.0), limits, 10)
        await receive()
        gone = limited(body(b"", pause=0.1), Limits(chunk_seconds=0.2), 10)
        await gone()
        return (await receive())["type"], (await gone())["type"]

    assert asyncio.run(listen()) == ("http.disconnect", "http.disconnect")


def test_limits_follow_from_the_largest_file():
    limits = Limits.for_files_of(10)
    assert limits.file_bytes == 10 * MEGABYTE
    assert limits.file_bytes < limits.session_bytes < limits.server_bytes


@pytest.mark.parametrize(
    ("file", "memory", "session", "server"),
    [
        pytest.param(500, None, 1000, 2000, id="nobody knows the memory"),
        pytest.param(500, 64_000, 1000, 2000, id="plenty"),
        pytest.param(500, 4000, 1000, 1000, id="a quarter of a small machine"),
        pytest.param(500, 1000, 500, 500, id="one file in any case"),
    ],
)
def test_files_that_wait_take_a_quarter_of_the_memory_at_most(file, memory, session, server):
    limits = Limits.for_files_of(file, None if memory is None else memory * MEGABYTE)
    assert limits.session_bytes == session * MEGABYTE
    assert limits.server_bytes == server * MEGABYTE


def test_a_container_has_the_memory_it_was_given(tmp_path):
    here = memory_bytes(tmp_path / "nothing")
    (tmp_path / "bounded").write_text("268435456\n")
    (tmp_path / "unbounded").write_text("max\n")
    assert memory_bytes(tmp_path / "bounded") == 268_435_456
    assert memory_bytes(tmp_path / "unbounded") == here
    assert here is None or here > 268_435_456
