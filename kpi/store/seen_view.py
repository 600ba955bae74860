"""The facts in force of some plants only: every other plant is as if it were not there.

What a plant's facts are does not depend on who looks: which upload counts where is decided over the
whole ledger, and roll-ups are shared. Only what is read is less.
"""

import hashlib
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

import pyarrow as pa

from kpi.datasets import DATASETS, NAMES
from kpi.store.codec import quoted
from kpi.store.inforce import Holding
from kpi.store.queries import Pruning, facts_sql
from kpi.store.rows import dataset_of
from kpi.store.scope import part_of, plants_of
from kpi.store.view import Place, View

if TYPE_CHECKING:
    import ibis.expr.types as ir


class SeenView(View):
    """A view of some plants; see ``View``. Names of codes are shared, those of other plants are not."""

    def __init__(self, whole: View, plants: Collection[str]) -> None:
        super().__init__(
            whole.position,
            (),
            engine=whole._engine,
            path_of=whole._path_of,
            rollups=whole._rollups,
            release=whole.close,
        )
        self.of = self._whole = whole
        self.limit = self.seen = frozenset(plants)

    def sql(
        self,
        dataset: str,
        plants: Sequence[str] | None = None,
        first: date | None = None,
        last: date | None = None,
    ) -> str:
        """The query behind ``table``: never without a condition on plants."""
        dataset_of(dataset)
        chosen = self.seen if plants is None else self.seen & set(plants)
        pruning = Pruning(tuple(sorted(chosen)), first, last)
        text = facts_sql(
            dataset, self.holdings(dataset), self._path_of, pruning, self._whole.links()
        )
        return f"SELECT * FROM ({text}) n WHERE {self._of_names()}" if dataset == NAMES.id else text

    def _of_names(self) -> str:
        """A condition on names of codes: of no plant or one seen, and not the name of another plant."""
        own = ", ".join(quoted(p) for p in sorted(self.seen)) or "NULL"
        return (
            f"(coalesce(n.plant, '') = '' OR n.plant IN ({own}))"
            f" AND (n.field NOT IN ('plant', 'site') OR n.code IN ({own}))"
        )

    def holdings(self, dataset: str) -> tuple[Holding, ...]:
        """What each upload holds of a dataset for the plants seen, in order of rank."""
        found = self._holdings.get(dataset)
        if found is None:
            kept = (self._limited(h) for h in self._whole.holdings(dataset))
            found = self._holdings[dataset] = tuple(h for h in kept if h is not None)
        return found

    def _limited(self, holding: Holding) -> Holding | None:
        plants = self._plants_in(holding.part.dataset)
        if holding.part.dataset == NAMES.id:
            theirs = plants_of(holding.entry)
            if theirs and not theirs & self.seen:  # names that came with rows of other plants
                return None
        part = part_of(holding.part, plants)
        grounds = tuple(g for g in holding.grounds if g.plant in plants)
        if part is None or (DATASETS[holding.part.dataset].date is not None and not grounds):
            return None
        entry = replace(
            holding.entry, file="", sha256="", rows_hash="", who="", why="", parts=(part,),
            answers={}, ownership=(), links={}, layouts=(),
        )  # fmt: skip
        return replace(
            holding, entry=entry, part=part, grounds=grounds, silent=holding.silent & plants
        )

    def links(self) -> dict[str, str]:
        """No feed is named: whose order numbers a feed uses is known to the query alone."""
        return {}

    def month_rows(self, dataset: str) -> dict[Place, int]:
        """Rows in force per plant and month; see ``View.month_rows``."""
        counted = self._whole.month_rows(dataset)
        return {place: count for place, count in counted.items() if place[0] in self.seen}

    def signature(self, dataset: str, plant: str, month: str = "") -> str:
        """The same as for everybody; that of no facts for a plant not seen."""
        if plant in self.seen and dataset != NAMES.id:
            return self._whole.signature(dataset, plant, month)
        found = super().signature(dataset, plant, month)
        if dataset != NAMES.id:
            return found
        return hashlib.sha256(repr((found, sorted(self.seen))).encode()).hexdigest()

    def derived(
        self, name: str, plant: str, month: str, signature: str, build: Callable[[], pa.Table]
    ) -> pa.Table:
        """A roll-up of a plant seen; of another one nothing is read nor kept."""
        if plant not in self.seen:
            return build()
        return super().derived(name, plant, month, signature, build)

    def derived_table(
        self,
        name: str,
        signatures: Mapping[Place, str],
        build: Callable[[str, str], pa.Table],
        schema: pa.Schema,
    ) -> "ir.Table":
        """The roll-ups of places seen; see ``View.derived_table``."""
        own = {place: signed for place, signed in signatures.items() if place[0] in self.seen}
        return super().derived_table(name, own, build, schema)

    def _plants_in(self, dataset: str) -> frozenset[str]:
        return self.seen | {""} if dataset == NAMES.id else self.seen

    def _at(self, dataset: str) -> dict[Place, tuple[Holding, ...]]:
        if dataset == NAMES.id:
            return super()._at(dataset)
        at = self._whole._at(dataset)
        return {place: here for place, here in at.items() if place[0] in self.seen}
