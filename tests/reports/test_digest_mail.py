"""The digest as HTML, as text and as a mail that a real mail server takes, or refuses."""

import email
import email.policy
import re
import socket
from datetime import UTC, date, datetime
from html.parser import HTMLParser

import pytest

from kpi.analysis.digest import Digest, DigestLine, DigestPart
from kpi.errors import UsageError
from kpi.reports.digest import COLUMNS, digest_html, digest_message, digest_text
from kpi.reports.mailing import MailError, check_mail, send
from kpi.settings import Mail
from tests.reports.mail_server import (
    PASSWORD,
    REFUSED,
    USER,
    MailServer,
    Post,
    certificate,
    trusting,
)

WHEN = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)
SITE = "https://quality.example.com/"

DIGEST = Digest(
    "Müller & Söhne", "Nord and Süd", date(2026, 11, 23), date(2026, 11, 16),
    "Müller & Söhne: 1 to look at, 12 overdue (23 November 2026)",
    "The newest data were drawn on 31 October 2026, 23 days ago.",
    (
        DigestPart("attention", "Needs attention", "One finding is no chance.",
                   (DigestLine("Scrap <b>rose</b> on line “3”", "About 4 200 € a month."),)),
        DigestPart("overdue", "Overdue", "Twelve things should have been done by today.",
                   (DigestLine("ACT-2026-001 New nozzle: to be done by 5 November 2026.", "", "Jon",
                               "actions", "ACT-2026-001"),), 11, "actions"),
        DigestPart("missing", "Missing", "Nothing is missing.", ()),
        DigestPart("changed", "Changed since", "No figure has changed.", ()),
    ),
)  # fmt: skip


class _Read(HTMLParser):
    """The words, links and tags of a document."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.words, self.links, self.tags = "", [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag == "a":
            self.links.append(dict(attrs)["href"])

    def handle_data(self, data):
        self.words += f"{data} "


def message(to="mara@example.com", sender="quality@example.com"):
    return digest_message(
        DIGEST, sender=sender, to=to, when=WHEN, message_id="<1.2@example.com>", address=SITE
    )


def test_mail_programs_can_show_it():
    """Styles inline, tables, no script, no picture from elsewhere, 600 pixels at the most."""
    html = digest_html(DIGEST, SITE)
    read = _Read(html)
    names = {tag for tag, _ in read.tags}
    assert names <= {"html", "head", "meta", "title", "body", "div", "table", "tr", "td", "a"}
    assert not re.search(r"class=|<style|url\(|src=", html)
    assert [attrs["width"] for tag, attrs in read.tags if tag == "table"][1] == "600"
    assert "max-width:600px" in html


def test_both_say_the_same_and_nothing_of_a_file_becomes_markup():
    html, text = digest_html(DIGEST, SITE), digest_text(DIGEST, SITE)
    read = _Read(html)
    seen, told = (re.sub(r"\s+", " ", t) for t in (read.words, text.replace("\n- ", " ")))
    for part in DIGEST.parts:
        for said in (part.says, *(line.says for line in part.lines)):
            assert said in seen
            assert said in told
    assert "Scrap <b>rose</b> on line “3”" in seen
    assert "<b>" not in html
    assert read.links == [
        "https://quality.example.com/",
        "https://quality.example.com/actions?record=ACT-2026-001",
        "https://quality.example.com/actions",
        "https://quality.example.com/",
    ]
    assert "and 11 more" in seen and "and 11 more" in told
    without_links = [line for line in text.splitlines() if "://" not in line]
    assert max(map(len, without_links)) <= COLUMNS


def test_without_an_address_of_the_dashboard_nothing_is_a_link():
    assert "<a " not in digest_html(DIGEST)
    assert "http" not in digest_text(DIGEST)


def test_a_subject_is_one_line():
    told = digest_message(
        Digest(**{**{f: getattr(DIGEST, f) for f in DIGEST.__slots__}, "subject": "a\r\nBcc: b@c.d"}),
        sender="q@example.com", to="m@example.com", when=WHEN, message_id="<1@x>",
    )  # fmt: skip
    assert told["Subject"].split() == ["a", "Bcc:", "b@c.d"]
    assert told["Bcc"] is None


@pytest.mark.parametrize(
    "address",
    ["a@b.c\r\nBcc: x@y.z", "a@b.c\n", "a@b.c, x@y.z", "A <a@b.c>", "a@b.c\u2028x", "", "a"],
)
def test_an_address_adds_no_header_and_no_recipient(address):
    usual = {"sender": "q@example.com", "to": "m@example.com", "when": WHEN, "message_id": "<1@x>"}
    for who in ("sender", "to"):
        with pytest.raises(UsageError, match="no e-mail address of one person"):
            digest_message(DIGEST, **{**usual, who: address})


def test_a_name_from_a_file_stays_in_the_body():
    """Titles, owners and the company are words of others: they stand below the headers, as text."""
    fields = {f: getattr(DIGEST, f) for f in DIGEST.__slots__}
    told = digest_message(
        Digest(**{**fields, "company": "Works\r\nBcc: x@y.z\r\n\r\nHello"}),
        sender="q@example.com", to="m@example.com", when=WHEN, message_id="<1@x>",
    )  # fmt: skip
    read = email.message_from_bytes(told.as_bytes(), policy=email.policy.SMTP)
    assert read["Bcc"] is None
    assert set(read.keys()) == set(told.keys())


# --- a real server ----------------------------------------------------------------------------


def test_a_message_arrives_as_it_was_made():
    post = Post()
    with MailServer(post) as port:
        send(message(), Mail("127.0.0.1", port, "none", "", "quality@example.com"))
    ((to, got),) = post.kept
    assert to == ["mara@example.com"]
    assert (got["Message-ID"], got["Date"]) == (
        "<1.2@example.com>", "Mon, 23 Nov 2026 06:00:00 +0000",
    )  # fmt: skip
    assert got["Subject"] == DIGEST.subject
    assert got.get_content_type() == "multipart/alternative"
    plain, html = (got.get_body((kind,)) for kind in ("plain", "html"))
    assert plain.get_content().replace("\r\n", "\n") == digest_text(DIGEST, SITE)
    assert html.get_content().replace("\r\n", "\n") == digest_html(DIGEST, SITE)


def test_a_recipient_that_is_refused():
    post = Post()
    with MailServer(post) as port, pytest.raises(MailError) as error:
        send(message(REFUSED), Mail("127.0.0.1", port, "none", "", "quality@example.com"))
    assert str(error.value) == (
        f"The mail server 127.0.0.1:{port} does not take mail for {REFUSED}: 550 5.1.1 no such "
        "mailbox."
    )
    assert post.kept == []


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_over_tls_with_a_sign_in(tmp_path, security):
    pair, post = certificate(tmp_path), Post()
    with MailServer(post, tls=security, pair=pair, sign_in=True) as port:
        mail = Mail("localhost", port, security, USER, "quality@example.com")
        send(message(), mail, PASSWORD, trusted=trusting(pair[0]))
        # From the start, the server knows of nothing else than TLS, and does not say so.
        assert post.encrypted == [security == "starttls"]
        with pytest.raises(MailError) as wrong:
            send(message(), mail, "not it", trusted=trusting(pair[0]))
        assert str(wrong.value) == (
            f"The mail server localhost:{port} does not let {USER} in (535). Check mail.user, and "
            "the password in KPI_MAIL_PASSWORD."
        )
        with pytest.raises(MailError) as unknown:
            send(message(), mail, PASSWORD)
        assert "its certificate is not believed here" in str(unknown.value)
    assert len(post.kept) == 1


def test_a_server_without_tls_gets_no_password():
    post = Post()
    with MailServer(post) as port, pytest.raises(MailError) as error:
        send(message(), Mail("localhost", port, "starttls", USER, "q@example.com"), PASSWORD)
    assert str(error.value) == (
        f"The mail server localhost:{port} does not offer what the settings ask for: mail.security "
        "is starttls, and mail.user signs in. Ask whoever runs it."
    )
    assert post.kept == []


def test_a_server_that_does_not_answer():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(MailError) as error:
        send(message(), Mail("127.0.0.1", port, "none", "", "q@example.com"))
    assert str(error.value) == (
        f"The mail server 127.0.0.1:{port} cannot be reached: Connection refused. Nothing was sent; "
        "check mail.host and mail.port."
    )


@pytest.mark.parametrize(
    ("mail", "says"),
    [
        (Mail(), "No mail server is named."),
        (Mail("mx.example.com"), "mail.sender is no e-mail address."),
        (Mail("mx.example.com", sender="a@b, c@d"), "mail.sender is no e-mail address."),
        (Mail("mx.example.com", None, "none", "u", "q@example.com"), "mail.security is none, and"),
    ],
)
def test_settings_that_cannot_be_used_are_told_before_anything_is_sent(mail, says):
    with pytest.raises(UsageError, match=re.escape(says)):
        check_mail(mail)
