"""Households of a census town, against the households that the town was made of."""

from collections import Counter, defaultdict
from itertools import combinations
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from weft.identity.households import HOME_MOST, Household, Occupant, household_of
from weft.identity.kinds.names.keys import name_key
from weft.identity.kinds.registry import normalise


def test_who_is_put_together_lives_together(shared_data: Path):
    census = pq.read_table(shared_data / "identity" / "pseudopeople_decennial_census.parquet")
    year = census.filter(pc.equal(census["year"], pc.min(census["year"])))

    def column(name: str) -> pa.Array:
        return pc.fill_null(year[name].combine_chunks().cast(pa.string()), "")

    written = (column("street_number"), column("street_name"), column("unit_number"))
    streets = normalise("street", pc.binary_join_element_wise(*written, " "), "US").to_pylist()
    families = name_key("family_name", normalise("family_name", column("last_name"), "US")).to_pylist()
    truth: dict[bytes, str] = {}
    at: dict[str, list[Occupant]] = defaultdict(list)
    for number, (street, family, home) in enumerate(
        zip(streets, families, column("household_id").to_pylist(), strict=True)
    ):
        truth[key := number.to_bytes(16)] = home
        if street and any(char.isdigit() for char in street):
            at[street].append(Occupant(key, street, "", family or ""))
    pairs: set[tuple[bytes, bytes]] = set()
    for near in at.values():
        for each in near:
            found = household_of(each, near)
            if isinstance(found, Household):
                pairs.update(combinations([member.profile_id for member in found.members], 2))
    right = sum(truth[one] == truth[other] for one, other in pairs)
    small = sum(size * (size - 1) // 2 for size in Counter(truth.values()).values() if size <= HOME_MOST)
    assert len(truth) > 10_000
    assert right / len(pairs) > 0.99
    assert right / small > 0.95
