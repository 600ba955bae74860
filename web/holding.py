"""Whose session is it, what does it hold, and who was shown which download: asked of Streamlit."""

from collections import OrderedDict
from collections.abc import Callable
from threading import Lock
from typing import TYPE_CHECKING, Any, Final

from kpi.access import Access, AccessDeniedError
from web.asgi import Message

if TYPE_CHECKING:
    from streamlit.runtime import Runtime

REMEMBERED: Final = 20_000
"""Downloads whose people are known; the oldest are forgotten, and their links then open nothing."""


class Sessions:
    """The sessions Streamlit knows, with the files they hold.

    ``runtime`` is Streamlit's; ``subject`` tells who sends a request (empty: nobody signed in).
    """

    def __init__(self, runtime: Callable[[], "Runtime"], subject: Callable[[Message], str]) -> None:
        self._runtime, self._subject = runtime, subject

    def known(self, session: str) -> bool:
        """Whether a page with this session is open."""
        return self._runtime().is_active_session(session)

    def owner(self, session: str) -> str:
        """Who opened it; empty where nobody was signed in, or it is not open."""
        scope = self.opened_by(session)
        return "" if scope is None else self._subject(scope)

    def opened_by(self, session: str) -> Message | None:
        """The request that opened it; ``None`` where it is not open."""
        client = self._runtime().get_client(session)
        context = client.client_context if client else None
        if context is None:
            return None
        headers = [(n.lower().encode("latin-1"), v.encode("latin-1")) for n, v in context.headers]
        return {"type": "websocket", "headers": headers}

    def held(self, session: str) -> tuple[int, int]:
        """Files and bytes it holds; those of a session that ended or let go are gone."""
        files = list(self._files().get(session, {}).values())
        return len(files), sum(len(f.data) for f in files)

    def held_by_all(self) -> int:
        """Bytes held by all sessions together."""
        every = [f for files in list(self._files().values()) for f in list(files.values())]
        return sum(len(f.data) for f in every)

    def _files(self) -> dict[str, dict[str, Any]]:
        manager: Any = self._runtime().uploaded_file_mgr
        found: dict[str, dict[str, Any]] = manager.file_storage
        return found


class Shown:
    """Who was shown which file under ``/media``: its link is no good to anybody else.

    Streamlit names a file by a hash of its content and gives it to whoever has the link. Here every
    file is noted with the person for whose page it was made; equal files of two people are both's.
    """

    def __init__(self) -> None:
        self._people: OrderedDict[str, set[str]] = OrderedDict()
        self._lock = Lock()

    def note(self, file: str, subject: str) -> None:
        """A page of this person shows this file."""
        with self._lock:
            self._people.setdefault(file, set()).add(subject)
            self._people.move_to_end(file)
            while len(self._people) > REMEMBERED:
                self._people.popitem(last=False)

    def may_see(self, file: str, subject: str) -> bool:
        """Whether a page of this person showed it."""
        with self._lock:
            return subject in self._people.get(file, ())

    def watch(
        self, runtime: "Runtime", sessions: Sessions, access: Callable[[str], Access | None]
    ) -> None:
        """Note from now on for whom each file is made.

        A file that is made when its button is pressed is made outside any page's run: ``access``
        tells what whoever opened the session may do now (``None``: not come in). It has to be what
        they might do when the button was drawn: what it gives was chosen by that.
        """
        from streamlit.runtime.scriptrunner_utils.script_run_context import get_script_run_ctx

        files = runtime.media_file_mgr
        add, promise, make = files.add, files.add_deferred, files.execute_deferred
        promised: OrderedDict[str, tuple[str, Access | None]] = OrderedDict()

        def noting(*arguments: Any, **named: Any) -> str:
            url: str = add(*arguments, **named)
            context = get_script_run_ctx(suppress_warning=True)
            subject = sessions.owner(context.session_id) if context else ""
            if subject:
                self.note(file_of(url), subject)
            return url

        def promising(*arguments: Any, **named: Any) -> str:
            file: str = promise(*arguments, **named)
            context = get_script_run_ctx(suppress_warning=True)
            session = context.session_id if context else ""
            then = access(session) if session else None
            with self._lock:
                promised[file] = session, then
                promised.move_to_end(file)
                while len(promised) > REMEMBERED:
                    promised.popitem(last=False)
            return file

        def making(file_id: str) -> str:
            session, then = promised.get(file_id, ("", None))
            if then is None or access(session) != then:
                raise AccessDeniedError(
                    "You may not take this along any more. Load the page again."
                )
            url: str = make(file_id)
            self.note(file_of(url), sessions.owner(session))
            return url

        # Streamlit offers no way to be told; what it calls is replaced by the same and a note.
        files.add = noting  # type: ignore[method-assign]
        files.add_deferred = promising  # type: ignore[method-assign]
        files.execute_deferred = making  # type: ignore[method-assign]


def file_of(path: str) -> str:
    """The id of a file in the path of its link.

    >>> file_of("/media/5e8f.csv")
    '5e8f'
    """
    return path.rsplit("/", 1)[-1].partition(".")[0]
