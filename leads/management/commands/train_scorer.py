"""Learn a model of quality from outcomes, measure it, and put it in force where it is better and within parity."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError

from aiqleads.core.commands import DataCommand
from leads.errors import LeakyFeature, TooFewOutcomes
from leads.models import ScoringModel
from leads.scoring import PRIOR, registry


class Command(DataCommand):
    help = (
        "Fit a scoring model to what became of sales, calibrate it, report, and promote it only where it is better."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="print one JSON document")
        parser.add_argument("--seed", type=int, default=1, help="of the fit, and of simulated outcomes (1)")
        parser.add_argument(
            "--simulated",
            type=int,
            metavar="N",
            help="learn from N outcomes that are made up; such a model never comes into force",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        from leads.scoring import training  # noqa: PLC0415  (numpy: every other command starts without it)

        is_simulated = options["simulated"] is not None
        try:
            trained = (
                _simulated(options["simulated"], options["seed"])
                if is_simulated
                else training.train_on_sales(seed=options["seed"])
            )
        except (TooFewOutcomes, LeakyFeature) as refusal:
            raise CommandError(str(refusal)) from refusal
        model = training.keep(trained, is_simulated=is_simulated)
        told = {
            "version": model.version,
            "state": model.state,
            "kept_because": model.kept_because,
            "parity": model.parity,
            "report": model.report,
        }
        self.stdout.write(json.dumps(told) if options["json"] else _in_words(model))


def _simulated(count: int, seed: int) -> Any:
    from leads.scoring import simulator, training  # noqa: PLC0415  (see above)

    world = simulator.simulate(count=count, seed=seed)
    return training.train(
        world.examples, baseline=PRIOR, shares=world.shares, version=registry.next_version(), seed=seed
    )


def _in_words(model: ScoringModel) -> str:
    report = model.report
    ours, theirs, told = report["candidate"], report["baseline"], report["outcomes"]
    lines = [
        f"{model.version} learnt from {told['told']:,} sales, of which {told['reached']:,} reached the owner.",
        f"{'':24}{model.version:>12}{theirs['version']:>12}",
        *(
            f"{name:24}{ours[key]:>12.4f}{theirs[key]:>12.4f}"
            for name, key in (
                ("AUC", "auc"),
                ("Brier score", "brier"),
                ("Calibration error", "calibration_error"),
                ("Lift of the best tenth", "lift"),
            )
        ),
        f"Parity: {model.get_parity_display().lower()}. {report['parity']['says']}",
        f"It stays a candidate. {model.kept_because}" if model.kept_because else "It is in force.",
    ]
    return "\n".join(lines)
