"""Parts of a page that rerun alone. A part's own rerun does not pass the page's frame, so each asks
again who is there.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

import streamlit as st

from kpi.access import Access, Permission
from kpi.errors import KpiError
from pages.shared import identity
from pages.shared.messages import show_error

Drawn = TypeVar("Drawn", bound=Callable[..., Any])


def part(
    needs: Permission = Permission.SEE,
    *,
    plants: tuple[str, ...] | None = None,
    parallel: bool = False,
    run_every: float | None = None,
) -> Callable[[Drawn], Drawn]:
    """A fragment that draws only for somebody who may; for others it is not there.

    Whoever may something else by the time it reruns (signed out, deactivated, in another role) has
    the whole page run again: what the part was given was found for what they might do before.
    """

    def decorate(draw: Drawn) -> Drawn:
        def drawn_again(drawn_for: Access, *arguments: Any, **named: Any) -> Any:
            if identity.access() != drawn_for:
                st.rerun()
            try:
                return draw(*arguments, **named)
            except KpiError as error:  # the page's frame does not reach in here
                show_error(error)

        alone = st.fragment(wraps(draw)(drawn_again), parallel=parallel, run_every=run_every)

        @wraps(draw)
        def with_page(*arguments: Any, **named: Any) -> Any:
            access = identity.access()
            return alone(access, *arguments, **named) if access.may(needs, plants) else None

        return cast(Drawn, with_page)

    return decorate
