"""Archive: how the results were made, for the supplement of a paper. Asked for by name.

REQUIRED INPUTS: everything a complete run makes.
OUTPUTS: archive.zip with methods.md, config.yaml, sheets, versions.tsv, envs/, checksums.tsv.
"""


rule archive_run:
    """Put methods, configuration, versions and checksums of all results into one file."""
    input:
        get_targets(),
    output:
        out("archive.zip"),
    log:
        out("logs/archive_run.log"),
    localrule: True
    conda:
        "../envs/deepexpr.yaml"
    params:
        versions=RUN.tool_versions(),
        parts=sorted(
            {out(path.removeprefix(out("")).split("/")[0]) for path in get_targets()}
        ),
    script:
        "../scripts/archive_run.py"
