"""A home: one folder with its ledger, facts and settings, opened for asking questions."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from platformdirs import user_data_path

from kpi.settings import Settings, load_settings
from kpi.store import Store, View, open_store

SAMPLE_FOLDER = "sample"
"""The sample plant lives in a home of its own, beside the user's."""


@dataclass(frozen=True, slots=True)
class Home:
    """An opened home. Cheap to make; the store behind it may be shared by threads."""

    path: Path
    store: Store
    settings: Settings
    is_sample: bool = False

    @property
    def position(self) -> int:
        """The ledger's position: the key under which answers may be remembered."""
        return self.store.position()

    @property
    def profiles(self) -> tuple[str, ...]:
        """The site's own profiles of known systems: texts of ``profiles/*.json`` in the home.

        Raises
        ------
        ProfileError
            One of them cannot be used; the sentence names it.
        """
        folder = self.path / "profiles"
        if not folder.is_dir():
            return ()
        from kpi.ingest.profiles import site_profiles

        return site_profiles(folder)

    def view(self, ledger: int | None = None) -> View:
        """The facts in force now, or as the ledger had them at an earlier position."""
        return self.store.at(self.position if ledger is None else ledger)


def default_home(environ: Mapping[str, str] = os.environ) -> Path:
    """``KPI_HOME``, or the folder ``clause-nine/home`` among the user's application data."""
    chosen = environ.get("KPI_HOME", "").strip()
    if chosen:
        return Path(chosen).expanduser()
    return user_data_path("clause-nine", appauthor=False) / "home"


def sample_home(environ: Mapping[str, str] = os.environ) -> Path:
    """Where the sample plant's home is kept: beside the default one."""
    chosen = environ.get("KPI_SAMPLE_HOME", "").strip()
    if chosen:
        return Path(chosen).expanduser()
    return default_home(environ).parent / SAMPLE_FOLDER


def open_home(path: Path, *, is_sample: bool = False) -> Home:
    """Open (and where it is missing, make) the home at ``path``.

    Raises
    ------
    StoreError
        The folder cannot be used.
    UsageError
        Its settings file has a mistake; the message names key and file.
    """
    store = open_store(path)
    return Home(path=path, store=store, settings=load_settings(path), is_sample=is_sample)
