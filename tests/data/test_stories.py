"""The stories that data/README.md tells, looked for in the tables the exports are written from.

Plain numpy and pandas on purpose: nothing of the product has a say here.
"""

from datetime import date

import numpy as np
import pandas as pd
import pytest
from sample_calendar import LAST, MONTHS, month_of
from sample_delivery import EXPEDITER_SINCE, NEVER, order_items, snapshot
from sample_downtime import NEVER_UPLOADED, running_time, stops, uploaded
from sample_monthly import NOT_SURVEYED, monthly_figures
from sample_production import ZERO_SCRAP_MONTHS, production
from sample_quality import (
    BURR_RETURNS_SINCE,
    DRIFT_SINCE,
    RESIN_WORSE_SINCE,
    complaints,
    receipts,
    samples,
)


@pytest.fixture(scope="module")
def made():
    table = pd.concat([production("Nordhafen"), production("Riverside")], ignore_index=True)
    return table.assign(month=[month_of(d) for d in table["date"]])


@pytest.fixture(scope="module")
def stopped():
    table = pd.concat([stops("Nordhafen"), stops("Riverside")], ignore_index=True)
    minutes = (table["end"] - table["start"]).dt.total_seconds() / 60
    return table.assign(month=table["start"].dt.strftime("%Y-%m"), minutes=minutes)


def rate(rows):
    """Scrapped and produced pieces per month, and their ratio."""
    sums = rows.groupby("month")[["scrap", "gross"]].sum()
    return sums.assign(rate=sums["scrap"] / sums["gross"])


def xmr_limits(values):
    x = np.asarray(values, float)
    spread = 3 * np.abs(np.diff(x)).mean() / 1.128
    return x.mean() - spread, x.mean() + spread


def sigma_z(sums, baseline):
    """Laney's ratio: how much more a proportion varies than its counts allow; z-scores beside it."""
    mean = sums["scrap"].iloc[:baseline].sum() / sums["gross"].iloc[:baseline].sum()
    z = (sums["rate"] - mean) / np.sqrt(mean * (1 - mean) / sums["gross"])
    return np.abs(np.diff(z.iloc[:baseline])).mean() / 1.128, z.to_numpy()


def test_what_is_made_adds_up(made):
    assert (made["gross"] == made["good"] + made["scrap"] + made["rework"]).all()
    assert (made[["gross", "good", "scrap", "rework"]] >= 0).all().all()
    assert sorted(made["month"].unique()) == MONTHS
    assert len(MONTHS) == 36
    assert (made.loc[made["scrap"] == 0, "reason"] == "").all()
    assert (made.loc[made["scrap"] > 0, "reason"] == "").mean() == pytest.approx(0.04, abs=0.02)


def test_a_new_tool_raised_scrap_on_press_2_and_it_is_still_so(made):
    months = rate(made[made["line"] == "Press 2"])
    before, after = months.loc[:"2026-02", "rate"], months.loc["2026-03":, "rate"]
    _, upper = xmr_limits(before.iloc[:20])
    assert (before < upper).all()
    assert len(after) == 8
    assert (after > upper).all()
    assert after.iloc[1:].mean() / before.mean() == pytest.approx(1.75, abs=0.1)


def test_the_step_is_burr(made):
    line = made[made["line"] == "Press 2"]
    share = {
        later: rows.loc[rows["reason"] == "Burr", "scrap"].sum() / rows["scrap"].sum()
        for later, rows in line.groupby(line["month"] >= "2026-04")
    }
    assert share[False] < 0.35
    assert share[True] > 0.5


def test_mending_the_hydraulics_worked(stopped):
    leak = stopped[(stopped["line"] == "Press 1") & (stopped["reason"] == "Hydraulik")]
    minutes = leak.groupby("month")["minutes"].sum().reindex(MONTHS, fill_value=0.0)
    before, after = minutes.loc[:"2025-06"], minutes.loc["2025-07":]
    assert len(after) == 16
    assert after.mean() < 0.25 * before.mean()
    assert after.max() < before.mean()
    assert (after > before.min()).sum() <= 1


def test_new_filters_did_not_help_the_paint_shop(made):
    months = rate(made[made["line"] == "Paint 1"])["rate"]
    lower, upper = xmr_limits(months.iloc[:20])
    assert months.between(lower, upper).all()
    assert months.loc["2025-11":].mean() == pytest.approx(months.loc[:"2025-10"].mean(), rel=0.05)


def test_an_expediter_did_not_help_riverside():
    due = [i for i in order_items("Riverside") if i.first_promise <= LAST and i.shipments]
    share = {
        later: np.mean(
            [i.complete <= i.first_promise for i in due if (i.ordered >= EXPEDITER_SINCE) == later]
        )
        for later in (False, True)
    }
    assert share[False] == pytest.approx(0.88, abs=0.03)
    assert share[True] == pytest.approx(share[False], abs=0.03)


def test_humid_summers_raise_one_product_only(made):
    molding = made[made["line"] == "Molding A"]
    summer = molding["month"].str[-2:].isin(["06", "07", "08"])
    year = molding["month"].str[:4]
    for product, ratio in (("RB-410", 1.97), ("RB-420", 1.0), ("RB-430", 1.0)):
        for y in ("2024", "2025", "2026"):
            rows = molding[(molding["product"] == product) & (year == y)]
            hot, cool = rows[summer.loc[rows.index]], rows[~summer.loc[rows.index]]
            found = (hot["scrap"].sum() / hot["gross"].sum()) / (
                cool["scrap"].sum() / cool["gross"].sum()
            )
            assert found == pytest.approx(ratio, abs=0.2), (product, y)


def test_large_volumes_a_p_chart_would_signal_everywhere_laney_does_not(made):
    months = rate(made[made["line"] == "Molding B"])
    assert months["gross"].mean() > 750_000
    over_dispersion, z = sigma_z(months, 20)
    assert over_dispersion > 5
    assert (np.abs(z) > 3).mean() > 0.6
    assert (np.abs(z / over_dispersion) < 2).all()
    sides = "".join("+" if value > 0 else "-" for value in z)
    assert "+" * 6 not in sides
    assert "-" * 6 not in sides


def test_zero_scrap_is_zero_and_was_made(made):
    months = rate(made[made["line"] == "Weld 1"])
    assert tuple(months.index[months["scrap"] == 0]) == ZERO_SCRAP_MONTHS
    assert (months["gross"] > 15_000).all()


def test_the_paint_shop_is_not_scheduled_in_august(made, stopped):
    paint = made[made["line"] == "Paint 1"]
    assert sorted(set(MONTHS) - set(paint["month"])) == ["2024-08", "2025-08", "2026-08"]
    times = running_time("Nordhafen", stopped[stopped["plant"] == "Nordhafen"])
    shut = times[(times["line"] == "Paint 1") & np.array([d.month == 8 for d in times["date"]])]
    assert len(shut) > 100
    assert (shut[["planned_min", "run_min"]] == 0).all().all()


def test_one_month_of_stops_was_never_uploaded(stopped):
    riverside = stopped[stopped["plant"] == "Riverside"]
    assert NEVER_UPLOADED in set(riverside["month"])
    kept = uploaded(riverside)
    assert sorted(set(MONTHS) - set(kept["month"])) == [NEVER_UPLOADED]
    assert len(uploaded(stopped)) == len(stopped) - len(riverside) + len(kept)


@pytest.mark.parametrize("plant", ["Nordhafen", "Riverside"])
def test_every_month_of_stops_is_whole_at_both_ends(stopped, plant):
    """So that the months a file covers can be told from its rows."""
    day = uploaded(stopped[stopped["plant"] == plant])["start"].dt
    ends = pd.DataFrame({"month": day.strftime("%Y-%m"), "left": day.days_in_month - day.day})
    ends["day"] = day.day
    found = ends.groupby("month").agg(first=("day", "min"), left=("left", "min"))
    assert (found["first"] <= 3).all()
    assert (found["left"] <= 2).all()


def test_running_time_is_what_the_stops_leave(stopped):
    for plant in ("Nordhafen", "Riverside"):
        times = running_time(plant, stopped[stopped["plant"] == plant])
        assert (times["run_min"] <= times["planned_min"]).all()
        share = times["run_min"].sum() / times["planned_min"].sum()
        assert 0.90 < share < 0.97


def test_some_stops_overlap_and_some_run_into_the_next_production_day(stopped):
    ordered = stopped.sort_values(["machine", "start"], kind="stable")
    same = ordered["machine"] == ordered["machine"].shift()
    overlapping = same & (ordered["start"] < ordered.groupby("machine")["end"].shift())
    assert 50 < overlapping.sum() < 600
    ends_on = (ordered["end"] - pd.Timedelta(hours=6, minutes=1)).dt.date
    assert (ends_on > ordered["day"]).sum() > 20


def on_time(items, promised):
    by_month = {}
    for item in items:
        if item.cancelled_on == NEVER and item.first_promise < LAST:
            month = month_of(item.first_promise)
            by_month.setdefault(month, []).append(item.complete <= promised(item))
    return pd.Series({m: 100 * np.mean(by_month[m]) for m in MONTHS})


def test_re_dating_keeps_otd_to_current_promise_well_while_otd_to_first_promise_falls():
    items = order_items("Nordhafen")
    current = on_time(items, lambda i: i.promise_at(LAST))
    first = on_time(items, lambda i: i.first_promise)
    before, after = slice(None, "2025-08"), slice("2026-01", None)
    assert current[before].mean() - first[before].mean() < 1
    assert first[before].mean() == pytest.approx(94.5, abs=1.5)
    assert current[after].mean() == pytest.approx(95.5, abs=1.5)
    assert first[after].mean() < 80
    assert first[-3:].max() < first[before].min()


def test_a_promise_moves_from_one_snapshot_to_the_next():
    items = order_items("Nordhafen")
    seen = {}
    for drawn in (date(2026, 7, 31), date(2026, 8, 31), date(2026, 9, 30)):
        shown = snapshot(items, drawn.replace(day=1), drawn)
        for row in shown.itertuples():
            seen.setdefault((row.order, row.position), set()).add(row.promise)
    moved = [promises for promises in seen.values() if len(promises) > 1]
    assert len(moved) > 10


@pytest.mark.parametrize("plant", ["Nordhafen", "Riverside"])
def test_the_last_snapshot_holds_partials_and_open_items_past_due(plant):
    shown = snapshot(order_items(plant), date(2026, 10, 1), LAST)
    late = shown[(shown["status"] == "Open") & (shown["promise"] < LAST)]
    assert late.groupby(["order", "position"]).ngroups >= 3
    assert (shown.groupby(["order", "position"]).size() > 1).sum() >= 5
    shipped = shown.dropna(subset=["shipped"])
    assert (shipped["shipped"] <= LAST).all()
    closed = shown[shown["status"] == "Delivered"].groupby(["order", "position"])
    assert (closed["shipped_quantity"].sum() == closed["quantity"].first()).all()


def test_nothing_closed_is_left_out_between_two_snapshots():
    items = order_items("Nordhafen")
    listed = set()
    for month in MONTHS:
        first = date.fromisoformat(f"{month}-01")
        drawn = (pd.Timestamp(first) + pd.offsets.MonthEnd(0)).date()
        closed = snapshot(items, first, drawn).query("status == 'Delivered'")
        listed |= set(zip(closed["order"], closed["position"], strict=True))
    expected = {
        (i.order, i.position) for i in items if MONTHS[0] <= month_of(i.complete) <= MONTHS[-1]
    }
    assert listed == expected


def test_the_hand_kept_figures_have_gaps_and_a_rising_lead_time():
    figures = {name: values for name, _, values in monthly_figures()}
    assert [
        m for m, v in zip(MONTHS, figures["Customer survey score"], strict=True) if v is None
    ] == list(NOT_SURVEYED)
    lead = np.array(figures["Lead time"])
    assert lead[-6:].mean() > lead[:22].mean() + 4
    assert 0.0 in figures["Safety incidents"]


def test_the_customer_sees_the_burr():
    table = complaints("Nordhafen")
    burr = table[(table["defect"] == "Grat") & (table["product"] == "004721")]
    mine = burr[burr["customer"] == "Halden Motors"]
    since = table[table["received"] >= BURR_RETURNS_SINCE]
    assert (mine["received"] >= BURR_RETURNS_SINCE).mean() > 0.8
    assert 0.35 < len(mine[mine["received"] >= BURR_RETURNS_SINCE]) / len(since) < 0.75


def test_a_supplier_gets_worse():
    table = receipts()
    came = table[table["arrived"].notna()]
    resin = came[came["supplier"] == "Maren Resins"]
    after = resin[resin["ordered"] >= RESIN_WORSE_SINCE]
    before = resin[resin["ordered"] < RESIN_WORSE_SINCE]

    def ppm(rows):
        return rows["rejected"].sum() / rows["received"].sum() * 1e6

    others = came[came["supplier"] != "Maren Resins"]
    assert ppm(after) > 3 * ppm(before)
    assert ppm(others[others["ordered"] >= RESIN_WORSE_SINCE]) < 1.6 * ppm(before)
    late = (after["arrived"] > after["promised"]).mean()
    assert late > 2 * (before["arrived"] > before["promised"]).mean()


def test_a_tool_wears_within_its_tolerance():
    table = samples()
    table = table.assign(mean=[sum(v) / len(v) for v in table["values"]])
    bore = table[table["characteristic"] == "Bohrung 10"].set_index("at")["mean"]
    flange = table[table["characteristic"] == "Flanschdicke"].set_index("at")["mean"]
    worn = [at.date() >= DRIFT_SINCE for at in bore.index]
    assert bore[worn].iloc[-10:].mean() - bore[[not w for w in worn]].mean() > 0.02
    assert abs(flange[worn].mean() - flange[[not w for w in worn]].mean()) < 0.005
    assert max(max(v) for v in table[table["characteristic"] == "Bohrung 10"]["values"]) < 10.06
