"""Why a KPI changed, by the command line: the same answer as JSON and as text."""

import json
import math

import pytest

from kpi.analysis import Filters, why_view
from kpi.cli import main

FIELDS = {
    "kpi", "unit", "where", "from", "to", "change", "by", "dimensions", "parts", "remainder",
    "within_usual_range", "sentence", "report_date", "notes",
}  # fmt: skip
PART = {
    "slice", "code", "kind", "rate_effect", "mix_effect", "total", "rate_from", "rate_to",
    "share_from", "share_to",
}  # fmt: skip


@pytest.fixture
def why(made_home, capsys):
    def run(*arguments):
        code = main(["--home", str(made_home.path), "why", *arguments])
        out, err = capsys.readouterr()
        return code, out, err

    return run


def test_json_has_every_part_and_adds_up(why):
    code, out, err = why("scrap_rate", "--from", "2026-02", "--to", "2026-03", "--by", "line", "--json")  # fmt: skip
    assert (code, err) == (0, "")
    told = json.loads(out)
    assert set(told) == FIELDS
    assert (told["kpi"], told["unit"], told["by"]) == ("scrap_rate", "%", "line")
    assert [told[side]["period"] for side in ("from", "to")] == ["2026-02", "2026-03"]
    for side in ("from", "to"):
        assert told[side]["value"] == pytest.approx(
            100 * told[side]["numerator"] / told[side]["denominator"]
        )
    assert told["change"] == pytest.approx(told["to"]["value"] - told["from"]["value"])
    assert all(set(part) == PART for part in told["parts"])
    total = math.fsum(part["total"] for part in told["parts"]) + told["remainder"]
    assert total == pytest.approx(told["change"], rel=1e-12)
    assert {part["slice"] for part in told["parts"]} == {"L1", "L2"}
    assert told["parts"][0]["kind"] == "rate"
    assert told["within_usual_range"] is False


def test_what_does_not_exist_is_null(why):
    _, out, _ = why("downtime_hours", "--from", "2026-02", "--to", "2026-03", "--by", "line", "--json")  # fmt: skip
    told = json.loads(out)
    assert told["from"]["denominator"] is None
    assert {(p["kind"], p["share_from"], p["share_to"]) for p in told["parts"]} == {
        ("amount", None, None)
    }


def test_the_same_sentence_as_the_page(why, made_home):
    _, out, _ = why("scrap_rate")
    view = why_view(made_home, "scrap_rate", Filters())
    first, blank, head, *_ = out.split("\n")
    assert first == view.sentence
    assert blank == ""
    assert head.split()[:2] == ["line", "part"]


def test_a_span_a_filter_and_quarters(why):
    _, out, _ = why(
        "scrap_rate", "--from", "2025-11..2026-01", "--to", "2026-05..2026-07",
        "--where", "line=L2", "--json",
    )  # fmt: skip
    told = json.loads(out)
    assert (told["from"]["periods"], told["to"]["periods"]) == (3, 3)
    assert told["where"] == [["line", "L2"]]
    assert told["by"] == "reason"
    _, out, _ = why("scrap_rate", "--period", "quarter", "--by", "line", "--json")
    assert json.loads(out)["to"]["period"].endswith("2026-Q4")


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (("scrap_rat",), 2, "There is no KPI 'scrap_rat'. Did you mean 'scrap_rate'?\n"),
        (("scrap_rate", "--to", "2026-12"), 2,
         "There is no month 2026-12 of Scrap rate. Known are 2024-11 to 2026-10.\n"),
        (("scrap_rate", "--from", "then", "--to", "2026-05"), 2, "'then' is no period."),
        (("scrap_rate", "--by", "color"), 2, "There is no dimension 'color'."),
        (("scrap_rate", "--where", "line"), 2, "'line' is not of the form NAME=VALUE"),
        (("scrap_rate", "--period", "decade"), 2, "invalid choice: 'decade'"),
        (("downtime_hours", "--to", "2025-09", "--from", "2025-08"), 4,
         "Downtime hours has no value to compare, September 2025: "),
        (("rolled_throughput_yield",), 4, "Rolled throughput yield cannot be computed yet."),
    ],
)  # fmt: skip
def test_wrong_usage_is_told_in_a_sentence(why, arguments, code, says):
    found, out, err = why(*arguments, "--json")
    assert (found, out) == (code, "")
    assert says in err
    assert err.count("\n") == 1
