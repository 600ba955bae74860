"""``python -m kpi digest``: Monday's mail, printed, written to files or sent to people."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kpi.cli.parts import DONE, REJECTED, as_day, declare, home_of, show, time_now
from kpi.errors import KpiError, UsageError

if TYPE_CHECKING:
    from kpi.analysis.digest import Digest
    from kpi.analysis.home import Home


def add(commands: Any) -> None:
    """Make the command known."""
    one = declare(
        commands, "digest", _digest, "what needs attention, is overdue, missing, or has changed"
    )
    one.add_argument("--html", type=Path, metavar="FILE", help="write it as HTML")
    one.add_argument("--text", type=Path, metavar="FILE", help="write it as plain text")
    one.add_argument(
        "--to", nargs="+", default=[], metavar="ADDRESS",
        help="send it: each person gets the plants of their role",
    )  # fmt: skip
    one.add_argument("--everybody", action="store_true", help="send it to all who may sign in")
    one.add_argument(
        "--plant", action="append", default=[], metavar="PLANT",
        help="only this plant, or * for all; with --to, also to who may not sign in",
    )  # fmt: skip
    one.add_argument("--on", type=as_day, metavar="DATE", help="as of this day (default: today)")
    one.add_argument("--days", type=int, default=7, metavar="N", help="changes of the last N days")


def _digest(arguments: argparse.Namespace) -> int:
    from kpi.analysis.digest import digest, everybody, seen_of
    from kpi.cli.json_form import plain

    if arguments.days < 1:
        raise UsageError("--days takes a number from 1.")
    home = home_of(arguments)
    to = [*arguments.to, *(everybody(home) if arguments.everybody else ())]
    if to or arguments.everybody:
        return _send(arguments, home, list(dict.fromkeys(to)))
    found = digest(seen_of(home, arguments.plant), _today(arguments), days=arguments.days)
    written = _write(arguments, found, home.settings.mail.address)
    if written and not arguments.json:
        print("\n".join(written))
        return DONE

    def text() -> str:
        from kpi.reports.digest import digest_text

        return digest_text(found, home.settings.mail.address).rstrip("\n")

    show(arguments, lambda: plain(_told(found)), text)
    return DONE


def _today(arguments: argparse.Namespace) -> Any:
    return arguments.on or time_now().astimezone().date()


def _told(found: "Digest") -> dict[str, Any]:
    from dataclasses import asdict

    return asdict(found)


def _write(arguments: argparse.Namespace, found: "Digest", address: str) -> list[str]:
    from kpi.reports.digest import digest_html, digest_text

    said = []
    for path, made in ((arguments.html, digest_html), (arguments.text, digest_text)):
        if path is not None:
            try:
                path.write_text(made(found, address), encoding="utf-8")
            except OSError as problem:
                raise UsageError(f"{path} cannot be written: {problem.strerror}.") from None
            said.append(f"Written: {path}.")
    return said


def _send(arguments: argparse.Namespace, home: "Home", to: list[str]) -> int:
    """One message each; who cannot be reached does not keep the others from theirs."""
    from kpi.reports.mailing import check_mail

    check_mail(home.settings.mail)
    if not to:
        raise UsageError("Nobody may sign in yet, so that there is nobody to send it to.")
    done = [_send_one(arguments, home, address) for address in to]
    show(
        arguments,
        lambda: [{"to": a, "sent": fine, "says": says} for a, fine, says in done],
        lambda: "\n".join(says for _, _, says in done),
    )
    return DONE if all(fine for _, fine, _ in done) else REJECTED


def _send_one(arguments: argparse.Namespace, home: "Home", address: str) -> tuple[str, bool, str]:
    from email.utils import make_msgid

    from kpi.analysis.digest import digest, seen_as, seen_of
    from kpi.reports.digest import digest_message
    from kpi.reports.mailing import is_address, send
    from kpi.settings import mail_password

    mail = home.settings.mail
    try:
        if not is_address(address):
            raise UsageError(f"{address} is no e-mail address.")
        seen = seen_of(home, arguments.plant) if arguments.plant else seen_as(home, address)
        found = digest(seen, _today(arguments), days=arguments.days)
        message = digest_message(
            found, sender=mail.sender, to=address, when=time_now(), address=mail.address,
            message_id=make_msgid(domain=mail.sender.rpartition("@")[2]),
        )  # fmt: skip
        send(message, mail, mail_password())
    except KpiError as problem:
        return address, False, str(problem)
    return address, True, f"Sent to {address}: {found.subject}."
