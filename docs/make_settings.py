"""Write docs/settings.md from the declarations: ``python docs/make_settings.py``."""

from pathlib import Path
from typing import Final

from kpi.settings import ENVIRONMENT_PREFIX, FILE_NAME, Settings
from kpi.settings.document import known_keys
from kpi.settings.words import WORDS

PAGE: Final = Path(__file__).parent / "settings.md"

HEAD: Final = f"""\
# Settings

Made by `docs/make_settings.py` from what the program knows; a test holds it.

Defaults, then `{FILE_NAME}` in the home, then the environment: a variable `{ENVIRONMENT_PREFIX}` with two underscores for each
dot, such as `KPI_DELIVERY__LATE_DAYS=2`. `python -m kpi doctor` prints every key in force and where it comes from. A key that does
not exist, or a value of the wrong kind, is refused with the nearest name.

Beside these, `KPI_HOME` names the home, `KPI_SAMPLE=off` does without the sample plant (`plain`: shows it without records), `KPI_SAMPLE_HOME` names its home,
`KPI_CONFINED=off` reads files in a process that is not confined ([security](security.md)), where a file system does not get along
with it. Secrets
are never settings: `KPI_DATABASE_PASSWORD`, `KPI_MAIL_PASSWORD`, and those of signing in ([operations](operations.md)).

| Key | Default | What it means |
|--|--|--|
"""

TAIL: Final = """
What stands under `every_plant` holds for every plant; the same keys under `plants."Name"` for one:

```toml
company = "Example"

[delivery]
late_days = 1

[every_plant]
production_day_start = "06:00"
shifts = [
  { name = "Early", start = "06:00", end = "14:00" },
  { name = "Late", start = "14:00", end = "22:00" },
]

[plants."Nordhafen"]
time_zone = "Europe/Berlin"
```
"""


def page() -> str:
    """The page as it should be."""
    usual = {key: value for key, value, _ in Settings().explain()}
    missing = known_keys() ^ WORDS.keys()
    if missing:
        raise SystemExit(
            f"kpi/settings/words.py and the keys differ: {', '.join(sorted(missing))}."
        )
    lines = [f"| `{key}` | {_default(usual.get(key, ''))} | {WORDS[key]} |" for key in WORDS]
    return HEAD + "\n".join(lines) + "\n" + TAIL


def _default(text: str) -> str:
    return "not set" if text in ("", "[]", "not set", '""') else f"`{text}`"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
