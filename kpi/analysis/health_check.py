"""One thing that doctor looked at."""

from dataclasses import dataclass

from kpi.errors import KpiError


@dataclass(frozen=True, slots=True)
class Check:
    """One thing looked at: fine or not, and in words. ``notice``: fine, and yet worth a look."""

    name: str
    fine: bool
    says: str
    notice: bool = False


class Notice(KpiError):  # noqa: N818  # it is no error, and stops nothing
    """What is not wrong and should be known all the same."""
