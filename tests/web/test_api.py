"""The HTTP API says what the command line says, to those who may hear it, and nothing else."""

import base64
import csv
import io
from datetime import UTC, date, datetime, timedelta
from itertools import product
from urllib.parse import quote

import pytest

from kpi.access import EVERY_PLANT, Access, Role
from kpi.calendar import PERIODS
from kpi.errors import StoreError
from kpi.measures import CATALOG
from kpi.qms import Target, put_target
from kpi.qms.tokens import put_token, revoke_token
from tests.web.asking import Asked
from tests.web.two_plants import FOREIGN, FOREIGN_LINE, FOREIGN_REASON, FORMULA, OWN, WHEN
from web import api, api_access
from web.api_access import Failures, on_this_machine


@pytest.fixture
def server(home, capsys):
    """The same with sign-in configured: on a server."""
    return Asked(home, capsys, alone=False, client=("10.0.0.7", 4711))


def token(home, access, days=30):
    now = datetime.now(tz=UTC)
    last = (now + timedelta(days=days)).date()
    return put_token(home.store, "client", access, last, who="me", when=now)


@pytest.fixture(scope="module")
def of_own_plant(home):
    return token(home, Access.of({OWN: Role.VIEWER}))[1]


def bearer(shown):
    return {"authorization": f"Bearer {shown}"}


# --- the same as the command line --------------------------------------------------------------

SLICES = ((), (("plant", OWN),), (("plant", OWN), ("line", "L1")), (("line", FORMULA),))


@pytest.mark.parametrize(
    ("period", "where", "kpi"),
    [
        pytest.param(p, w, k, id=f"{k} {p} {'&'.join(v for _, v in w)}")
        for (p, w), k in product(
            [("month", SLICES[0]), ("week", SLICES[1]), ("all", SLICES[3])],
            ("scrap_rate", "unplanned_share"),
        )
    ],
)
def test_a_series_is_what_the_command_line_prints(asked, period, where, kpi):
    given = [("period", period), *(("where", f"{d}={v}") for d, v in where)]
    words = ["series", kpi, "--period", period]
    words += [w for d, v in where for w in ("--where", f"{d}={v}")]
    assert asked.json(f"/series/{kpi}", given) == asked.cli_json(*words)
    assert asked.csv(f"/series/{kpi}", given) == asked.cli(*words, "--csv")


@pytest.mark.long
@pytest.mark.parametrize(("number", "kpi"), list(enumerate(CATALOG)))
def test_every_kpi_by_every_slice_and_grain(asked, number, kpi):
    """Each grain once, the slices in turn; each way to split with a chart of its own."""
    for place, period in enumerate(PERIODS):
        where = SLICES[(place + number) % len(SLICES)]
        given = [("period", period), *(("where", f"{d}={v}") for d, v in where)]
        words = [w for d, v in where for w in ("--where", f"{d}={v}")]
        found = asked.json(f"/series/{kpi}", given)
        assert found == asked.cli_json("series", kpi, "--period", period, *words)
    for by, chart in (("plant", "auto"), ("plant,line", "imr"), ("reason", "run")):
        given = [("by", by), ("chart", chart), ("baseline", "6")]
        words = ["series", kpi, "--by", by, "--chart", chart, "--baseline", "6"]
        assert asked.json(f"/series/{kpi}", given) == asked.cli_json(*words)
        assert asked.csv(f"/series/{kpi}", given) == asked.cli(*words, "--csv")


def test_every_option_of_the_command_line_is_a_parameter(asked):
    given = [
        ("by", "plant,line"), ("from", "2025-12-01"), ("to", "2026-09-30"), ("chart", "p"),
        ("baseline", "2025-12..2026-05"), ("as_of", "2026-09-30"), ("ledger", "2"),
        ("where", "line=L1"), ("where", f"line={FOREIGN_LINE}"),
    ]  # fmt: skip
    words = [
        "series", "scrap_rate", "--by", "plant,line", "--from", "2025-12-01", "--to", "2026-09-30",
        "--chart", "p", "--baseline", "2025-12..2026-05", "--as-of", "2026-09-30", "--ledger", "2",
        "--where", "line=L1", "--where", f"line={FOREIGN_LINE}",
    ]  # fmt: skip
    found = asked.json("/series/scrap_rate", given)
    assert found == asked.cli_json(*words)
    assert {(r["plant"], r["line"]) for r in found} == {(OWN, "L1"), (FOREIGN, FOREIGN_LINE)}
    assert {"center", "lcl", "ucl", "signals", "numerator", "denominator"} <= set(found[0])


def test_a_chart_has_the_points_of_the_series_with_limits(asked):
    views = asked.json("/charts/scrap_rate", [("by", "plant")])
    points = asked.cli_json("series", "scrap_rate", "--by", "plant", "--chart", "auto")
    assert [p for v in views for p in v["points"]] == points
    assert [v["slice"] for v in views] == [[["plant", OWN]], [["plant", FOREIGN]]]
    assert any(p["signals"] for p in points)
    assert views[0]["target"] == 2.5
    assert all(v["says"].endswith(".") and v["convention"] for v in views)
    assert asked.csv("/charts/scrap_rate", [("by", "plant")]) == asked.cli(
        "series", "scrap_rate", "--by", "plant", "--chart", "auto", "--csv"
    )


@pytest.mark.long
def test_targets_come_with_their_forecasts(asked):
    found = asked.json("/targets")
    outlooks = [one.pop("outlook") for one in found]
    assert found == asked.cli_json("targets")
    due = next(o for t, o in zip(found, outlooks, strict=True) if t["slice"] == {"plant": OWN})
    assert due == asked.cli_json(
        "forecast", "scrap_rate", "--where", f"plant={OWN}", "--target", "2.5",
        "--due", "2027-03-31",
    )  # fmt: skip
    assert outlooks[[t["slice"] for t in found].index({"line": "L1", "plant": OWN})] is None
    rows = list(csv.DictReader(io.StringIO(asked.csv("/targets"))))
    assert [r["slice"] for r in rows] == ["; ".join(f"{d}={v}" for d, v in t["slice"].items())
                                          for t in found]  # fmt: skip
    assert float(rows[found.index(next(t for t in found if t["value"] == 2.5))]["median"]) == (
        pytest.approx(due["median"])
    )


@pytest.mark.long
def test_objectives_are_told_as_by_the_command_line(home, asked):
    assert asked.json("/objectives") == []
    words = ("objectives", "add", "--title", "Less scrap", "--kpi", "scrap_rate", "--less", "25",
             "--start", "2026-01-01", "--due", "2027-03-31", "--owner", "Anna", "--baseline", "2.5")  # fmt: skip
    empty = asked.get("/api/v1/objectives").headers["etag"]
    of_plant = asked.cli_json(*words, "--where", f"plant={OWN}")
    whole = asked.cli_json(*words)
    told = asked.get("/api/v1/objectives")
    assert told.json() == asked.cli_json("objectives")
    assert {one["id"] for one in told.json()} == {of_plant["id"], whole["id"]}
    assert all(one["status"] and one["reason"].endswith(".") for one in told.json())
    tag = told.headers["etag"]
    assert tag != empty
    assert asked.get("/api/v1/objectives", if_none_match=tag).status_code == 304
    later = asked.get("/api/v1/objectives", [("on", "2027-06-30")])
    assert later.headers["etag"] != tag, "a day later the same facts may say something else"
    assert asked.get("/api/v1/targets").headers["etag"] != tag
    assert later.json() != told.json()
    rows = list(csv.DictReader(io.StringIO(asked.csv("/objectives"))))
    assert [(r["id"], r["slice"], r["target_words"]) for r in rows] == [
        (one["id"], "; ".join(f"{d}={v}" for d, v in one["slice"]), one["target_words"])
        for one in told.json()
    ]
    refused = asked.get("/api/v1/objectives", [("on", "today")])
    assert (refused.status_code, "2026-10-31" in refused.text) == (422, True)


def test_status_and_catalogue(asked):
    told = asked.cli_json("status")
    del told["home"]  # the server's folder is not the client's business
    assert asked.json("/status") == told
    assert asked.json("/kpis") == asked.cli_json("kpis")
    rows = list(csv.DictReader(io.StringIO(asked.csv("/kpis"))))
    assert [r["id"] for r in rows] == list(CATALOG)
    values = asked.json("/dimensions")
    assert {"dimension": "plant", "value": OWN} in values
    assert asked.csv("/status").startswith("feed,datasets,plant,uploads,last_upload,data_date\n")


def test_cells_of_csv_cannot_act_as_formulas(asked):
    text = asked.csv("/series/scrap_rate", [("by", "line")])
    assert f",'{FORMULA}," in text
    assert f",{FORMULA}," not in text
    assert f"'{FORMULA}" in asked.csv("/dimensions")


# --- questions that cannot be answered ---------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "params", "status", "says"),
    [
        ("/series/scrap_rat", [], 404, "There is no KPI 'scrap_rat'. Did you mean 'scrap_rate'?"),
        ("/charts/nonsense", [], 404, "There is no KPI 'nonsense'."),
        ("/series/scrap_rate", [("where", "plant=Nordhaven")], 400, "Did you mean 'Nordhafen'?"),
        ("/series/scrap_rate", [("where", "planet=X")], 400, "There is no dimension 'planet'."),
        ("/series/scrap_rate", [("by", "lin")], 400, "Did you mean 'line'?"),
        ("/series/scrap_rate", [("ledger", "99")], 400, "it has no position 99."),
        ("/series/scrap_rate", [("from", "2026-02-01"), ("to", "2026-01-01")], 400, "Exchange"),
        ("/series/scrap_rate", [("chart", "p"), ("baseline", "1999-01..1999-02")], 400, "baseline"),
        ("/series/scrap_rate", [("from", "1.2.2026")], 422, "takes a date, written as 2026-10-31"),
        ("/series/scrap_rate", [("from", "2026-02-30")], 422, "The parameter 'from' takes a date"),
        ("/series/scrap_rate", [("period", "decade")], 422, "takes one of month, week, day"),
        ("/series/scrap_rate", [("where", "L1")], 422, "takes DIMENSION=VALUE"),
        ("/series/scrap_rate", [("baseline", "0")], 422, "a number of points or FROM..TO"),
        ("/series/scrap_rate", [("ledger", "-1")], 422, "takes a whole number from 0"),
        ("/series/scrap_rate", [("ledger", "١")], 422, "takes a whole number from 0"),
        ("/series/scrap_rate", [("limit", "0")], 422, "a whole number from 1 to 100000"),
        ("/series/scrap_rate", [("by", ",")], 422, "names with commas"),
        ("/series/scrap_rate", [("period", "month"), ("period", "day")], 422, "once only"),
        ("/series/scrap_rate", [("kpi", "oee")], 422, "The parameter 'kpi' may be given once"),
        ("/series/scrap_rate", [("since", "2026")], 422, "There is no parameter 'since' here."),
        ("/kpis", [("format", "xml")], 422, "takes one of json, csv"),
        ("/status", [("limit", "1")], 422, "There is no parameter 'limit' here."),
        ("/nothing", [], 404, "There is nothing at /api/v1/nothing. There are: /api/v1/status"),
        ("/api/v2/kpis", [], 404, "There is nothing at /api/v2/kpis."),
        ("/api", [], 404, "There is nothing at /api."),
        ("/kpis", [("token", "c9_1_x")], 400, "A token belongs in the Authorization header"),
        ("/kpis", [("API_Key", "c9_1_x")], 400, "have it revoked"),
    ],
)  # fmt: skip
def test_a_question_that_cannot_be_answered_is_told_in_a_sentence(
    asked, path, params, status, says
):
    code, told = asked.refused(path, params)
    assert (code, says in told) == (status, True), told


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_the_api_is_read_only(asked, method):
    assert asked.refused("/kpis", method=method) == (405, "This API is read-only.")
    assert asked.get("/api/v1/kpis", method=method).headers["allow"] == "GET, HEAD"


@pytest.mark.parametrize("accept", ["text/html", "application/xml", "application/json;q=0"])
def test_only_json_and_csv_are_spoken(asked, accept):
    code, told = asked.refused("/kpis", accept=accept)
    assert (code, "application/json or text/csv" in told) == (406, True)


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        ("", "application/json"),
        ("*/*", "application/json"),
        ("text/csv", "text/csv; charset=utf-8"),
        ("text/*", "text/csv; charset=utf-8"),
        ("application/json;q=0.2, text/csv;q=0.9", "text/csv; charset=utf-8"),
        ("text/html, */*;q=0.1", "application/json"),
    ],
)
def test_the_form_follows_what_the_client_reads(asked, accept, kind):
    assert asked.get("/api/v1/kpis", accept=accept).headers["content-type"] == kind


def test_an_error_nobody_foresaw_shows_a_reference_and_nothing_else(asked, monkeypatch, caplog):
    def broken(*_):
        raise ZeroDivisionError("secret of the house")

    monkeypatch.setattr(api, "_tag", broken)
    code, told = asked.refused("/kpis")
    assert code == 500
    reference = told.split("Reference ")[1][:6]
    assert "secret" not in told
    logged = caplog.records[-1]
    assert logged.fields["reference"] == reference
    assert isinstance(logged.exc_info[1], ZeroDivisionError)


def test_a_home_that_cannot_be_read_is_told_without_its_folder(asked, home, monkeypatch):
    def locked(*_):
        raise StoreError(f"The ledger of {home.path} is damaged and cannot be read.")

    monkeypatch.setattr(api, "_tag", locked)
    code, told = asked.refused("/kpis")
    assert (code, told[:40]) == (503, "The facts cannot be read at the moment. ")


# --- unchanged, or page by page ----------------------------------------------------------------


def test_nothing_is_sent_again_while_nothing_changed(home, asked):
    def tag(path="/series/scrap_rate", params=(), **headers):
        return asked.get(f"/api/v1{path}", list(params), **headers).headers["etag"]

    first = asked.get("/api/v1/series/scrap_rate")
    assert first.headers["cache-control"] == "private, no-cache"
    assert first.headers["vary"] == "Authorization, Accept"
    again = asked.get("/api/v1/series/scrap_rate", if_none_match=f'"x", {first.headers["etag"]}')
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"]
    missing = asked.get("/api/v1/series/nonsense", if_none_match="*")
    assert missing.status_code == 404, "what is not there is not unchanged"
    assert asked.get("/api/v1/series/scrap_rate", if_none_match="*").status_code == 200
    weak = asked.get("/api/v1/series/scrap_rate", if_none_match=f"W/{first.headers['etag']}")
    assert weak.status_code == 304
    tags = [
        tag(), tag(accept="text/csv"), tag("/series/rework_rate"), tag(params=[("period", "week")]),
        tag("/charts/scrap_rate"), tag(accept_encoding="identity"),
    ]  # fmt: skip
    assert len(set(tags)) == len(tags)
    assert tag() == tags[0]
    put_target(
        home.store,
        Target("first_pass_yield", (), 99.0, date(2026, 1, 1)),
        who="me",
        when=WHEN,
        why="x",
    )
    assert tag() != tags[0]


def test_head_tells_the_same_headers(asked):
    got, head = asked.get("/api/v1/kpis"), asked.get("/api/v1/kpis", method="HEAD")
    assert dict(head.headers) == dict(got.headers)
    assert (len(got.content) > 0, int(head.headers["content-length"])) == (True, len(got.content))


def test_a_long_answer_comes_in_pages_and_is_never_cut_in_silence(asked, monkeypatch):
    whole = asked.json("/series/scrap_rate", [("by", "plant,line"), ("period", "week")])
    path, params = "/api/v1/series/scrap_rate", [("by", "plant,line"), ("period", "week")]
    found, lines = [], []
    url = f"{path}?by=plant%2Cline&period=week&limit=50"
    while url:
        page = asked.get(url)
        assert page.headers["x-total-count"] == str(len(whole))
        found += page.json()
        lines += asked.get(f"{url}&format=csv").text.splitlines()[1:]
        link = page.headers.get("link")
        url = link and f"{path}{link.split('>')[0][1:]}"
    assert found == whole
    assert lines == asked.csv("/series/scrap_rate", params).splitlines()[1:]
    monkeypatch.setattr(api, "MOST_ROWS", 100)
    code, told = asked.refused("/series/scrap_rate", params)
    assert (code, f"The answer has {len(whole):,} rows" in told) == (400, True)
    assert asked.get(path, [*params, ("limit", "100")]).status_code == 200


# --- who may ask -------------------------------------------------------------------------------


def test_on_a_server_a_token_is_needed(server):
    for headers in (
        {}, bearer(""), bearer("c9_nonsense"), {"authorization": "Basic !!"},
        {"authorization": "Digest x"}, {"cookie": "_streamlit_user=abc"},
        {"authorization": "Basic " + base64.b64encode(b"user:\xff").decode()},
    ):  # fmt: skip
        answer = server.get("/api/v1/kpis", **headers)
        assert answer.status_code == 401, headers
        assert answer.headers["www-authenticate"] == 'Bearer realm="Clause Nine"'
    assert server.refused("/kpis")[1].startswith("A token is needed: send it as Authorization")
    # nor does working on the machine help there
    assert server.get("/api/v1/kpis", client=("127.0.0.1", 1)).status_code == 401


def test_a_token_opens_as_bearer_and_as_password(server, of_own_plant):
    basic = base64.b64encode(f"anything:{of_own_plant}".encode()).decode()
    by_token = server.json("/kpis", **bearer(of_own_plant))
    assert by_token == server.json("/kpis", authorization=f"Basic {basic}")
    assert by_token == server.json("/kpis", authorization=f"bearer  {of_own_plant} ")


def test_a_token_shows_its_plants_and_no_word_of_others(server, home, of_own_plant):
    own = bearer(of_own_plant)
    canaries = (FOREIGN, FOREIGN_LINE, FOREIGN_REASON, "Canary", "7.125")
    asked = [
        ("/status", []), ("/kpis", []), ("/dimensions", []), ("/objectives", []), ("/targets", []),
        *(("/series/scrap_rate", [("by", d)]) for d in ("plant", "line", "reason")),
        ("/charts/scrap_rate", [("by", "plant,line,reason")]),
        ("/series/scrap_rate", [("where", "plant=Zanziba")]),
        ("/series/scrap_rate", [("where", "line=Canary 6")]),
        ("/series/scrap_rate", [("where", "reason=Secret crac")]),
        ("/openapi.json", []),
    ]  # fmt: skip
    for (path, params), form in product(asked, ("json", "csv")):
        extra = [] if path == "/openapi.json" else [("format", form)]
        answer = server.get(f"/api/v1{path}", [*params, *extra], **own)
        said = answer.text + str(answer.headers)
        for _, own_words in params:  # what one asks with comes back, and tells nothing
            said = said.replace(own_words.partition("=")[2] or own_words, "")
        assert not [c for c in canaries if c in said], (path, params)
    foreign = server.get(f"/api/v1/series/scrap_rate?where=plant={FOREIGN}", **own)
    assert foreign.status_code == 400
    unknown = server.get("/api/v1/series/scrap_rate?where=plant=Nowhereelse", **own)
    # a plant one may not see answers as one that is not there
    assert foreign.json()["detail"].replace(FOREIGN, "X") == (
        unknown.json()["detail"].replace("Nowhereelse", "X")
    )
    everything = token(home, Access.of({EVERY_PLANT: Role.VIEWER}))[1]
    wide = server.get("/api/v1/dimensions", **bearer(everything)).text
    assert all(c in wide for c in canaries[:2])


def test_the_tag_of_one_token_is_no_good_to_another(server, home, of_own_plant):
    other = token(home, Access.of({FOREIGN: Role.VIEWER}))[1]
    tag = server.get("/api/v1/series/scrap_rate", **bearer(of_own_plant)).headers["etag"]
    answer = server.get("/api/v1/series/scrap_rate", if_none_match=tag, **bearer(other))
    assert answer.status_code == 200


def test_a_revoked_or_expired_token_is_told_so(server, home):
    made, shown = token(home, Access.of({OWN: Role.VIEWER}))
    assert server.get("/api/v1/kpis", **bearer(shown)).status_code == 200
    revoke_token(home.store, made.id, who="me", when=WHEN, why="stolen")
    code, told = server.refused("/kpis", **bearer(shown))
    assert (code, told) == (401, "This token opens nothing. It is revoked: ask for a new one.")
    long_ago = datetime(2020, 1, 1, tzinfo=UTC)
    _, old = put_token(
        home.store, "old", Access.of({OWN: Role.VIEWER}), date(2020, 2, 1), who="me", when=long_ago
    )
    assert server.refused("/kpis", **bearer(old))[1] == (
        "This token opens nothing. It is expired: ask for a new one."
    )


def test_reading_leaves_no_record_but_when_a_token_was_last_used(server, home):
    made, shown = token(home, Access.of({OWN: Role.VIEWER}))
    before = home.store.records.number()
    server.json("/kpis", **bearer(shown))
    assert home.store.records.number() == before
    assert (datetime.now(tz=UTC) - api_access.LAST_USED[made.id]).total_seconds() < 60


def test_a_wrong_token_tried_again_and_again_is_not_looked_up_any_more(server, of_own_plant):
    wrong = bearer("c9_00000000_" + "x" * 43)
    codes = [server.get("/api/v1/kpis", **wrong).status_code for _ in range(12)]
    assert codes == [401] * 10 + [429] * 2
    assert server.get("/api/v1/kpis", **wrong).headers["retry-after"] == "60"
    # nobody else is shut out by that
    assert server.get("/api/v1/kpis", **bearer(of_own_plant)).status_code == 200


def test_failures_are_forgotten_after_a_minute_and_kept_within_bounds():
    now = [0.0]
    failures = Failures(clock=lambda: now[0])
    for _ in range(10):
        failures.failed("x")
    assert failures.too_many("x")
    assert not failures.too_many("y")
    now[0] = 61.0
    assert not failures.too_many("x")
    for number in range(3000):
        failures.failed(str(number))
    assert len(failures._times) == api_access.REMEMBERED


def test_alone_on_a_laptop_no_token_is_needed_from_this_machine_only(asked):
    assert asked.get("/api/v1/kpis").status_code == 200
    assert asked.get("/api/v1/kpis", client=("::1", 1)).status_code == 200
    for client, headers in (
        (("192.168.1.9", 1), {}),
        (None, {"x_forwarded_for": "127.0.0.1"}),
        (None, {"forwarded": "for=127.0.0.1"}),
        (None, {"via": "1.1 proxy"}),
    ):
        assert asked.get("/api/v1/kpis", client=client, **headers).status_code == 401
    # a token that is shown must be right, even there
    assert asked.refused("/kpis", **bearer("c9_12345678_wrong"))[0] == 401


@pytest.mark.parametrize(
    "headers",
    [
        {"sec_fetch_site": "cross-site"},
        {"sec_fetch_site": "same-site"},
        {"origin": "https://elsewhere.example"},
        {"origin": "null"},
    ],
)
def test_a_page_of_another_site_may_not_ask_a_laptop(asked, headers):
    assert asked.refused("/kpis", **headers) == (403, "A page of another site may not ask here.")
    assert "access-control-allow-origin" not in asked.get("/api/v1/kpis", **headers).headers


@pytest.mark.parametrize(
    ("client", "here"),
    [
        ("127.0.0.1", True), ("127.8.9.1", True), ("::1", True), ("::ffff:127.0.0.1", True),
        ("10.0.0.1", False), ("::ffff:10.0.0.1", False), ("", False), ("localhost", False),
    ],
)  # fmt: skip
def test_this_machine_is_told_by_its_address(client, here):
    assert on_this_machine(client, {}) is here


def test_names_of_kpis_are_names_and_no_paths(asked):
    for name in ("../../etc/passwd", "..%2f..%2fetc", "reported:nobody", "a/b", "%00", "<script>"):
        answer = asked.get(f"/api/v1/series/{quote(name, safe='')}")
        assert answer.status_code == 404
        assert answer.headers["content-type"] == "application/problem+json"
