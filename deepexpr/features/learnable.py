"""Whether there is anything to learn in a dataset."""

import numpy as np

from deepexpr.errors import InputError, Unsupported
from deepexpr.features.dataset import ANCHORS, PROMOTER, Dataset


def require_two_values(dataset: Dataset) -> None:
    """Raise InputError where all genes have one expression, so that there is nothing to learn."""
    if dataset.expression.min() == dataset.expression.max():
        raise InputError(
            f"All {len(dataset)} genes of {dataset.cell_line} have the expression "
            f"{dataset.expression[0]:.3g}.",
            where=str(dataset.path),
            expected="genes that differ",
            fix="Look at the table of counts that it was made from.",
        )


def require_two_labels(dataset: Dataset) -> None:
    """Raise InputError where all genes have one label, so that there is nothing to classify."""
    labels = np.unique(dataset.label)
    if len(labels) < 2:
        raise Unsupported(
            f"All {len(dataset)} genes of {dataset.cell_line} have the label {labels[0]:+d}: none "
            "lies below the median, as half of them or more share the smallest expression (that of "
            "genes without a read).",
            where=str(dataset.path),
            expected="genes above and below the median expression",
            found=f"a median equal to the smallest value ({dataset.expression.min():.3g})",
            fix="Sequence the RNA deeper, or leave classification out of evaluation.tasks.",
        )


def has_loops(dataset: Dataset, anchors: bool = True) -> bool:
    """Whether HiChIP (with `anchors`, also what ANCHORS hold) tells any gene from another."""
    unread = {PROMOTER} if anchors else {PROMOTER, ANCHORS}
    read = [array for name, array in dataset.inputs.items() if name not in unread]
    return dataset.has_hichip and not all((array == array[:1]).all() for array in read)


def require_loops(dataset: Dataset, anchors: bool = True) -> None:
    """Raise Unsupported where HiChIP says the same of all genes, as no loop is at any of them.

    anchors : as for `has_loops`. Without HiChIP nothing is raised: that there is none is another
    matter.
    """
    if dataset.has_hichip and not has_loops(dataset, anchors):
        of = f" ({', '.join(dataset.targets)})" if dataset.targets else ""
        raise Unsupported(
            f"HiChIP of {dataset.cell_line}{of}: no loop is at any of its {len(dataset)} genes, so "
            "nothing can be learnt from it.",
            where=str(dataset.path),
            expected="loops within reach of the bins of some genes",
            fix="Sequence the HiChIP deeper, lower loops.confidence, or leave its samples out.",
        )
