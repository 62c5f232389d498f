"""Splink on one set: run with the Python of its own environment; reads a job (JSON), writes clusters as Parquet.

The settings are what its guide recommends for such fields: its ready comparisons with term frequencies, u from
random pairs, m by expectation maximisation over two blocking rules, clusters at a probability of .95.
"""

# It runs where Splink is installed, which is not where it is checked.
# pyright: reportMissingImports=false, reportAttributeAccessIssue=false

import json
import sys
from pathlib import Path
from typing import Any

THRESHOLD = 0.95
ADJUSTED = frozenset({"given_name", "family_name", "city", "postcode", "street"})
"""Kinds of which frequent values tell less."""


def main(job_path: str) -> None:
    """Resolve what the job names: files, id, kinds (kind → columns), link, out."""
    import duckdb
    from splink import DuckDBAPI, Linker, SettingsCreator, block_on

    job = json.loads(Path(job_path).read_text("utf-8"))
    connection = duckdb.connect()
    api = DuckDBAPI(connection)
    frames = [
        api.register(connection.read_parquet(path), table_name=f"input_{n}")
        for n, path in enumerate(job["files"][:1] if job.get("one") else job["files"])
    ]
    kinds: dict[str, str] = job["kinds"]
    rules = [block_on(*rule) for rule in _rules(kinds)]
    settings = SettingsCreator(
        link_type="link_only" if job["link"] else "dedupe_only",
        unique_id_column_name=job["id"],
        comparisons=_comparisons(kinds),
        blocking_rules_to_generate_predictions=rules,
    )
    linker = Linker(frames if len(frames) > 1 else frames[0], settings, log_level=30)
    linker.training.estimate_probability_two_random_records_match(rules[:2], recall=0.7)
    linker.training.estimate_u_using_random_sampling(max_pairs=5e6)
    for rule in rules[:2]:
        linker.training.estimate_parameters_using_expectation_maximisation(rule)
    if job.get("one"):
        print(json.dumps({"one_record_ms": _one_record_ms(linker, api, connection, frames[0], job)}))
        return
    pairs = linker.inference.predict(threshold_match_probability=0.5)
    clusters = linker.clustering.cluster_pairwise_predictions_at_threshold(pairs, THRESHOLD)
    clusters.to_parquet(job["out"], overwrite=True)


def _one_record_ms(linker: Any, api: Any, connection: Any, known: Any, job: dict[str, Any]) -> float:
    """Return the median time of finding the matches of one new record, the first of which warms up."""
    import statistics
    import time

    import pyarrow.parquet as pq

    for kind in ADJUSTED & job["kinds"].keys():
        linker.table_management.compute_tf_table(job["kinds"][kind])
    new = pq.read_table(job["files"][1])
    spent: list[float] = []
    for number in range(new.num_rows):
        row = connection.from_arrow(new.slice(number, 1))
        began = time.perf_counter()
        frame = api.register(row, table_name=f"new_{number}")
        linker.inference.predict_between(known, frame, threshold_match_weight=-4).as_record_list()
        spent.append((time.perf_counter() - began) * 1_000)
    return statistics.median(spent[1:])


def _rules(kinds: dict[str, str]) -> list[list[str]]:
    """Return blocking rules: single values that tell much, and pairs of fields; the first two also train."""
    wanted = [
        ["given_name", "family_name"],
        ["birth_date"] if "birth_date" in kinds else ["email"],
        ["email"],
        ["phone"],
        ["national_id"],
        ["given_name", "postcode"],
        ["family_name", "postcode"],
        ["given_name", "street"],
        ["family_name", "city"],
    ]
    found = [[kinds[kind] for kind in rule] for rule in wanted if all(kind in kinds for kind in rule)]
    return list({tuple(rule): rule for rule in found}.values())


def _comparisons(kinds: dict[str, str]) -> list[Any]:
    import splink.comparison_library as cl

    made: list[Any] = []
    for kind, column in kinds.items():
        match kind:
            case "given_name" | "family_name":
                one = cl.NameComparison(column)
            case "birth_date":
                one = cl.DateOfBirthComparison(column, input_is_string=True)
            case "email":
                one = cl.EmailComparison(column)
            case "phone" | "national_id" | "postcode":
                one = cl.DamerauLevenshteinAtThresholds(column, [1, 2])
            case "street":
                one = cl.JaroWinklerAtThresholds(column, [0.92, 0.8])
            case "city":
                one = cl.JaroWinklerAtThresholds(column, [0.92])
            case _:
                one = cl.ExactMatch(column)
        made.append(one.configure(term_frequency_adjustments=True) if kind in ADJUSTED else one)
    return made


if __name__ == "__main__":
    main(sys.argv[1])
