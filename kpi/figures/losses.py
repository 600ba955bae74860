"""The loss-time ledger as an HTML table with bars: from the minutes recorded to those kept."""

from kpi.analysis import words
from kpi.analysis.results import LossLedger, LossLine
from kpi.figures.escape import html


def loss_table(ledger: LossLedger) -> str:
    """Each line with its minutes and a bar on one scale; a deduction's bar is lighter."""
    if not ledger.lines:
        return ""
    longest = max(abs(line.minutes) for line in ledger.lines) or 1.0
    rows = "".join(_row(line, longest) for line in ledger.lines)
    return (
        '<table class="cn-losses"><thead><tr><th scope="col">Step</th>'
        '<th scope="col" class="cn-number">Minutes</th><th scope="col">Share of the largest</th>'
        f"</tr></thead><tbody>{rows}</tbody></table>"
    )


def _row(line: LossLine, longest: float) -> str:
    width = 100 * abs(line.minutes) / longest
    style = "cn-bar cn-bar-less" if line.minutes < 0 else "cn-bar"
    sign = "\u2212" if line.minutes < 0 else ""
    same = line.says.casefold() == line.label.casefold()
    says = "" if same else f'<div class="cn-small">{html(line.says)}</div>'
    return (
        f'<tr><th scope="row">{html(line.label)}{says}</th>'
        f'<td class="cn-number">{sign}{words.number(abs(line.minutes), 0)}</td>'
        f'<td class="cn-bar-cell"><div class="{style}" style="width:{width:.1f}%"></div></td></tr>'
    )
