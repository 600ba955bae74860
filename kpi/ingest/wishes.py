"""Which sheets of a workbook the user wants read: by an answer, or as the feed remembers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from kpi.ingest.conventions import question_id
from kpi.model import FeedMemory

INCLUDE: Final = "include"
LEAVE: Final = "leave"
"""What may be answered under a sheet's id."""

_ALIKE: Final = 0.5
"""Share of a feed's remembered headings that a file must have for the feed's wishes to hold."""


def topic_of(sheet: str) -> str:
    """The topic under which a feed remembers what was answered about a sheet."""
    return f"sheet:{sheet}"


@dataclass(frozen=True)
class Wishes:
    """What was said about the sheets of one file.

    ``sha256`` is the hash of its bytes, ``answers`` id -> answer, ``memories`` the known feeds.
    ``always`` names sheets that are read whatever was said: a fact that came from them is shown.
    """

    sha256: str = ""
    answers: Mapping[str, str] = field(default_factory=dict)
    memories: Sequence[FeedMemory] = ()
    always: frozenset[str] = frozenset()

    def id_of(self, sheet: str) -> str:
        """The id of a sheet, under which it may be included or left out."""
        return question_id(self.sha256, "sheet", sheet, topic_of(sheet))

    def answer(self, sheet: str) -> str:
        """What the user answers about the sheet: ``include``, ``leave`` or nothing."""
        if sheet in self.always:
            return INCLUDE
        said = self.answers.get(self.id_of(sheet), "")
        return said if said in (INCLUDE, LEAVE) else ""

    def remembering(self, sheet: str) -> tuple[FeedMemory, ...]:
        """The feeds for which something was answered about a sheet of that name."""
        topic = topic_of(sheet)
        return tuple(m for m in self.memories if m.conventions.get(topic) in (INCLUDE, LEAVE))

    def may_want(self, sheet: str) -> bool:
        """The sheet has to be read to know whether it counts."""
        remembered = self.remembering(sheet)
        return self.answer(sheet) == INCLUDE or (not self.answer(sheet) and bool(remembered))

    def of_feed(self, sheet: str, signatures: Sequence[frozenset[str]]) -> str:
        """What the feed remembers about the sheet, where a table of the file is that feed's."""
        topic = topic_of(sheet)
        for memory in self.remembering(sheet):
            wanted = frozenset(memory.signature)
            if any(len(wanted & s) > _ALIKE * len(wanted | s) for s in signatures):
                return str(memory.conventions[topic])
        return ""
