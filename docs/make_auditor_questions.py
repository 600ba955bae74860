"""Write docs/auditor-questions.md: ``python docs/make_auditor_questions.py``.

The page is never written by hand; a test compares it with the data in ``kpi/qms/data``.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from kpi.analysis.weakness_results import TITLES
from kpi.measures import CATALOG
from kpi.qms.clauses import auditor_questions, clauses
from kpi.qms.kinds import BY_NAME

PAGE = Path(__file__).parent / "auditor-questions.md"

HEAD = """# What an auditor asks, and where the answer stands

All of it on one page: **Management → Evidence**. Choose the question under “What an auditor asks”, or open the clause.
The same on the command line: `python -m kpi evidence`, `--clause 9.3` for one clause with its parts, `--on 2026-11-23` for a day,
`--plant`, `--edition` and `--json`.
Each answer says how many records there are, names the first five, and leads to them; each figure leads to its passport.
Written by `docs/make_auditor_questions.py`; a test asks each question on the sample plant.

| Clause (2026) | Question | Answered by |
|--|--|--|
"""

FOUND = """
## What auditors find wrong

The same page says first what an auditor would find in the live data, worst first, and what was looked for and not found:

"""


def page() -> str:
    """The whole page."""
    number = {c.clause: c.in_2026 for c in clauses()}
    lines = [
        f"| {q.clause}{_other(q.clause, number[q.clause])} | {q.question} | "
        f"{', '.join(map(_words, q.answers))} |\n"
        for q in auditor_questions()
    ]
    return HEAD + "".join(lines) + FOUND + "".join(f"- {title}\n" for title in TITLES.values())


def _other(clause: str, in_2026: str) -> str:
    return "" if clause == in_2026 else f" ({in_2026})"


def _words(key: str) -> str:
    if key in BY_NAME:
        return BY_NAME[key].plural.lower()
    if key in CATALOG:
        return f"{CATALOG[key].title} with its passport"
    return key.replace("_", " ")


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    print(f"{PAGE.name}: {len(auditor_questions())} questions")
