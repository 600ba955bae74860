"""The journey of clause 9 in a real browser, from a month's file to an approved review and beyond it.

A file is uploaded; its signal becomes a nonconformity with an action; a review is drafted, held and
approved; deck, minutes and pack are downloaded. A correction that comes later appears as a
restatement, and the documents of the review come out again byte for byte. ``KPI_TEST_PICTURES`` names
a folder that takes a picture of each step.
"""

import calendar
import hashlib
import os
import random
import time
import zipfile
from datetime import date, timedelta
from pathlib import Path

import pytest
from docx import Document
from pptx import Presentation
from selenium.common.exceptions import TimeoutException
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from kpi.analysis import open_home
from tests.browser import chrome
from tests.browser.server import served
from tests.browser.test_journeys import click, complaints, go, until_said
from tests.browser.test_noting_journey import open_up
from tests.browser.test_upload_journeys import drop
from tests.pages.conftest import fill

MUST_RUN = os.environ.get("KPI_REQUIRE_TOOLS") == "1"

pytestmark = [
    pytest.mark.browser,
    pytest.mark.long,
    pytest.mark.skipif(
        bool(chrome.missing()) and not MUST_RUN, reason=chrome.missing() or "a browser is here"
    ),
]

MONTHS = [date(2024 + (10 + n) // 12, (10 + n) % 12 + 1, 1) for n in range(24)]
"""November 2024 to October 2026; the last one comes by the page."""

DOCUMENTS = {
    "The deck": "deck.pptx", "The minutes": "minutes.docx", "The evidence pack": "pack.zip",
    "The workbook": "workbook.xlsx", "The summary on a page": "summary.pdf",
}  # fmt: skip


def scrap(folder: Path, months: list[date], *, worse: float = 1.0, name: str = "") -> Path:
    """Scrap of one plant with two lines; line L2 has ``worse`` times as much in the last month."""
    rows = ["Date;Plant;Line;Reason;Scrapped quantity;Produced quantity"]
    for month in months:
        rng = random.Random(month.toordinal())
        for line in ("L1", "L2"):
            for day in range(1, calendar.monthrange(month.year, month.month)[1] + 1, 2):
                bad = rng.randint(16, 24)
                if line == "L2" and month == MONTHS[-1]:
                    bad = round(bad * worse)
                on = month + timedelta(days=day - 1)
                reason = "Burr" if day % 3 else "Porosity"
                rows.append(f"{on};Nord;{line};{reason};{bad};1000")
    path = folder / (name or f"scrap {months[-1]:%Y-%m}.csv")
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return path


class Journey:
    """One browser on its way, with pictures where they are asked for."""

    def __init__(self, driver, address, downloads):
        self.driver, self.address, self.downloads = driver, address, downloads
        self.count = 0
        driver.execute_cdp_cmd(
            "Browser.setDownloadBehavior", {"behavior": "allow", "downloadPath": str(downloads)}
        )

    def shot(self, name):
        folder = os.environ.get("KPI_TEST_PICTURES")
        self.count += 1
        if folder:
            chrome.picture(self.driver, Path(folder) / f"{self.count:02d} {name}.png")

    def go(self, page):
        go(self.driver, f"{self.address}/{page}")

    def said(self, words):
        """Wait until the page says so; else tell what it says instead."""
        try:
            until_said(self.driver, words)
        except TimeoutException:
            self.shot("not said")
            raise AssertionError(f"{words!r} is not on:\n{chrome.text(self.driver)}") from None

    def follow(self, label):
        """Follow the first link with these words."""

        def found(d):
            for link in d.find_elements(By.CSS_SELECTOR, ".stMainBlockContainer a"):
                if label in link.text and link.is_displayed():
                    return link
            return None

        link = chrome.wait(self.driver).until(found)
        self.driver.execute_script("arguments[0].scrollIntoView({block: 'center'})", link)
        link.click()
        chrome.settle(self.driver)

    def tab(self, title):
        found = chrome.wait(self.driver).until(
            lambda d: next(
                (t for t in d.find_elements(By.CSS_SELECTOR, "[role=tab]") if t.text == title), None
            )
        )
        # where it is: at the top edge of the window, the bar of the application lies over it
        self.driver.execute_script("arguments[0].scrollIntoView({block: 'center'})", found)
        found.click()
        chrome.settle(self.driver)

    def field(self, label, text, *, nth=0):
        """Type into the field with this label, and leave it, so that it counts."""

        def found(d):
            css = ".stMainBlockContainer input, .stMainBlockContainer textarea"
            own = [
                b for b in d.find_elements(By.CSS_SELECTOR, css)
                if (b.get_attribute("aria-label") or "").startswith(label) and b.is_displayed()
            ]  # fmt: skip
            return own[nth] if len(own) > nth else None

        box = chrome.wait(self.driver).until(found)
        self.driver.execute_script("arguments[0].scrollIntoView({block: 'center'})", box)
        if box.get_attribute("role") == "combobox":  # a choice: what is typed narrows it
            box.send_keys(text)
            box.send_keys(Keys.ENTER)
        else:
            box.click()
            box.send_keys(Keys.CONTROL, "a")
            box.send_keys(text)
        box.send_keys(Keys.TAB)
        chrome.settle(self.driver)

    def day(self, label, text):
        """Set a day, part by part as its field takes it."""

        def found(d):
            for box in d.find_elements(By.CSS_SELECTOR, "[data-testid=stDateInput]"):
                parts = box.find_elements(By.CSS_SELECTOR, "[role=spinbutton]")
                if box.text.strip().startswith(label) and box.is_displayed() and parts:
                    return parts
            return None

        parts = chrome.wait(self.driver).until(found)
        self.driver.execute_script("arguments[0].scrollIntoView({block: 'center'})", parts[0])
        for part, typed in zip(parts, text.split("-"), strict=True):
            part.send_keys(typed)
        parts[-1].send_keys(Keys.ESCAPE)  # its calendar would lie over what comes next
        heading = self.driver.find_element(By.CSS_SELECTOR, ".stMainBlockContainer h1")
        self.driver.execute_script("arguments[0].scrollIntoView({block: 'center'})", heading)
        heading.click()
        chrome.settle(self.driver)

    def tick(self, label, *, nth=0):
        boxes = self.driver.find_elements(
            By.CSS_SELECTOR, ".stMainBlockContainer .stCheckbox label"
        )
        own = [b for b in boxes if b.text.strip().startswith(label)]
        self.driver.execute_script("arguments[0].scrollIntoView({block: 'center'})", own[nth])
        own[nth].click()
        chrome.settle(self.driver)

    def take_along(self, label, *, nth=0):
        """Download the document with this label; its bytes."""
        for path in self.downloads.iterdir():
            path.unlink()

        def found(d):
            own = [
                b for b in d.find_elements(By.CSS_SELECTOR, "[data-testid=stDownloadButton] button")
                if b.text.strip().endswith(label)
            ]  # fmt: skip
            return own[nth] if len(own) > nth else None

        button = chrome.wait(self.driver).until(found)
        self.driver.execute_script("arguments[0].scrollIntoView({block: 'center'})", button)
        button.click()
        end = time.monotonic() + chrome.PATIENCE
        while time.monotonic() < end:
            files = list(self.downloads.iterdir())
            if files and not any(f.suffix == ".crdownload" for f in files):
                return files[0].read_bytes()
            time.sleep(0.2)
        raise AssertionError(f"{label} did not arrive")


def test_from_a_file_to_an_approved_review_and_a_later_correction(tmp_path):
    home, downloads = tmp_path / "home", tmp_path / "downloads"
    downloads.mkdir()
    fill(home, [scrap(tmp_path, MONTHS[:-1])])
    with served(home) as address, chrome.browser() as driver:
        way = Journey(driver, address, downloads)
        uploads_the_month(way, tmp_path)
        begins_from_the_signal(way)
        plans_an_action(way)
        drafts_a_review(way)
        fills_the_minutes(way)
        holds_it(way)
        held = {label: way.take_along(label) for label in DOCUMENTS}
        decides(way)
        approves_it(way)
        approved = {label: way.take_along(label) for label in DOCUMENTS}
        reads_the_documents(tmp_path, approved)
        corrects_the_month(way, tmp_path)
        finds_the_restatement(way)
        way.go("review?record=REV-2026-001")
        way.tab("Documents")
        for label in DOCUMENTS:
            assert way.take_along(label) == approved[label], label
            assert way.take_along(label, nth=1) == held[label], label
        assert complaints(driver) == []
    keeps_them_under_their_hash(home, held, approved)


def uploads_the_month(way, folder):
    way.go("upload")
    drop(way.driver, scrap(folder, MONTHS[-1:], worse=2.5))
    way.said("Put in force")
    way.shot("upload")
    click(way.driver, "Put in force")
    way.said("Undo")


def begins_from_the_signal(way):
    way.go("")
    way.said("Needs attention")
    way.said("line L2")
    way.shot("overview")
    way.follow("Start an action")
    way.said("A new nonconformity")
    way.shot("a new nonconformity")
    way.field("Owner", "Mara")
    click(way.driver, "Record the nonconformity")
    way.said("NC-2026-001")
    way.shot("the nonconformity")


def plans_an_action(way):
    open_up(way.driver, "Plan an action")
    way.field("Title", "Deburr every part of line L2 again")
    way.field("Owner", "Jon")
    way.day("Due", "2026-12-15")
    click(way.driver, "Plan the action")
    way.said("ACT-2026-001")
    way.shot("the action")


def drafts_a_review(way):
    way.go("review")
    click(way.driver, "Draft the review")
    way.said("REV-2026-001 is drafted")
    text = chrome.text(way.driver)
    assert "Draft: its figures follow the data." in text
    assert "line L2" in text
    way.shot("the draft")


def fills_the_minutes(way):
    way.tab("Minutes")
    way.field("Name", "Dr. Eva Example")
    way.field("Role", "Managing director")
    way.tick("Top management")
    for word in ("suitable", "adequate", "effective", "aligned"):
        way.field(f"… {word}?", "Yes")
    click(way.driver, "Record the minutes")
    way.said("The minutes are recorded.")
    way.shot("the minutes")


def holds_it(way):
    way.tab("Hold and approve")
    click(way.driver, "Hold the review")
    way.said("REV-2026-001 is held")
    way.tab("Hold and approve")
    way.said("Documents as held")
    way.shot("held")


def decides(way):
    way.tab("Decisions")
    way.field("Title", "A second burr station for line L2")
    way.field("Type", "Improvement")
    way.field("Owner", "Jon")
    way.day("Due", "2027-01-31")
    click(way.driver, "Record the decision")
    way.said("DEC-2026-001")
    way.shot("decided")


def approves_it(way):
    way.go("review?record=REV-2026-001")
    way.tab("Hold and approve")
    way.field("Signed by", "Dr. Eva Example")
    way.field("As", "Managing director")
    click(way.driver, "Approve and sign")
    way.said("REV-2026-001 is approved and signed.")
    way.tab("Documents")
    way.said("self-declared")
    way.shot("approved")


def corrects_the_month(way, folder):
    way.go("upload")
    drop(way.driver, scrap(folder, MONTHS[-1:], worse=2.1, name="scrap 2026-10 corrected.csv"))
    way.said("Put in force")
    way.shot("the correction")
    click(way.driver, "Put in force")
    way.said("Undo")


def finds_the_restatement(way):
    way.go("restatements")
    way.said("scrap 2026-10 corrected.csv")
    assert "REV-2026-001" in chrome.text(way.driver)
    way.shot("the restatement")
    way.go("review?record=REV-2026-001")
    way.tab("Then and today")
    way.said("figures that REV-2026-001 froze read otherwise today")
    text = chrome.text(way.driver)
    assert "4.99 %" in text  # of line L2, as it was reported
    assert "4.20 %" in text  # and as it is after the correction
    way.shot("then and today")


def reads_the_documents(folder, approved):
    """What was downloaded opens, and speaks of this review."""
    paths = {}
    for label, content in approved.items():
        paths[label] = folder / DOCUMENTS[label]
        paths[label].write_bytes(content)
    slides = Presentation(str(paths["The deck"])).slides
    assert len(slides) >= 20
    minutes = "\n".join(p.text for p in Document(str(paths["The minutes"])).paragraphs)
    tables = "\n".join(
        c.text
        for t in Document(str(paths["The minutes"])).tables
        for row in t.rows
        for c in row.cells
    )
    assert "A second burr station for line L2" in minutes + tables
    assert "Dr. Eva Example" in minutes + tables
    with zipfile.ZipFile(paths["The evidence pack"]) as pack:
        assert pack.testzip() is None
        assert any("manifest" in name for name in pack.namelist())
    assert approved["The summary on a page"].startswith(b"%PDF")


def keeps_them_under_their_hash(path, held, approved):
    home = open_home(path)
    record = home.store.records.get("review", "REV-2026-001")
    kept = {(f["at"], f["name"]): f["sha256"] for f in record.value["kept"]}
    for at, documents in (("held", held), ("approved", approved)):
        for label, content in documents.items():
            assert kept[at, DOCUMENTS[label]] == hashlib.sha256(content).hexdigest(), label
    assert home.store.verify_chain() > 0
