"""How a table travels from the process that read it: written small, mapped, taken back as it was.

Codes of few texts take one or two bytes instead of four, and a column without any value takes none.
"""

import os
from pathlib import Path
from typing import Final

import pyarrow as pa

_SCHEMA: Final = b"schema"
"""Under this key the file's schema keeps the one the table had."""

_CODES: Final = ((1 << 7, pa.int8()), (1 << 15, pa.int16()))
"""Up to how many distinct texts codes of which type do."""


def write_table(file: Path, table: pa.Table) -> None:
    """Write a table for ``read_table``."""
    columns = [_small(_in_one_piece(column)) for column in table.columns]
    small = pa.table(columns, names=table.column_names)
    small = small.replace_schema_metadata({_SCHEMA: table.schema.serialize().to_pybytes()})
    with pa.OSFile(str(file), "wb") as sink, pa.ipc.new_file(sink, small.schema) as writer:
        writer.write_table(small)


def read_table(file: Path) -> pa.Table:
    """The table as it was written.

    Mapped, not copied: the pages stay readable after the file is gone, except on Windows. Every
    offset, code and text is checked: raises ``pa.ArrowInvalid`` where it is no table that was
    written whole by ``write_table``.
    """
    if os.name == "nt":
        small = pa.ipc.open_file(pa.BufferReader(file.read_bytes())).read_all()
    else:
        small = pa.ipc.open_file(pa.memory_map(str(file))).read_all()
    small.validate(full=True)
    schema = pa.ipc.read_schema(pa.py_buffer(small.schema.metadata[_SCHEMA]))
    blank = {
        field.type: pa.nulls(small.num_rows, field.type)
        for field, column in zip(schema, small.columns, strict=True)
        if pa.types.is_null(column.type)
    }
    columns = [
        blank[field.type] if pa.types.is_null(column.type) else column.cast(field.type)
        for field, column in zip(schema, small.columns, strict=True)
    ]
    return pa.table(columns, schema=schema)


def plain(table: pa.Table) -> pa.Table:
    """The table with its texts as plain strings."""
    arrays = [
        column.cast(column.type.value_type) if pa.types.is_dictionary(column.type) else column
        for column in table.columns
    ]
    return pa.table(arrays, names=table.column_names)


def _in_one_piece(column: pa.ChunkedArray) -> pa.Array:
    return column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()


def _small(column: pa.Array) -> pa.Array:
    if column.null_count == len(column):
        return pa.nulls(len(column))
    if not isinstance(column, pa.DictionaryArray):
        return column
    for most, kind in _CODES:
        if len(column.dictionary) <= most:
            return pa.DictionaryArray.from_arrays(column.indices.cast(kind), column.dictionary)
    return column
