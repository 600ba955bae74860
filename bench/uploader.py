"""Somebody who drops a large file on the upload page, puts it in force and takes it back."""

import asyncio
import tempfile
import uuid
from pathlib import Path
from typing import Any, Final
from urllib.request import Request, urlopen

from bench import made
from bench.visitor import PATIENCE, XSRF_COOKIE, Answer, Visitor

PLANT: Final = "Loadtest"
"""A plant of its own, so that no figure of the others is a question of these files."""

MOST_QUESTIONS: Final = 5


def file_of(rows: int, number: int) -> bytes:
    """A CSV of production and scrap, no two numbers giving the same rows."""
    with tempfile.TemporaryDirectory() as folder:
        table = made.production(rows)
        table["Plant"] = PLANT
        table["Produced quantity"] += number
        path = Path(folder) / "file.csv"
        table.to_csv(path, index=False, date_format="%Y-%m-%d")
        return path.read_bytes()


async def deliver(port: int, rows: int, number: int, cookie: str = "") -> None:
    """Drop a file, say yes to what is proposed, put it in force, take it back.

    Raises
    ------
    RuntimeError
        The page did not get as far; what it shows is in the text.
    """
    content = await asyncio.to_thread(file_of, rows, number)
    async with Visitor(port, cookie=cookie) as visitor:
        await visitor.open("upload")
        answer = await _drop(visitor, f"load {number}.csv", content)
        for _ in range(MOST_QUESTIONS):
            button = _button(visitor, "commit-") or _button(visitor, "confirm")
            if button is None:
                raise RuntimeError(f"no button to go on with; {_state(visitor, answer)}")
            answer = await visitor.press(button)
            if _button(visitor, "undo-"):
                break
        undo = _button(visitor, "undo-")
        if undo is None:
            raise RuntimeError(f"not in force; {_state(visitor, answer)}")
        answer = await visitor.press(undo)
        if _button(visitor, "undo-"):
            raise RuntimeError(f"not taken back; {_state(visitor, answer)}")


def _state(visitor: Visitor, answer: Answer) -> str:
    return f"buttons {sorted(visitor.buttons.values())}, errors {answer.errors}"


def _button(visitor: Visitor, key: str) -> str | None:
    return next((id for id in visitor.buttons if f"-{key}" in id), None)


async def _drop(visitor: Visitor, name: str, content: bytes) -> Answer:
    """What a browser does with a file: ask where to put it, put it there, say that it is there."""
    from streamlit.proto.BackMsg_pb2 import BackMsg

    asked = BackMsg()
    asked.file_urls_request.request_id = str(uuid.uuid4())
    asked.file_urls_request.file_names.append(name)
    asked.file_urls_request.session_id = visitor.session
    place = await visitor.ask_place(asked)
    await asyncio.to_thread(_put, visitor, place.upload_url, name, content)
    return await visitor.drop(name, len(content), place)


def _put(visitor: Visitor, url: str, name: str, content: bytes) -> Any:
    boundary = uuid.uuid4().hex
    head = (
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"; filename="{name}"\r\n'
        "Content-Type: text/csv\r\n\r\n"
    )
    body = head.encode() + content + f"\r\n--{boundary}--\r\n".encode()
    asked = Request(
        visitor.address + url,
        data=body,
        method="PUT",
        headers={
            "Content-Type": f"multipart/form-data; boundary={boundary}",
            "Cookie": visitor.cookie_line,
            "X-Xsrftoken": visitor.cookies.get(XSRF_COOKIE, ""),
            "Origin": visitor.address,
        },
    )
    with urlopen(asked, timeout=PATIENCE) as answer:
        return answer.read()
