"""Variants: both alleles of a VCF's variants in promoters and contacted places, by a cell line's
network.

REQUIRED INPUTS: variants.vcf.{assembly} (VCF); reference/{assembly}/genome.fa;
features/{cell_line}/dataset.h5; the bundle of the cell line's best-equipped network.
OUTPUTS: variants/{cell_line}/ variants.vcf.gz, variants.tsv, summary.tsv; places.tsv where the
networks read contacted places.
"""

from deepexpr.variants.sections import ScoringSection


rule score_variants:
    """Predict both alleles of variants, and find the motifs that they make or break."""
    input:
        vcf=lambda w: config["variants"]["vcf"][RUN.assembly[w.cell_line]],
        genome=lambda w: out(f"reference/{RUN.assembly[w.cell_line]}/genome.fa"),
        dataset=out("features/{cell_line}/dataset.h5"),
        bundle=lambda w: [
            out(f"models/{w.cell_line}/{MOTIF_TASK}/K{MAIN_K}/{kind}/bundle")
            for kind in RUN.best_kinds(w.cell_line)
        ],
        aliases=lambda w: get_alias_file(RUN.assembly[w.cell_line]),
    output:
        **(
            {"places": out("variants/{cell_line}/places.tsv")}
            if RUN.reads_places
            else {}
        ),
        vcf=out("variants/{cell_line}/variants.vcf.gz"),
        table=out("variants/{cell_line}/variants.tsv"),
        summary=out("variants/{cell_line}/summary.tsv"),
    log:
        out("logs/variants/{cell_line}.score_variants.log"),
    benchmark:
        out("benchmarks/variants/{cell_line}.score_variants.tsv")
    conda:
        "../envs/interpretation.yaml"
    threads: config["resources"]["training_threads"]
    params:
        settings=get_settings("variants", ScoringSection),
        targets=config["motifs"]["targets"],
        leave_out=(
            "--leave-out-mismatches"
            if config["variants"]["leave_out_mismatches"]
            else ""
        ),
        aliases=lambda w: get_alias_option(RUN.assembly[w.cell_line]),
        seed=config["seed"],
        places=lambda w, output: (
            f"--places={output.places}" if RUN.reads_places else ""
        ),
    shell:
        "python -m deepexpr variants --bundle {input.bundle:q} --vcf {input.vcf:q}"
        " --genome {input.genome:q} --dataset {input.dataset:q} --settings {params.settings:q}"
        " --targets {params.targets:q} {params.leave_out} {params.aliases:q} --seed {params.seed}"
        " --threads {threads} --output {output.vcf:q} --table {output.table:q}"
        " {params.places:q}"
        " --summary {output.summary:q} 2> {log:q}"
