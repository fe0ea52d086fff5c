"""DeepExpression: from RNA-seq and HiChIP reads to trained networks, motifs and figures."""

from snakemake.utils import min_version

min_version("9.8")


# The workflow's own, from whatever folder it is run.
configfile: f"{workflow.current_basedir}/config/config.yaml"


report: "report/workflow.rst"


include: "rules/common.smk"
include: "rules/units.smk"
include: "rules/download.smk"
include: "rules/reference.smk"
include: "rules/expression.smk"
include: "rules/hichip.smk"
include: "rules/loops.smk"
include: "rules/features.smk"
include: "rules/training.smk"
include: "rules/baselines.smk"
include: "rules/evaluation.smk"
include: "rules/motifs.smk"
include: "rules/variants.smk"
include: "rules/figures.smk"
include: "rules/archive.smk"
include: "rules/code.smk"


rule all:
    """Every figure, every table behind it, and the summary page."""
    default_target: True
    input:
        get_targets(),
