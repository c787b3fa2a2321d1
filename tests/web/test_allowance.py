"""What one person's sockets may cost: some at once, then a share of the time."""

from __future__ import annotations

import time

from webapp.web.allowance import Allowance, Allowances, Meter


def test_what_is_used_at_once_costs_no_rest() -> None:
    allowance = Allowance(at_once=1.0, share=0.5, now=lambda: 0.0)

    assert allowance.spend(0.6) == 0
    assert allowance.spend(0.4) == 0


def test_more_is_rested_for_until_its_share_of_the_time_has_passed() -> None:
    now = 0.0
    allowance = Allowance(at_once=1.0, share=0.5, now=lambda: now)

    first = allowance.spend(1.5)
    now = first
    second = allowance.spend(0)

    assert first == 1.0
    assert second == 0


def test_time_without_use_gives_no_more_than_may_be_used_at_once() -> None:
    now = 0.0
    allowance = Allowance(at_once=1.0, share=0.5, now=lambda: now)
    now = 1000.0

    assert allowance.spend(1.5) == 1.0


def test_all_sockets_of_a_person_share_one_allowance_and_no_other_persons() -> None:
    allowances = Allowances()
    mine = allowances.of("me")

    assert allowances.of("me") is mine
    assert allowances.of("you") is not mine


def test_a_meter_counts_the_work_of_its_thread_and_not_its_waiting() -> None:
    allowance = Allowance(at_once=0.02, share=0.5)
    meter = Meter(allowance)
    meter.rest()

    time.sleep(0.1)
    after_waiting = meter.rest()
    until = time.thread_time() + 0.1
    while time.thread_time() < until:
        pass
    after_working = meter.rest()

    assert after_waiting == 0
    assert after_working > 0.05
