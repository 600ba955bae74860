"""What a change is made of: the part of each slice, and the steps of its waterfall."""

from dataclasses import dataclass

from kpi.trends.decomposition import Kind


@dataclass(frozen=True, slots=True)
class WhyPart:
    """The part of one slice in the change; rates, effects in the unit of the KPI, shares from 0 to 1.

    ``rate_effect`` + ``mix_effect`` = ``total``. ``nan`` where there is none: a share where the
    denominator ignores the slices, a rate where the slice was not there.
    """

    label: str  # the plant's own word; "not assigned" for what carries none
    code: str  # as in the data; empty for what carries none
    kind: Kind
    rate_effect: float
    mix_effect: float
    total: float
    rate_from: float
    rate_to: float
    share_from: float
    share_to: float


@dataclass(frozen=True, slots=True)
class WhyStep:
    """A step of the waterfall."""

    label: str
    says: str  # "got worse", "larger share": under the label
    size: float  # in the unit of the KPI
    text: str  # "+1.3 pt"
    favourable: bool | None  # None: no better direction, or not to be told
    hover: str
