"""Splink over a table of prepared leads, in whatever environment has it: the peer of ``bench.resolving``.

Run by another interpreter than the product's (``SPLINK_PYTHON``); it knows nothing of this project.
``python splink_peer.py PREPARED.csv CLUSTERS.csv`` writes one cluster per row, in order, and prints its seconds.
"""

import json
import sys
import time

import pandas as pd
import splink.comparison_library as cl
from splink import DuckDBAPI, Linker, SettingsCreator, block_on

SURE = 0.95
EXACT = ("house_number", "unit", "zip", "beds", "baths", "year")
BLOCKS = (
    ("phone",),
    ("email",),
    ("house_number", "street"),
    ("house_number", "zip"),
    ("family_name", "zip"),
    ("area", "year", "state"),
    ("family_name", "house_number"),
)


def main(source: str, output: str) -> None:
    table = pd.read_csv(source, dtype=str).replace("", None)
    for column in ("area", "price"):
        table[column] = pd.to_numeric(table[column])
    started_at = time.perf_counter()
    clusters = resolve(table)
    seconds = time.perf_counter() - started_at
    pd.Series(table["unique_id"].map(clusters)).to_csv(output, index=False, header=["cluster"])
    sys.stdout.write(json.dumps({"seconds": seconds}))


def resolve(table: pd.DataFrame) -> dict[str, str]:
    """Estimate, predict and cluster as Splink's own guide does."""
    database = DuckDBAPI()
    linker = Linker(database.register(table), settings(), log_level=50)
    recall = [block_on("phone", "family_name"), block_on("email"), block_on("house_number", "street", "zip")]
    linker.training.estimate_probability_two_random_records_match(recall, recall=0.8)
    linker.training.estimate_u_using_random_sampling(max_pairs=2e6, seed=1)
    for rule in (("house_number", "street"), ("phone",), ("family_name", "zip")):
        linker.training.estimate_parameters_using_expectation_maximisation(block_on(*rule))
    predictions = linker.inference.predict(threshold_match_probability=0.01)
    clustered = linker.clustering.cluster_pairwise_predictions_at_threshold(
        predictions, threshold_match_probability=SURE
    ).as_pandas_dataframe()
    return dict(zip(clustered["unique_id"], clustered["cluster_id"], strict=True))


def settings() -> SettingsCreator:
    return SettingsCreator(
        link_type="dedupe_only",
        blocking_rules_to_generate_predictions=[block_on(*columns) for columns in BLOCKS],
        comparisons=[
            cl.JaroWinklerAtThresholds("given_name", [0.9, 0.7]).configure(term_frequency_adjustments=True),
            cl.JaroWinklerAtThresholds("family_name", [0.92, 0.8]).configure(term_frequency_adjustments=True),
            cl.DamerauLevenshteinAtThresholds("phone", [1]),
            cl.DamerauLevenshteinAtThresholds("email", [2]),
            cl.JaroWinklerAtThresholds("street", [0.92, 0.8]).configure(term_frequency_adjustments=True),
            cl.JaroWinklerAtThresholds("city", [0.9]).configure(term_frequency_adjustments=True),
            *(cl.ExactMatch(column) for column in EXACT),
            within("area", 0.03),
            within("price", 0.08),
        ],
    )


def within(column: str, share: float) -> cl.CustomComparison:
    return cl.CustomComparison(
        output_column_name=column,
        comparison_levels=[
            {"sql_condition": f"{column}_l is null or {column}_r is null", "is_null_level": True},
            {"sql_condition": f"{column}_l = {column}_r", "label_for_charts": "same"},
            {"sql_condition": f"abs({column}_l - {column}_r) <= {share} * {column}_l", "label_for_charts": "close"},
            {"sql_condition": "else", "label_for_charts": "else"},
        ],
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
