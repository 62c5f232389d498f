"""The quick version of `python -m bench faults`: the same code, fewer kills."""

from bench.faults import faults

KILLS = 6


def test_kills_at_random_moments_lose_nothing_and_double_nothing() -> None:
    keys = faults(kills=KILLS, states=0, people=200).keys
    assert keys["kills"] == KILLS
    assert keys["acknowledged"] > 0
    assert keys["same_state"]
    assert (keys["acknowledged_lost"], keys["duplicated"], keys["corrupt_served"]) == (0, 0, 0)
