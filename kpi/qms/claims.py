"""What an identity provider says about somebody, read with the doubt it deserves."""

import string
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

LONGEST_NAME: Final = 200


@dataclass(frozen=True, slots=True)
class SignIn:
    """What an identity provider said about somebody, and when this server received it."""

    subject: str
    email: str
    verified: bool
    name: str
    issued: datetime


def sign_in_of(claims: Mapping[str, Any], issued: datetime | None) -> SignIn | None:
    """A sign-in out of a provider's claims; ``None`` where they name nobody.

    ``issued`` is when this server received them; without it, the provider's own ``iat`` counts.
    """
    issuer, subject = str(claims.get("iss") or ""), str(claims.get("sub") or "")
    if issued is None and isinstance(claims.get("iat"), int | float):
        issued = datetime.fromtimestamp(claims["iat"], tz=UTC)
    if not (issuer and subject) or issued is None:
        return None
    # Some providers leave the claim out for addresses they manage themselves: absent is no denial.
    verified = str(claims.get("email_verified", True)).strip().lower() in ("true", "1")
    return SignIn(
        subject=f"{issuer} {subject}",
        email=folded(str(claims.get("email") or "")),
        verified=verified,
        name=plain_name(str(claims.get("name") or "")),
        issued=issued,
    )


def folded(email: str) -> str:
    """An address as it is compared: without spaces around it, and without capitals.

    Only letters of ASCII are folded. Elsewhere letters that look alike, or become alike as small
    letters, make two addresses and so two people.

    >>> folded(" Anna@Example.com ")
    'anna@example.com'
    """
    return email.strip().translate(_SMALL)


_SMALL: Final = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)


def plain_name(name: str) -> str:
    """A name in one line that can pass for nobody's address: people may set it as they like.

    >>> plain_name("The Boss <boss@example.com>")
    'The Boss boss@example.com'
    """
    shown = "".join(c for c in name.translate(_NO_BRACKETS) if c.isprintable() or c.isspace())
    return " ".join(shown.split())[:LONGEST_NAME]


_NO_BRACKETS: Final = str.maketrans("", "", "<>")
