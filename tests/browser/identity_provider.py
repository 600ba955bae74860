"""An OpenID Connect provider in a process of its own, and a dashboard that signs people in with it."""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final
from urllib.error import URLError
from urllib.request import Request, urlopen

from selenium import webdriver
from selenium.webdriver.common.by import By

from tests.browser import chrome

COOKIE_SECRET: Final = "c0ffee" * 8
"""Known to the tests, so that they can make the cookie of a sign-in of long ago."""

PATIENCE: Final = 60


class Provider:
    """A running provider: who may sign in with it, and the settings of a dashboard that uses it."""

    def __init__(self, address: str) -> None:
        self.address = address

    def knows(self, subject: str, **claims: Any) -> None:
        """Let somebody sign in as ``subject``; what is said of them may change at any time."""
        request = Request(
            f"{self.address}/users/{subject}",
            data=json.dumps(claims).encode(),
            headers={"Content-Type": "application/json"},
            method="PUT",
        )
        with urlopen(request, timeout=10):
            pass

    @property
    def variables(self) -> Mapping[str, str]:
        """The environment of a dashboard on the loopback that signs people in here."""
        return {
            "KPI_AUTH_REDIRECT_URI": "http://127.0.0.1:{port}/oauth2callback",
            "KPI_AUTH_COOKIE_SECRET": COOKIE_SECRET,
            "KPI_AUTH_CLIENT_ID": "clause-nine",
            "KPI_AUTH_CLIENT_SECRET": "not-looked-at",
            "KPI_AUTH_SERVER_METADATA_URL": f"{self.address}/.well-known/openid-configuration",
        }


@contextmanager
def provider() -> Iterator[Provider]:
    """A provider on a free loopback port; it ends with the block."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "oidc_provider_mock", "--port", str(port), "--require-nonce"]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    with subprocess.Popen(command, env=dict(os.environ), **quiet) as process:
        try:
            address = f"http://127.0.0.1:{port}"
            _wait_for(f"{address}/.well-known/openid-configuration", process)
            yield Provider(address)
        finally:
            process.terminate()


def sign_in(driver: webdriver.Chrome, subject: str) -> None:
    """From the sign-in page through the provider's form, and back to the dashboard."""
    press(driver, "Sign in")
    field = chrome.wait(driver).until(lambda d: d.find_element(By.NAME, "sub"))
    field.send_keys(subject)
    field.submit()
    chrome.settle(driver)


def press(driver: webdriver.Chrome, label: str) -> None:
    """Press the button that says so."""
    path = f"//button[normalize-space()={label!r}]"
    chrome.wait(driver).until(lambda d: d.find_elements(By.XPATH, path))
    driver.find_element(By.XPATH, path).click()


def _wait_for(address: str, process: "subprocess.Popen[bytes]") -> None:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end and process.poll() is None:
        try:
            with urlopen(address, timeout=2) as answer:
                if answer.status == 200:
                    return
        except (URLError, OSError):
            time.sleep(0.1)
    raise RuntimeError("The identity provider did not start.")
