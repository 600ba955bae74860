"""What fields, datasets and conventions are called before a person: one title each."""

from types import MappingProxyType
from typing import Final

from kpi.datasets import DATASETS, DIMENSIONS
from kpi.measures import CATALOG
from kpi.texts import Said, label

IGNORE: Final = "ignore"
"""The field of a column that is not needed."""

UNREAD: Final = frozenset({IGNORE, "personal", "rate", ""})
"""Fields of columns that are left out, by choice or for their kind."""

FIELD_TITLES: Final = MappingProxyType(
    {
        "accepted": "Complaint justified",
        "at": "Time",
        "batch": "Batch",
        "cancelled": "Cancelled",
        "carrier": "Carrier",
        "characteristic": "Characteristic",
        "closed_on": "Closed on",
        "code": "Code",
        "cost": "Cost",
        "currency": "Currency",
        "customer": "Customer",
        "date": "Date",
        "delivered_on": "Delivered on",
        "denominator": "Denominator",
        "direction": "Sales or purchase",
        "end": "End",
        "event": "Number of the record",
        "field": "Kind of code",
        "first_promise_date": "First promised date",
        "gauge": "Measuring instrument",
        "grain": "Length of the period",
        "ideal_cycle_min": "Ideal cycle time",
        "ignore": "Not needed",
        "item": "Position",
        "kind": "Kind of complaint",
        "line": "Line",
        "lsl": "Lower specification limit",
        "machine": "Machine",
        "minutes": "Duration of the stop",
        "movement_type": "Movement type",
        "name": "Name",
        "names": "Names",
        "numerator": "Numerator",
        "order": "Order number",
        "order_date": "Order date",
        "part": "Part",
        "personal": "Name of a person (not kept)",
        "planned_min": "Planned time",
        "plant": "Plant",
        "ppm_relevant": "Counts in ppm",
        "product": "Product",
        "promise_date": "Promised date",
        "qty": "Delivered quantity",
        "qty_complained": "Quantity complained about",
        "qty_defective": "Defective quantity",
        "qty_good": "Good quantity",
        "qty_ordered": "Ordered quantity",
        "qty_produced": "Produced quantity",
        "qty_returned": "Returned quantity",
        "qty_rework": "Reworked quantity",
        "qty_scrap": "Scrapped quantity",
        "rate": "Rate (worked out again)",
        "reason": "Reason",
        "reason_text": "Reason in words",
        "request_date": "Date the customer asked for",
        "run_min": "Running time",
        "shift": "Shift",
        "shipment": "Delivery number",
        "shipped_on": "Shipped on",
        "slug": "Key of the figure",
        "source": "Source system",
        "start": "Start",
        "status": "Status",
        "stop_class": "Planned or unplanned",
        "subgroup": "Sample",
        "supplier": "Supplier",
        "target": "Nominal value",
        "title": "Name of the figure",
        "unit": "Unit",
        "usl": "Upper specification limit",
        "value": "Value",
        "weight_kg": "Weight",
        "work_center": "Work centre",
        "breakdown": "Whether the machine stopped",
        "confirmation": "Number of the confirmation",
        "entry_kind": "Kind of entry",
        "item_of_shipment": "Position of the delivery",
        "parent_item": "Position it was split from",
        "purchase_order": "Purchase order",
        "reversal_of": "What the row cancels",
        "reversed": "Cancelled",
        "stop_reason": "Reason of the stop",
        "sub_item": "Release of the position",
        "unit_text": "Unit of the duration",
        "names.customer": "Name of the customer",
        "names.line": "Name of the line",
        "names.machine": "Name of the machine",
        "names.plant": "Name of the plant",
        "names.product": "Name of the product",
        "names.reason": "Name of the reason",
        "names.shift": "Name of the shift",
        "names.supplier": "Name of the supplier",
    }
)
"""What a shift lead calls each canonical field, and what a column can be instead of one."""


ANSWER_TITLES: Final = MappingProxyType(
    {
        ",": "A decimal comma",
        ".": "A decimal point",
        "add": "Count both",
        "all": "All of them",
        "another": "Another export",
        "below": "Below it",
        "cancel": "Store nothing",
        "compare": "Only compare",
        "complement": "Count both, they complement each other",
        "d": "Days",
        "dmy": "Day first",
        "each": "Every row counts",
        "file": "Yes",
        "h": "Hours",
        "ignore": "Leave it out",
        "include": "Read it too",
        "internal": "Within the plant",
        "keep": "Keep what is loaded",
        "leave": "Leave it out",
        "mdy": "Month first",
        "min": "Minutes",
        "no": "No",
        "none": "None of them",
        "nowhere": "No",
        "once": "Once",
        "periods": "Periods",
        "prefer": "This file counts",
        "produced": "Received from production",
        "replace": "Replace",
        "reversal": "It takes scrap back",
        "s": "Seconds",
        "scrap": "Scrap",
        "signed": "As printed",
        "stops": "Stops",
        "unknown": "It is not known",
        "whole": "It is the whole plant",
        "yes": "Yes",
    }
)
"""What the answers of a question are called, where they are no field, dataset or name of a file."""


def answer_title(value: str, kind: str) -> str:
    """An answer as a person reads it; what a file or plant calls something stays as it is.

    >>> answer_title("qty_scrap", "field"), answer_title("replace", "coverage"), answer_title("2026", "")
    ('Scrapped quantity', 'Replace', '2026')
    """
    if kind == "field" and value in FIELD_TITLES:
        return label(FIELD_TITLES[value])
    if kind == "dataset" and value in DATASETS:
        return dataset_title(value)
    return label(ANSWER_TITLES[value]) if value in ANSWER_TITLES else value


def field_title(name: str) -> Said:
    """The title of a field; the last part counts where a dataset stands before it.

    >>> field_title("qty_scrap"), field_title("scrap.qty_scrap"), field_title("some_new_one")
    ('Scrapped quantity', 'Scrapped quantity', 'Some new one')
    """
    own = name if name in FIELD_TITLES else name.rpartition(".")[2]
    found = FIELD_TITLES.get(own)
    return label(found or own.replace("_", " ").capitalize())


def is_read(name: str) -> bool:
    """Whether a column of that field is kept at all."""
    return name not in UNREAD


def dataset_title(dataset: str) -> Said:
    """The title of a dataset; an unknown one goes by its id."""
    return label(DATASETS[dataset].title if dataset in DATASETS else dataset)


def dataset_words(dataset: str) -> Said:
    """The same inside a sentence: "412 rows of scrap and rework"."""
    title = DATASETS[dataset].title if dataset in DATASETS else dataset
    return label(title[:1].lower() + title[1:])


def declared() -> tuple[str, ...]:
    """Every name that comes from a declaration and is shown as it stands: catalogues need them all."""
    from kpi.ingest.confirming import said_of_columns
    from kpi.ingest.profiles import said_of_profiles

    titles = [d.title for d in DATASETS.values()]
    inside = [str(dataset_words(d)) for d in DATASETS]
    kpis = [text for k in CATALOG.values() for text in (k.title, k.unit)]
    every = [*FIELD_TITLES.values(), *ANSWER_TITLES.values(), *titles, *inside, *kpis]
    every += [*said_of_columns(), *said_of_profiles(), *DIMENSIONS, "order", "file name"]
    return tuple(dict.fromkeys(text for text in every if text))
