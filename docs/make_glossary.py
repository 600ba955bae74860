"""Write docs/glossary.md from the glossary's data: ``python docs/make_glossary.py``.

The page is never written by hand; a test compares it with ``kpi/qms/data/glossary.json``.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from kpi.qms.glossary import FAMILY_WORDS, glossary

PAGE = Path(__file__).parent / "glossary.md"

HEAD = """# Glossary

One word per idea, on pages, in code and in documents. Terms of quality management follow ISO 9000 in our own words.
Written by `docs/make_glossary.py` from `kpi/qms/data/glossary.json`; pages show the same where the words stand.
"""


def page() -> str:
    """The whole page."""
    parts = [HEAD]
    for family, title in FAMILY_WORDS.items():
        lines = [
            f"| **{term.word}** | {', '.join(term.also)} | {term.says} |"
            for term in glossary()
            if term.family is family
        ]
        parts.append(f"\n## {title}\n\n| Word | Also | Means here |\n|--|--|--|\n")
        parts.append("\n".join(lines) + "\n")
    return "".join(parts)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    print(f"{PAGE.name}: {len(glossary())} words")
