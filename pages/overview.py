"""What needs attention now, the KPIs at a glance, and what the figures rest on."""

from pages.shared import asking, cached, cards, guide, inputs
from pages.shared.coverage import calendar
from pages.shared.frame import frame
from pages.shared.messages import empty

with frame("Overview"):
    guide.on_overview()
    if inputs.here().position == 0:
        empty(
            "Here will stand what needs attention, and every KPI with its verdict.",
            "Upload your first files",
            "upload.py",
        )
    else:
        overview = cached.overview(inputs.here(), inputs.filters())
        cards.top_line(overview.top_line)
        cards.attention(overview)
        asking.lines(overview)
        cards.improvements(overview)
        asking.answers(overview)
        cards.grid(overview.cards)
        cards.section("Coverage by month")
        calendar(overview.coverage)
