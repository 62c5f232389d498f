"""The quick version of `python -m bench truth`: who the demo world's people are found to be, against its truth."""

from bench.truth import truth

PEOPLE, DAYS = 600, 30


def test_people_of_the_demo_world_are_who_they_are() -> None:
    found = truth(people=PEOPLE, days=DAYS)
    keys = {name: value or 0 for name, value in found.keys.items()}
    assert keys["identifiers"] > PEOPLE
    assert keys["precision"] >= 0.99, found.notes
    assert keys["recall"] >= 0.83, found.notes
