"""Stock movements: the type of a movement decides sign and meaning, the printed sign never does."""

import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from kpi.ingest.conventions import Desk
from kpi.ingest.facts import Facts
from kpi.ingest.numbers import Mask
from kpi.ingest.profiles import folded
from kpi.ingest.vocabulary import DATA, vocabulary
from kpi.texts import said, said_n

MEANINGS: Final[Mapping[str, tuple[float, bool]]] = {
    "scrap": (1.0, False),
    "reversal": (-1.0, False),
    "produced": (1.0, True),
    "unproduced": (-1.0, True),
    "ignore": (0.0, False),
}
"""Sign of a movement by its meaning, and whether it is a receipt from production."""

_NET: Final = "net"


@lru_cache(maxsize=1)
def standard() -> dict[str, Any]:
    """What SAP's standard movement types are."""
    rules: dict[str, Any] = json.loads((DATA / "movements.json").read_text("utf-8"))
    return rules


def meaning_of(code: str) -> str | None:
    """A key of ``MEANINGS`` for a standard movement type; ``None`` for one that is not.

    >>> meaning_of("552"), meaning_of("131"), meaning_of("261"), meaning_of("901")
    ('reversal', 'produced', 'ignore', None)
    """
    rules = standard()
    if code in rules["scrap"]:
        return "scrap" if rules["scrap"][code] > 0 else "reversal"
    if code in rules["produced"]:
        return "produced" if rules["produced"][code] > 0 else "unproduced"
    return "ignore" if any(code in codes for codes in rules["neither"].values()) else None


def read_movements(facts: Facts, desk: Desk, known: Mapping[str, str] | None = None) -> None:
    """Give every row its sign: 1 scrap, -1 its reversal, 0 neither; receipts apart. Unknown types are asked.

    ``known`` are a profile's own types with their meanings. Adds ``movement_sign`` and
    ``movement_receipt`` (1 where the row is a receipt from production) to the numbers of the facts;
    does nothing without a column of movement types.
    """
    types = facts.texts.get("movement_type")
    if types is None:
        return
    own = {folded(code): meaning for code, meaning in (known or {}).items()}
    encoded = pc.dictionary_encode(types)
    texts = [text.strip() for text in encoded.dictionary.to_pylist()]
    codes = np.asarray(pc.fill_null(encoded.indices, len(texts)).to_numpy(zero_copy_only=False))
    signs, receipts = np.zeros(len(facts)), np.zeros(len(facts))
    left_out: dict[str, int] = {}
    for i, code in enumerate(texts):
        rows = codes == i
        if not (rows & facts.good).any():
            continue
        meaning = own.get(folded(code)) or (None if own else meaning_of(code))
        if meaning is None:
            meaning = _asked(facts, code, rows, desk)
        if meaning == _NET:
            signs[rows] = _by_printed_sign(facts, rows)[rows]
            continue
        signs[rows], receipts[rows] = MEANINGS[meaning]
        if meaning == "ignore":
            left_out[code] = int(rows.sum())
    _receipts_of_suppliers(facts, types, signs, receipts, desk, ask=not own)
    facts.numbers["movement_sign"] = signs
    facts.numbers["movement_receipt"] = receipts
    _say_left_out(facts, left_out, desk)
    facts.reject(codes == len(texts), said("no movement type"), facts.heading("movement_type"))


def _say_left_out(facts: Facts, left_out: Mapping[str, int], desk: Desk) -> None:
    if left_out:
        listed = [
            said_n("{code} ({n} row)", "{code} ({n} rows)", n=n, code=code)
            for code, n in sorted(left_out.items())
        ]
        desk.note(
            facts.grid.sheet,
            said(
                "Neither scrap nor production, so not read: movement types {types}.",
                types=listed,
            ),
            facts.heading("movement_type"),
        )


def _receipts_of_suppliers(
    facts: Facts, types: pa.Array, signs: Any, receipts: Any, desk: Desk, *, ask: bool
) -> None:
    """Receipts by a type that serves production and purchasing alike: told apart by their order.

    A row with a purchase order, or a supplier and no order, came from a supplier. Where no column
    tells, a person does.
    """
    either = pa.array(standard()["either"])
    mine = np.asarray(pc.fill_null(pc.is_in(types, either), False).to_numpy(zero_copy_only=False))
    mine &= facts.good
    if not ask or not mine.any():
        return
    ordered, bought = _filled(facts, "order"), _filled(facts, "purchase_order")
    if "purchase_order" not in facts.texts and _names_a_purchase(facts):
        ordered, bought = np.zeros(len(facts), bool), ordered
    bought |= _filled(facts, "supplier") & ~ordered
    unclear = mine & ~ordered & ~bought
    if unclear.any():
        answer = desk.ask(
            "field",
            facts.grid.sheet,
            "movement:101",
            said(
                "Movement types 101 and 102 are receipts from production or from suppliers. "
                "Which are these?"
            ),
            [
                ("produced", said("no column tells; they are counted as production")),
                ("ignore", said("they were bought: their rows are not read")),
            ],
            heading=facts.heading("movement_type"),
            samples=("101", "102"),
        )
        if answer == "ignore":
            bought |= unclear
    out = mine & bought
    signs[out], receipts[out] = 0.0, 0.0
    if out.any():
        desk.note(
            facts.grid.sheet,
            said_n("{n} row of receipts from suppliers is not production and not read.",
                   "{n} rows of receipts from suppliers are not production and not read.",
                   n=int(out.sum())),
            facts.heading("movement_type"),
        )  # fmt: skip


def _filled(facts: Facts, name: str) -> Mask:
    if name not in facts.texts:
        return np.zeros(len(facts), bool)
    return np.asarray(facts.texts[name].is_valid().to_numpy(zero_copy_only=False)).copy()


def _names_a_purchase(facts: Facts) -> bool:
    """Whether the column read as the order is that of purchase orders."""
    if not facts.mapping.has("order"):
        return False
    words = set(vocabulary().fields["purchase"])
    return bool(vocabulary().normalise(facts.heading("order")).tokens & words)


def _printed(facts: Facts) -> Any:
    """The figures of a movement as printed, with their sign; the quantity before the amount."""
    found = [facts.numbers[n] for n in ("qty_scrap", "cost") if n in facts.numbers]
    if not found:
        return np.zeros(len(facts))
    first = np.nan_to_num(found[0])
    return np.where(first == 0, np.nan_to_num(found[-1]), first)


def _by_printed_sign(facts: Facts, rows: Mask) -> Any:
    """The sign most rows of a type have is scrap, the other takes it back."""
    printed = np.sign(_printed(facts))
    usual = (
        1.0
        if (printed[rows & facts.good] > 0).sum() > (printed[rows & facts.good] < 0).sum()
        else -1.0
    )
    return printed * usual


def _asked(facts: Facts, code: str, rows: Mask, desk: Desk) -> str:
    """The meaning of a type no rule knows, by the user's word."""
    printed = _printed(facts)[rows & facts.good]
    both = bool((printed > 0).any() and (printed < 0).any())
    options = [
        ("scrap", said("its rows are counted as scrap, whatever sign is printed")),
        ("reversal", said("its rows take scrap back")),
        ("produced", said("its rows are receipts from production")),
        ("ignore", said("its rows are not read")),
    ]
    if both:
        net = said("its rows are scrap; those with the rarer sign ({n}) take scrap back",
                   n=int(min((printed > 0).sum(), (printed < 0).sum())))  # fmt: skip
        options.insert(0, (_NET, net))
    return desk.ask(
        "field",
        facts.grid.sheet,
        f"movement:{code}",
        said("Movement type {type} is not a standard scrap posting. What is it here?", type=code),
        options,
        heading=facts.heading("movement_type"),
        samples=(code,),
    )
