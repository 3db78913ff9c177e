"""Entity resolution on tables with known truth: how many clusters are told right, how fast, and beside whom.

The tables are written by ``../shared/bench/dedupe/make_data.py`` with seeds of our own; the truth is taken out
before anybody sees them. The peer is Splink in the environment whose interpreter ``SPLINK_PYTHON`` names, on the
fields as we prepared them; without it, blocking and RapidFuzz as everybody would write them first.
"""

import csv
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from django.conf import settings
from rapidfuzz import fuzz

from bench.measuring import Share
from leads.resolution.blocking import candidate_pairs, marks
from leads.resolution.columns import infer_roles
from leads.resolution.features import Features, prepare
from leads.resolution.table import Table, read_table

MAKER: Final[Path] = settings.BASE_DIR.parent / "shared" / "bench" / "dedupe" / "make_data.py"
FEBRL: Final[Path] = settings.BASE_DIR.parent / "shared" / "data" / "entity_resolution" / "febrl_dataset3.csv"
ROWS: Final = int(os.environ.get("RESOLVE_ROWS", "20000"))
TABLES: Final = ((101, "1", 0.998), (102, "2.5", 0.98))
"""Seed, dirt, and the F1 of clusters that is asked for."""
SURE_RATIO: Final = 85
WORDS: Final = (
    "given_name",
    "family_name",
    "phone",
    "email",
    "house_number",
    "street",
    "unit",
    "city",
    "state",
    "zip",
)
QUANTITIES: Final = ("beds", "baths", "area", "year", "price")

SHARES: Final = tuple(
    f"resolve: {table}, F1 of clusters"
    for table in (*(f"{ROWS:,} leads, dirt {dirt}" for _, dirt, _ in TABLES), "Febrl 3")
)


@dataclass(frozen=True, slots=True)
class _Run:
    clusters: list[str]
    seconds: float
    peak_mb: float | None = None


def shares() -> Iterator[Share]:
    """F1 of clusters, ours and the peer's, per table."""
    if not MAKER.is_file():
        sys.stdout.write("resolving: no tables with truth beside the checkout, left out\n")
        return
    with tempfile.TemporaryDirectory() as name:
        for seed, dirt, least in TABLES:
            yield _judged(f"{ROWS:,} leads, dirt {dirt}", _made(Path(name), seed, dirt), "entity", least)
        yield _judged("Febrl 3", _febrl(Path(name)), "entity", 0.999)


def _made(folder: Path, seed: int, dirt: str) -> Path:
    arguments = [sys.executable, str(MAKER), str(folder), str(ROWS), str(seed), dirt, f"seed{seed}"]
    subprocess.run(arguments, check=True, capture_output=True)
    return folder / f"seed{seed}.csv"


def _febrl(folder: Path) -> Path:
    """The persons of Febrl, the truth moved from their ids to a column."""
    columns = read_table(FEBRL.read_bytes()).columns
    columns["entity"] = [record_id.split("-")[1] for record_id in columns.pop("rec_id")]
    return _written(folder / "febrl.csv", columns)


def _judged(name: str, path: Path, truth_column: str, least: float) -> Share:
    columns = read_table(path.read_bytes()).columns
    truth = columns.pop(truth_column)
    columns.pop("id", None)
    blind = _written(path.with_suffix(".blind.csv"), columns)
    table = Table(columns=columns)
    features = prepare(table, infer_roles(table))
    _print_ceiling(name, features, truth)
    ours = _ours(blind)
    peer_name, peer = _peer(features, path.parent)
    for who, run in (("ours", ours), (peer_name, peer)):
        _print_run(f"{name}: {who}", run, truth)
    told, right = _clusters(ours.clusters), _clusters(truth)
    cases = len(told) + len(right)
    return Share(
        name=f"resolve: {name}, F1 of clusters",
        beside=peer_name,
        cases=cases,
        ours_right=2 * len(told & right),
        other_right=_cluster_f1(truth, peer.clusters) * cases,
        at_least=least,
    )


def _written(path: Path, columns: dict[str, list[str]]) -> Path:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        writer.writerows(zip(*columns.values(), strict=True))
    return path


def _print_ceiling(name: str, features: Features, truth: Sequence[str]) -> None:
    """How many true pairs share any mark at all, and how many our blocking proposes: more cannot be found."""
    entities = np.unique(truth, return_inverse=True)[1].astype(np.int64)
    order = np.argsort(entities, kind="stable")
    pairs = [
        (left, right)
        for group in np.split(order, np.flatnonzero(np.diff(entities[order])) + 1)
        for position, left in enumerate(group)
        for right in group[position + 1 :]
    ]
    left, right = np.array(pairs, np.int64).reshape(-1, 2).T
    shared = np.zeros(len(left), np.bool_)
    for codes in marks(features).values():
        shared |= (codes[left] == codes[right]) & (codes[left] >= 0)
    one, other = candidate_pairs(features)
    proposed = int((entities[one] == entities[other]).sum())
    sys.stdout.write(
        f"resolve: {name}: {len(left):,} true pairs; {shared.mean():.2%} share any evidence, "
        f"{proposed / max(1, len(left)):.2%} are among the {len(one):,} candidates\n"
    )


def _ours(blind: Path) -> _Run:
    """``manage.py resolve`` in a process of its own, start-up included."""
    output = blind.with_suffix(".clusters.csv")
    started_at = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "manage.py", "resolve", str(blind), "--output", str(output)],
        cwd=settings.BASE_DIR,
        stdout=subprocess.DEVNULL,
    )
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - started_at
    if status:
        raise RuntimeError(f"manage.py resolve ended with {status}")
    with output.open(encoding="utf-8") as file:
        clusters = [row["cluster_id"] for row in csv.DictReader(file)]
    return _Run(clusters, seconds, usage.ru_maxrss / 1024)


def _peer(features: Features, folder: Path) -> tuple[str, _Run]:
    interpreter = os.environ.get("SPLINK_PYTHON")
    if interpreter and set(QUANTITIES) <= features.numbers.keys():
        return "Splink", _splink(interpreter, features, folder)
    return "blocking + RapidFuzz", _naive(features)


def _splink(interpreter: str, features: Features, folder: Path) -> _Run:
    columns = {"unique_id": [str(row) for row in range(features.row_count)]}
    columns |= {name: _words_of(features, name) for name in WORDS}
    columns |= {
        name: ["" if np.isnan(value) else f"{value:g}" for value in features.numbers[name]] for name in QUANTITIES
    }
    source, output = _written(folder / "prepared.csv", columns), folder / "splink.csv"
    script = Path(__file__).parent / "splink_peer.py"
    told = subprocess.run([interpreter, str(script), str(source), str(output)], check=True, capture_output=True)
    with output.open(encoding="utf-8") as file:
        clusters = [row["cluster"] for row in csv.DictReader(file)]
    return _Run(clusters, json.loads(told.stdout)["seconds"])


def _words_of(features: Features, name: str) -> list[str]:
    coded = features.words.get(name)
    if coded is None:
        return [""] * features.row_count
    return [coded.words[code] if code >= 0 else "" for code in coded.codes]


def _naive(features: Features) -> _Run:
    """Blocks by telephone, e-mail, and number with street; one likeness of the whole row decides."""
    started_at = time.perf_counter()
    words = {name: _words_of(features, name) for name in WORDS}
    rows = [" ".join(values) for values in zip(*words.values(), strict=True)]
    parents = list(range(len(rows)))
    for block in _blocks(words):
        for position, row in enumerate(block):
            for other in block[position + 1 :]:
                if fuzz.token_sort_ratio(rows[row], rows[other], score_cutoff=SURE_RATIO):
                    parents[_root(parents, other)] = _root(parents, row)
    clusters = [str(_root(parents, row)) for row in range(len(rows))]
    return _Run(clusters, time.perf_counter() - started_at)


def _blocks(words: dict[str, list[str]]) -> Iterator[list[int]]:
    for names in (("phone",), ("email",), ("house_number", "street"), ("family_name", "zip")):
        blocks: dict[tuple[str, ...], list[int]] = {}
        for row, key in enumerate(zip(*(words[name] for name in names), strict=True)):
            if all(key):
                blocks.setdefault(key, []).append(row)
        yield from (block for block in blocks.values() if 1 < len(block) <= 50)


def _root(parents: list[int], row: int) -> int:
    while parents[row] != row:
        parents[row] = row = parents[parents[row]]
    return row


def _print_run(name: str, run: _Run, truth: Sequence[str]) -> None:
    pairs, clusters = _pair_f1(truth, run.clusters), _cluster_f1(truth, run.clusters)
    peak = f", {run.peak_mb:.0f} MB at most" if run.peak_mb else ""
    sys.stdout.write(
        f"resolve: {name}: F1 of pairs {pairs:.4f}, of clusters {clusters:.4f}, {run.seconds:.1f} s{peak}\n"
    )


def _clusters(labels: Sequence[str]) -> set[tuple[int, ...]]:
    groups: dict[str, list[int]] = {}
    for row, label in enumerate(labels):
        groups.setdefault(label, []).append(row)
    return {tuple(group) for group in groups.values()}


def _cluster_f1(truth: Sequence[str], told: Sequence[str]) -> float:
    """Of whole clusters, single rows among them: one row too many or too few is wrong."""
    right, found = _clusters(truth), _clusters(told)
    return 2 * len(right & found) / (len(right) + len(found))


def _pair_f1(truth: Sequence[str], told: Sequence[str]) -> float:
    both = _pair_count(list(zip(truth, told, strict=True)))
    return 2 * both / (_pair_count(truth) + _pair_count(told))


def _pair_count(labels: Sequence[object]) -> int:
    return sum(size * (size - 1) // 2 for size in Counter(labels).values())
