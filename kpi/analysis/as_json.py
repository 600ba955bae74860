"""Results written whole as JSON, and read back as they were: what a held review is kept as.

A dataclass of this package is written with its name and fields, a table with its columns; what stands
in several places is written once. Reading makes dataclasses of this package and nothing else. A field
that a later version added is as by default, one that it dropped is left out.
"""

import importlib
import math
from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from datetime import date, datetime
from enum import Enum
from typing import Any, Final

import numpy as np
import pandas as pd

from kpi.errors import StoreError

_KIND: Final = "~"
"""The key that says what an object is; no field of a dataclass can be called so."""

OWN: Final = "kpi."


def encoded(value: Any) -> dict[str, Any]:
    """A result as what JSON can hold."""
    writer = _Writer()
    return {"value": writer.of(value), "shared": writer.shared}


def decoded(data: Mapping[str, Any]) -> Any:
    """The result that was written.

    Raises
    ------
    StoreError
        It names what this version does not know any more, or was altered.
    """
    try:
        return _Reader(data["shared"]).of(data["value"])
    except (LookupError, TypeError, ValueError, AttributeError, ImportError) as error:
        raise StoreError(
            "The figures of this review were kept by another version of Clause Nine, in a form this "
            "one does not read. Its kept documents are handed out all the same."
        ) from error


class _Writer:
    """Writes values; dataclasses and tables once each, in ``shared``, by their place there."""

    def __init__(self) -> None:
        self.shared: list[Any] = []
        self._places: dict[int, int] = {}
        self._alive: list[Any] = []  # what is written stays alive, so that no id is given out twice

    def of(self, value: Any) -> Any:
        if value is None or isinstance(value, bool):
            return value
        if isinstance(value, Enum):
            return {_KIND: "enum", "of": _name(type(value)), "is": value.name}
        if isinstance(value, str):
            return str(value)
        if isinstance(value, np.generic):
            return self.of(value.item())
        if isinstance(value, int):
            return value
        if isinstance(value, float):
            return value if math.isfinite(value) else {_KIND: "float", "is": repr(float(value))}
        if isinstance(value, (date, datetime)):
            return _moment(value)
        if isinstance(value, Mapping):
            return {_KIND: "dict", "is": [[self.of(k), self.of(v)] for k, v in value.items()]}
        if isinstance(value, (tuple, list)):
            return [self.of(one) for one in value]
        if isinstance(value, (frozenset, set)):
            return {_KIND: "set", "is": sorted(self.of(one) for one in value)}
        if value is pd.NA or value is pd.NaT:
            return None
        return self._once(value)

    def _once(self, value: Any) -> dict[str, Any]:
        if id(value) not in self._places:
            made = self._whole(value)
            self._places[id(value)] = len(self.shared)
            self._alive.append(value)
            self.shared.append(made)
        return {_KIND: "at", "is": self._places[id(value)]}

    def _whole(self, value: Any) -> dict[str, Any]:
        if isinstance(value, pd.DataFrame):
            columns = [
                [str(name), str(value[name].dtype), self._column(value[name])] for name in value
            ]
            return {_KIND: "table", "rows": len(value), "columns": columns}
        if isinstance(value, np.ndarray):
            cells = [self.of(one) for one in value.ravel().tolist()]
            return {_KIND: "array", "type": str(value.dtype), "shape": value.shape, "is": cells}
        if is_dataclass(value) and type(value).__module__.startswith(OWN):
            held = {f.name: self.of(getattr(value, f.name)) for f in fields(value)}
            return {_KIND: _name(type(value)), **held}
        raise TypeError(f"{type(value).__name__} cannot be kept as JSON")

    def _column(self, column: "pd.Series[Any]") -> list[Any]:
        if column.dtype.kind == "M":
            return [None if pd.isna(one) else one.isoformat() for one in column]
        if column.dtype.kind == "f":
            return [None if math.isnan(one) else self.of(one) for one in column.tolist()]
        return [self.of(one) for one in column.tolist()]


class _Reader:
    """Reads values back."""

    def __init__(self, shared: list[Any]) -> None:
        self._shared = shared
        self._made: dict[int, Any] = {}

    def of(self, value: Any) -> Any:
        if isinstance(value, list):
            return tuple(self.of(one) for one in value)
        if not isinstance(value, dict):
            return value
        kind = value[_KIND]
        match kind:
            case "at":
                place = value["is"]
                if place not in self._made:
                    self._made[place] = self.of(self._shared[place])
                return self._made[place]
            case "enum":
                return _class(value["of"], Enum)[value["is"]]
            case "float":
                return float(value["is"])
            case "day":
                return date.fromisoformat(value["is"])
            case "time":
                return datetime.fromisoformat(value["is"])
            case "dict":
                return {self.of(k): self.of(v) for k, v in value["is"]}
            case "set":
                return frozenset(self.of(one) for one in value["is"])
            case "table":
                return self._table(value)
            case "array":
                cells = [self.of(one) for one in value["is"]]
                return np.array(cells, dtype=value["type"]).reshape(value["shape"])
            case _:
                return self._item(_class(kind, object), value)

    def _item(self, of: type[Any], value: dict[str, Any]) -> Any:
        if not is_dataclass(of):
            raise TypeError(of.__name__)
        held = {
            f.name: self.of(value[f.name])
            for f in fields(of)
            if f.init
            and (f.name in value or (f.default is MISSING and f.default_factory is MISSING))
        }
        return of(**held)

    def _table(self, value: dict[str, Any]) -> pd.DataFrame:
        made = {
            name: pd.Series([self.of(one) for one in cells], dtype=kind)
            for name, kind, cells in value["columns"]
        }
        return pd.DataFrame(made, index=pd.RangeIndex(value["rows"]))


def _moment(value: date) -> dict[str, str]:
    kind = "time" if isinstance(value, datetime) else "day"
    return {_KIND: kind, "is": value.isoformat()}


def _name(of: type[Any]) -> str:
    return f"{of.__module__}:{of.__qualname__}"


def _class(name: str, base: type[Any]) -> Any:
    """A class of this package by the name it was written under."""
    module, _, own = name.partition(":")
    if not module.startswith(OWN):
        raise LookupError(name)
    found = getattr(importlib.import_module(module), own)
    if not (isinstance(found, type) and issubclass(found, base)):
        raise LookupError(name)
    return found
