"""Ten thousand histories of uploads, withdrawals and purges: what is taken back was as if never there."""

import random
from datetime import timedelta

import pytest
from made_files import WHEN, Maker, amounts
from test_any_order import DAYS, START, by_hand, cells, upload_part

from kpi.model import Coverage
from kpi.store import Entry, OwnershipRule, open_store
from kpi.store.inforce import holdings
from kpi.store.ledger import _with_withdrawals

HISTORIES = 10_000


def upload(chance, n, rule):
    """An upload as the tests of the rules have it: name, feed, mode, coverage, data date, rules."""
    coverage = []
    for _ in range(chance.choice((1, 1, 2))):
        first, last = sorted(chance.choices(range(len(DAYS)), k=2))
        line = chance.choice((None, None, None, "L1"))
        coverage.append(Coverage(chance.choice("AB"), line, DAYS[first], DAYS[last]))
    feed = chance.choice(("f1", "f1", "f2"))
    mode = chance.choice(("snapshot", "snapshot", "incremental"))
    return (f"U{n}", feed, mode, coverage, START + timedelta(days=100 + n), rule)


def entry_of(position, one):
    name, feed, mode, coverage, drawn, rule = one
    return Entry(
        position=position, kind="upload", upload=name, who="", when=WHEN, feed=feed, mode=mode,
        parts=(upload_part(coverage, drawn),), ownership=tuple(rule),
    )  # fmt: skip


def as_read(lines):
    """A ledger's lines as the ledger gives them out."""
    purged = {e.upload: e.position for e in lines if e.kind == "purge"}
    return _with_withdrawals(lines, purged)


def held(lines):
    """Who holds what, and nothing of where in the ledger it stands."""
    return [(h.upload, h.grounds, h.whole) for h in holdings(as_read(lines), "scrap")]


def a_history(seed):
    """Deeds in any order; after each way back, the state is that of a ledger that never knew it."""
    chance = random.Random(seed)
    rule = [OwnershipRule("scrap", "f2", "f1", chance.choice(("prefer", "complement", "compare")))]
    uploads, lines, gone, purged = [], [], set(), set()
    states = {}
    for _ in range(chance.randint(3, 12)):
        live = [u[0] for u in uploads if u[0] not in gone]
        left = [u[0] for u in uploads if u[0] not in purged]
        deed = chance.random()
        if deed < 0.55 or not left:
            before = held(lines)
            uploads.append(upload(chance, len(uploads), rule))
            lines.append(entry_of(len(lines) + 1, uploads[-1]))
            states[uploads[-1][0]] = (before, frozenset(gone), len(uploads) - 1)
            continue
        kind, name = ("withdrawal", chance.choice(live)) if live and deed < 0.85 else (
            "purge", chance.choice(left)
        )  # fmt: skip
        lines.append(Entry(len(lines) + 1, kind, name, "me", WHEN, "why"))
        gone.add(name)
        purged |= {name} if kind == "purge" else set()
        before, gone_then, at = states[name]
        if at == len(uploads) - 1 and gone == gone_then | {name}:
            assert held(lines) == before, seed  # exactly the state before it
        never = [entry_of(n, one) for n, one in enumerate(uploads, start=1) if one[0] not in gone]
        assert held(lines) == held(never), seed
    return uploads, lines, gone


@pytest.mark.long
def test_ten_thousand_histories():
    taken_back = 0
    for seed in range(HISTORIES):
        uploads, lines, gone = a_history(seed)
        taken_back += len(gone)
        if seed % 5 == 0:  # the rules themselves, cell by cell and by other means
            assert cells(as_read(lines)) == by_hand(uploads, gone), seed
    assert taken_back > HISTORIES


def test_a_few_histories():
    for seed in range(150):
        uploads, lines, gone = a_history(seed)
        assert cells(as_read(lines)) == by_hand(uploads, gone), seed


def a_home(folder, seed):
    """The same through files, ledger and engine: months in versions, against a list in memory."""
    chance = random.Random(seed)
    (folder / "in").mkdir()
    make, store = Maker(folder / "in"), open_store(folder / "home")
    model = []  # (upload, month, amount) in force
    before = {}
    for n in range(chance.randint(6, 12)):
        if model and chance.random() < 0.45:
            name, month, amount = chance.choice(model)
            if chance.random() < 0.5:
                store.withdraw(name, who="me", when=WHEN, why="")
            else:
                store.purge(name, who="me", when=WHEN, why="the law")
            was_last = model[-1] == (name, month, amount)
            model.remove((name, month, amount))
            if was_last and before.get(name, (None,))[0] == model:
                assert amounts(store.at()) == before[name][1]
        else:
            month, amount = f"2026-0{chance.randint(1, 4)}", float(n + 1)
            state = ([*model], amounts(store.at()))
            file = make.scrap(month, {1: amount, 5: amount}, data_date=DAYS[n], feed="f")
            entry = store.commit(file, who="me", when=WHEN)
            before[entry.upload] = state
            model.append((entry.upload, month, amount))
        expected = {}
        for _, month, amount in model:  # a later one of the same month takes its place
            expected |= {("A", None, f"{month}-01"): amount, ("A", None, f"{month}-05"): amount}
        assert amounts(store.at()) == expected, seed
    store.verify_chain()
    store.verify_facts()
    store.verify_purges()
    store.close()


def test_a_history_through_files(tmp_path):
    a_home(tmp_path, 1)


@pytest.mark.long
def test_fifty_histories_through_files(tmp_path):
    for seed in range(50):
        (tmp_path / str(seed)).mkdir()
        a_home(tmp_path / str(seed), seed)
