"""Whether two names are of one person, however each was written."""

import unicodedata


def same_person(one: str, other: str) -> bool:
    """Whether two names are made of the same words; an empty name is nobody's.

    Case, accents, commas and the order of the words make no difference. Words must agree whole: an
    initial is not taken for a name.

    >>> same_person("Müller, Anna", "anna MULLER"), same_person("A. Müller", "Anna Müller")
    (True, False)
    """
    words = _words(one)
    return bool(words) and words == _words(other)


def _words(name: str) -> tuple[str, ...]:
    plain = unicodedata.normalize("NFKD", name.casefold())
    bare = "".join(c for c in plain if not unicodedata.combining(c))
    return tuple(sorted(bare.replace(",", " ").split()))
