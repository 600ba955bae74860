"""The engine: one DuckDB per store, a cursor per thread, Ibis tables over named views.

DuckDB reads only Parquet this product wrote: its access is limited to the home's facts and roll-ups
and a private folder, and nothing is ever installed or loaded over a network.
"""

import hashlib
import re
import threading
import weakref
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol

import duckdb
import pyarrow as pa

from kpi.errors import StoreError
from kpi.scratch import PrivateFolder, sweep
from kpi.store.codec import quoted

if TYPE_CHECKING:  # half a second that what is read from kept roll-ups does not wait for
    import ibis.expr.types as ir

TIMEZONE: Final = "UTC"

_FATAL: Final = (duckdb.InternalException, duckdb.FatalException)
"""After these DuckDB answers nothing more and has to be started again."""

_OF_FILES: Final = (
    duckdb.IOException,
    duckdb.InvalidInputException,
    duckdb.SerializationException,
    UnicodeDecodeError,
    *_FATAL,
)
"""What DuckDB raises where a file cannot be read; queries of this program raise none of them."""

_PARQUET: Final = re.compile(r"[^\s\"']+\.parquet")


class FactSource(Protocol):
    """Where measures take facts from: a view of the store, or a stand-in in a test."""

    def table(self, dataset: str) -> "ir.Table":
        """The facts in force of a dataset."""
        ...


class Engine:
    """Runs queries over Parquet files. Tables it returns belong to the thread that asked."""

    def __init__(self, folders: Sequence[Path]) -> None:
        sweep()
        private = PrivateFolder()
        self.scratch = private.path
        self._cleanup = weakref.finalize(self, private.close)
        self._base = duckdb.connect(
            config={"autoinstall_known_extensions": "false", "autoload_known_extensions": "false"}
        )
        allowed = ", ".join(quoted(f"{p.as_posix()}/") for p in (*folders, self.scratch))
        self._base.execute(f"SET allowed_directories=[{allowed}]")
        self._base.execute(f"SET temp_directory={quoted(self.scratch.as_posix())}")
        self._base.execute("SET enable_external_access=false")
        self._base.execute(f"SET TimeZone={quoted(TIMEZONE)}")
        self._local = threading.local()
        self._guard = threading.Lock()
        self._views: set[str] = set()
        self.failed = False

    def backend(self) -> Any:
        """The Ibis backend of the calling thread."""
        found = getattr(self._local, "backend", None)
        if found is None:
            import ibis

            found = ibis.duckdb.from_connection(self._base.cursor())
            found.to_pyarrow = self._telling(found.to_pyarrow)
            self._local.backend = found
        return found

    def table(self, sql: str, schema: pa.Schema) -> "ir.Table":
        """The result of a query as an Ibis table; equal queries share one view."""
        import ibis
        import ibis.expr.operations as ops

        name = f"v_{hashlib.sha256(sql.encode()).hexdigest()[:20]}"
        with self._guard:
            if name not in self._views:
                with self._damage_told(), self._base.cursor() as cursor:
                    cursor.execute(f"CREATE VIEW {name} AS {sql}")
                self._views.add(name)
        node: Any = ops.DatabaseTable(
            name=name,
            schema=ibis.Schema.from_pyarrow(schema),
            source=self.backend(),
            namespace=ops.Namespace(),
        )
        return node.to_expr()

    def arrow(self, sql: str) -> pa.Table:
        """The result of a query, in memory."""
        with self._damage_told(), self._base.cursor() as cursor:
            return cursor.sql(sql).to_arrow_table()

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """The result of a small query as tuples."""
        with self._damage_told(), self._base.cursor() as cursor:
            found: list[tuple[Any, ...]] = cursor.execute(sql).fetchall()
            return found

    def close(self) -> None:
        """Let go of DuckDB and the private folder."""
        self._base.close()
        self._cleanup()

    @contextmanager
    def _damage_told(self) -> Iterator[None]:
        """Say in a sentence that a file is missing or damaged; other errors are the program's own."""
        try:
            yield
        except (
            duckdb.Error,
            UnicodeDecodeError,
        ) as error:  # the latter where a message quotes bytes
            if not _is_of_files(error):
                raise
            self.failed = self.failed or isinstance(error, _FATAL)
            named = _PARQUET.search(str(error))
            what = f"The file {named.group()}" if named else "A file with rows of an upload"
            raise StoreError(
                f"{what} is missing or damaged, so that this cannot be worked out. Run `python -m "
                "kpi doctor`, which names such files, and bring it back from the latest backup."
            ) from error

    def _telling(self, ask: Callable[..., Any]) -> Callable[..., Any]:
        def asking(*arguments: Any, **named: Any) -> Any:
            with self._damage_told():
                return ask(*arguments, **named)

        return asking


def _is_of_files(error: Exception) -> bool:
    # What reads Parquet raises errors of the base class, too, for a header it cannot make sense of.
    return isinstance(error, _OF_FILES) or type(error) is duckdb.Error
