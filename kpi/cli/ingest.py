"""``python -m kpi ingest``: read files and put their rows in force."""

import argparse
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kpi.cli.parts import (
    EXIT_OF_STATE,
    as_pair,
    declare,
    home_of,
    progress,
    progress_over,
    show,
    time_now,
    user,
)

if TYPE_CHECKING:
    from kpi.analysis.results import FileOutcome


def add(commands: Any) -> None:
    """Declare the command."""
    command = declare(commands, "ingest", _ingest, "read files and put their rows in force")
    command.add_argument("files", nargs="+", type=Path, metavar="FILE")
    command.add_argument("--dataset", help="what the file holds, where it cannot tell itself")
    command.add_argument("--feed", help="the feed it belongs to")
    command.add_argument(
        "--answer", action="append", type=_answer, default=[], metavar="ID=VALUE",
        help="answer a question of an earlier run",
    )  # fmt: skip
    command.add_argument("--dry-run", action="store_true", help="show what it would change only")


def _ingest(arguments: argparse.Namespace) -> int:
    from kpi.analysis.ingesting import check_dataset, check_files
    from kpi.cli import json_form, text_form

    check_files(arguments.files)
    check_dataset(arguments.dataset)
    outcomes: list[FileOutcome] = []
    try:
        _ingest_each(arguments, outcomes)
    finally:  # what was done before a failure is told all the same
        progress_over()
        if outcomes or arguments.json:
            show(
                arguments,
                lambda: [json_form.outcome(o) for o in outcomes],
                lambda: "\n\n".join(text_form.outcome(o) for o in outcomes),
            )
    return max(EXIT_OF_STATE[o.state] for o in outcomes)


def _ingest_each(arguments: argparse.Namespace, outcomes: "list[FileOutcome]") -> None:
    from kpi.analysis.ingesting import ingest_file, unknown_answers
    from kpi.safe_text import one_line

    home = home_of(arguments)
    answers = dict(arguments.answer)
    for file in arguments.files:
        outcomes.append(
            ingest_file(
                home, file, who=user(), when=time_now(), answers=answers, dry_run=arguments.dry_run,
                dataset=arguments.dataset, feed=arguments.feed,
                progress=progress(one_line(file.name)),
            )
        )  # fmt: skip
    waiting = [f for f, o in zip(arguments.files, outcomes, strict=True) if o.questions]
    asked = {q.id for o in outcomes for q in o.questions}
    if waiting and answers.keys() - asked:
        for id in unknown_answers(home, arguments.files, answers, arguments.dataset):
            if id not in asked:
                print(f"The answer {id}={answers[id]} fits no question.", file=sys.stderr)


def _answer(text: str) -> tuple[str, str]:
    id, value = as_pair(text)
    if not re.fullmatch(r"[0-9a-f]{12}", id):
        raise argparse.ArgumentTypeError(
            f"{id!r} is no question's id; a run without answers lists the questions with theirs"
        )
    return id, value
