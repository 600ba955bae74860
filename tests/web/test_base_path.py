"""A site that lives under a path of its proxy's: health and API answer there, too."""

import httpx
import pytest

from tests.web import two_plants
from tests.web.server import served

pytestmark = pytest.mark.long


def test_api_and_health_answer_below_the_base_path(made_once, tmp_path):
    two_plants.copy(made_once, tmp_path / "home").store.close()
    with served(tmp_path / "home", tmp_path / "log", "--server.baseUrlPath=plant/quality") as site:
        for base in ("", "/plant/quality"):
            where = f"{site.address}{base}"
            assert httpx.get(f"{where}/health/ready").status_code == 200
            assert httpx.get(f"{where}/api/v1/kpis").status_code == 200
            assert httpx.head(f"{where}/api/v1/kpis").status_code == 200
            assert httpx.get(f"{where}/api/v1/nothing").status_code == 404
            assert httpx.post(f"{where}/api/v1/kpis").json()["detail"] == "This API is read-only."
            assert httpx.post(f"{where}/health").status_code == 405
        assert httpx.get(f"{site.address}/plant/quality/_stcore/agent/mcp").status_code == 404
        assert httpx.put(f"{site.address}/plant/quality/_stcore/upload_file/a/b").status_code == 400
        page = httpx.get(f"{site.address}/plant/quality/")
        assert page.status_code == 200
        assert page.headers["content-security-policy"]
