"""What departures of `tuned` from the paper buy: one at a time is turned back.

    python benchmarks/network_departures.py --output benchmarks/network_departures.tsv

K562 of ../shared/data (real_data.py), its loops binned, regression, the ten random folds of
network_real.py. Departures of the proximal module are turned back in the network without its wide
part (beside that the convolution adds next to nothing, so nothing could be seen there); those of
the distal module in the full network, beside one and the same frozen sequence score. Pooling and
dense blocks are left as they are. A random start of the HiChIP score also has no epoch 0. The
table is written after every fold, so a stopped run leaves what it had.
"""

from __future__ import annotations

import argparse
import dataclasses
from pathlib import Path

import numpy as np
import pandas as pd
from real_data import datasets, require_data
from scipy.stats import pearsonr, wilcoxon

from deepexpr.features.splits import fold_roles, make_splits
from deepexpr.files import write_table
from deepexpr.model.backend import configure
from deepexpr.model.config import make_configs
from deepexpr.model.examples import Examples
from deepexpr.model.network import Shape
from deepexpr.model.steps import TwoSteps, fold_data
from deepexpr.model.training import forward
from deepexpr.model.variants import builder as make_builder

SEED = 1
#: What is turned back: name, settings of the model, of the training.
PROXIMAL = {
    "tuned without words": ({}, {}),
    "one strand": ({"both_strands": False}, {}),
    "random start of the filters": ({"kmer_start": False}, {}),
    "128 filters x 8": ({"filters": 128, "kernel": 8}, {}),
    "every position, not 5 windows": ({"windows": 0}, {}),
    "no batch normalisation": ({"batch_norm": False}, {}),
    "dropout 0.5": ({"dropout": 0.5}, {}),
    "dense 80, 40, 40": ({"dense": (80, 40, 40)}, {}),
    "RMSprop 1e-3": ({}, {"optimizer": "rmsprop", "learning_rate": 1e-3, "weight_decay": 0.0}),
    "no weight decay": ({}, {"weight_decay": 0.0}),
    "batch 4": ({}, {"batch_size": 4}),
    "no plateau schedule": ({}, {"plateau_factor": 1.0}),
    "patience 5": ({}, {"patience": 5}),
    "no shifts": ({}, {"shift": 0}),
    "no scaling of the targets": ({}, {"standardise": False}),
}
DISTAL = {
    "tuned": ({}, {}),
    "no loop totals": ({"totals": ()}, {}),
    "no dropout of bins": ({"bins_dropout": 0.0}, {}),
    "distal dropout 0.5": ({"distal_dropout": 0.5}, {}),
    "random start of the HiChIP score": ({"zero_start": False}, {}),
    "distal rate 1e-3": ({}, {"distal_learning_rate": 1e-3}),
    "no distal weight decay": ({}, {"distal_weight_decay": 0.0}),
    "distal batch 4": ({}, {"distal_batch_size": 4}),
    "distal patience 5": ({}, {"distal_patience": 5}),
}


class Measured:
    """Test scores of every recipe, fold by fold."""

    def __init__(self, dataset, splits) -> None:
        self.dataset = dataset
        self.splits = splits
        self.shape = Shape(dataset.sequence.shape[1], dataset.bins.shape[1], 5000, "regression")
        self.builders: dict[str, TwoSteps] = {}
        self.rows: list[tuple] = []

    def fold(self, fold: int) -> None:
        """Train every recipe on one fold."""
        for name, (model, training) in PROXIMAL.items():
            self._train("proximal", name, {"words": False} | model, training, fold, "sequence")
        base = self._builder("tuned", {}, {}, "full")
        data = self._data(base, fold)
        seed = self._seed(fold)
        proximal, _ = base.one_by_one.run(base._fit_proximal(data, seed, ""))
        for name, (model, training) in DISTAL.items():
            self._train("distal", name, model, training, fold, "full", proximal)

    def _train(self, module, name, model, training, fold, kind, proximal=None) -> None:
        builder = self._builder(name, model, training, kind)
        trained, _ = builder.train(self._data(builder, fold), self._seed(fold), name, proximal)
        test = self.dataset.index_of(fold_roles(self.splits, fold)["test"])
        examples = Examples(self.dataset.inputs).take(test)
        predicted = forward(trained, examples)[:, 0]
        score = pearsonr(self.dataset.expression[test], predicted).statistic
        self.rows.append((module, name, fold, float(score)))
        print(f"fold {fold}: {name}: {score:.4f}", flush=True)

    def _builder(self, name, model, training, kind) -> TwoSteps:
        """The compiled steps of one recipe, kept between folds."""
        if name not in self.builders:
            settings = make_configs({"variant": "tuned"} | model, training)
            self.builders[name] = make_builder(*settings, self.shape, kind)
        return self.builders[name]

    def _data(self, builder: TwoSteps, fold: int):
        """The fold's genes; the word score is solved once, it is the same for all recipes."""
        roles = fold_roles(self.splits, fold)
        rows = [self.dataset.index_of(roles[role]) for role in ("train", "validation")]
        data = fold_data(self.dataset, *rows, "regression", builder.training.standardise)
        if not builder.config.words:
            return data
        if getattr(self, "solved", (None,))[0] != fold:
            self.solved = (fold, builder.prepare(data).words)
        return dataclasses.replace(data, words=self.solved[1])

    @staticmethod
    def _seed(fold: int) -> int:
        return int(np.random.SeedSequence([SEED, fold, 0]).generate_state(1)[0] >> 1)

    def table(self) -> pd.DataFrame:
        """Mean over folds of every recipe, less that of its base, and the test within folds."""
        scores = pd.DataFrame(self.rows, columns=["module", "turned_back", "fold", "score"])
        rows = []
        for module, group in scores.groupby("module", sort=False):
            wide = group.pivot(index="fold", columns="turned_back", values="score").dropna()
            base = group["turned_back"].iloc[0]
            for name in dict.fromkeys(group["turned_back"]):
                change = wide[name] - wide[base]
                tested = len(change) > 1 and bool(change.any())
                rows.append(
                    {
                        "module": module,
                        "turned_back": name,
                        "folds": len(wide),
                        "mean": round(wide[name].mean(), 4),
                        "change": round(change.mean(), 4),
                        "folds_below": int((change < 0).sum()),
                        "two_sided_signed_rank_p": round(wilcoxon(change).pvalue, 4)
                        if tested
                        else None,
                    }
                )
        return pd.DataFrame(rows)


def main() -> None:
    """Measure and write the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--output", required=True, type=Path)
    parser.add_argument("--folds", type=int, default=10, help="the first so many of ten")
    parser.add_argument("--threads", type=int, default=1)
    args = parser.parse_args()
    require_data()
    configure(args.threads)
    dataset = datasets()["K562 + loops"]
    genes = pd.DataFrame({"gene": dataset.gene, "chromosome": dataset.chromosome})
    measured = Measured(dataset, make_splits(genes, "random", 10, SEED))
    for fold in range(args.folds):
        measured.fold(fold)
        write_table(measured.table(), args.output)
    print(measured.table().to_string(index=False))


if __name__ == "__main__":
    main()
