"""The QC of all samples as custom content of MultiQC (https://docs.seqera.io/multiqc).

MultiQC finds files named ``*_mqc.tsv``; their header says how to show them.
"""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from deepexpr.files import read, writing
from deepexpr.schemas import QC

#: Metric -> heading of the table about trimming.
TRIMMING = {
    "read_pairs": "read pairs",
    "r1_full_junctions": "R1 full junctions",
    "r1_partial_junctions": "R1 partial junctions",
    "r2_full_junctions": "R2 full junctions",
    "r2_partial_junctions": "R2 partial junctions",
    "trimmed_fraction": "fraction trimmed",
    "dropped_pairs": "pairs dropped",
    "written_pairs": "pairs kept",
}
#: Metric -> part of the bars about pairs.
PAIRS = {
    "cis_above_20kb": "cis above 20 kb",
    "cis_1kb_to_20kb": "cis 1 to 20 kb",
    "cis_below_1kb": "cis below 1 kb",
    "trans": "trans",
    "duplicates": "duplicates",
}
_HEADERS = {
    "trimming": (
        "HiChIP: trimming at the ligation junction",
        "Reads cut at a junction of the enzyme, whole or cut off by the end of the read.",
        "table",
    ),
    "pairs": (
        "HiChIP: classes of pairs",
        "Pairs with both mates mapped uniquely: duplicates, and the distinct ones by distance.",
        "bargraph",
    ),
}


def write_sections(qc: Sequence[str | Path], trimming: str | Path, pairs: str | Path) -> None:
    """Write both sections from the QC tables (schemas.QC) of the samples.

    Samples that enter the pipeline later lack metrics; a section has those who have any.
    """
    table = pd.concat([read(QC[:3], path) for path in qc])
    wide = table.pivot(index="sample", columns="metric", values="value")
    for name, path, metrics in (("trimming", trimming, TRIMMING), ("pairs", pairs, PAIRS)):
        part = wide.reindex(columns=list(metrics)).apply(pd.to_numeric).dropna(how="all")
        title, description, plot = _HEADERS[name]
        header = {
            "id": f"deepexpr_hichip_{name}",
            "section_name": f"'{title}'",
            "description": f"'{description}'",
            "plot_type": plot,
        }
        with writing(path) as handle:
            handle.writelines(f"# {key}: {value}\n" for key, value in header.items())
            part.rename(columns=metrics).rename_axis("Sample").to_csv(
                handle, sep="\t", float_format="%.10g"
            )
