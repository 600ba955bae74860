"""A browser tab without a browser: speaks the dashboard's websocket protocol and keeps its widgets.

A rerun carries what a browser would send: the state of every widget on the page, the address, the
page. Nothing is drawn, so that one process can be very many visitors.
"""

import asyncio
import time
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from bench.widgets import ERROR_ALERT, NO_TAB, READ, Widget, see_tab, state_of

PATIENCE: Final = 120.0
"""Seconds after which an answer that has not ended counts as an error."""

XSRF_COOKIE: Final = "_streamlit_xsrf"
USER_COOKIE: Final = "_streamlit_user"


class BusyError(Exception):
    """The dashboard says that it is full."""


class LostError(Exception):
    """The connection ended, or an answer did not come."""


@dataclass(slots=True)
class Answer:
    """What came back for one click."""

    seconds: float
    received: int = 0
    elements: int = 0
    errors: list[str] = field(default_factory=list)


class Visitor:
    """One tab. ``async with Visitor(port) as visitor: await visitor.open("scrap")``."""

    def __init__(self, port: int, *, cookie: str = "", host: str = "127.0.0.1") -> None:
        self.address = f"http://{host}:{port}"
        self.widgets: dict[str, Widget] = {}
        self.pages: dict[str, str] = {}
        self.page = ""
        self.cookies = {USER_COOKIE: cookie} if cookie else {}
        self._stream = f"ws://{host}:{port}/_stcore/stream"
        self._query = ""
        self.session = ""
        self.buttons: dict[str, str] = {}
        self._files: tuple[str, list[Any]] = ("", [])
        self._place: Any = None

    async def __aenter__(self) -> "Visitor":
        await asyncio.to_thread(self._document)
        await self.connect()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._socket.close()

    async def connect(self) -> None:
        """Open the websocket; again after it was lost, the server still knows the session."""
        from websockets.asyncio.client import connect
        from websockets.exceptions import InvalidStatus
        from websockets.typing import Origin, Subprotocol

        known = [part for part in ("streamlit", self.cookies.get(XSRF_COOKIE, "none")) if part]
        protocols = [*known, self.session] if self.session else known
        try:
            self._socket = await connect(
                self._stream,
                origin=Origin(self.address),
                subprotocols=[Subprotocol(part) for part in protocols],
                additional_headers={"Cookie": self.cookie_line} if self.cookies else {},
                max_size=None,
                compression=None,
                open_timeout=PATIENCE,
                ping_interval=None,
            )
        except InvalidStatus as refused:
            raise BusyError(f"websocket refused with {refused.response.status_code}") from refused

    @property
    def cookie_line(self) -> str:
        """The cookies as a header."""
        return "; ".join(f"{name}={value}" for name, value in self.cookies.items())

    def _document(self) -> None:
        """Fetch the page itself as a browser does first, and keep the cookies."""
        for path in ("/", "/_stcore/health"):
            asked = Request(
                self.address + path,
                headers={"Accept": "text/html", "Cookie": self.cookie_line},
            )
            try:
                with urlopen(asked, timeout=PATIENCE) as answer:
                    for line in answer.headers.get_all("Set-Cookie", []):
                        name, _, rest = line.partition("=")
                        self.cookies.setdefault(name, rest.partition(";")[0])
            except HTTPError as refused:
                if refused.code == 503:
                    raise BusyError("the busy page") from refused
                raise LostError(f"{path} answers {refused.code}") from refused

    # --- what a person does ------------------------------------------------------------------

    async def open(self, page: str, query: str = "") -> Answer:
        """Open a page, as by its address at first and by the menu later."""
        self.page, self._query = page, query
        return await self._rerun()

    async def choose(self, widget: Widget, *values: str) -> Answer:
        """Choose in a widget."""
        widget.chosen = values
        return await self._rerun()

    async def again(self) -> Answer:
        """A rerun with nothing changed."""
        return await self._rerun()

    async def press(self, id: str) -> Answer:
        """Press a button."""
        return await self._rerun(pressed=id)

    async def ask_place(self, asked: Any) -> Any:
        """Where the server wants a file to be put; ``asked`` is the question."""
        await self._send(asked.SerializeToString())
        while True:
            told = await self._told()
            if told.WhichOneof("type") == "file_urls_response":
                return told.file_urls_response.file_urls[0]

    async def drop(self, name: str, size: int, place: Any) -> Answer:
        """Tell the page of a file that was put in its place."""
        from streamlit.proto.Common_pb2 import UploadedFileInfo

        file = UploadedFileInfo(name=name, size=size, file_id=place.file_id, file_urls=place)
        self._files = (self._files[0], [*self._files[1], file])
        return await self._rerun()

    def labelled(self, label: str) -> Widget | None:
        """The widget with a label."""
        return next((w for w in self.widgets.values() if w.label == label), None)

    # --- protocol ----------------------------------------------------------------------------

    async def _rerun(self, pressed: str = "") -> Answer:
        from streamlit.proto.BackMsg_pb2 import BackMsg

        asked = BackMsg()
        rerun = asked.rerun_script
        rerun.query_string = self._query
        if self.page in self.pages:
            rerun.page_script_hash = self.pages[self.page]
        rerun.page_name = self.page
        for widget in self.widgets.values():
            state_of(rerun.widget_states.widgets.add(), widget)
        if self._files[1]:
            state = rerun.widget_states.widgets.add()
            state.id = self._files[0]
            state.file_uploader_state_value.uploaded_file_info.extend(self._files[1])
        if pressed:
            state = rerun.widget_states.widgets.add()
            state.id, state.trigger_value = pressed, True
        started = time.perf_counter()
        await self._send(asked.SerializeToString())
        answer = await self._until_finished()
        answer.seconds = time.perf_counter() - started
        return answer

    async def _send(self, data: bytes) -> None:
        from websockets.exceptions import ConnectionClosed

        try:
            await self._socket.send(data)
        except ConnectionClosed as lost:
            raise LostError(f"closed with {lost.rcvd.code if lost.rcvd else 'nothing'}") from lost

    async def _until_finished(self) -> Answer:
        from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

        answer, seen, tabs = Answer(0.0), {}, {}
        self.buttons = {}
        while True:
            told = await self._told(answer)
            kind = told.WhichOneof("type")
            if kind == "delta":
                self._see(told, answer, seen, tabs)
            elif kind == "navigation":
                self.pages = {
                    "" if page.is_default else page.url_pathname: page.page_script_hash
                    for page in told.navigation.app_pages
                }
            elif kind == "page_info_changed":
                self._query = told.page_info_changed.query_string
            elif kind == "new_session":
                self.session = told.new_session.initialize.session_id
            elif kind == "script_finished":
                if told.script_finished == ForwardMsg.FINISHED_WITH_COMPILE_ERROR:
                    answer.errors.append("does not compile")
                if told.script_finished != ForwardMsg.FINISHED_EARLY_FOR_RERUN:
                    self._settle(seen, tabs)
                    return answer
                self.buttons, seen, tabs = {}, {}, {}

    async def _told(self, answer: Answer | None = None) -> Any:
        """The next message, counted in the answer."""
        from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

        data = await self._next()
        if answer is not None:
            answer.received += len(data)
        told = ForwardMsg()
        told.ParseFromString(data)
        return told

    async def _next(self) -> bytes:
        from websockets.exceptions import ConnectionClosed

        try:
            data = await asyncio.wait_for(self._socket.recv(), PATIENCE)
        except TimeoutError as late:
            raise LostError(f"no answer within {PATIENCE:.0f} s") from late
        except ConnectionClosed as lost:
            raise LostError(f"closed with {lost.rcvd.code if lost.rcvd else 'nothing'}") from lost
        return data if isinstance(data, bytes) else data.encode()

    # --- what the page says ------------------------------------------------------------------

    def _see(
        self, told: Any, answer: Answer, seen: dict[str, Widget], tabs: dict[tuple[int, ...], str]
    ) -> None:
        """Take over a widget from a message; note an error that the page shows."""
        delta, path = told.delta, tuple(told.metadata.delta_path)
        if delta.WhichOneof("type") == "add_block":
            see_tab(delta.add_block, path, seen, tabs)
            return
        answer.elements += 1
        element = delta.new_element
        kind = element.WhichOneof("type")
        if kind == "exception":
            answer.errors.append(f"exception: {element.exception.message}")
        elif kind == "alert" and element.alert.format == ERROR_ALERT:
            answer.errors.append(f"error: {element.alert.body}")
        elif kind == "button":
            self.buttons[element.button.id] = element.button.label
        elif kind == "file_uploader":
            self._files = (element.file_uploader.id, self._files[1])
        elif kind in READ:
            widget = READ[kind](getattr(element, kind))
            known = self.widgets.get(widget.id)
            if known is not None and not getattr(element, kind).set_value:
                widget.chosen = known.chosen
            seen[widget.id] = widget

    def _settle(self, seen: dict[str, Widget], tabs: dict[tuple[int, ...], str]) -> None:
        """What is no longer on the page is forgotten."""
        for id in tabs.values():
            known = self.widgets.get(id)
            if known is not None and known.chosen[0] in seen[id].options:
                seen[id].chosen = known.chosen
        self.widgets = {id: widget for id, widget in seen.items() if widget.chosen != NO_TAB}
