"""Take the pictures of the README: the pages of the sample plant, two widths, light and dark.

Run it as ``python docs/take_screenshots.py [PAGE ...]``; it needs chromium with its chromedriver,
and takes the sample home of this account (loading and completing it first where that has not been done).
"""

import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from PIL import Image  # noqa: E402

from kpi.analysis import prepare_sample, sample_home  # noqa: E402
from kpi.analysis.sample_records import complete_sample  # noqa: E402
from kpi.reports.documents import render  # noqa: E402
from tests.browser import chrome  # noqa: E402
from tests.browser.server import served  # noqa: E402

IMAGES = ROOT / "docs" / "images"

PAGES = {
    "overview": "", "scrap": "scrap", "downtime": "downtime", "delivery": "delivery",
    "partners": "partners", "measurements": "measurements", "upload": "upload", "ledger": "ledger",
    "restatements": "restatements", "audits": "audits", "actions": "actions",
    "review": "review?record=REV-2026-002", "registers": "registers?tab=risks",
    "objectives": "objectives", "plan": "plan", "targets": "targets", "evidence": "evidence",
    "definitions": "definitions",
}  # fmt: skip
"""Each page by the name of its picture, with the address that shows most of it."""

SIZES = ((1440, 900), (390, 844))

TALLEST = 1700
"""Pixels of a picture: what is read, not what is scrolled."""

COLOURS = 192
"""A page has few; with so many a picture is a third as large and looks the same."""

STOPS = """Timestamp,Machine_ID,Downtime_Minutes,Downtime_Reason
2026-10-01 06:40,PR-11,25,Jammed part
2026-10-01 09:10,PR-12,40,Hydraulics
2026-10-02 14:05,PR-11,15,Jammed part
"""

READING = 8
"""Seconds for the file to arrive and be read."""

DRAWING = 1.5
"""Seconds for the last chart to finish its drawing after the page has."""


def main(pages: tuple[str, ...]) -> None:
    """Write ``docs/images/PAGE-WIDTH-THEME.png`` for each page."""
    if chrome.missing():
        sys.exit(chrome.missing())
    if unknown := [page for page in pages if page not in PAGES]:
        sys.exit(f"No such page: {', '.join(unknown)}. There are {', '.join(PAGES)}.")
    IMAGES.mkdir(parents=True, exist_ok=True)
    sample = sample_home()
    complete_sample(prepare_sample(sample), render)
    with tempfile.TemporaryDirectory() as empty, served(Path(empty), sample) as address:
        for width, height in SIZES:
            for dark in (False, True):
                with chrome.browser(width, height, dark=dark) as driver:
                    for page in pages:
                        _take(driver, address, page, f"{width}-{'dark' if dark else 'light'}")


def _take(driver: "chrome.webdriver.Chrome", address: str, page: str, kind: str) -> None:
    driver.get(f"{address}/{PAGES[page]}")
    chrome.settle(driver)
    if page == "upload":
        _drop_files(driver)
    time.sleep(DRAWING)
    file = IMAGES / f"{page}-{kind}.png"
    chrome.picture(driver, file)
    _shrink(file)
    print(file.relative_to(ROOT))


def _shrink(file: Path) -> None:
    with Image.open(file) as picture:
        shown = picture.convert("RGB").crop((0, 0, picture.width, min(picture.height, TALLEST)))
    # By coverage: of the few pixels of a signal, others would make the grey around them.
    fewer = shown.quantize(COLOURS, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
    fewer.save(file, optimize=True)


def _drop_files(driver: "chrome.webdriver.Chrome") -> None:
    """A file with something to confirm: the screen that decides whether it goes in."""
    with tempfile.TemporaryDirectory() as folder:
        stops = Path(folder) / "line_stops.csv"
        stops.write_text(STOPS, encoding="utf-8")
        driver.find_element("css selector", "input[type=file]").send_keys(str(stops))
        time.sleep(READING)
        chrome.settle(driver)


if __name__ == "__main__":
    main(tuple(sys.argv[1:]) or tuple(PAGES))
