"""Whatever is altered in ledger or records after it was written is found, at the row it begins at.

The tests alter the database as somebody with the file would: the triggers that forbid it are dropped.
"""

import random
import sqlite3

import pytest
from made_files import WHEN, Maker

from kpi.errors import StoreError
from kpi.store import open_store
from kpi.store.chains import TABLES, first_misfit, link
from kpi.store.codec import chained

KEYS = {"ledger": "position", "record": "number"}
NAMES = {"ledger": "Ledger position", "record": "Record number"}


class Books:
    """The books of a home, altered past the program, and as they were again afterwards."""

    def __init__(self, home, store):
        self.store = store
        self.sql = sqlite3.connect(home / "ledger.db", isolation_level=None)
        self.sql.text_factory = lambda content: content.decode("utf-8", "surrogateescape")
        for table in KEYS:
            for kind in ("update", "delete"):
                self.sql.execute(f"DROP TRIGGER IF EXISTS {table}_no_{kind}")
        self.kept = {name: self.rows(name) for name in (*KEYS, "meta")}

    def rows(self, table):
        order = KEYS.get(table, "key")
        return self.sql.execute(f"SELECT * FROM {table} ORDER BY {order}").fetchall()

    def put(self, table, rows):
        marks = ", ".join("?" * len(self.kept[table][0]))
        self.sql.execute("BEGIN")
        self.sql.execute(f"DELETE FROM {table}")
        self.sql.executemany(f"INSERT INTO {table} VALUES ({marks})", rows)
        self.sql.execute("COMMIT")

    def restore(self):
        for table, rows in self.kept.items():
            if self.rows(table) != rows:
                self.put(table, rows)

    def found(self):
        """What the check says; empty where it finds nothing."""
        try:
            self.store.verify_chain()
        except StoreError as problem:
            return str(problem)
        return ""

    def rechained(self, table, rows):
        """The rows with hashes that fit: what somebody who knows the program would write."""
        out, previous = [], ""
        for row in rows:
            previous = chained(previous, *row[:-1])
            out.append((*row[:-1], previous))
        return out


@pytest.fixture(scope="module")
def books(tmp_path_factory):
    folder = tmp_path_factory.mktemp("books")
    (folder / "incoming").mkdir()
    store = open_store(folder / "home")
    make = Maker(folder / "incoming")
    for month in ("2026-07", "2026-08", "2026-09", "2026-10"):
        store.commit(make.scrap(month, {1: 2}), who="Ängström", when=WHEN)
    store.withdraw("U000002", who="b", when=WHEN, why='sent "twice"\n')
    for number in range(5):
        why = f"reason {number} \\ \u2028"
        store.records.put(
            "target", ("alpha", "omega")[number % 2], {"v": number}, who="a", when=WHEN, why=why
        )
    found = Books(folder / "home", store)
    assert found.found() == ""
    yield found
    found.sql.close()
    store.close()


@pytest.fixture(autouse=True)
def as_it_was(books):
    yield
    books.restore()
    assert books.found() == ""


CELLS = [(table, column.name) for table, source in TABLES.items() for column in source.columns]


@pytest.mark.parametrize(("table", "column"), CELLS)
def test_every_column_of_every_row(books, table, column):
    at = [c.name for c in TABLES[table].columns].index(column)
    for place, row in enumerate(books.kept[table]):
        value = row[at]
        for other in (value + 100, None) if isinstance(value, int) else _texts(value):
            rows = list(books.kept[table])
            if other is None:
                continue
            rows[place] = (*row[:at], other, *row[at + 1 :])
            books.put(table, rows)
            assert books.found().startswith(f"{NAMES[table]} {place + 1} "), (row, other)
            books.restore()


def _texts(value):
    middle = len(value) // 2
    yield value + " "
    yield value[:middle] + chr(ord(value[middle]) ^ 1) + value[middle + 1 :] if value else "x"
    if value:
        yield ""


def test_a_byte_anywhere(books):
    """Random letters of random cells, many of them."""
    chance = random.Random(9)
    for _ in range(120):
        table = chance.choice(list(KEYS))
        rows = list(books.kept[table])
        place = chance.randrange(len(rows))
        texts = [n for n, v in enumerate(rows[place]) if isinstance(v, str) and v]
        at = chance.choice(texts)
        text = list(rows[place][at])
        letter = chance.randrange(len(text))
        text[letter] = chr(ord(text[letter]) ^ chance.choice([1, 2, 4, 8, 16, 64]))
        rows[place] = (*rows[place][:at], "".join(text), *rows[place][at + 1 :])
        books.put(table, rows)
        assert books.found().startswith(f"{NAMES[table]} {place + 1} "), rows[place]
        books.restore()


@pytest.mark.parametrize("table", KEYS)
def test_rows_deleted_inserted_swapped(books, table):
    rows = books.kept[table]
    last = len(rows)
    for place in range(last - 1):
        books.put(table, [*rows[:place], *rows[place + 1 :]])
        assert books.found().startswith(f"{NAMES[table]} {place + 1} does not fit")
    for place in range(last - 1):  # two rows exchange their places
        first, second = rows[place], rows[place + 1]
        swapped = [(first[0], *second[1:]), (second[0], *first[1:])]
        books.put(table, [*rows[:place], *swapped, *rows[place + 2 :]])
        assert books.found().startswith(f"{NAMES[table]} {place + 1} does not fit")
    forged = _forged(table, rows, chained("nothing", 1))
    books.put(table, [*rows, forged])
    assert books.found().startswith(f"{NAMES[table]} {last + 1} does not fit")


def _forged(table, rows, digest):
    """A row more at the end."""
    new = list(rows[-1])
    new[0], new[-1] = len(rows) + 1, digest
    if table == "record":
        new[3] = 99
    return tuple(new)


@pytest.mark.parametrize("table", KEYS)
def test_a_tail_cut_off(books, table):
    rows = books.kept[table]
    for left in range(len(rows)):
        books.put(table, rows[:left])
        assert books.found().startswith(f"{NAMES[table]} {len(rows)} was there once and is missing")
    rewritten = books.rechained(table, [*rows[:-1], (*rows[-1][:-2], "another", rows[-1][-1])])
    books.put(table, rewritten)  # the last entry said anew, with a hash that fits
    assert books.found().startswith(f"{NAMES[table]} {len(rows)} was there once")


def test_text_that_is_no_text(books):
    books.sql.execute("UPDATE record SET why = CAST(x'ff41' AS TEXT) WHERE number = 3")
    assert books.found().startswith("Record number 3 does not fit")
    books.sql.execute("UPDATE record SET why = x'41' WHERE number = 2")
    assert books.found().startswith("Record number 2 does not fit")


def test_a_chain_written_anew_from_end_to_end_is_not_found_by_itself(books):
    """Which is why heads are printed: the limit is on record, and the next test closes it."""
    for table, rows in list(books.kept.items()):
        if table in KEYS:
            changed = [(*rows[0][:-3], "someone else", *rows[0][-2:]), *rows[1:]]
            anew = books.rechained(table, changed)
            books.put(table, anew)
            end = (f"end of {table}", f"{len(anew)} {anew[-1][-1]}")
            books.sql.execute("UPDATE meta SET value = ? WHERE key = ?", end[::-1])
    assert books.found() == ""


def test_the_fast_hash_is_the_written_one():
    chance = random.Random(4)
    letters = ['"', "\\", "\n", "\x00", "\x7f", "é", "\u2028", "😀", "\ud800", "a", "/", "<"]
    previous, rows = "", []
    for number in range(1, 300):
        content = [number, *("".join(chance.choices(letters, k=9)) for _ in range(4))]
        digest = chained(previous, *content)
        assert link(previous, content) == digest
        rows.append((*content, digest))
        previous = digest
    assert first_misfit(rows) == (299, None)
    assert first_misfit(rows[1:]) == (0, 1)
    assert link("", [b"bytes"]) == ""
    assert link("", [1, None, 2.5]) == chained("", 1, None, 2.5)
