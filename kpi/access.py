"""Who may do what, and in which plants.

A person (or a client of the HTTP API) holds a role in each plant. What reads or changes anything
asks the access it is given; whoever works on the machine itself holds ``LOCAL``.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from kpi.errors import KpiError

EVERY_PLANT: Final = "*"
"""Stands for all plants of a home, those that come later included."""


class Permission(StrEnum):
    """What can be allowed. The value ends the sentence "You may not …"."""

    SEE = "see this"
    UPLOAD = "upload files"
    MANAGE = "change targets, notes on charts or the record of uploads"
    ADMINISTER = "change settings, users or backups"


class Role(StrEnum):
    """What a person is in a plant, least first; each may do all that those before it may."""

    VIEWER = "viewer"
    CONTRIBUTOR = "contributor"
    QUALITY_MANAGER = "quality manager"
    ADMINISTRATOR = "administrator"

    def may(self, permission: Permission) -> bool:
        """Whether the role carries a permission."""
        return _rank(self) >= _NEEDED[permission]


_NEEDED: Final = {
    Permission.SEE: 0,
    Permission.UPLOAD: 1,
    Permission.MANAGE: 2,
    Permission.ADMINISTER: 3,
}


def _rank(role: Role) -> int:
    return tuple(Role).index(role)


class AccessDeniedError(KpiError):
    """A person asked for what their role does not carry. The text names no plant they may not see."""


@dataclass(frozen=True, slots=True)
class Access:
    """Roles by plant, sorted by plant. Equal accesses are equal keys: caches rest on that.

    A role under ``EVERY_PLANT`` counts in every plant, beside a higher one held there.
    """

    roles: tuple[tuple[str, Role], ...] = ()

    @classmethod
    def of(cls, roles: Mapping[str, Role | str]) -> "Access":
        """The access with these roles, by plant.

        Raises
        ------
        ValueError
            A role is none of the four.
        """
        return cls(tuple(sorted((plant, Role(role)) for plant, role in roles.items())))

    @property
    def highest(self) -> Role | None:
        """The highest role held anywhere; ``None`` where there is none."""
        return max((role for _, role in self.roles), key=_rank, default=None)

    def role_in(self, plant: str) -> Role | None:
        """The role held in a plant; ``None`` where there is none.

        A row without a plant belongs to the whole company: only a role in every plant reaches it.
        """
        named = {EVERY_PLANT, plant or EVERY_PLANT}
        held = (role for where, role in self.roles if where in named)
        return max(held, key=_rank, default=None)

    def plants(self, permission: Permission) -> tuple[str, ...] | None:
        """The plants in which something is allowed; ``None`` means every plant."""
        allowed = tuple(where for where, role in self.roles if role.may(permission))
        return None if EVERY_PLANT in allowed else allowed

    def may(self, permission: Permission, plants: Iterable[str] | None = None) -> bool:
        """Whether something is allowed in all of these plants; without plants, in any at all."""
        if plants is None:
            return any(role.may(permission) for _, role in self.roles)
        held = [self.role_in(plant) for plant in plants]
        return all(role is not None and role.may(permission) for role in held)

    def require(self, permission: Permission, plants: Iterable[str] | None = None) -> None:
        """Refuse what is not allowed.

        Raises
        ------
        AccessDeniedError
            Says what was refused and whom to ask; it names no plant, for the name may be foreign.
        """
        asked = None if plants is None else tuple(plants)
        if self.may(permission, asked):
            return
        where = (
            "" if asked is None or not self.may(permission) else " for every plant this concerns"
        )
        raise AccessDeniedError(
            f"You may not {permission}{where}. Ask an administrator for the role that may."
        )


NOBODY: Final = Access()
"""The access of someone who is not signed in, or was revoked."""

LOCAL: Final = Access(((EVERY_PLANT, Role.ADMINISTRATOR),))
"""The access of whoever works on the machine itself: command line, drop folder, a laptop."""
