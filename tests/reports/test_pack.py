"""The evidence pack: everything in it, the same bytes each time, and a changed byte is found."""

import csv
import io
import json
import shutil
import zipfile
from dataclasses import replace
from html.parser import HTMLParser

import pandas as pd
import pytest

from kpi import analysis, cli
from kpi.access import Access, AccessDeniedError, Role
from kpi.analysis.agenda import asked_of
from kpi.analysis.packing import PackedFile, build_pack
from kpi.errors import UsageError
from kpi.qms.kinds import ALL
from kpi.reports.pack import write_pack
from kpi.reports.pack_check import verify_pack
from tests.analysis.made_home import WHEN
from tests.reports.made_agenda import BROKEN, HOSTILE, full

BY = {"who": "Q. Manager", "when": WHEN}


def written(pack):
    file = io.BytesIO()
    write_pack(pack, file)
    return file.getvalue()


@pytest.fixture(scope="module")
def pack(made_home, agenda):
    return build_pack(made_home, agenda.asked, edition="2026", agenda=agenda, uploads=True, **BY)


@pytest.fixture(scope="module")
def data(pack):
    return written(pack)


@pytest.fixture
def file(data, tmp_path):
    path = tmp_path / "pack.zip"
    path.write_bytes(data)
    return path


def read(data, name):
    return zipfile.ZipFile(io.BytesIO(data)).read(name)


def table(data, name):
    return list(csv.DictReader(io.StringIO(read(data, name).decode("utf-8-sig"))))


def altered(path, name, change):
    """The pack with one part changed, and everything else as it was."""
    with zipfile.ZipFile(path) as archive:
        parts = [(n, archive.read(n)) for n in archive.namelist()]
    with zipfile.ZipFile(path, "w") as archive:
        for each, content in parts:
            archive.writestr(each, change(content) if each == name else content)


def test_every_figure_has_its_two_sums(agenda, data):
    rows = table(data, "figures/figures.csv")
    assert len(rows) == sum(len(k.series.points) for k in agenda.review.kpis)
    scrap = next(k.series for k in agenda.review.kpis if k.series.kpi.id == "scrap_rate")
    last = [r for r in rows if r["kpi"] == "scrap_rate"][-1]
    assert last["period"] == "2026-10"
    point = scrap.points.iloc[-1]
    assert float(last["numerator"]) == point["numerator"]
    assert float(last["denominator"]) == point["denominator"]
    assert float(last["value"]) == pytest.approx(100 * point["numerator"] / point["denominator"])


def test_a_window_of_an_objective_is_no_second_figure_of_its_month(pack):
    """Else a reader finds two values for one KPI, place and month, and reproduces neither."""
    month = next(k for k in pack.kpis if k.series.kpi.id == "scrap_rate")
    since = pd.to_datetime(["2026-08-01"] * len(month.series.points))
    points = month.series.points.assign(since=since, numerator=66.0)
    window = replace(month.series, points=points, over="rolling 3 months")
    both = written(replace(pack, kpis=(month, replace(month, series=window, title="Less scrap"))))
    rows = [r for r in table(both, "figures/figures.csv") if r["period"] == "2026-10"]
    assert [(r["over"], r["chart"], r["first_day"]) for r in rows] == [
        ("month", month.title, "2026-10-01"), ("rolling 3 months", "Less scrap", "2026-08-01"),
    ]  # fmt: skip
    assert {r["over"] for r in table(both, "figures/sources.csv")} == {"month", "rolling 3 months"}


def test_sources_name_file_hash_and_rows(agenda, data):
    rows = table(data, "figures/sources.csv")
    assert {r["sha256"] for r in rows} == {s.sha256 for s in agenda.review.sources}
    scrap = [r for r in rows if r["kpi"] == "scrap_rate"]
    assert [(r["file"], int(r["rows"]) > 0) for r in scrap] == [("scrap.csv", True)]


def test_every_kind_of_record_has_its_list_even_an_empty_one(data):
    names = zipfile.ZipFile(io.BytesIO(data)).namelist()
    for kind in ALL:
        assert {f"records/{kind.name}.csv", f"records/{kind.name}.json"} <= set(names)


@pytest.mark.long
def test_records_come_with_their_history(made_home, tmp_path):
    from kpi.analysis import registering
    from kpi.qms.context import ISSUE

    shutil.copytree(made_home.path, tmp_path / "home")
    home = analysis.open_home(tmp_path / "home")
    item = made_issue(ISSUE)
    first = registering.record(home, ISSUE, item, **BY)
    registering.record(
        home, ISSUE, replace(item, title="=1+1 again"), id=first.id, version=1, why="Wording", **BY
    )
    asked = asked_of(home, (), "2026-10", "2026-10")
    data = written(build_pack(home, asked, edition="2026", **BY))
    (one,) = json.loads(read(data, f"records/{ISSUE.name}.json"))
    assert [v["why"] for v in one["history"]] == ["Recorded", "Wording"]
    assert one["value"]["title"] == "=1+1 again"
    (row,) = table(data, f"records/{ISSUE.name}.csv")
    assert row["title"] == "'=1+1 again"  # a spreadsheet shows it and does not run it
    assert "=1+1 again" in read(data, "README.html").decode() or row["id"] == first.id


def made_issue(kind):
    """An issue with what its kind asks for."""
    from kpi.qms.register import options, told_fields

    given = {"title": "Energy prices"}
    for name, about in told_fields(kind.of).items():
        if about.required and name not in given:
            choices = options(kind.of, name)
            given[name] = (
                choices[0] if choices else WHEN.date() if "DAY" in about.shape.name else "Why"
            )
    return kind.of(**given)


def test_uploaded_bytes_are_given_where_asked(agenda, pack, data):
    for one in pack.uploads:
        assert read(data, one.path) == one.data
    assert len(pack.uploads) == len(agenda.review.sources)


def test_without_uploads_it_says_where_they_are(made_home, agenda):
    lean = build_pack(made_home, agenda.asked, edition="2026", agenda=agenda, **BY)
    assert lean.uploads == ()
    assert "not in this pack" in lean.left_out[0]
    assert lean.left_out[0] in read(written(lean), "README.html").decode()


class _Page(HTMLParser):
    def __init__(self):
        super().__init__()
        self.links, self.tags = [], set()

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.links += [value for name, value in attrs if name == "href"]


def test_the_page_leads_to_every_list_and_runs_nothing(data):
    from urllib.parse import unquote

    page = _Page()
    page.feed(read(data, "README.html").decode())
    names = set(zipfile.ZipFile(io.BytesIO(data)).namelist())
    assert {unquote(link) for link in page.links} <= names
    assert len(page.links) > 30
    assert not {"script", "img", "link", "iframe", "object", "form"} & page.tags


def test_the_manifest_vouches_for_every_other_part(agenda, data):
    told = json.loads(read(data, "manifest.json"))
    names = zipfile.ZipFile(io.BytesIO(data)).namelist()
    assert [p["name"] for p in told["parts"]] == names[:-1]
    assert names[0] == "README.html"
    assert told["audit_trail_head"] == agenda.review.head
    assert (told["first"], told["last"]) == ("2026-10-01", "2026-10-31")


def test_the_same_pack_gives_the_same_bytes(pack, data):
    assert written(pack) == data


def test_a_pack_as_it_was_made_is_fine(file):
    found = verify_pack(file)
    assert found.fine
    assert found.says.startswith("pack.zip is as it was made on 2026-11-02T08:00:00+00:00: ")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        pytest.param(lambda c: c[:-2] + b"9\n", "was changed.", id="one byte"),
        pytest.param(lambda c: c + b"more", "was changed.", id="longer"),
        pytest.param(lambda c: b"", "was changed.", id="emptied"),
    ],
)
def test_a_changed_part_is_named(file, change, said):
    altered(file, "figures/figures.csv", change)
    found = verify_pack(file)
    assert found.problems == (f"figures/figures.csv {said}",)
    assert found.says == f"pack.zip is not as it was made. figures/figures.csv {said}"


def test_a_part_added_or_missing_is_named(file):
    with zipfile.ZipFile(file) as archive:
        parts = {n: archive.read(n) for n in archive.namelist()}
    del parts["trail/ledger.csv"]
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in {**parts, "extra.txt": b"x"}.items():
            archive.writestr(name, content)
    assert set(verify_pack(file).problems) == {
        "extra.txt was added.",
        "trail/ledger.csv is missing.",
    }


def test_any_flipped_byte_of_the_content_is_found(file, data):
    """A byte changed within the ZIP itself: the part is damaged, or not what it was."""
    for at in range(100, len(data), len(data) // 23):
        broken = bytearray(data)
        broken[at] ^= 0x55
        file.write_bytes(bytes(broken))
        try:
            found = verify_pack(file)
        except UsageError:
            continue
        whole = {n: zipfile.ZipFile(io.BytesIO(data)).read(n) for n in
                 zipfile.ZipFile(io.BytesIO(data)).namelist()}  # fmt: skip
        assert not found.fine or _contents(file) == whole, at


def _contents(file):
    with zipfile.ZipFile(file) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


@pytest.mark.parametrize(
    "content",
    [b"no zip", b"PK\x03\x04 broken", b""],
    ids=["text", "broken", "empty"],
)
def test_what_is_no_pack_is_told_in_a_sentence(tmp_path, content):
    path = tmp_path / "wrong.zip"
    path.write_bytes(content)
    with pytest.raises(UsageError, match=r"^wrong.zip is no evidence pack"):
        verify_pack(path)


@pytest.mark.long
def test_names_from_files_do_no_harm(made_home, agenda):
    strange = full(agenda)
    pack = build_pack(made_home, agenda.asked, edition="2026", agenda=strange, **BY)
    pack = replace(pack, documents=(PackedFile("documents/a/deck.pptx", HOSTILE, b"x"),))
    data = written(pack)
    page = read(data, "README.html").decode()
    assert "<script>" not in page
    assert "\x07" not in page and "\x00" not in page
    rows = table(data, "review/audits-1.csv")
    assert rows[0]["Owner"] == "'=HYPERLINK(0)"
    assert len(rows) == 60 and BROKEN


def test_whoever_manages_nothing_gets_no_pack(made_home, agenda):
    viewer = made_home.seen_by(Access.of({"Nordhafen": Role.VIEWER}))
    with pytest.raises(AccessDeniedError):
        build_pack(viewer, agenda.asked, edition="2026", **BY)


@pytest.mark.long
def test_the_command_makes_and_checks_a_pack(made_home, tmp_path, capsys):
    shutil.copytree(made_home.path, tmp_path / "home")
    out = tmp_path / "evidence.zip"
    given = ["--home", str(tmp_path / "home"), "pack"]
    assert cli.main([*given, "--from", "2026-08", "--to", "2026-10", "-o", str(out), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    rows = table(out.read_bytes(), "figures/figures.csv")
    assert told["kpis"] == len({row["kpi"] for row in rows}) > 5
    assert told["charts"] == len({(row["kpi"], row["slice"]) for row in rows}) >= told["kpis"]
    assert f"{told['kpis']} KPIs in {told['charts']} charts" in told["says"]
    assert cli.main([*given, "verify", str(out), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["fine"], found["manifest_sha256"]) == (True, told["manifest_sha256"])
    altered(out, "weaknesses.csv", lambda c: c + b"x")
    assert cli.main([*given, "verify", str(out)]) == 4
    assert "weaknesses.csv was changed." in capsys.readouterr().out
    assert cli.main([*given, "--from", "2026-08"]) == 2
