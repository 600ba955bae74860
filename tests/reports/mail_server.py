"""A real mail server of the tests' own, on a free port of this machine: it keeps what it is handed."""

import socket
import ssl
import subprocess
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

USER, PASSWORD = "digest", "Sesame-9!"
REFUSED = "gone@example.com"


class Post:
    """The letter box: refuses one recipient, keeps all other messages."""

    def __init__(self) -> None:
        self.kept: list[tuple[list[str], EmailMessage]] = []
        self.encrypted: list[bool] = []

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address == REFUSED:
            return "550 5.1.1 no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        content = envelope.content
        assert isinstance(content, bytes)
        found = message_from_bytes(content, policy=policy.default)
        assert isinstance(found, EmailMessage)
        self.kept.append((envelope.rcpt_tos, found))
        self.encrypted.append(session.ssl is not None)
        return "250 taken"


def _lets_in(
    server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any
) -> AuthResult:
    right = isinstance(data, LoginPassword) and data == LoginPassword(
        USER.encode(), PASSWORD.encode()
    )
    return AuthResult(success=right, handled=False)


def certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate for this machine, signed by itself; its file and that of its key."""
    cert, key = folder / "cert.pem", folder / "key.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
         "-nodes", "-days", "3650", "-subj", "/CN=localhost", "-keyout", str(key), "-out", str(cert),
         "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"],
        check=True, capture_output=True,
    )  # fmt: skip
    return cert, key


def trusting(cert: Path) -> ssl.SSLContext:
    """What a machine believes that was told of the certificate."""
    return ssl.create_default_context(cafile=str(cert))


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


class MailServer:
    """One server: plain, with STARTTLS, or with TLS from the start; with a sign-in, or without."""

    def __init__(
        self, post: Post, *, tls: str = "", pair: Any = None, sign_in: bool = False
    ) -> None:
        context = None
        if pair:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*pair)
        named: dict[str, Any] = {}
        if sign_in:
            named |= {
                "authenticator": _lets_in, "auth_required": tls == "starttls",
                "auth_require_tls": tls == "starttls",
            }  # fmt: skip
        if tls == "starttls":
            named |= {"tls_context": context, "require_starttls": True}
        self._controller = Controller(
            post, hostname="127.0.0.1", port=_free_port(), server_hostname="localhost",
            ssl_context=context if tls == "tls" else None, **named,
        )  # fmt: skip

    def __enter__(self) -> int:
        """The port it listens on."""
        self._controller.start()
        return int(self._controller.port)

    def __exit__(self, *_: object) -> None:
        self._controller.stop()
