"""The quick version of `python -m bench resolving`: the same code, fewer kills."""

from bench.resolving import resolving

KILLS = 6


def test_kills_while_resolving_change_nobody() -> None:
    keys = resolving(kills=KILLS).keys
    assert keys["kills"] == KILLS
    assert keys["same_people"]
    assert (keys["ids_changed"], keys["words_lost"]) == (0, 0)
