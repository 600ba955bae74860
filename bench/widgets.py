"""The widgets of a page as the dashboard tells of them, and their states as a browser tells them back."""

from dataclasses import dataclass
from typing import Any, Final

TEXTS: Final = frozenset({"selectbox", "tabs"})


@dataclass(slots=True)
class Widget:
    """A widget of the page: what may be chosen, and what is."""

    id: str
    kind: str
    label: str
    options: tuple[str, ...]
    chosen: tuple[str, ...]


ERROR_ALERT: Final = 1
"""``Alert.ERROR``."""


def _multiselect(it: Any) -> Widget:
    chosen = tuple(it.raw_values) or tuple(it.options[i] for i in it.default)
    return Widget(it.id, "multiselect", it.label, tuple(it.options), chosen)


def _selectbox(it: Any) -> Widget:
    chosen = it.raw_value if it.HasField("raw_value") else it.options[it.default]
    return Widget(it.id, "selectbox", it.label, tuple(it.options), (chosen,))


def _buttons(it: Any) -> Widget:
    options = tuple(option.content for option in it.options)
    chosen = tuple(it.raw_values) or tuple(options[i] for i in it.default)
    return Widget(it.id, "button_group", it.label, options, chosen)


def _date(it: Any) -> Widget:
    return Widget(it.id, "date_input", it.label, (), tuple(it.value or it.default))


NO_TAB: Final = ("",)

READ: Final = {
    "multiselect": _multiselect,
    "selectbox": _selectbox,
    "button_group": _buttons,
    "date_input": _date,
}


def see_tab(
    block: Any,
    path: tuple[int, ...],
    seen: dict[str, Widget],
    tabs: dict[tuple[int, ...], str],
) -> None:
    """Tabs are a container that is a widget, and a block inside it for each."""
    kind = block.WhichOneof("type")
    if kind == "tab_container" and block.tab_container.id:
        tabs[path] = id = block.tab_container.id
        seen[id] = Widget(id, "tabs", str(block.tab_container.default_tab_index), (), NO_TAB)
    elif kind == "tab" and path[:-1] in tabs:
        widget = seen[tabs[path[:-1]]]
        widget.options = (*widget.options, block.tab.label)
        if len(widget.options) == int(widget.label) + 1:
            widget.chosen = (block.tab.label,)


def state_of(state: Any, widget: Widget) -> None:
    state.id = widget.id
    if widget.kind in TEXTS:
        state.string_value = widget.chosen[0]
    else:
        state.string_array_value.data.extend(widget.chosen)
