"""The way of a file in a real browser: confirmed, put in force, taken back, mended."""

import os
import time

import pytest
from openpyxl import load_workbook
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from tests.browser import chrome
from tests.browser.server import served
from tests.browser.test_journeys import click, complaints, go, until_said
from tests.pages.made_uploads import german_scrap

MUST_RUN = os.environ.get("KPI_REQUIRE_TOOLS") == "1"

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(
        bool(chrome.missing()) and not MUST_RUN, reason=chrome.missing() or "a browser is here"
    ),
]


@pytest.fixture
def driver():
    with chrome.browser() as driven:
        yield driven


@pytest.fixture
def address(tmp_path):
    with served(tmp_path / "home") as found:
        yield found


def written(folder, name, content):
    file = folder / name
    file.write_bytes(content)
    return file


def drop(driver, *files):
    box = driver.find_element(By.CSS_SELECTOR, "input[type=file]")
    box.send_keys("\n".join(str(file) for file in files))


def choose_field(driver, heading, title):
    """Pick a field by the keyboard: type what it is called, then Enter."""
    box = driver.find_element(By.CSS_SELECTOR, f"input[aria-label*='{heading}']")
    driver.execute_script("arguments[0].scrollIntoView({block: 'center'})", box)
    box.send_keys(title)
    box.send_keys(Keys.ENTER)
    box.send_keys(Keys.TAB)


def unfold(driver, label):
    """Open what is folded, by the keyboard."""
    summaries = driver.find_elements(By.CSS_SELECTOR, "summary")
    next(s for s in summaries if s.text.strip().endswith(label)).send_keys(Keys.ENTER)


def test_an_ugly_german_file_goes_in_by_one_screen_in_german(driver, address, tmp_path):
    go(driver, f"{address}/upload?lang=de")
    drop(driver, written(tmp_path, "Ausschuss Oktober.xlsx", german_scrap()))
    until_said(driver, "Bestätigen und ansehen, was sich ändert")
    text = chrome.text(driver)
    assert "1 Punkt zu bestätigen" in text
    assert "1. Oktober 2026" in text
    choose_field(driver, "Fehlergrund", "Nicht benötigt")
    click(driver, "Bestätigen und ansehen, was sich ändert")
    until_said(driver, "54 Zeilen würden übernommen")
    assert "bis auf die letzte Stelle" in chrome.text(driver)
    unfold(driver, "Wie sie gelesen wurde")
    until_said(driver, "2 Spalten werden nicht benötigt: Fehlergrund, Bediener")
    click(driver, "Übernehmen")
    until_said(driver, "54 Zeilen übernommen")
    click(driver, "Rückgängig")
    until_said(driver, "zählt nicht mehr")
    assert complaints(driver) == []


@pytest.mark.long
def test_the_next_month_asks_nothing_and_is_ready_at_once(driver, address, tmp_path):
    go(driver, f"{address}/upload")
    drop(driver, written(tmp_path, "scrap 09.xlsx", german_scrap(9)))
    until_said(driver, "Confirm and see what it changes")
    click(driver, "Confirm and see what it changes")
    until_said(driver, "Would put 54 rows in force")
    click(driver, "Put in force")
    until_said(driver, "Undo")
    go(driver, f"{address}/upload")
    drop(driver, written(tmp_path, "scrap 10.xlsx", german_scrap(10)))
    until_said(driver, "Would put 54 rows in force")
    assert "to confirm" not in chrome.text(driver)


@pytest.mark.long
def test_rejected_rows_are_taken_along_mended_and_uploaded_as_they_are(driver, address, tmp_path):
    folder = tmp_path / "downloads"
    folder.mkdir()
    go(driver, f"{address}/upload")
    driver.execute_cdp_cmd(
        "Browser.setDownloadBehavior", {"behavior": "allow", "downloadPath": str(folder)}
    )
    drop(driver, written(tmp_path, "scrap.xlsx", german_scrap(spoiled=(3, 4))))
    until_said(driver, "Confirm and see what it changes")
    click(driver, "Confirm and see what it changes")
    until_said(driver, "Put in force without the rejected rows")
    kind = driver.find_element(By.CSS_SELECTOR, ".cn-kind summary")
    kind.send_keys(Keys.ENTER)
    assert "zwölf" in kind.find_element(By.XPATH, "..").text
    click(driver, "Put in force without the rejected rows")
    until_said(driver, "Undo")
    click(driver, "Save the rejected rows, to mend and upload as they are")

    file = arrived(folder)
    book = load_workbook(file)
    for row in book.active.iter_rows():
        for cell in row:
            if cell.value == "zwölf":
                cell.value = 22
    book.save(file)

    go(driver, f"{address}/upload")
    drop(driver, file)
    until_said(driver, "4 mended rows would count.")
    click(driver, "Put in force")
    until_said(driver, "4 mended rows count now.")
    assert complaints(driver) == []


def arrived(folder):
    end = time.monotonic() + chrome.PATIENCE
    while time.monotonic() < end:
        found = list(folder.glob("*.xlsx"))
        if found and not list(folder.glob("*.crdownload")):
            return found[0]
        time.sleep(0.2)
    raise AssertionError("the workbook did not arrive")


@pytest.mark.long
def test_many_files_share_their_answer_on_a_telephone(address, tmp_path):
    files = [written(tmp_path, f"scrap {m:02d}.xlsx", german_scrap(m)) for m in (7, 8, 9)]
    with chrome.browser(390, 844, dark=True) as driver:
        go(driver, f"{address}/upload")
        drop(driver, *files)
        until_said(driver, "One answer for 3 files of one layout")
        assert widths(driver)[0] <= widths(driver)[1]
        click(driver, "Confirm and see what it changes")
        until_said(driver, "3 ready")
        click(driver, "Put 3 files in force")
        until_said(driver, "3 in force")
        click(driver, "Take all 3 back")
        until_said(driver, "3 taken back")
        assert widths(driver)[0] <= widths(driver)[1]
        assert complaints(driver) == []


def widths(driver):
    script = "const m = document.querySelector('.stMain'); return [m.scrollWidth, m.clientWidth]"
    return driver.execute_script(script)
