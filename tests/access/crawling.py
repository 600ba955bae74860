"""Every page as somebody sees it, and every file it offers, as one text to look for words in."""

import io
import time
import zipfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from streamlit import config
from streamlit.runtime.media_file_manager import MediaFileManager
from streamlit.runtime.secrets import secrets_singleton
from streamlit.testing.v1 import AppTest, app_test

from kpi.qms.people import Person

ROOT = Path(__file__).parents[2]
NAVIGATION = ROOT / "pages" / "navigation.py"
PAGES = tuple(sorted(p.name for p in (ROOT / "pages").glob("*.py") if p != NAVIGATION))
TABS = ("chart", "where", "why", "next", "effect", "losses", "promises", "rows")
PATIENCE = 120


@dataclass
class Offered:
    """The files pages offered, as they would be saved: made now, whether pressed or not."""

    files: list[tuple[str, bytes | Callable[[], Any]]] = field(default_factory=list)

    def text(self) -> str:
        """The content of all of them; of archives (workbooks, decks) that of every member."""
        return "\n".join(f"{name}\n{part}" for name, data in self.files for part in _parts(data))


def _parts(data: bytes | Callable[[], Any]) -> Iterator[str]:
    made = data() if callable(data) else data
    content = made.encode() if isinstance(made, str) else bytes(made)
    if content[:4] == b"PK\x03\x04":
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            for name in archive.namelist():
                yield name
                yield from _parts(archive.read(name))
    else:
        yield content.decode("utf-8", "replace")


class Keeping(MediaFileManager):
    """Streamlit's own keeper of files, which also tells what it was given. Pictures are left alone:
    they are drawn from the figure that stands on the page."""

    offered = Offered()

    def add(self, path_or_data: Any, mimetype: str, *rest: Any, **named: Any) -> str:
        if not mimetype.startswith("image/") and isinstance(path_or_data, bytes | str):
            self.offered.files.append((str(named.get("file_name", rest[1:2])), path_or_data))
        return super().add(path_or_data, mimetype, *rest, **named)

    def add_deferred(
        self, data_callable: Any, mimetype: str | None, *rest: Any, **named: Any
    ) -> str:
        if not (mimetype or "").startswith("image/"):
            self.offered.files.append((str(named.get("file_name", rest[1:2])), data_callable))
        return super().add_deferred(data_callable, mimetype, *rest, **named)


@pytest.fixture
def signed_in_pages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Sign-in configured as a site configures it, and the files pages offer kept to be looked into."""
    secrets = tmp_path / "secrets.toml"
    secrets.write_text(
        '[auth]\nredirect_uri = "http://localhost/oauth2callback"\n'
        'cookie_secret = "0123456789abcdef0123456789abcdef0123456789abcdef"\n'
        'client_id = "clause-nine"\nclient_secret = "none"\n'
        'server_metadata_url = "http://localhost/.well-known/openid-configuration"\n',
        encoding="utf-8",
    )
    before = config.get_option("secrets.files")
    config.set_option("secrets.files", [str(secrets)])
    secrets_singleton._reset()
    monkeypatch.setattr(app_test, "MediaFileManager", Keeping)
    yield
    config.set_option("secrets.files", before)
    secrets_singleton._reset()


def opened(person: Person | None) -> AppTest:
    """The application, signed in as somebody; ``None``: nobody is."""
    app = AppTest.from_file(str(NAVIGATION), default_timeout=PATIENCE)
    app.session_state["left the sample"] = True
    if person is None:
        app.user = {"is_logged_in": False}
    else:
        app.user = {
            "is_logged_in": True, "iss": "http://localhost", "sub": person.email,
            "email": person.email, "email_verified": True, "name": person.name,
            "iat": int(time.time()),
        }  # fmt: skip
    return app


def told(app: AppTest) -> str:
    """Everything an application drew: each element whole, as it is sent to the browser."""
    assert not app.exception, app.exception
    drawn = (p.SerializeToString().decode("utf-8", "replace") for p in _protos(app._tree))
    return "\n".join((*drawn, *(frame.value.to_csv() for frame in app.dataframe)))


def _protos(node: Any) -> Iterator[Any]:
    proto = getattr(node, "proto", None)
    if proto is not None and hasattr(proto, "SerializeToString"):
        yield proto
    for child in getattr(node, "children", {}).values():
        yield from _protos(child)


def crawl(
    person: Person | None,
    pages: Sequence[str] = PAGES,
    *,
    deep: bool = False,
    first: Callable[[AppTest], None] = lambda _: None,
) -> dict[str, str]:
    """What somebody sees on each page, with the files offered there.

    ``deep``: every KPI and every tab of every page, and the deck of the review.
    """
    found = {}
    for page in pages:
        Keeping.offered = Offered()
        app = opened(person)
        first(app)
        app.run().switch_page(page).run()
        texts = [told(app)]
        if deep:
            if page == "review.py":
                app.query_params["tab"] = "deck"
                app.run()
            texts += [*_deck(app), *_every_answer(app)]
        found[page] = "\n".join([*texts, Keeping.offered.text()])
    return found


def _deck(app: AppTest) -> Iterator[str]:
    build = next((b for b in app.button if b.label == "Build the deck"), None)
    if build is not None:
        build.click().run()
        yield told(app)


def _every_answer(app: AppTest) -> Iterator[str]:
    kpis = app.segmented_control[0].options if app.segmented_control else ()
    for kpi in kpis:
        app.segmented_control[0].select(kpi).run()
        yield told(app)
    if not kpis:
        return
    for tab in TABS:
        app.query_params["tab"] = tab
        app.run()
        yield told(app)
