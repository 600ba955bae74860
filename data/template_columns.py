"""What the fill-in workbooks ask for: one declaration per template and column."""

from dataclasses import dataclass
from enum import Enum
from typing import Final


class Entry(Enum):
    """What may be typed into a column."""

    TEXT = "text"
    DAY = "a date"
    MOMENT = "a date and time"
    AMOUNT = "a number, 0 or more"
    SIGNED = "a number; below 0 only for a reversal"
    CHOICE = "one of a list"
    VALUE = "any number"


@dataclass(frozen=True)
class Ask:
    """A column to fill in. ``field`` is the name of the column of the dataset it becomes."""

    heading: str
    field: str
    says: str
    example: str
    entry: Entry = Entry.TEXT
    required: bool = False
    choices: tuple[str, ...] = ()
    width: int = 14


@dataclass(frozen=True)
class Template:
    """A workbook with one sheet to fill in. ``datasets`` says what its rows become."""

    file: str
    sheet: str
    title: str
    row_is: str
    datasets: tuple[str, ...]
    columns: tuple[Ask, ...]
    hints: tuple[str, ...] = ()


PLANT: Final = Ask(
    "Plant", "plant", "The plant, always written the same way.", "Nordhafen", required=True
)
LINE: Final = Ask(
    "Production Line", "line", "The production line, as in your other files.", "Press 1"
)
MACHINE: Final = Ask("Machine", "machine", "The machine, as in your other files.", "PR-11")
SHIFT: Final = Ask("Shift", "shift", "The shift.", "Early", width=10)
PART: Final = Ask("Part Number", "product", "The part number; leading zeros are kept.", "004711")
CURRENCY: Final = Ask(
    "Currency", "currency", "Three letters. One currency in a file.", "EUR", width=10
)

SCRAP: Final = Template(
    "production_and_scrap.xlsx",
    "Production and scrap",
    "Production and scrap",
    "one run: what a line made of one part in one shift or day",
    ("production", "scrap"),
    (
        Ask("Production Date", "date", "The day it was made. The night shift counts to the day it began.",
            "2026-10-05", Entry.DAY, required=True),
        PLANT, LINE, MACHINE, SHIFT, PART,
        Ask("Order Number", "order", "The production order.", "1004711"),
        Ask("Total Produced", "qty_produced", "Everything made: good, scrapped and reworked together.",
            "1500", Entry.AMOUNT, required=True),
        Ask("Good Qty", "qty_good", "What was good at once, neither scrapped nor reworked.",
            "1470", Entry.AMOUNT),
        Ask("Scrap Qty", "qty_scrap", "What was scrapped. Write 0 where there was none: empty means not known.",
            "24", Entry.SIGNED, required=True),
        Ask("Rework Qty", "qty_rework", "What was reworked. Reworked and then scrapped counts as scrap only.",
            "6", Entry.AMOUNT),
        Ask("Unit of Measure", "unit", "One unit in a file: pieces and kilograms do not add up.", "pcs", width=10),
        Ask("Reason Code", "reason", "Why it was scrapped: your code, or the word itself.", "A31"),
        Ask("Scrap Cost", "cost", "What the scrap of the row cost.", "56.40", Entry.SIGNED),
        CURRENCY,
    ),
    (
        "Several reasons in one run: give each its own row, and leave Total Produced and Good Qty empty "
        "on all but the first, so that nothing produced counts twice.",
    ),
)  # fmt: skip

DOWNTIME: Final = Template(
    "downtime.xlsx",
    "Downtime",
    "Downtime",
    "one stop of one machine",
    ("downtime",),
    (
        Ask("Date", "date", "The day the stop began; enough where the time is not known.",
            "2026-10-05", Entry.DAY, required=True),
        PLANT, LINE, MACHINE, SHIFT,
        Ask("Start Time", "start", "When it began: date and time.", "2026-10-05 07:20", Entry.MOMENT, width=18),
        Ask("End Time", "end", "When it ended: date and time. Empty while the stop lasts.",
            "2026-10-05 08:05", Entry.MOMENT, width=18),
        Ask("Duration (min)", "minutes", "Minutes it lasted; needed only where start or end is not known.",
            "45", Entry.AMOUNT),
        Ask("Downtime Type", "stop_class", "Whether the stop was planned, unplanned, or a changeover.",
            "Unplanned", Entry.CHOICE, choices=("Planned", "Unplanned", "Changeover")),
        Ask("Downtime Reason", "reason", "Why it stopped: your code, or the word itself.", "Hydraulics", width=22),
        Ask("Event ID", "event", "The number your system gives the stop, if it has one.", "70001970"),
    ),
)  # fmt: skip

ORDER_COLUMNS: Final = (
    PART,
    Ask("Qty Ordered", "qty_ordered", "What was ordered.", "500", Entry.AMOUNT),
    Ask("Order Date", "order_date", "The day the order was entered.", "2026-08-03", Entry.DAY),
    Ask("Request Date", "request_date", "The day that was asked for.", "2026-10-01", Entry.DAY),
    Ask("First Promise Date", "first_promise_date", "The day first promised. Never changed afterwards.",
        "2026-10-05", Entry.DAY),
    Ask("Promise Date", "promise_date", "The day promised now.", "2026-10-05", Entry.DAY),
    Ask("Actual Ship Date", "shipped_on", "The day it left. Empty while it is open.", "2026-10-02", Entry.DAY),
    Ask("Actual Delivery Date", "delivered_on", "The day it arrived. Empty while it is open, or not known.",
        "2026-10-05", Entry.DAY),
    Ask("Qty Shipped", "qty", "What left with this shipment.", "500", Entry.AMOUNT),
    Ask("Order Status", "status", "How the order item stands.", "Delivered", Entry.CHOICE,
        choices=("Open", "Delivered", "Cancelled", "On hold")),
    Ask("Net Value", "value", "The value of the order item.", "1450.00", Entry.AMOUNT),
    CURRENCY,
)  # fmt: skip
ORDER_HINTS: Final = (
    "List what is open too: an order item that is past due and not shipped is late. A file of shipped "
    "items only makes delivery look better than it is.",
    "Several shipments of one item: one row for each, with the same order number and order line.",
)

DELIVERY: Final = Template(
    "delivery.xlsx",
    "Order items",
    "Delivery to customers",
    "one line of an order, or one shipment of it",
    ("order_item", "shipment"),
    (
        PLANT,
        Ask("Order Number", "order", "The sales order.", "4500909", required=True),
        Ask("Order Line", "item", "The position within the order.", "10", width=10),
        Ask("Customer", "customer", "The customer.", "Halden Motors", width=20),
        *ORDER_COLUMNS,
    ),
    ORDER_HINTS,
)  # fmt: skip

PURCHASES: Final = Template(
    "purchases.xlsx",
    "Purchase items",
    "Delivery by suppliers",
    "one line of a purchase order, or one receipt of it",
    ("order_item", "shipment"),
    (
        PLANT,
        Ask("PO Number", "order", "The purchase order.", "8100017", required=True),
        Ask("Order Line", "item", "The position within the order.", "10", width=10),
        Ask("Supplier", "supplier", "The supplier.", "Kestrel Pumps", width=20),
        *ORDER_COLUMNS,
        Ask("Qty Rejected", "qty_defective",
            "Of what arrived, how much was found defective. Write 0 where none was.", "4", Entry.AMOUNT),
    ),
    ORDER_HINTS,
)  # fmt: skip

RUNNING_TIME: Final = Template(
    "running_time.xlsx",
    "Planned time",
    "Planned and running time",
    "one machine (or line) on one day, or in one shift",
    ("running_time",),
    (
        Ask("Date", "date", "The day. The night shift counts to the day it began.",
            "2026-10-05", Entry.DAY, required=True),
        PLANT, LINE, MACHINE, SHIFT,
        Ask("Planned Production Time (min)", "planned_min",
            "Minutes the machine was meant to run. Write 0 for a day it was not scheduled.",
            "1350", Entry.AMOUNT, required=True, width=18),
        Ask("Run Time (min)", "run_min", "Minutes it did run.", "1210", Entry.AMOUNT),
    ),
)  # fmt: skip

COMPLAINTS: Final = Template(
    "complaints.xlsx",
    "Complaints",
    "Complaints and returns",
    "one complaint, or one position of it",
    ("complaint",),
    (
        Ask("Date Received", "date", "The day the complaint was received.", "2026-10-05", Entry.DAY,
            required=True),
        PLANT,
        Ask("Complaint Type", "kind",
            "Who complained: a customer, you about a supplier, or your own plant.", "Customer",
            Entry.CHOICE, choices=("Customer", "Supplier", "Internal")),
        Ask("Complaint No", "event", "The number of the complaint, if it has one.", "R-2026-014"),
        LINE,
        PART,
        Ask("Customer", "customer", "The customer who complained.", "Halden Motors", width=20),
        Ask("Supplier", "supplier", "The supplier it is about.", "Kestrel Pumps", width=20),
        Ask("Defect Code", "reason", "What was wrong: your code, or the word itself.", "Burr"),
        Ask("Defect Description", "reason_text", "The same in words.", "Burr on the flange", width=28),
        Ask("Qty Complained", "qty_complained", "How much was complained about.", "120", Entry.AMOUNT),
        Ask("Qty Returned", "qty_returned", "How much came back.", "100", Entry.AMOUNT),
        Ask("Confirmed Defective", "qty_defective",
            "How much was found to be defective. Empty until it is known; 0 where none was.",
            "80", Entry.AMOUNT),
        Ask("Complaint Cost", "cost", "What the complaint cost.", "1250.50", Entry.AMOUNT),
        CURRENCY,
        Ask("Complaint Status", "status", "How the complaint stands.", "Closed", Entry.CHOICE,
            choices=("Open", "Closed", "Rejected", "Cancelled")),
        Ask("PPM Relevant", "ppm_relevant", "Whether its parts count in ppm.", "Yes", Entry.CHOICE,
            choices=("Yes", "No")),
        Ask("Date Closed", "closed_on", "The day it was closed.", "2026-10-20", Entry.DAY),
    ),
    (
        "A month without a row is a month without a complaint, as long as a later complaint is listed; "
        "so list the whole year, and the export's last day is known to be covered.",
    ),
)  # fmt: skip

MEASUREMENTS: Final = Template(
    "measurements.xlsx",
    "Measurements",
    "Measured values",
    "one measured value",
    ("measurement",),
    (
        Ask("Measurement Date", "date", "The day it was measured.", "2026-10-05", Entry.DAY,
            required=True, width=16),
        Ask("Measured At", "at", "Date and time, where the order within a day matters.",
            "2026-10-05 07:20", Entry.MOMENT, width=18),
        PLANT, LINE, MACHINE, SHIFT, PART,
        Ask("Order Number", "order", "The production order.", "1004711"),
        Ask("Batch No", "batch", "The batch or lot.", "B-0815"),
        Ask("Characteristic", "characteristic", "What was measured, always written the same way.",
            "Bore 10", required=True, width=20),
        Ask("Measured Value", "value", "The value.", "10.012", Entry.VALUE, required=True),
        Ask("Unit", "unit", "Its unit.", "mm", width=8),
        Ask("LSL", "lsl", "The lower specification limit.", "9.95", Entry.VALUE, width=10),
        Ask("USL", "usl", "The upper specification limit.", "10.05", Entry.VALUE, width=10),
        Ask("Nominal", "target", "The nominal value.", "10", Entry.VALUE, width=10),
        Ask("Subgroup No", "subgroup", "The sample it belongs to: values taken together.", "17"),
        Ask("Serial No", "part", "The part, or its place in the sample.", "3"),
        Ask("Gauge", "gauge", "The measuring instrument.", "CMM 2"),
    ),
)  # fmt: skip

REPORTED: Final = Template(
    "reported_values.xlsx",
    "Reported values",
    "Figures you already have",
    "one figure, with its value of each month",
    ("reported_value",),
    (
        PLANT,
        Ask("Metric", "title", "What the figure is called.", "Energy per tonne", required=True, width=26),
        Ask("Unit", "unit", "Its unit. Write a percentage as 2.4, not as 0.024.", "kWh/t", width=10),
        *(
            Ask(f"2026-{month:02}", "value", "The value of the month. Empty where there is none.",
                "412.5", Entry.VALUE, width=9)
            for month in range(1, 13)
        ),
    ),
    ("For another year, change the year in the twelve headings.",),
)  # fmt: skip

NAMES: Final = Template(
    "names.xlsx",
    "Names",
    "Names of codes",
    "one code and what a person calls it",
    ("names",),
    (
        Ask("Field", "field", "What the code stands for.", "reason", Entry.CHOICE, required=True,
            choices=("reason", "product", "line", "machine", "shift", "customer", "supplier")),
        Ask("Code", "code", "The code as your exports carry it; leading zeros are kept.", "A31", required=True),
        Ask("Name", "name", "What it reads as.", "Porosity", required=True, width=28),
        Ask("Plant", "plant", "The plant it holds for; empty for all.", "Nordhafen"),
    ),
)  # fmt: skip

TEMPLATES: Final = (
    SCRAP, DOWNTIME, RUNNING_TIME, DELIVERY, COMPLAINTS, PURCHASES, MEASUREMENTS, REPORTED, NAMES,
)  # fmt: skip
