"""A home: one folder with its ledger, facts and settings, opened for asking questions."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from platformdirs import user_data_path

from kpi.access import EVERY_PLANT, LOCAL, Access, Permission
from kpi.settings import Settings, database_password, load_settings
from kpi.store import Store, View, open_store, seen_by

SAMPLE_FOLDER = "sample"
"""The sample plant lives in a home of its own, beside the user's."""


@dataclass(frozen=True, slots=True)
class Home:
    """An opened home, seen by someone. Cheap to make; the store may be shared by threads.

    ``store`` and ``settings`` tell what belongs to the plants someone has a role in, and nothing else.
    """

    path: Path
    store: Store
    settings: Settings
    is_sample: bool = False
    access: Access = LOCAL
    _whole: "Home | None" = field(default=None, repr=False, compare=False)

    def seen_by(self, access: Access) -> "Home":
        """The same home with what someone may see and do in it.

        The sample plant is for trying things out: the role held anywhere counts for all of it.
        """
        if self.is_sample and access.highest is not None:
            access = Access.of({EVERY_PLANT: access.highest})
        whole = self._whole or self
        plants = access.plants(Permission.SEE)
        if plants is None:
            return replace(whole, access=access)
        return replace(
            whole,
            access=access,
            store=seen_by(whole.store, plants),
            settings=_of_plants(whole.settings, plants),
            _whole=whole,
        )

    @property
    def limit(self) -> tuple[str, ...] | None:
        """The plants it is seen through, ``None`` for all: part of every key of a remembered answer."""
        return self.store.limit

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


def _of_plants(settings: Settings, plants: tuple[str, ...]) -> Settings:
    """The settings without what is stated of other plants.

    Files that name no plant are of the only plant seen, or of the usual one where that is seen.
    """
    usual = settings.default_plant
    if usual not in plants:
        usual = plants[0] if len(plants) == 1 else ""
    stated = tuple(plant for plant in settings.plants if plant.name in plants)
    others = {plant.name for plant in settings.plants} - set(plants)
    origins = tuple(
        (key, where)
        for key, where in settings.origins
        if not any(key.startswith((f"plants.{name}.", f'plants."{name}"')) for name in others)
    )
    return replace(settings, plants=stated, default_plant=usual, origins=origins)


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

    Its ledger is where the setting ``database.url`` says; the sample plant's is always in a file.

    Raises
    ------
    StoreError
        The folder or the database cannot be used.
    UsageError
        Its settings file has a mistake; the message names key and file.
    """
    settings = load_settings(path)
    if is_sample or not settings.database.url:
        store = open_store(path)
    else:
        store = open_store(path, url=settings.database.url, password=database_password())
    return Home(path=path, store=store, settings=settings, is_sample=is_sample)
