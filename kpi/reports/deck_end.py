"""The last slides before the appendix: decisions, and the conclusion with its signatures."""

from collections.abc import Sequence
from typing import Any, Final

from kpi.analysis import words
from kpi.analysis.agenda_results import Agenda
from kpi.qms.reviews import CONCLUSIONS, DecisionType, Judged
from kpi.reports import notes
from kpi.reports.canvas import INK, MUTED, Box, Deck, Line
from kpi.reports.planned import MOST_TABLE_ROWS, count, sealed
from kpi.reports.tables import Cell

EMPTY_ROWS: Final = 7
"""Rows to fill in where no decision is taken yet."""

TYPES: Final = tuple(t for t in DecisionType if t is not DecisionType.OPEN)

DECISIONS: Final = ("No.", "Decision", "Type", "Owner", "Due")
DECISION_WIDTHS: Final = (0.13, 0.43, 0.17, 0.15, 0.12)

TO_TICK: Final = "☐ yes   ☐ no"

WORDS_BOX: Final = Box(0, 0, 1, 0.46)
SIGNED_BOX: Final = Box(0, 0.52, 1, 0.48)


def decisions(deck: Deck, agenda: Agenda) -> None:
    """The decisions taken; a table to fill in the meeting where there are none yet."""
    taken = agenda.decisions[:MOST_TABLE_ROWS]
    slide = deck.slide(
        decisions_title(agenda.decisions),
        footer=sealed(agenda.review),
        notes=notes.decisions(agenda.decisions),
    )
    told = [decision_row(one) for one in taken]
    to_fill = [[str(n), "", "", "", ""] for n in range(1, EMPTY_ROWS + 1)]
    rows = [[_decision_cell(text, at) for at, text in enumerate(row)] for row in told or to_fill]
    slide.table(Box(0, 0, 1, 0.88), DECISIONS, rows, DECISION_WIDTHS)
    rest = len(agenda.decisions) - len(taken)
    more = f"{rest} more in the minutes. " if rest else ""
    kinds = words.listed([str(t) for t in TYPES], joint="or")
    slide.text(
        Box(0, 0.9, 1, 0.1),
        [Line(f"{more}Each is typed ({kinds}), with owner and date.", 13, MUTED)],
    )


def _decision_cell(text: str, column: int) -> Cell:
    return Cell(text, INK if column == 1 else MUTED, column == 1)


def decisions_title(taken: Sequence[Any]) -> str:
    """How many decisions there are, and whether each is complete."""
    if not taken:
        return "Decisions are taken in this meeting, each with an owner and a due date"
    open_ones = sum(not complete(one.item) for one in taken)
    verb = "is" if len(taken) == 1 else "are"
    said = f"{count(len(taken), 'decision')} {verb} taken"
    text = said[:1].upper() + said[1:]
    if not open_ones:
        return f"{text}, each with an owner and a due date"
    lacks = "lacks" if open_ones == 1 else "lack"
    return f"{text}; {words.small_number(open_ones)} still {lacks} type, owner or due date"


def complete(decision: Any) -> bool:
    """Whether a decision has its type, owner and due date."""
    typed = decision.type is not DecisionType.OPEN
    return bool(typed and decision.owner and decision.due)


def decision_row(one: Any) -> list[str]:
    """A decision as tables show it: number, what, type, owner, due."""
    item = one.item
    due = words.date_words(item.due) if item.due else "no date yet"
    typed = str(item.type)
    return [one.id, item.title, typed, item.owner or "nobody yet", due]


def conclusion(deck: Deck, agenda: Agenda) -> None:
    """The four words with what was concluded, and who signs."""
    item = agenda.record.item if agenda.record is not None else None
    slide = deck.slide(
        conclusion_title(item), footer=sealed(agenda.review), notes=notes.conclusion(agenda)
    )
    slide.table(
        WORDS_BOX,
        ("The quality management system is", "Concluded", "Remark"),
        [_word_row(item, word) for word in CONCLUSIONS],
        (0.28, 0.2, 0.52),
    )
    slide.table(
        SIGNED_BOX, ("Name", "Function", "Date", "Signature"), signing_rows(item),
        (0.3, 0.26, 0.16, 0.28),
    )  # fmt: skip


def conclusion_title(item: Any) -> str:
    """What top management concludes, or that it is still to be said."""
    told = [item.concluded(word) for word in CONCLUSIONS] if item is not None else []
    if not told or any(one.says is Judged.OPEN for one in told):
        return "The conclusion is said and signed at the end of this meeting"
    no = [one.word for one in told if one.says is Judged.NO]
    if not no:
        return f"The quality management system is {words.listed(CONCLUSIONS)}"
    return f"The quality management system is not {words.listed(no, joint='or')}"


def _word_row(item: Any, word: str) -> list[Cell]:
    said = item.concluded(word) if item is not None else None
    told = TO_TICK if said is None or said.says is Judged.OPEN else str(said.says)
    return [Cell(word, INK, True), Cell(told, INK, True), Cell(said.remark if said else "")]


def signing_rows(item: Any) -> list[list[Cell]]:
    """Who signs: the signature given, else top management present, else room for names."""
    if item is not None and item.signature is not None:
        own = item.signature
        kind = "self-declared" if own.self_declared else "signed in"
        return [
            [
                Cell(own.name, INK, True), Cell(own.role or "–"),
                Cell(words.date_words(own.at.date())), Cell(f"{kind}, {own.sha256[:16]}…"),
            ]
        ]  # fmt: skip
    present = [one for one in item.attendance if one.present and one.top] if item else []
    rows = [[Cell(one.name, INK, True), Cell(one.role), Cell(""), Cell("")] for one in present[:4]]
    return rows or [[Cell(""), Cell(""), Cell(""), Cell("")] for _ in range(3)]
