from weft.identity.clustering.agglomerate import agglomerate


def test_a_lucky_pair_does_not_tie_two_people() -> None:
    two_people = {(0, 1): 9.0, (2, 3): 9.0, (1, 2): 2.0, (0, 2): -9.0, (0, 3): -9.0, (1, 3): -9.0}
    assert agglomerate(4, two_people) == [0, 0, 2, 2]


def test_a_weak_pair_between_strong_ones_stays_together() -> None:
    one_person = {(0, 1): 9.0, (1, 2): 9.0, (0, 2): -2.0}
    assert agglomerate(3, one_person) == [0, 0, 0]


def test_unknown_pairs_count_against() -> None:
    assert len(set(agglomerate(4, {(0, 1): 2.0, (1, 2): 2.0, (2, 3): 2.0}))) > 1
