"""``python -m kpi forecast``."""

from collections.abc import Callable
from typing import Any


def add(commands: Any, command: Callable[..., Any]) -> None:
    """Declare the command."""
