"""The verdict's error rates at known truth: what docs/effect.md prints, held by a test."""

import re

import numpy as np
import pytest

from docs.make_effect_evidence import (
    COVERED,
    NULL,
    PAGE,
    PLAIN,
    SIGNALLED,
    SPREAD,
    TEXT,
    Truth,
    coverage,
    opened_on_a_signal,
    promised,
    rates,
)

RUNS = 600
OTHER_SEED = 20270101
"""Not the seed of the page, so that nothing was tuned to it."""

DOUBT = 3 * np.sqrt(0.025 * 0.975 / RUNS)
"""Three standard errors of a rate of 2.5 % among so many series."""

STABLE = [truth for truth in NULL if not truth.trend]
MEDIUM = {"getting better anyway, 1 % a month": 0.08}
MEDIUM["getting better anyway, 1 % a month, twelve months after"] = 0.13


def test_the_page_holds_the_text_and_every_table():
    page, text = (path.read_text(encoding="utf-8") for path in (PAGE, TEXT))
    for part in re.split(r"\{\{\w+\}\}", text):
        assert part.strip() in page
    assert "{{" not in page
    for truth in (*NULL, *SIGNALLED, *COVERED):
        assert f"| {truth.says} |" in page


def test_the_simulated_months_are_what_they_say():
    rng = np.random.default_rng(1)
    truth = Truth("", nature="normal", rate=1.0, between=0.2, lag1=0.5)
    logs = np.log([truth.numbers(rng, 60)[0] for _ in range(400)])
    assert logs.std() == pytest.approx(0.2, abs=0.005)
    neighbours = np.corrcoef(logs[:, 1:].ravel(), logs[:, :-1].ravel())[0, 1]
    assert neighbours == pytest.approx(0.5, abs=0.02)


def test_the_textbook_test_believes_in_nothing_and_the_verdict_does_not():
    truth = NULL[1]
    assert rates(truth, PLAIN, 150, OTHER_SEED).worked > 0.2
    assert rates(truth, None, 150, OTHER_SEED).worked < 0.04


@pytest.mark.long
@pytest.mark.parametrize("truth", STABLE, ids=lambda t: t.says)
def test_an_action_that_does_nothing_is_seldom_said_to_work(truth):
    found = rates(truth, None, RUNS, OTHER_SEED)
    assert found.worked <= 0.025 + DOUBT
    assert found.worse <= 0.025 + DOUBT


@pytest.mark.long
@pytest.mark.parametrize("truth", [t for t in NULL if t.trend], ids=lambda t: t.says)
def test_a_drift_is_seldom_taken_for_an_effect(truth):
    found = rates(truth, None, RUNS, OTHER_SEED)
    assert found.worked <= MEDIUM.get(truth.says, 0.025 + DOUBT)
    assert found.worked < 0.2 * rates(truth, SPREAD, RUNS, OTHER_SEED).worked


@pytest.mark.long
@pytest.mark.parametrize("truth", SIGNALLED, ids=lambda t: t.says)
def test_actions_opened_on_a_signal_do_not_look_good(truth):
    naive = opened_on_a_signal(truth, left_out=False, method=SPREAD, runs=RUNS, seed=OTHER_SEED)
    found = opened_on_a_signal(truth, left_out=True, runs=RUNS, seed=OTHER_SEED)
    assert found.worked <= 0.025 + DOUBT
    assert found.worked < naive.worked


@pytest.mark.long
@pytest.mark.parametrize("truth", COVERED, ids=lambda t: t.says)
def test_the_interval_holds_the_truth(truth):
    assert coverage(truth, runs=300) > 0.95 - 3 * np.sqrt(0.05 * 0.95 / 300)


@pytest.mark.long
@pytest.mark.parametrize(("change", "least"), [(-0.25, 0.65), (-0.5, 0.98)])
def test_a_true_change_is_found(change, least):
    truth = Truth("", change=change)
    assert rates(truth, None, 300, OTHER_SEED).worked > least


@pytest.mark.long
def test_the_months_it_asks_for_are_enough():
    months, power = promised(Truth("", after=1), -0.25, runs=300)
    assert 4 <= months <= 14
    assert power == pytest.approx(0.8, abs=0.09)
