"""What a kind of record looks like as JSON, written as a JSON schema: for whoever makes such a file."""

import types
from dataclasses import MISSING, Field, fields, is_dataclass
from datetime import date, datetime
from enum import Enum
from typing import Any, Final, Literal, Union, get_args, get_origin, get_type_hints

from kpi.qms.register import Kind, told_fields

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"

_PLAIN: Final[dict[Any, dict[str, Any]]] = {
    str: {"type": "string"},
    bool: {"type": "boolean"},
    int: {"type": "integer"},
    float: {"type": "number"},
    date: {"type": "string", "format": "date"},
    datetime: {"type": "string", "format": "date-time"},
}


def schema_of(kind: Kind[Any]) -> dict[str, Any]:
    """The JSON schema of a kind's items: each field with its label, what it means, what it may be."""
    told = told_fields(kind.of)
    schema = _of_dataclass(kind.of)
    for name, about in told.items():
        more = {"title": about.label, **({"description": about.help} if about.help else {})}
        schema["properties"][name] |= more
        if about.required and schema["properties"][name].get("type") == "string":
            schema["properties"][name]["minLength"] = 1
    required = [name for name, about in told.items() if about.required]
    return {
        "$schema": DIALECT,
        "title": kind.title,
        "description": f"ISO 9001: {', '.join(kind.clauses)}" if kind.clauses else kind.plural,
        **schema,
        "required": sorted({*schema.get("required", ()), *required}),
    }


def _of_dataclass(of: type[Any]) -> dict[str, Any]:
    hints = get_type_hints(of)
    schema: dict[str, Any] = {
        "type": "object",
        "properties": {f.name: _of_field(f, hints[f.name]) for f in fields(of)},
        "additionalProperties": False,
    }
    required = [f.name for f in fields(of) if f.default is MISSING and f.default_factory is MISSING]
    return {**schema, "required": required} if required else schema


def _of_field(f: "Field[Any]", hint: Any) -> dict[str, Any]:
    schema = _of_type(hint)
    if isinstance(f.default, Enum):
        schema["default"] = f.default.value
    elif isinstance(f.default, str | bool | int | float) and f.default != "":
        schema["default"] = f.default
    return schema


def _of_type(hint: Any) -> dict[str, Any]:
    if hint in _PLAIN:
        return dict(_PLAIN[hint])
    if hint is Any or hint is object:
        return {}
    origin, inner = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        return _of_union(inner)
    if origin is tuple:
        return _of_tuple(inner)
    if origin is Literal:
        return {"enum": list(inner)}
    if isinstance(hint, type) and issubclass(hint, Enum):
        return {"enum": [member.value for member in hint]}
    if isinstance(hint, type) and is_dataclass(hint):
        return _of_dataclass(hint)
    if origin is not None and len(inner) == 2:  # a mapping
        return {"type": "object", "additionalProperties": _of_type(inner[1])}
    raise TypeError(f"No schema is known of {hint!r}.")


def _of_union(inner: tuple[Any, ...]) -> dict[str, Any]:
    own = [_of_type(one) for one in inner if one is not type(None)]
    if len(own) == 1 and len(inner) == 2 and isinstance(own[0].get("type"), str):
        return {**own[0], "type": [own[0]["type"], "null"]}
    nothing = [{"type": "null"}] if type(None) in inner else []
    return {"anyOf": [*own, *nothing]}


def _of_tuple(inner: tuple[Any, ...]) -> dict[str, Any]:
    if len(inner) == 2 and inner[1] is Ellipsis:
        return {"type": "array", "items": _of_type(inner[0])}
    parts = [_of_type(one) for one in inner]
    return {"type": "array", "prefixItems": parts, "minItems": len(parts), "maxItems": len(parts)}
