"""Writes tests/oracle/splink_weights.json: the match weights that Splink gives a few hundred pairs under one model.

Splink is 240 MB with what it needs, so the tests hold our weights against these. Run it where Splink is installed
(`~/.cache/weft-bench`, which `python -m bench identity` makes): `…/bin/python scripts/splink_oracle.py`.
"""

# It runs where Splink is installed, which is not where it is checked.
# pyright: reportMissingImports=false, reportAttributeAccessIssue=false

import json
import random
from pathlib import Path
from typing import Any

TARGET = Path(__file__).parent.parent / "tests" / "oracle" / "splink_weights.json"
MATCH = 0.004
RECORDS, PAIRS, SEED = 90, 400, 5
USUAL = 9
"""Step of rarity of a value that is not frequent: one record in 2^9.5 has it."""
JARO = "jaro_winkler_similarity({0}_l, {0}_r) >= {1}"
FIELDS: dict[str, dict[str, Any]] = {
    "city": {
        "levels": {"differs": None, "similar": JARO.format("city", 0.8), "close": JARO.format("city", 0.92)},
        "same": [0.1, 0.03, 0.07, 0.8],
        "strangers": [0.93, 0.04, 0.01, 0.02],
        "frequent": {"springfield": 3, "riverside": 5, "seoul": 2},
    },
    "street": {
        "levels": {
            "differs": None,
            "similar": JARO.format("street", 0.8),
            "close": JARO.format("street", 0.92),
        },
        "same": [0.2, 0.05, 0.1, 0.65],
        "strangers": [0.96, 0.03, 0.008, 0.002],
        "frequent": {},
    },
    "postcode": {
        "levels": {"differs": None, "close": "damerau_levenshtein(postcode_l, postcode_r) <= 1"},
        "same": [0.2, 0.1, 0.7],
        "strangers": [0.97, 0.02, 0.01],
        "frequent": {"04524": 4},
    },
    "category": {
        "levels": {"differs": None},
        "same": [0.15, 0.85],
        "strangers": [0.5, 0.5],
        "frequent": {"a": 1, "b": 2},
    },
}
"""Field → conditions of its levels (weak to strong, then `exact`), the probabilities of each level for records of one
person and of strangers, and the steps of rarity of frequent values."""

VALUES = {
    "city": [
        "springfield",
        "springfeld",
        "riverside",
        "riversid",
        "seoul",
        "soul",
        "leeds",
        "springwell",
        "kirkby",
    ],
    "street": [
        "12 high street",
        "12 high streat",
        "21 high st",
        "7 mill lane",
        "7 mill lne",
        "7 mill road",
        "99 long acre",
    ],
    "postcode": ["04524", "04542", "04525", "sw1a1aa", "sw1a2aa", "10115"],
    "category": ["a", "b", "c"],
}


def main() -> None:
    """Draw records, let Splink score pairs of them, write both."""
    draw = random.Random(SEED)
    records = [
        {name: draw.choice([*pool, *pool, None]) for name, pool in VALUES.items()} for _ in range(RECORDS)
    ]
    weights = weigh(records)
    pairs = sorted(draw.sample(sorted(weights), PAIRS))
    told = {
        "match": MATCH,
        "usual": USUAL,
        "fields": FIELDS,
        "records": records,
        "weights": [[*pair, round(weights[pair], 5)] for pair in pairs],
    }
    TARGET.write_text(json.dumps(told, indent=1) + "\n", "utf-8")


def weigh(records: list[dict[str, str | None]]) -> dict[tuple[int, int], float]:
    """Return the match weight of every pair of records, by their places."""
    import pyarrow as pa
    from splink import DuckDBAPI, Linker, SettingsCreator

    api = DuckDBAPI()
    table = pa.Table.from_pylist([{"id": place, **record} for place, record in enumerate(records)])
    settings = SettingsCreator(
        link_type="dedupe_only",
        unique_id_column_name="id",
        probability_two_random_records_match=MATCH,
        comparisons=[comparison(name) for name in FIELDS],
        blocking_rules_to_generate_predictions=["1=1"],
    )
    linker = Linker(api.register(table, table_name="people"), settings)
    for name, field in FIELDS.items():
        steps = {value: field["frequent"].get(value, USUAL) for value in VALUES[name]}
        shares = [{name: value, f"tf_{name}": 2.0 ** -(step + 0.5)} for value, step in steps.items()]
        lookup = api.register(pa.Table.from_pylist(shares), table_name=f"shares_of_{name}")
        linker.table_management.register_term_frequency_lookup(lookup, name)
    found = linker.inference.predict().as_pyarrow_table().to_pylist()
    return {(row["id_l"], row["id_r"]): row["match_weight"] for row in found}


def comparison(name: str) -> dict[str, Any]:
    """Return a field as Splink takes it: the strongest level first."""
    field = FIELDS[name]
    conditions = [*field["levels"].values(), f"{name}_l = {name}_r"]
    levels = [
        {"sql_condition": condition or "ELSE", "m_probability": same, "u_probability": strangers}
        for condition, same, strangers in zip(conditions, field["same"], field["strangers"], strict=True)
    ][::-1]
    levels[0] |= {"tf_adjustment_column": name, "tf_adjustment_weight": 1.0}
    missing = {"sql_condition": f"{name}_l IS NULL OR {name}_r IS NULL", "is_null_level": True}
    return {"output_column_name": name, "comparison_levels": [missing, *levels]}


if __name__ == "__main__":
    main()
