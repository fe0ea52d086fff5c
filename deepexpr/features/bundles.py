"""The record of a bundle: what trained models of any kind say of themselves.

A bundle is a folder with ``bundle.json``, ``splits.tsv`` (the genes by fold and role) and the
models of its folds. It may come from a stranger, so opening it runs no code and trusts no size:
see `check_archive` here, and the loaders in deepexpr.model.bundle and deepexpr.baselines.bundle.
"""

import contextlib
import json
import logging
import zipfile
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
import pandas as pd

from deepexpr.errors import InputError, Unsupported
from deepexpr.features.dataset import Dataset
from deepexpr.features.left_out import LEFT_OUT
from deepexpr.features.splits import read_splits
from deepexpr.files import require_file
from deepexpr.provenance import versions

log = logging.getLogger(__name__)

#: An archive's content may be so many times its size, and so many bytes whatever its size.
MOST_TIMES, MOST_BYTES = 200, 64 << 20

#: Loops that differ by more than this factor from those a model was trained on are told.
LOOP_FACTOR = 2.0


def read_record(path: str | Path) -> dict[str, Any]:
    """The content of bundle.json in the folder `path`; InputError if it is no bundle's record."""
    file = require_file(Path(path) / "bundle.json", "bundle")
    try:
        info = json.loads(file.read_text())
    except (ValueError, RecursionError) as error:  # neither JSON nor UTF-8, or a trap
        raise InputError(f"The bundle's record is damaged: {error}.", where=str(file)) from error
    if isinstance(info, dict) and info.get("type") == LEFT_OUT:
        raise Unsupported(
            f"The model was left out: {info.get('reason')}", where=str(file), fix=info.get("fix")
        )
    if not isinstance(info, dict) or info.get("type") not in ("network", "baseline"):
        raise InputError(
            "The bundle is of an unknown type.",
            where=str(file),
            expected='"type": "network" or "baseline"',
            found=repr(info.get("type") if isinstance(info, dict) else info)[:60],
            fix="Give the folder bundle/ that `deepexpr train` or `deepexpr baseline` wrote.",
        )
    return info


def first_trained(paths: Sequence[str | Path]) -> str | Path:
    """The first of these bundles that was not left out; the last is not looked at before."""
    for path in paths[:-1]:
        with contextlib.suppress(Unsupported):
            read_record(path)
            return path
    return paths[-1]


class BundleRecord:
    """Record, folds and splits of a bundle; subclasses load its models.

    info : the content of bundle.json. TYPE, KEYS : its type, and the keys (their types) it has.
    """

    TYPE: ClassVar[str]
    KEYS: ClassVar[Mapping[str, type | tuple[type, ...]]]

    def __init__(self, path: Path, info: dict[str, Any]) -> None:
        self.path = path
        self.info = info
        self._told: set[str] = set()

    @classmethod
    def open(cls, path: str | Path) -> Self:
        """Read and check bundle.json in the folder `path`; models are loaded when first used."""
        info = read_record(path)
        bundle = cls(Path(path), info)
        if info["type"] != cls.TYPE:
            raise InputError(
                f"The bundle does not hold a {cls.TYPE}.",
                where=str(bundle.path / "bundle.json"),
                expected=f'"type": "{cls.TYPE}"',
                found=json.dumps(info["type"]),
            )
        lacking = [key for key in cls.KEYS if key not in info]
        wrong = [key for key, kind in cls.KEYS.items() if not isinstance(info.get(key), kind)]
        if lacking or wrong:
            raise InputError(
                f"The bundle's record lacks {', '.join(lacking)}."
                if lacking
                else f"The bundle's record has no sound {', '.join(wrong)}.",
                where=str(bundle.path / "bundle.json"),
                found=f"a bundle {bundle.written_by('deepexpr')}",
                fix="Train it again; another version of deepexpr may have written it.",
            )
        folds = bundle.folds
        if not folds or any(type(fold) is not int or not 0 <= fold < 10_000 for fold in folds):
            raise InputError("The folds of the bundle are no numbers.", where=str(bundle.path))
        return bundle

    @property
    def folds(self) -> list[int]:
        """Numbers of the folds it holds."""
        return list(self.info["folds"])

    @property
    def method(self) -> str:
        """Name of its method in tables: the kind of a network, or the baseline's method."""
        return self.info["kind" if self.info["type"] == "network" else "method"]

    @cached_property
    def splits(self) -> pd.DataFrame:
        """Its splits (schemas.SPLITS)."""
        return read_splits(self.path / "splits.tsv")

    def require_fold(self, fold: int) -> None:
        """Raise InputError where the bundle has no such fold."""
        if fold not in self.folds:
            raise InputError(
                f"The bundle has no fold {fold}.",
                where=str(self.path),
                found=f"folds {', '.join(map(str, self.folds))}",
            )

    def written_by(self, package: str) -> str:
        """Words on the version of a package that wrote the bundle, and on the one installed."""
        recorded = self.info.get("versions")
        then = recorded.get(package) if isinstance(recorded, dict) else None
        return f"written by {package} {then or '(not recorded)'}; this is {versions().get(package)}"

    def trained_on(self, genes: np.ndarray, fold: int | None) -> int:
        """How many of `genes` the models of `fold` (None: of any fold) were trained on.

        Validation genes count, as they chose when the training stopped.
        """
        used = self.splits[self.splits["role"] != "test"]
        if fold is not None:
            used = used[used["fold"] == fold]
        return int(np.isin(genes.astype(str), used["gene"].to_numpy(str)).sum())

    @property
    def loops(self) -> float | None:
        """`loop_strength` of what it was trained on; None where that is not known."""
        known = self.info.get("loop_strength")
        return known if isinstance(known, float) and known > 0 else None

    def check_targets(self, dataset: Dataset, targets: tuple[str, ...]) -> None:
        """Raise InputError where `targets`, those read, are several and not the dataset's, or the
        other way round."""
        found = dataset.targets
        if found != targets and max(len(found), len(targets)) > 1:
            shown, others = (", ".join(names) or "one" for names in (targets, found))
            raise differs("set of HiChIP targets", shown, others, dataset, self.path)

    def check_loops(self, bins: np.ndarray | None, where: str) -> None:
        """Warn where loops are on another scale than those the models were trained on.

        bins : (n, B) log2(1 + normalised count).
        """
        known, found = self.loops, loop_strength(bins)
        if not known or bins is None or where in self._told:
            return
        self._told.add(where)
        if found is None:
            log.warning(
                "No gene of %s has a loop, and the bundle %s was trained on genes that have some: "
                "are loops and genes of one assembly?", where, self.path,
            )  # fmt: skip
            return
        ratio = found / known
        if not 1 / LOOP_FACTOR <= ratio <= LOOP_FACTOR:
            log.warning(
                "The loops of %s are %.2g times as strong as those the bundle %s was trained on "
                "(root mean square of the bins with loops: %.2f, there %.2f). Predictions are "
                "shifted: normalise both to one number of read pairs.",
                where, ratio, self.path, found, known,
            )  # fmt: skip


def loop_strength(bins: np.ndarray | None) -> float | None:
    """Root mean square of the bins that hold loops, log2(1 + normalised count); None: no loops."""
    if bins is None or not (filled := bins[bins > 0].astype(np.float64)).size:
        return None
    return float(np.sqrt(np.mean(filled**2)))


def check_archive(path: Path, names: set[str] | None = None, suffix: str = "") -> None:
    """Raise InputError unless a zip archive holds only what it should, and no more than it may.

    names : the members there are; None: any names that end in `suffix`, in no folder.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, OSError, NotImplementedError, ValueError) as error:
        raise InputError(
            "The model is damaged, or is not one of deepexpr.",
            where=str(path),
            found=str(error)[:200],
            fix="Copy the bundle again, and whole.",
        ) from error
    found = [entry.filename for entry in entries]
    strange = [
        name
        for name in found
        if found.count(name) > 1
        or (name not in names if names else "/" in name or "\\" in name or name[:1] == ".")
        or not name.endswith(suffix)
    ]
    size = sum(entry.file_size for entry in entries)
    if strange or size > max(MOST_BYTES, MOST_TIMES * path.stat().st_size):
        raise InputError(
            "The model's archive holds what none of deepexpr does, and is not opened.",
            where=str(path),
            expected=", ".join(sorted(names))
            if names
            else f"arrays, up to {MOST_TIMES} times its size",
            found=", ".join(strange)[:200] or f"{size} bytes in {path.stat().st_size}",
            fix="Ask who gave you this bundle; train it again.",
        )


def differs(what: str, expected: object, found: object, dataset: Dataset, path: Path) -> InputError:
    """The error that a dataset has another `what` than the bundle in `path`."""
    return InputError(
        f"The dataset has another {what} than the bundle.",
        where=str(dataset.path or dataset.cell_line),
        expected=f"{expected} (bundle {path})",
        found=str(found),
        fix="Use a bundle trained on this genome build and window.",
    )
