"""Motifs: what the filters learnt and what the enhancers hold, against known motifs.

REQUIRED INPUTS: regression bundles; features/{cell_line}/dataset.h5; loops/{cell_line}/signal.tsv.
OUTPUTS: motifs/{cell_line}/ {filters,attribution}.meme and .tsv, enhancers.fa, cismodule/,
enhancers.meme, {filters,attribution,enhancers}.tomtom.tsv and .summary.tsv, interpretation/{gene}/.
"""

from deepexpr.motifs.sections import EnhancerSection, TomtomSection

MOTIF_TASK = "regression" if "regression" in TASKS else TASKS[0]


rule read_filters:
    """Turn the first layer's filters into position weight matrices, by the promoters; by the
    enhancers where the network reads contacted places with the same filters."""
    input:
        bundle=lambda w: [
            out(f"models/{w.cell_line}/{MOTIF_TASK}/K{MAIN_K}/{kind}/bundle")
            for kind in RUN.filter_kinds(w.cell_line)
        ],
        sequences=lambda w: out(
            f"motifs/{w.cell_line}/enhancers.fa"
            if len(RUN.filter_kinds(w.cell_line)) > 1
            else f"reference/{RUN.assembly[w.cell_line]}/promoters.fa"
        ),
    output:
        motifs=out("motifs/{cell_line}/filters.meme"),
        table=out("motifs/{cell_line}/filters.tsv"),
    log:
        out("logs/motifs/{cell_line}.read_filters.log"),
    benchmark:
        out("benchmarks/motifs/{cell_line}.read_filters.tsv")
    priority: 20
    conda:
        "../envs/tensorflow.yaml"
    params:
        alpha=config["motifs"]["alpha"],
    shell:
        "python -m deepexpr filters --bundle {input.bundle:q} --fasta {input.sequences:q}"
        " --alpha {params.alpha} --output {output.motifs:q} --table {output.table:q} 2> {log:q}"


rule pool_attributions:
    """Pool the stretches of promoters that move the predictions into motifs."""
    input:
        bundle=out(f"models/{{cell_line}}/{MOTIF_TASK}/K{MAIN_K}/sequence/bundle"),
        dataset=out("features/{cell_line}/dataset.h5"),
    output:
        motifs=out("motifs/{cell_line}/attribution.meme"),
        table=out("motifs/{cell_line}/attribution.tsv"),
    log:
        out("logs/motifs/{cell_line}.pool_attributions.log"),
    benchmark:
        out("benchmarks/motifs/{cell_line}.pool_attributions.tsv")
    conda:
        "../envs/tensorflow.yaml"
    threads: config["resources"]["training_threads"]
    params:
        promoters=config["motifs"]["attribution_promoters"],
        settings=json.dumps(config["motifs"]["attribution"], sort_keys=True),
        seed=config["seed"],
    shell:
        "python -m deepexpr attribution --bundle {input.bundle:q} --dataset {input.dataset:q}"
        " --promoters {params.promoters} --settings {params.settings:q} --seed {params.seed}"
        " --threads {threads} --output {output.motifs:q} --table {output.table:q} 2> {log:q}"


rule interpret_gene:
    """Explain the prediction of one gene: letters, known motifs, distal bins."""
    input:
        bundle=lambda w: [
            out(f"models/{w.cell_line}/{MOTIF_TASK}/K{MAIN_K}/{kind}/bundle")
            for kind in RUN.best_kinds(w.cell_line)
        ],
        dataset=out("features/{cell_line}/dataset.h5"),
    output:
        directory(out("motifs/{cell_line}/interpretation/{gene}")),
    log:
        out("logs/motifs/{cell_line}.{gene}.interpret_gene.log"),
    benchmark:
        out("benchmarks/motifs/{cell_line}.{gene}.interpret_gene.tsv")
    conda:
        "../envs/interpretation.yaml"
    threads: config["resources"]["training_threads"]
    params:
        targets=config["motifs"]["targets"],
        method=config["motifs"]["interpret_method"],
    shell:
        "python -m deepexpr interpret --bundle {input.bundle:q} --dataset {input.dataset:q}"
        " --gene {wildcards.gene:q} --method {params.method} --targets {params.targets:q}"
        " --threads {threads} --output {output:q} 2> {log:q}"


rule match_motifs:
    """Compare motifs with the known ones by TomTom, beside shuffled copies."""
    input:
        out("motifs/{cell_line}/{motifs}.meme"),
    output:
        matches=out("motifs/{cell_line}/{motifs}.tomtom.tsv"),
        summary=out("motifs/{cell_line}/{motifs}.summary.tsv"),
    log:
        out("logs/motifs/{cell_line}.{motifs}.match_motifs.log"),
    benchmark:
        out("benchmarks/motifs/{cell_line}.{motifs}.match_motifs.tsv")
    priority: 20
    conda:
        "../envs/motifs.yaml"
    params:
        settings=get_settings("motifs", TomtomSection),
        seed=config["seed"],
    shell:
        "python -m deepexpr tomtom --query {input:q} --settings {params.settings:q}"
        " --seed {params.seed} --output {output.matches:q} --summary {output.summary:q} 2> {log:q}"


rule cut_enhancers:
    """Cut the distal anchors of the strongest loops."""
    input:
        signal=out("loops/{cell_line}/signal.tsv"),
        genome=lambda w: out(f"reference/{RUN.assembly[w.cell_line]}/genome.fa"),
        genes=lambda w: out(f"reference/{RUN.assembly[w.cell_line]}/genes.tsv"),
        peaks=config["motifs"]["enhancer_peaks"] or [],
    output:
        fasta=out("motifs/{cell_line}/enhancers.fa"),
        bed=out("motifs/{cell_line}/enhancers.bed"),
    log:
        out("logs/motifs/{cell_line}.cut_enhancers.log"),
    conda:
        "../envs/deepexpr.yaml"
    params:
        settings=get_settings("motifs", EnhancerSection),
        peaks=lambda w, input: [f"--peaks={input.peaks}"] if input.peaks else [],
    shell:
        "python -m deepexpr enhancers --signal {input.signal:q} --genome {input.genome:q}"
        " --genes {input.genes:q} --settings {params.settings:q} {params.peaks:q}"
        " --output {output.fasta:q} --bed {output.bed:q} 2> {log:q}"


rule find_enhancer_motifs:
    """Find motifs and modules in the enhancers with CisModule."""
    input:
        out("motifs/{cell_line}/enhancers.fa"),
    output:
        found=out("motifs/{cell_line}/cismodule/motifs.meme"),
        table=out("motifs/{cell_line}/cismodule/motifs.tsv"),
        sites=out("motifs/{cell_line}/cismodule/sites.bed"),
        modules=out("motifs/{cell_line}/cismodule/modules.bed"),
        trace=out("motifs/{cell_line}/cismodule/trace.tsv"),
        motifs=out("motifs/{cell_line}/enhancers.meme"),
    log:
        out("logs/motifs/{cell_line}.find_enhancer_motifs.log"),
    benchmark:
        out("benchmarks/motifs/{cell_line}.find_enhancer_motifs.tsv")
    conda:
        "../envs/motifs.yaml"
    params:
        folder=lambda w, output: os.path.dirname(output.found),
        number=config["motifs"]["enhancer_motifs"],
        settings=json.dumps(config["motifs"]["cismodule"], sort_keys=True),
        leave_out=get_leave_out,
        mask="--mask-lowercase" if config["motifs"]["mask_repeats"] else "",
        seed=config["seed"],
    shell:
        "(python -m deepexpr cismodule --fasta {input:q} --motifs {params.number} --settings {params.settings:q}"
        " {params.mask} {params.leave_out} --seed {params.seed} --output {params.folder:q}"
        " && cp {output.found:q} {output.motifs:q}) 2> {log:q}"
