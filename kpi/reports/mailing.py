"""Handing a message to a mail server, and what its refusals mean to a person."""

import smtplib
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from typing import Final

from kpi.errors import KpiError, UsageError
from kpi.safe_text import one_line
from kpi.settings import Mail

SECONDS: Final = 30
"""How long a mail server may take for an answer."""

PORTS: Final = {"starttls": 587, "tls": 465, "none": 25}

OWN_MACHINE: Final = ("localhost", "127.0.0.1", "::1")


class MailError(KpiError):
    """A mail was not taken by the server."""


def check_mail(mail: Mail) -> None:
    """Refuse settings that no mail can be sent with.

    Raises
    ------
    UsageError
        No server or no sender is named, or a password would go through the net in the clear.
    """
    if not mail.host:
        raise UsageError(
            "No mail server is named. Set host and sender under [mail] in settings.toml, or write the "
            "digest to a file with --html and --text."
        )
    if not is_address(mail.sender):
        raise UsageError("mail.sender is no e-mail address. Set whom the digest comes from.")
    if mail.user and mail.security == "none" and mail.host not in OWN_MACHINE:
        raise UsageError(
            "mail.security is none, and mail.user signs in: the password would go through the net in "
            "the clear. Set mail.security to starttls or tls."
        )


def is_address(text: str) -> bool:
    """Whether a text can be the address of one mailbox.

    >>> is_address("mara@example.com"), is_address("mara"), is_address("a@b, c@d")
    (True, False, False)
    """
    name, at, host = text.partition("@")
    plain = not any(c.isspace() or c in ',;<>()"' or not c.isprintable() for c in text)
    return bool(name and at and host and plain and "@" not in host)


def send(
    message: EmailMessage, mail: Mail, password: str = "", *, trusted: ssl.SSLContext | None = None
) -> None:
    """Hand one message to the server; it has it when this returns.

    ``trusted`` says which certificates are believed, by default those the machine believes.

    Raises
    ------
    MailError
        The server cannot be reached, is not who it says, does not let us in, or refuses the sender, the
        recipient or the message.
    UsageError
        The settings name no server; see ``check_mail``.
    """
    check_mail(mail)
    context = trusted or ssl.create_default_context()
    with _told(mail, str(message["To"])), _connected(mail, context) as server:
        if mail.security == "starttls":
            server.starttls(context=context)
        if mail.user:
            server.login(mail.user, password)
        server.send_message(message)


def _connected(mail: Mail, context: ssl.SSLContext) -> smtplib.SMTP:
    port = mail.port or PORTS[mail.security]
    if mail.security == "tls":
        return smtplib.SMTP_SSL(mail.host, port, timeout=SECONDS, context=context)
    return smtplib.SMTP(mail.host, port, timeout=SECONDS)


@contextmanager
def _told(mail: Mail, to: str) -> Iterator[None]:
    """Every refusal as a sentence; none of them holds the password."""
    where = f"The mail server {mail.host}:{mail.port or PORTS[mail.security]}"
    try:
        yield
    except smtplib.SMTPRecipientsRefused as error:
        code, said = next(iter(error.recipients.values()))
        raise MailError(f"{where} does not take mail for {to}: {_said(code, said)}") from None
    except smtplib.SMTPAuthenticationError as error:
        raise MailError(
            f"{where} does not let {mail.user} in ({error.smtp_code}). Check mail.user, and the "
            "password in KPI_MAIL_PASSWORD."
        ) from None
    except smtplib.SMTPSenderRefused as error:
        raise MailError(
            f"{where} takes no mail from {mail.sender}: {_said(error.smtp_code, error.smtp_error)}"
        ) from None
    except smtplib.SMTPNotSupportedError:
        raise MailError(
            f"{where} does not offer what the settings ask for: mail.security is {mail.security}"
            f"{', and mail.user signs in' if mail.user else ''}. Ask whoever runs it."
        ) from None
    except smtplib.SMTPResponseException as error:
        raise MailError(
            f"{where} refused the mail: {_said(error.smtp_code, error.smtp_error)}"
        ) from None
    except smtplib.SMTPServerDisconnected:
        raise MailError(
            f"{where} ended the connection without a word. Check mail.port and mail.security."
        ) from None
    except ssl.SSLError as error:
        raise MailError(
            f"{where} does not speak TLS as it should ({error.reason or 'no reason given'}): its "
            "certificate is not believed here, or mail.security and mail.port do not fit."
        ) from None
    except (socket.gaierror, TimeoutError, OSError) as error:
        raise MailError(
            f"{where} cannot be reached: {error.strerror or error}. Nothing was sent; check mail.host "
            "and mail.port."
        ) from None


def _said(code: int, text: bytes | str) -> str:
    told = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    return f"{code} {one_line(told)[:200]}".rstrip(".") + "."
