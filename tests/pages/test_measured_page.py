"""The page of measured values: chart, tolerance, and nothing of a file becomes markup."""

import random
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from tests.pages.conftest import HOSTILE, fill

NAVIGATION = Path(__file__).parents[2] / "pages" / "navigation.py"


@pytest.fixture(scope="module")
def measured(tmp_path_factory):
    folder = tmp_path_factory.mktemp("measured-page")
    rng = random.Random(3)
    rows = ["Date,Plant,Part No,Characteristic,LSL,USL,Unit,Subgroup,x1,x2,x3,x4,x5"]
    for name, usl in ((HOSTILE.replace(",", " "), "10.05"), ("Weight", "")):
        for n in range(30):
            values = ",".join(f"{rng.gauss(10, 0.01):.3f}" for _ in range(5))
            low = "9.95" if usl else ""
            day = f"2026-{9 + n // 28:02}-{1 + n % 28:02}"
            rows.append(f'{day},A,P1,"{name}",{low},{usl},mm,{n + 1},{values}')
    (folder / "measured.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    fill(folder / "home", [folder / "measured.csv"])
    return folder / "home"


def opened(home, monkeypatch, tmp_path, **address):
    monkeypatch.setenv("KPI_HOME", str(home))
    monkeypatch.setenv("KPI_SAMPLE_HOME", str(tmp_path / "sample"))
    app = AppTest.from_file(str(NAVIGATION), default_timeout=60)
    for name, value in address.items():
        app.query_params[name] = value
    return app.run().switch_page("measurements.py").run()


def test_the_tolerance_stands_beside_the_chart(measured, monkeypatch, tmp_path):
    app = opened(measured, monkeypatch, tmp_path)
    assert not app.exception
    text = " ".join(str(block.proto.body) for block in app.get("html"))
    assert "fits its tolerance" in text
    assert "Against the tolerance" in text
    assert "9.95 to 10.05" in text
    assert "<img" not in text.replace('<img class="', "")


def test_without_limits_it_says_so(measured, monkeypatch, tmp_path):
    app = opened(measured, monkeypatch, tmp_path)
    app.selectbox[0].select("P1 | Weight").run()
    assert not app.exception
    text = " ".join(str(block.proto.body) for block in app.get("html"))
    assert "No limits are stated with these values" in text
