"""A drop folder: whatever arrives, however it arrives, and whenever the watcher is ended."""

import os
import random
import re
import shlex
import signal
import subprocess
import sys
import time
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest
from made_exports import HEADINGS, ROOT, scrap_rows, written
from openpyxl import Workbook, load_workbook

from kpi import analysis, watching
from kpi.analysis import dropping
from kpi.analysis.dropping import finish_moves, is_whole, look_at, put_away
from kpi.analysis.home import open_home
from kpi.watching import Watcher

WHEN = datetime(2026, 11, 2, 8, tzinfo=UTC)


@pytest.fixture
def drop(tmp_path):
    folder = tmp_path / "drop"
    folder.mkdir()
    return folder


@pytest.fixture
def home(tmp_path):
    opened = open_home(tmp_path / "home")
    yield opened
    opened.store.close()


@pytest.fixture
def watcher(home, drop):
    return Watcher(home, drop, who="watch", now=lambda: WHEN)


def taken(watcher):
    """Two looks: what became of each file."""
    return {h.file: h.state for _ in range(2) for h in watcher.look()}


def lying(folder):
    return sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())


def month(folder, text, name=None, **how):
    days = how.pop("days", range(1, 11))
    return written(folder / (name or f"scrap_{text}.csv"), scrap_rows(text, days=days, **how))


def doubtful(folder, name="doubtful.csv", month=2):
    rows = [(f"0{day}/0{month}/2026", "Nordhafen", "L1", 100, day, "") for day in (1, 2, 3)]
    return written(folder / name, rows)


def with_a_bad_row(folder, name="bad.csv"):
    rows = scrap_rows("2026-10")
    rows[4] = (*rows[4][:3], "5OO", *rows[4][4:])
    return written(folder / name, rows)


def test_each_to_its_place(watcher, home, drop):
    month(drop, "2026-09")
    with_a_bad_row(drop)
    (drop / "letter.txt").write_text("Dear all,\nplease find nothing attached.\n")
    assert taken(watcher) == {
        "scrap_2026-09.csv": "committed",
        "bad.csv": "committed",
        "letter.txt": "rejected",
    }
    assert lying(drop) == [
        "done/2026-11/bad.csv",
        "done/2026-11/scrap_2026-09.csv",
        "rejected/bad rejected.xlsx",
        "rejected/bad rejected.xlsx.txt",
        "rejected/letter.txt",
        "rejected/letter.txt.txt",
    ]
    note = (drop / "rejected/letter.txt.txt").read_text()
    assert "Nothing was taken from this file: " in note
    assert "drop folder" in note
    (waiting,) = analysis.set_aside(home)
    assert (waiting.file, waiting.state, waiting.since) == ("letter.txt", "rejected", WHEN)


def test_the_workbook_mended_and_dropped(watcher, home, drop):
    with_a_bad_row(drop)
    taken(watcher)
    book = load_workbook(drop / "rejected/bad rejected.xlsx")
    assert [c.value for c in book.active[4]][6] == "5OO"
    book.active["G4"].value = 500
    book.save(drop / "bad rejected.xlsx")
    assert taken(watcher) == {"bad rejected.xlsx": "committed"}
    assert home.view().arrow("production").num_rows == 62


def test_a_question_waits_with_a_note_and_its_command_answers_it(watcher, home, drop, cli):
    doubtful(drop, "first half.csv")
    assert taken(watcher) == {"first half.csv": "needs_answer"}
    assert lying(drop) == ["questions/first half.csv", "questions/first half.csv.txt"]
    note = (drop / "questions/first half.csv.txt").read_text()
    (line,) = re.findall(r"^ +(python -m kpi .*)$", note, re.MULTILINE)
    (waiting,) = analysis.set_aside(home)
    assert waiting.questions[0].ask in note
    for candidate in waiting.questions[0].candidates:
        assert candidate.value in note
    done = subprocess.run(
        [sys.executable, *shlex.split(line)[1:]],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert taken(watcher) == {"first half.csv": "unchanged"}
    assert lying(drop) == ["done/2026-11/first half.csv"]
    assert analysis.set_aside(home) == ()


@pytest.mark.long
def test_answered_on_the_page(watcher, home, drop):
    doubtful(drop)
    taken(watcher)
    (waiting,) = analysis.set_aside(home)
    answers = {q.id: q.candidates[0].value for q in waiting.questions}
    seen = analysis.answer_set_aside(home, waiting, answers, who="me", when=WHEN, dry_run=True)
    assert seen.state == "previewed"
    assert lying(drop) == ["questions/doubtful.csv", "questions/doubtful.csv.txt"]
    outcome = analysis.answer_set_aside(home, waiting, answers, who="me", when=WHEN)
    assert outcome.state == "committed"
    assert lying(drop) == ["done/2026-11/doubtful.csv"]
    assert analysis.set_aside(home) == ()


def test_one_answer_lets_in_all_that_ask_the_same(watcher, home, drop):
    for n in (1, 2, 3):
        doubtful(drop, f"part {n}.csv", month=n + 1)
    assert set(taken(watcher).values()) == {"needs_answer"}
    first = analysis.set_aside(home)[0]
    answers = {q.id: q.candidates[0].value for q in first.questions}
    analysis.answer_set_aside(home, first, answers, who="me", when=WHEN)
    assert set(taken(watcher).values()) == {"committed"}
    assert [p for p in lying(drop) if not p.startswith("done/")] == []
    assert home.position == 3


def test_one_that_waits_is_mended_where_it_lies(watcher, drop, home):
    path = doubtful(drop)
    taken(watcher)
    written(drop / "questions" / path.name, scrap_rows("2026-10", days=range(1, 11)))
    assert taken(watcher) == {"doubtful.csv": "committed"}
    assert taken(watcher) == {}
    assert lying(drop) == ["done/2026-11/doubtful.csv"]


def test_what_somebody_took_away_is_not_told_of(watcher, drop, home):
    (drop / "letter.txt").write_text("Dear all,\nplease find nothing attached.\n")
    taken(watcher)
    (drop / "rejected/letter.txt").unlink()
    assert analysis.set_aside(home) == ()
    Watcher(home, drop, who="watch", now=lambda: WHEN)
    assert home.store.aside.all() == ()
    assert lying(drop) == []


def test_the_same_file_again_and_another_of_its_name(watcher, home, drop):
    content = month(drop, "2026-10", "scrap.csv").read_bytes()
    taken(watcher)
    (drop / "scrap.csv").write_bytes(content)
    assert taken(watcher) == {"scrap.csv": "unchanged"}
    month(drop, "2026-09", "scrap.csv")
    assert taken(watcher) == {"scrap.csv": "committed"}
    assert lying(drop) == [
        f"done/2026-11/{n}" for n in ("scrap (2).csv", "scrap (3).csv", "scrap.csv")
    ]
    assert home.position == 2


@pytest.mark.parametrize(
    "name",
    ["~$scrap.xlsx", "scrap.csv.part", "scrap.xlsx.crdownload", ".scrap.csv", "a.tmp", "Thumbs.db"],
)
def test_what_another_program_is_at_work_on_is_left(watcher, drop, name):
    month(drop, "2026-10", name)
    assert taken(watcher) == {}
    assert lying(drop) == [name]


def test_links_and_folders_are_left(watcher, drop, tmp_path):
    outside = month(tmp_path, "2026-10")
    (drop / "link.csv").symlink_to(outside)
    (drop / "folder").mkdir()
    os.mkfifo(drop / "pipe.csv")
    assert taken(watcher) == {}
    assert outside.exists()


def test_a_file_that_still_grows_is_left(watcher, drop):
    path = month(drop, "2026-10")
    list(watcher.look())
    with path.open("a") as file:
        file.write("2026-10-20,Nordhafen,L1,500,4,\n")
    assert list(watcher.look()) == []
    assert [h.state for h in watcher.look()] == ["committed"]


def workbook(path, rows):
    book = Workbook()
    for row in (HEADINGS, *rows):
        book.active.append(row)
    book.save(path)
    return path


def test_a_container_without_its_end_is_left_however_long_it_stands(watcher, drop, tmp_path):
    content = workbook(tmp_path / "whole.xlsx", scrap_rows("2026-10")).read_bytes()
    path = drop / "scrap.xlsx"
    for length in (len(content) // 2, len(content) - 10):
        path.write_bytes(content[:length])
        assert not is_whole(path)
        assert taken(watcher) == {}
    path.write_bytes(content)
    assert taken(watcher) == {"scrap.xlsx": "committed"}


def test_a_container_whose_copying_stopped_is_told_of_once_and_stays(watcher, drop, tmp_path):
    content = workbook(tmp_path / "whole.xlsx", scrap_rows("2026-10")).read_bytes()
    path = drop / "scrap.xlsx"
    path.write_bytes(content[:-10])
    long_ago = watcher._now().timestamp() - 3700
    os.utime(path, (long_ago, long_ago))
    told = [happened for _ in range(3) for happened in watcher.look()]
    assert [(one.file, one.state) for one in told] == [("scrap.xlsx", "failed")]
    assert "its end is missing" in told[0].why
    path.write_bytes(content)
    assert taken(watcher) == {"scrap.xlsx": "committed"}


def test_a_container_with_a_comment_is_whole(tmp_path):
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as container:
        container.writestr("x", "y" * 1000)
        container.comment = b"PK\x05\x06 and more"
    assert is_whole(path)
    path.write_bytes(path.read_bytes()[:-3])
    assert not is_whole(path)


def test_an_empty_file_is_waited_for_then_refused(home, drop):
    (drop / "empty.csv").touch()
    changed = datetime.fromtimestamp((drop / "empty.csv").stat().st_mtime, UTC)
    now = [changed]
    watcher = Watcher(home, drop, who="watch", now=lambda: now[0])
    assert taken(watcher) == {}
    now[0] = datetime.fromtimestamp(changed.timestamp() + 120, UTC)
    assert taken(watcher) == {"empty.csv": "rejected"}


def test_a_locked_home_is_tried_again_and_said_once(watcher, drop, monkeypatch):
    month(drop, "2026-10")
    real = watching.ingest_file

    def locked(*_args, **_more):
        raise watching.KpiError("The ledger is in use by another process.")

    monkeypatch.setattr(watching, "ingest_file", locked)
    happened = [h for _ in range(4) for h in watcher.look()]
    assert [(h.state, h.why) for h in happened] == [
        ("failed", "The ledger is in use by another process.")
    ]
    monkeypatch.setattr(watching, "ingest_file", real)
    assert [h.state for h in watcher.look()] == ["committed"]


def test_a_file_the_program_fails_on_goes_aside_in_the_end(watcher, drop, monkeypatch, caplog):
    month(drop, "2026-10")

    def broken(*_args, **_more):
        raise RuntimeError(" ".join(("secret", "cell")))

    monkeypatch.setattr(watching, "ingest_file", broken)
    states = [h.state for _ in range(6) for h in watcher.look()]
    assert states == ["failed", "rejected"]
    assert "secret cell" not in caplog.text
    assert "RuntimeError" in caplog.text
    assert "could not be read" in (drop / "rejected/scrap_2026-10.csv.txt").read_text()


# --- moving ---------------------------------------------------------------------------------------


def test_nothing_is_replaced_and_another_file_of_the_name_stays(tmp_path):
    path, to = tmp_path / "a.csv", tmp_path / "done"
    path.write_text("one")
    seen = look_at(path)
    assert put_away(path, seen, to) == to / "a.csv"
    path.write_text("two!")
    assert put_away(path, seen, to) is None  # not the file that was seen
    assert path.read_text() == "two!"
    assert put_away(path, look_at(path), to) == to / "a (2).csv"
    assert ((to / "a.csv").read_text(), (to / "a (2).csv").read_text()) == ("one", "two!")


def test_a_file_system_without_second_names(tmp_path, monkeypatch):
    def no_links(*_args, **_more):
        raise OSError(95, "not supported")

    monkeypatch.setattr(os, "link", no_links)
    path = tmp_path / "a.csv"
    path.write_text("one")
    (tmp_path / "done").mkdir()
    (tmp_path / "done" / "a.csv").write_text("there")
    assert put_away(path, look_at(path), tmp_path / "done") == tmp_path / "done" / "a (2).csv"
    assert lying(tmp_path) == ["done/a (2).csv", "done/a.csv"]
    assert (tmp_path / "done" / "a.csv").read_text() == "there"


class Killed(BaseException):
    pass


@pytest.mark.parametrize(
    "step", ["before the move", "name taken", "second name given", "file away"]
)
def test_ended_in_the_middle_of_a_move(home, drop, monkeypatch, step):
    month(drop, "2026-10")
    watcher = Watcher(home, drop, who="watch", now=lambda: WHEN)
    real_place, real_link, real_unlink = dropping._place, os.link, Path.unlink

    def killed(*_args, **_more):
        raise Killed

    def linked(*args, **more):
        real_link(*args, **more)
        raise Killed

    if step == "before the move":
        monkeypatch.setattr(watching, "put_away", killed)
    elif step == "name taken":
        monkeypatch.setattr(dropping, "_place", killed)
    elif step == "second name given":
        monkeypatch.setattr(os, "link", linked)
    else:
        monkeypatch.setattr(watching, "Happened", killed)
    with pytest.raises(Killed):
        taken(watcher)
    monkeypatch.undo()
    assert (real_place, real_link, real_unlink) == (dropping._place, os.link, Path.unlink)
    again = Watcher(home, drop, who="watch", now=lambda: WHEN)
    assert set(taken(again).values()) <= {"unchanged"}
    assert lying(drop) == ["done/2026-11/scrap_2026-10.csv"]
    assert home.position == 1
    assert finish_moves(drop) == 0


# --- real processes -------------------------------------------------------------------------------


def started(home, drop, *more):
    return subprocess.Popen(
        [
            sys.executable, "-W", "error", "-m", "kpi", "--home", str(home), "watch", str(drop),
            "--every", "0.2", *more,
        ],
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def wait_for(what, seconds=60):
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, "nothing came of it"
        time.sleep(0.05)


def ended(process, number=signal.SIGTERM):
    process.send_signal(number)
    out, err = process.communicate(timeout=60)
    assert "Traceback" not in err, err
    return process.returncode, out


@pytest.mark.long
def test_written_slowly_while_it_is_watched(tmp_path, drop):
    content = workbook(tmp_path / "whole.xlsx", scrap_rows("2026-10")).read_bytes()
    text = month(tmp_path, "2026-09").read_bytes()
    process = started(tmp_path / "home", drop)
    with (drop / "october.xlsx").open("wb") as slow, (drop / "september.csv").open("wb") as other:
        for n in range(10):
            slow.write(content[n * len(content) // 10 : (n + 1) * len(content) // 10])
            other.write(text[n * len(text) // 10 : (n + 1) * len(text) // 10])
            slow.flush()
            other.flush()
            time.sleep(0.12)
    wait_for(lambda: len(list((drop / "done").glob("*/*"))) == 2)
    code, out = ended(process)
    assert code == 0
    assert out.count("committed") == 2
    home = open_home(tmp_path / "home")
    assert home.view().arrow("production").num_rows == 62 + 20
    home.store.close()


@pytest.mark.long
def test_lines_say_nothing_of_what_is_in_the_files(tmp_path, drop):
    with_a_bad_row(drop)
    doubtful(drop)
    process = started(tmp_path / "home", drop, "--once", "--json")
    out, err = process.communicate(timeout=60)
    assert process.returncode == 3, err
    for secret in ("Nordhafen", "5OO", "Porosity", "/02/2026"):
        assert secret not in out + err
    assert '"bad.csv"' in out


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_asked_to_stop_it_ends_cleanly(tmp_path, drop, number):
    process = started(tmp_path / "home", drop)
    assert "Watching" in process.stdout.readline()
    assert ended(process, number)[0] == 0


@pytest.mark.long
def test_two_watchers_on_one_folder_and_the_command_line_beside_them(tmp_path, drop, cli):
    both = [started(cli.home, drop) for _ in range(2)]
    for process in both:
        process.stdout.readline()
    for n in range(1, 7):
        month(drop, f"2026-0{n}")
    assert cli.ingest(month(tmp_path, "2026-09"))["state"] == "committed"
    wait_for(lambda: len(list((drop / "done").glob("*/*"))) == 6)
    assert [ended(process)[0] for process in both] == [0, 0]
    assert lying(drop) == [
        f"done/{datetime.now(tz=UTC):%Y-%m}/scrap_2026-0{n}.csv" for n in range(1, 7)
    ]
    assert len(cli.json("ledger")) == 7
    assert cli("doctor")[0] == 0


@pytest.mark.long
def test_killed_again_and_again_nothing_is_lost_or_counted_twice(tmp_path, drop, cli):
    chance = random.Random(5)
    for n in range(1, 6):
        month(drop, f"2026-0{n}")
    for _ in range(4):
        process = started(cli.home, drop)
        process.stdout.readline()
        time.sleep(0.2 + chance.random() * 1.5)
        process.kill()
        process.communicate()
    process = started(cli.home, drop, "--once")
    process.communicate(timeout=60)
    assert [Path(p).name for p in lying(drop)] == [f"scrap_2026-0{n}.csv" for n in range(1, 6)]
    assert all(p.startswith("done/") for p in lying(drop))
    assert len(cli.json("ledger")) == 5
    assert cli("doctor")[0] == 0


@pytest.mark.long
@pytest.mark.parametrize(("months", "seed"), [(2, 1), (12, 2)])
def test_in_any_order_the_folder_gives_what_the_command_line_gives(
    home, watcher, drop, tmp_path, months, seed
):
    """One file per line and month, dropped all at once: thirty-six of a year."""
    other = open_home(tmp_path / "one by one")
    files = [
        month(tmp_path, f"2025-{n:02d}", f"{line} 2025-{n:02d}.csv", lines=(line,), scrap=n)
        for n in range(1, months + 1)
        for line in ("L1", "L2", "L3")
    ]
    for path in files:
        outcome = analysis.ingest_file(other, path, who="me", when=WHEN)
        answers = {q.id: q.candidates[0].value for q in outcome.questions}
        if answers:
            analysis.ingest_file(other, path, who="me", when=WHEN, answers=answers)
    random.Random(seed).shuffle(files)
    for age, path in enumerate(files):
        (drop / path.name).write_bytes(path.read_bytes())
        os.utime(drop / path.name, (age, age))
    taken(watcher)
    for waiting in analysis.set_aside(home):
        answers = {q.id: q.candidates[0].value for q in waiting.questions}
        analysis.answer_set_aside(home, waiting, answers, who="me", when=WHEN)
    taken(watcher)
    assert [p for p in lying(drop) if not p.startswith("done/")] == []
    assert facts(home) == facts(other)
    assert len(facts(home)) == len(files) * 10 * 2
    other.store.close()


def facts(home):
    """What is in force, without where it came from."""
    tables = [home.view().arrow(dataset) for dataset in ("production", "scrap")]
    rows = [r for t in tables for r in t.drop_columns(["upload", "sheet", "row"]).to_pylist()]
    return sorted(map(repr, rows))


def test_wrong_usage(cli, tmp_path):
    code, _, err = cli("watch", tmp_path / "nowhere")
    assert (code, "There is no folder" in err) == (2, True)
    assert cli("watch", tmp_path, "--every", "0")[0] == 2


def test_rejected_as_a_workbook(cli, tmp_path):
    outcome = cli.ingest(with_a_bad_row(tmp_path))
    out = tmp_path / "out.xlsx"
    told = cli.json("rejected", outcome["upload"], "--out", out)
    assert (told["rows"], told["file"], told["of"]) == (1, str(out), "bad.csv")
    assert load_workbook(out).active["C4"].value == 6
    assert cli.json("rejected", tmp_path / "bad.csv", "--out", out)["rows"] == 1
    good = cli.ingest(month(tmp_path, "2026-08"))
    told = cli.json("rejected", good["upload"], "--out", tmp_path / "none.xlsx")
    assert (told["rows"], told["file"]) == (0, None)
    assert not (tmp_path / "none.xlsx").exists()
    assert cli("rejected", "U000099", "--out", out)[0] == 2
    assert cli("rejected", outcome["upload"], "--out", tmp_path / "no" / "x.xlsx")[0] == 2
