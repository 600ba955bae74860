"""What a record must agree with is asked while nobody else can write: on a file and on a real server."""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from made_files import WHEN

from kpi.errors import UsageError
from kpi.qms import recording, register
from kpi.qms.audits import AUDIT, FINDING, Audit, AuditStatus, Finding
from kpi.qms.register import Recorded
from kpi.qms.reviews import DECISION, REVIEW, Decision, Review
from kpi.store import Store, open_store
from kpi.store.database import Database

AT_ONCE = 40
"""More than a home keeps connections for."""

DAY = date(2026, 9, 1)


@pytest.fixture(params=["file", "server"])
def url(request: Any) -> str:
    return request.getfixturevalue("server").database() if request.param == "server" else ""


def all_at_once(deeds: Sequence[Callable[[], Any]]) -> list[Any]:
    """What each came to, all begun at one moment; a refusal is what it raised."""
    begin = threading.Barrier(len(deeds))

    def one(deed: Callable[[], Any]) -> Any:
        begin.wait(60)
        try:
            return deed()
        except UsageError as error:
            return error

    with ThreadPoolExecutor(len(deeds)) as pool:
        return list(pool.map(one, deeds))


def put(store: Store, kind: Any, item: Any, *before: Recorded[Any]) -> Recorded[Any]:
    seen = {"id": before[0].id, "version": before[0].version} if before else {}
    return recording.record(store, kind, item, **seen, who="me", when=WHEN, why="x")


def test_more_writers_than_connections_all_agree_and_end(tmp_path: Path, url: str) -> None:
    """Each asks while it writes, and those that wait hold every connection there is."""
    store = open_store(tmp_path / "home", url=url)
    review = put(store, REVIEW, Review(title="Year", first=DAY, last=DAY))
    own = [Decision(title=f"Buy {n}", review=review.id) for n in range(AT_ONCE)]
    done = all_at_once([lambda item=item: put(store, DECISION, item) for item in own])
    assert sorted(entry.number for entry in done) == list(range(2, AT_ONCE + 2))
    assert len({entry.id for entry in done}) == AT_ONCE
    assert store.verify_chain() == AT_ONCE + 1
    store.close()


def test_of_two_that_exclude_each_other_one_is_recorded(tmp_path: Path, url: str) -> None:
    """An audit closed and an open finding of it, from two programs: never both."""
    stores = [open_store(tmp_path / "home", url=url) for _ in range(2)]
    whole = Audit(
        title="Moulding", owner="A", clauses=("8.5.1",), planned=DAY, held_on=DAY, scope="s",
        criteria="c", objectives="o", conclusion="Fine", reported_to="B", status=AuditStatus.REPORTED,
    )  # fmt: skip
    winners = set()
    for turn in range(12):
        audit = put(stores[turn % 2], AUDIT, whole)
        closed = replace(whole, status=AuditStatus.CLOSED)
        finding = Finding(title="Gap", audit=audit.id, statement="No record", found_on=DAY)
        told = all_at_once(
            [
                lambda a=audit, c=closed: put(stores[0], AUDIT, c, a),
                lambda f=finding: put(stores[1], FINDING, f),
            ]
        )
        refused = [one for one in told if isinstance(one, UsageError)]
        assert len(refused) == 1, told
        winners.add(told.index(refused[0]))
        left = [f for f in register.recorded(stores[0], FINDING) if f.item.audit == audit.id]
        status = register.find(stores[1], AUDIT, audit.id).item.status
        assert (status is AuditStatus.CLOSED) is not bool(left)
    assert stores[0].verify_chain() == 24
    for store in stores:
        store.close()


def test_what_is_read_while_agreeing_takes_no_second_connection(tmp_path: Path, url: str) -> None:
    store = open_store(tmp_path / "home", url=url)
    database: Database = store.records._database
    pool: Any = database._engine.pool
    held: list[int] = []

    def agrees() -> None:
        store.records.every()
        store.position()
        held.append(pool.checkedout())

    store.records.put("note", "a", {}, who="me", when=WHEN, why="", check=agrees)
    assert held == [1]
    with database.reading():
        assert pool.checkedout() == 1, "reading has a connection of its own again afterwards"
    store.close()
