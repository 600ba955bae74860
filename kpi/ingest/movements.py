"""Stock movements of SAP: the movement type decides sign and meaning, never the printed sign."""

import numpy as np
import pyarrow.compute as pc

from kpi.ingest.conventions import Desk
from kpi.ingest.facts import Facts
from kpi.ingest.vocabulary import vocabulary


def read_movements(facts: Facts, desk: Desk) -> None:
    """Give every row its sign: 1 scrap, -1 its reversal, 0 neither; receipts apart. Unknown types are asked.

    Adds ``movement_sign`` and ``movement_receipt`` (1 where the row is a receipt from production)
    to the numbers of the facts; does nothing without a column of movement types.
    """
    types = facts.texts.get("movement_type")
    if types is None:
        return
    rules = vocabulary().headers["movement_types"]
    encoded = pc.dictionary_encode(types)
    texts = encoded.dictionary.to_pylist()
    signs, receipts = np.zeros(len(texts) + 1), np.zeros(len(texts) + 1)
    left_out: list[str] = []
    for i, text in enumerate(texts):
        code = text.strip()
        if code in rules["scrap"]:
            signs[i] = rules["scrap"][code]
        elif code in rules["receipt"]:
            signs[i], receipts[i] = rules["receipt"][code], 1
        elif code in rules["order_issue_not_scrap"] or code in rules["return_delivery"]:
            left_out.append(code)
        else:
            signs[i] = _asked(facts, code, desk)
    codes = np.asarray(pc.fill_null(encoded.indices, len(texts)).to_numpy(zero_copy_only=False))
    facts.numbers["movement_sign"] = signs[codes]
    facts.numbers["movement_receipt"] = receipts[codes]
    if left_out:
        desk.note(
            facts.grid.sheet,
            f"movement types {', '.join(left_out)} are no scrap; their rows are not read",
            facts.heading("movement_type"),
        )


def _asked(facts: Facts, code: str, desk: Desk) -> float:
    """The sign of a type no rule knows, by the user's word."""
    answer = desk.ask(
        "field",
        facts.grid.sheet,
        f"movement:{code}",
        f"Movement type {code} is not a standard scrap posting. What is it here?",
        [
            ("scrap", "its rows are counted as scrap, whatever sign is printed"),
            ("reversal", "its rows take scrap back"),
            ("ignore", "its rows are not read"),
        ],
        heading=facts.heading("movement_type"),
        samples=(code,),
    )
    return {"scrap": 1.0, "reversal": -1.0, "ignore": 0.0}[answer]
