"""``python -m kpi``: the same answers as the pages, for scripts and schedulers.

Each file holds the commands of one question; ``parts`` what they are made of, ``running`` what
puts them together.
"""

from kpi.cli.parts import DONE, INTERNAL, NEEDS_ANSWER, REJECTED, USAGE
from kpi.cli.running import main

__all__ = ["DONE", "INTERNAL", "NEEDS_ANSWER", "REJECTED", "USAGE", "main"]
