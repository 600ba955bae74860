"""The digest as mail programs show it: a table 600 pixels wide with its styles inline, and its plain twin."""

from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from html import escape
from textwrap import fill
from typing import Final

from kpi.analysis import words
from kpi.analysis.digest import Digest, DigestLine, DigestPart
from kpi.errors import UsageError
from kpi.figures.theme import LIGHT
from kpi.reports.mailing import is_address
from kpi.safe_text import one_line

WIDTH: Final = 600
"""Pixels: what mail programs show beside their own columns."""

COLUMNS: Final = 72
"""Characters of a line of the plain text."""

FONT: Final = "font-family:'Segoe UI',Helvetica,Arial,sans-serif"

MARKS: Final = {
    "attention": LIGHT.worsening, "overdue": LIGHT.worsening, "missing": LIGHT.common,
    "changed": LIGHT.improving,
}  # fmt: skip
"""The colour of the bar beside a part that has something to tell."""


def digest_html(digest: Digest, address: str = "") -> str:
    """The digest as one HTML document; with the dashboard's address, lines lead to their pages."""
    parts = "".join(_part_html(part, address) for part in digest.parts)
    title = escape(digest.company or "Clause Nine")
    head = _cell(
        f'<div style="font-size:13px;color:{LIGHT.muted}">{title}</div>'
        f'<div style="font-size:22px;line-height:28px;font-weight:600;color:{LIGHT.ink}">'
        f"{escape(_heading(digest))}</div>"
        f'<div style="font-size:14px;line-height:20px;color:{LIGHT.muted};padding-top:4px">'
        f"{escape(digest.of)}. {escape(digest.fresh)}</div>",
        "padding:24px 24px 8px 24px",
    )
    foot = _cell(_foot_html(digest, address), "padding:8px 24px 24px 24px")
    return (
        '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        '<meta name="color-scheme" content="light">'
        f"<title>{escape(digest.subject)}</title></head>"
        f'<body style="margin:0;padding:0;background:{LIGHT.band}">'
        f'<div style="display:none;max-height:0;overflow:hidden">{escape(_preview(digest))}</div>'
        '<table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0" '
        f'style="background:{LIGHT.band}"><tr><td align="center" style="padding:16px 8px">'
        f'<table role="presentation" width="{WIDTH}" cellpadding="0" cellspacing="0" border="0" '
        f'style="width:100%;max-width:{WIDTH}px;background:{LIGHT.surface};'
        f'border:1px solid {LIGHT.rule};{FONT}">{head}{parts}{foot}</table></td></tr></table>'
        "</body></html>\n"
    )


def _heading(digest: Digest) -> str:
    return f"Week of {words.date_words(digest.day)}"


def _preview(digest: Digest) -> str:
    return " ".join(part.says for part in digest.parts[:2])


def _cell(inner: str, style: str) -> str:
    return f'<tr><td style="{style};{FONT}">{inner}</td></tr>'


def _part_html(part: DigestPart, address: str) -> str:
    mark = MARKS[part.key] if part.lines else LIGHT.rule
    lines = "".join(_line_html(line, address) for line in part.lines)
    left = ""
    if part.left:
        more = f"and {part.left} more"
        left = (
            f'<div style="font-size:14px;padding-top:8px">{_link(more, address, part.page)}</div>'
        )
    return _cell(
        '<table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0"><tr>'
        f'<td width="4" style="width:4px;background:{mark};font-size:0">&nbsp;</td>'
        f'<td style="padding:2px 0 2px 14px;{FONT}">'
        f'<div style="font-size:17px;line-height:24px;font-weight:600;color:{LIGHT.ink}">'
        f"{escape(part.title)}</div>"
        f'<div style="font-size:14px;line-height:20px;color:{LIGHT.muted}">{escape(part.says)}</div>'
        f"{lines}{left}</td></tr></table>",
        "padding:14px 24px",
    )


def _line_html(line: DigestLine, address: str) -> str:
    says = _link(line.says, address, line.page, line.id)
    under = " · ".join(filter(None, (line.more, f"Owner: {line.owner}" if line.owner else "")))
    more = (
        f'<div style="font-size:13px;line-height:18px;color:{LIGHT.muted}">{escape(under)}</div>'
        if under
        else ""
    )
    return (
        f'<div style="font-size:15px;line-height:21px;color:{LIGHT.ink};padding-top:10px">{says}'
        f"</div>{more}"
    )


def _link(text: str, address: str, page: str, id: str = "") -> str:
    if not address:
        return escape(text)
    url = escape(_url(address, page, id), quote=True)
    return f'<a href="{url}" style="color:{LIGHT.accent};text-decoration:none">{escape(text)}</a>'


def _url(address: str, page: str, id: str = "") -> str:
    query = f"?record={id}" if id else ""
    return f"{address.rstrip('/')}/{page}{query}"


def _foot_html(digest: Digest, address: str) -> str:
    opened = f"{_link('Open Clause Nine', address, '')}. " if address else ""
    return (
        f'<div style="font-size:12px;line-height:18px;color:{LIGHT.muted};'
        f'border-top:1px solid {LIGHT.rule};padding-top:12px">{opened}{escape(_foot(digest))}</div>'
    )


def _foot(digest: Digest) -> str:
    return (
        f"Changes are those since {words.date_words(digest.since)}. You see the plants of your role; "
        "an administrator changes it, or takes you off this mail."
    )


# --- the plain twin ---------------------------------------------------------------------------


def digest_text(digest: Digest, address: str = "") -> str:
    """The same as plain text, in lines of at most 72 characters."""
    out = [
        *filter(None, [digest.company]), _heading(digest), _wrapped(f"{digest.of}. {digest.fresh}"),
        *(_part_text(part, address) for part in digest.parts),
        "",
        _wrapped(_foot(digest)),
        *([f"Open: {_url(address, '')}"] if address else []),
    ]  # fmt: skip
    return "\n".join(out) + "\n"


def _part_text(part: DigestPart, address: str) -> str:
    lines = ["", part.title.upper(), _wrapped(part.says)]
    for line in part.lines:
        told = " ".join(
            filter(None, (line.says, line.more, f"Owner: {line.owner}." if line.owner else ""))
        )
        lines.append(_wrapped(told, bullet=True))
        if address and line.id:
            lines.append(f"  {_url(address, line.page, line.id)}")
    if part.left:
        lines.append(f"- and {part.left} more")
    return "\n".join(lines)


def _wrapped(text: str, *, bullet: bool = False) -> str:
    first, later = ("- ", "  ") if bullet else ("", "")
    return fill(
        one_line(text), COLUMNS, initial_indent=first, subsequent_indent=later,
        break_long_words=False, break_on_hyphens=False,
    )  # fmt: skip


# --- the message ------------------------------------------------------------------------------


def digest_message(
    digest: Digest, *, sender: str, to: str, when: datetime, message_id: str, address: str = ""
) -> EmailMessage:
    """The digest as one message to one person: plain text, and HTML for who shows it.

    Raises
    ------
    UsageError
        Sender or recipient is no address of one mailbox.
    """
    for given in (sender, to):
        if not is_address(given):
            raise UsageError(f"{one_line(given)!r} is no e-mail address of one person.")
    message = EmailMessage(policy=SMTP)
    message["Subject"] = one_line(digest.subject)
    message["From"] = sender
    message["To"] = to
    message["Date"] = format_datetime(when)
    message["Message-ID"] = message_id
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(digest_text(digest, address))
    message.add_alternative(digest_html(digest, address), subtype="html")
    return message
