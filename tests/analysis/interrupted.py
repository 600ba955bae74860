"""The sample completed by processes that are ended again and again: after each step one of its kind takes."""

from kpi.analysis.sample_records import complete_sample
from kpi.qms import recording

EACH = ("action", "nonconformity")
"""Kinds where every single record is the last one of its process."""


class EndedError(BaseException):
    """In place of the end of a process; nothing catches it."""


def complete_ended_often(monkeypatch, home, render):
    """How often a process was ended before the sample was complete."""
    recorded, seen = recording.record_all, set()

    def ending(store, edits, **named):
        entries = recorded(store, edits, **named)
        for edit, entry in zip(edits, entries, strict=True):
            name = edit.kind.name
            step = (name, entry.version, entry.item.title if name in EACH else "")
            if step not in seen:
                seen.add(step)
                raise EndedError
        return entries

    monkeypatch.setattr(recording, "record_all", ending)
    for times in range(200):
        try:
            assert complete_sample(home, render)
        except EndedError:
            continue
        monkeypatch.setattr(recording, "record_all", recorded)
        return times
    raise AssertionError("the sample is never complete")
