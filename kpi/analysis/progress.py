"""Progress on actions, as their owners report it with a contributor's role.

A report changes no chart, and no status but "under way": that an action is done, who manages says.
"""

from dataclasses import replace
from datetime import date, datetime

from kpi.access import LOCAL, Permission
from kpi.analysis import registering
from kpi.analysis.home import Home
from kpi.analysis.permitted import of_slice
from kpi.errors import UsageError
from kpi.qms import recording
from kpi.qms.actions import ACTION, Action, ActionStatus
from kpi.qms.people import people
from kpi.qms.register import Item, Recorded


def may_report(home: Home, item: Action, who: str) -> bool:
    """Whether somebody may report on an action: who manages its plants, or owns it and may upload.

    Only while it is still to be done.
    """
    if not item.to_be_done:
        return False
    plants = of_slice(home, item.slice)
    if home.access.may(Permission.MANAGE, plants):
        return True
    return home.access.may(Permission.UPLOAD, plants) and owns(home, item, who)


def owns(home: Home, item: Item, who: str) -> bool:
    """Whether an item's owner is the person of that name (as it stands beside what they change).

    An owner is known by label or address; by name alone only where no other person has it.
    """
    everybody = [person for person in people(home.seen_by(LOCAL).store) if person.active]
    mine = next((person for person in everybody if who and person.label == who), None)
    if mine is None or not item.owner:
        return False
    if item.owner in (mine.label, mine.email):
        return True
    return item.owner == mine.name and sum(p.name == mine.name for p in everybody) == 1


def report(
    home: Home,
    *,
    id: str,
    version: int,
    progress: str,
    done_on: date | None = None,
    who: str,
    when: datetime,
) -> Recorded[Action]:
    """Report how far an action is, or that it is done; who manages its plants then says it is.

    Raises
    ------
    AccessDeniedError
        The person neither manages its plants nor owns it.
    UsageError
        It is not to be done any more, nothing is said, or the day lies ahead.
    SeenEarlierError
        Somebody else changed it meanwhile.
    """
    item = registering.found(home, ACTION, id).item
    if not may_report(home, item, who):
        home.access.require(Permission.MANAGE, of_slice(home, item.slice))
        raise UsageError(f"{id} is {item.status}: there is nothing to report on it any more.")
    if not progress.strip():
        raise UsageError("Say in a few words where it stands.")
    if done_on is not None and done_on > when.date():
        raise UsageError(f"{done_on.isoformat()} lies ahead. It is done once it was done.")
    told = replace(
        item, status=ActionStatus.UNDER_WAY, progress=progress.strip(), reported_on=done_on
    )
    # Past ``registering``, which asks for a quality manager: who may report was asked above, and
    # nothing but progress changes.
    return recording.record(
        home.store, ACTION, told, id=id, version=version, who=who, when=when,
        why="Reported as done" if done_on else "Progress",
    )  # fmt: skip
