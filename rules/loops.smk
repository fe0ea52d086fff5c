"""Loops: a caller (loops.caller) on the pooled replicates, then the normalised signal.

REQUIRED INPUTS: hichip/{sample}/contacts.tsv.gz and depth.tsv.gz, hichip/qc.assembly-{assembly}.tsv;
or finished tables of loops.
OUTPUTS: loops/differential/{pair}.tsv (loops.differential); loops/{pool}/ contacts.bedpe, loops.bedpe, loops.interact.bed (UCSC),
loops.longrange.txt (WashU), qc.tsv where loops are called; signal.tsv. A pool is a cell line, or a cell line and one of its targets
(CELL_LINE.TARGET) where it has several; loops/{cell_line}/signal.tsv is then of all of them.
"""

from deepexpr.hichip.sections import CallSection


rule call_loops:
    """Give every contact its probability to be a loop, replicates pooled."""
    input:
        contacts=get_replicates("contacts.tsv.gz"),
        depth=get_replicates("depth.tsv.gz"),
        peaks=config["loops"]["caller_settings"].get("peaks") or [],
    output:
        contacts=out("loops/{pool}/contacts.bedpe"),
        loops=out("loops/{pool}/loops.bedpe"),
        interact=out("loops/{pool}/loops.interact.bed"),
        longrange=out("loops/{pool}/loops.longrange.txt"),
        qc=out("loops/{pool}/qc.tsv"),
    log:
        out("logs/loops/{pool}.call_loops.log"),
    benchmark:
        out("benchmarks/loops/{pool}.call_loops.tsv")
    conda:
        "../envs/deepexpr.yaml"
    threads: get_caller().threads(config["loops"])
    params:
        settings=get_settings("loops", CallSection),
        seed=config["seed"],
        strict=lambda w, output: "--require-loops" if config["strict"] else "",
    shell:
        "python -m deepexpr call-loops --contacts {input.contacts:q} --depth {input.depth:q}"
        " --settings {params.settings:q} {params.strict} --threads {threads}"
        " --seed {params.seed} --output {output.contacts:q} --loops {output.loops:q}"
        " --interact {output.interact:q} --longrange {output.longrange:q}"
        " --qc {output.qc:q} 2> {log:q}"


rule normalise_signal:
    """Normalise the loops' counts by sequencing depth and average the replicates."""
    input:
        loops=out("loops/{pool}/loops.bedpe"),
        contacts=get_replicates("contacts.tsv.gz"),
        totals=lambda w: out(
            f"hichip/qc.assembly-{RUN.assembly[RUN.pools[w.pool]]}.tsv"
        ),
    output:
        out("loops/{pool}/signal.tsv"),
    log:
        out("logs/loops/{pool}.normalise_signal.log"),
    wildcard_constraints:
        pool=get_alternatives(RUN.called_pools),
    conda:
        "../envs/deepexpr.yaml"
    params:
        contacts=lambda w, input: [
            f"--contacts={sample}={path}"
            for sample, path in zip(
                RUN.samples_of("hichip", pool=w.pool), input.contacts
            )
        ],
        total_metric=config["loops"]["total_metric"],
    shell:
        "python -m deepexpr signal --loops {input.loops:q} {params.contacts:q}"
        " --totals {input.totals:q} --total-metric {params.total_metric}"
        " --output {output:q} 2> {log:q}"


rule compare_loops:
    """Test the loops of two cell lines for a difference, beside the change of expression."""
    input:
        loops=lambda w: [
            out(f"loops/{line}/loops.bedpe") for line in RUN.differential[w.pair]
        ],
        contacts=lambda w: [
            out(f"hichip/{s}/contacts.tsv.gz") for s in get_compared_samples(w)
        ],
        genes=lambda w: out(
            f"reference/{RUN.assembly[RUN.differential[w.pair][0]]}/genes.tsv"
        ),
        expression=lambda w: out(
            f"expression/{RUN.assembly[RUN.differential[w.pair][0]]}/expression.tsv"
        ),
    output:
        out("loops/differential/{pair}.tsv"),
    log:
        out("logs/loops/differential.{pair}.log"),
    wildcard_constraints:
        pair=get_alternatives(RUN.differential),
    conda:
        "../envs/deepexpr.yaml"
    params:
        loops=lambda w, input: [
            f"{line}={path}"
            for line, path in zip(RUN.differential[w.pair], input.loops)
        ],
        contacts=lambda w, input: get_sample_paths(
            get_compared_samples(w), input.contacts
        ),
    shell:
        "python -m deepexpr differential --loops {params.loops:q}"
        " --contacts {params.contacts:q} --genes {input.genes:q}"
        " --expression {input.expression:q} --output {output:q} 2> {log:q}"


rule join_targets:
    """Put the loops of all targets of a cell line under one another, counts added up."""
    input:
        lambda w: [
            out(f"loops/{pool}/signal.tsv") for pool in RUN.marks(w.cell_line).values()
        ],
    output:
        out("loops/{cell_line}/signal.tsv"),
    log:
        out("logs/loops/{cell_line}.join_targets.log"),
    wildcard_constraints:
        cell_line=get_alternatives(filter(RUN.marks, RUN.loop_lines)),
    localrule: True
    conda:
        "../envs/deepexpr.yaml"
    script:
        "../scripts/join_targets.py"


rule import_loops:
    """Take the loops that the unit sheet gives in place of reads."""
    input:
        tables=lambda w: [
            get_unit_file(s) for s in RUN.samples_of("hichip", pool=w.pool)
        ],
        sizes=lambda w: out(f"reference/{RUN.assembly[RUN.pools[w.pool]]}/chrom.sizes"),
        aliases=lambda w: get_alias_file(RUN.assembly[RUN.pools[w.pool]]),
    output:
        out("loops/{pool}/signal.tsv"),
    log:
        out("logs/loops/{pool}.import_loops.log"),
    wildcard_constraints:
        pool=get_alternatives(set(RUN.loop_pools) - set(RUN.called_pools)),
    conda:
        "../envs/deepexpr.yaml"
    params:
        tables=lambda w: get_loop_options(w.pool),
        aliases=lambda w: get_alias_option(RUN.assembly[RUN.pools[w.pool]]),
        confidence=config["loops"]["confidence"],
    shell:
        "python -m deepexpr import-loops {params.tables:q} --chrom-sizes {input.sizes:q}"
        " {params.aliases:q}"
        " --confidence {params.confidence} --output {output:q} 2> {log:q}"
