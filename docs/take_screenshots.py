"""Take the pictures of the README: every page of the sample plant, two widths, light and dark.

Run it as ``python docs/take_screenshots.py [PAGE ...]``; it needs chromium with its chromedriver,
and takes the sample home of this account (loading it first where that has not been done).
"""

import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from kpi.analysis import prepare_sample, sample_home  # noqa: E402
from tests.browser import chrome  # noqa: E402
from tests.browser.server import served  # noqa: E402

IMAGES = ROOT / "docs" / "images"

PAGES = (
    "overview", "scrap", "downtime", "delivery", "upload", "ledger", "review", "targets",
    "definitions",
)  # fmt: skip

SIZES = ((1440, 900), (390, 844))

DRAWING = 1.5
"""Seconds for the last chart to finish its drawing after the page has."""


def main(pages: tuple[str, ...]) -> None:
    """Write ``docs/images/PAGE-WIDTH-THEME.png`` for each page."""
    if chrome.missing():
        sys.exit(chrome.missing())
    IMAGES.mkdir(parents=True, exist_ok=True)
    sample = prepare_sample(sample_home()).path
    with tempfile.TemporaryDirectory() as empty, served(Path(empty), sample) as address:
        for width, height in SIZES:
            for dark in (False, True):
                with chrome.browser(width, height, dark=dark) as driver:
                    for page in pages:
                        _take(driver, address, page, f"{width}-{'dark' if dark else 'light'}")


def _take(driver: "chrome.webdriver.Chrome", address: str, page: str, kind: str) -> None:
    driver.get(f"{address}/{'' if page == 'overview' else page}")
    chrome.settle(driver)
    time.sleep(DRAWING)
    file = IMAGES / f"{page}-{kind}.png"
    chrome.picture(driver, file)
    print(file.relative_to(ROOT))


if __name__ == "__main__":
    main(tuple(sys.argv[1:]) or PAGES)
