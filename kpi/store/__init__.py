"""What is kept of a home: ledger and records (SQL), facts (Parquet), the engine that asks them."""

from kpi.store.aside import AsideFile, AsideFiles
from kpi.store.backup import Backup
from kpi.store.mends import Standing
from kpi.store.model import (
    Entry,
    Feed,
    Incoming,
    IncomingPart,
    OwnershipRule,
    Plan,
    Record,
    RowChanges,
    UploadPart,
)
from kpi.store.opening import open_store
from kpi.store.records import Records
from kpi.store.restore import restore
from kpi.store.seen import seen_by
from kpi.store.store import Store
from kpi.store.view import View

__all__ = [
    "AsideFile",
    "AsideFiles",
    "Backup",
    "Entry",
    "Feed",
    "Incoming",
    "IncomingPart",
    "OwnershipRule",
    "Plan",
    "Record",
    "Records",
    "RowChanges",
    "Standing",
    "Store",
    "UploadPart",
    "View",
    "open_store",
    "restore",
    "seen_by",
]
