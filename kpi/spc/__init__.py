"""Control charts, signals and verdicts: numbers only, no KPIs.

``chart`` draws one series, ``charts`` very many of a kind at once, ``verdict`` says what a chart
means now, ``propose`` which kind suits the data, ``suggest_step`` where the level seems to have moved,
``false_alarm_share`` how often such a chart flags something although nothing happens,
``evidence`` how strongly very many series speak for a recent change.
"""

from kpi.spc.capability import capability
from kpi.spc.capability_result import Capability
from kpi.spc.charts import KINDS, chart, charts
from kpi.spc.constants import FREEZE_POINTS, MIN_POINTS
from kpi.spc.false_alarms import false_alarm_share
from kpi.spc.listing import Charts
from kpi.spc.long import LongCharts, charts_of_long
from kpi.spc.proposals import propose, propose_many, suggest_step
from kpi.spc.result import (
    Chart,
    Options,
    Panel,
    PhaseSpan,
    RunsTest,
    Signal,
    StepSuggestion,
    Verdict,
)
from kpi.spc.rules import RULE_SETS, RULES, Rule, rule_label
from kpi.spc.screening import Evidence, evidence
from kpi.spc.verdicts import verdict

__all__ = [
    "FREEZE_POINTS",
    "KINDS",
    "MIN_POINTS",
    "RULES",
    "RULE_SETS",
    "Capability",
    "Chart",
    "Charts",
    "Evidence",
    "LongCharts",
    "Options",
    "Panel",
    "PhaseSpan",
    "Rule",
    "RunsTest",
    "Signal",
    "StepSuggestion",
    "Verdict",
    "capability",
    "chart",
    "charts",
    "charts_of_long",
    "evidence",
    "false_alarm_share",
    "propose",
    "propose_many",
    "rule_label",
    "suggest_step",
    "verdict",
]
