"""Expression: kallisto per sample, then counts per gene, log10 and quantile normalisation.

REQUIRED INPUTS: FASTQ of the rna samples, their kallisto folders or tables of genes;
reference/{assembly}/genes.tsv, and kallisto.idx, transcripts.tsv where reads are counted.
OUTPUTS: expression/{assembly}/ kallisto/{sample}/, reads/{sample}.tsv, counts.tsv, expression.tsv.
"""

from deepexpr.expression.sections import ExpressionSection


rule quantify_sample:
    """Quantify the transcripts of one sample with kallisto, all its units together."""
    input:
        reads=get_rna_reads,
        index=out("reference/{assembly}/kallisto.idx"),
    output:
        abundance=out("expression/{assembly}/kallisto/{sample}/abundance.tsv"),
        info=out("expression/{assembly}/kallisto/{sample}/run_info.json"),
    log:
        out("logs/expression/{assembly}.{sample}.quantify_sample.log"),
    benchmark:
        out("benchmarks/expression/{assembly}.{sample}.quantify_sample.tsv")
    conda:
        "../envs/kallisto.yaml"
    threads: config["resources"]["kallisto_threads"]
    params:
        options=get_read_options,
        folder=lambda w, output: os.path.dirname(output.abundance),
    shell:
        "kallisto quant --plaintext -t {threads} -i {input.index:q} -o {params.folder:q}"
        " {params.options} {input.reads:q} > {log:q} 2>&1"


rule count_reads:
    """Count the reads to the end of every file, compare mates, and tell the library's strand."""
    input:
        reads=get_rna_reads,
        transcripts=out("reference/{assembly}/transcriptome.fa"),
    output:
        out("expression/{assembly}/reads/{sample}.tsv"),
    log:
        out("logs/expression/{assembly}.{sample}.count_reads.log"),
    conda:
        "../envs/deepexpr.yaml"
    params:
        mates=get_mate_options,
        strandedness=get_strandedness,
    shell:
        "python -m deepexpr reads {params.mates:q} --transcripts {input.transcripts:q}"
        " --strandedness {params.strandedness} --output {output:q} 2> {log:q}"


rule compute_expression:
    """Sum transcripts to genes, average replicates, take log10 and normalise."""
    input:
        genes=out("reference/{assembly}/genes.tsv"),
        transcripts=lambda w: (
            out("reference/{assembly}/transcripts.tsv")
            if get_abundance(w.assembly)
            else []
        ),
        abundance=lambda w: get_abundance(w.assembly).values(),
        reads=lambda w: get_read_counts(w.assembly).values(),
        tables=lambda w: get_gene_tables(w.assembly).values(),
    output:
        counts=out("expression/{assembly}/counts.tsv"),
        expression=out("expression/{assembly}/expression.tsv"),
    log:
        out("logs/expression/{assembly}.compute_expression.log"),
    conda:
        "../envs/deepexpr.yaml"
    params:
        transcripts=lambda w, input: (
            f"--transcripts={input.transcripts}" if input.transcripts else ""
        ),
        abundance=lambda w: get_sample_options("abundance", get_abundance(w.assembly)),
        reads=lambda w: [
            f"--reads={sample}={path}"
            for sample, path in get_read_counts(w.assembly).items()
        ],
        tables=lambda w: get_sample_options("gene-counts", get_gene_tables(w.assembly)),
        columns=lambda w: get_value_columns(get_gene_tables(w.assembly)),
        settings=get_settings("expression", ExpressionSection),
    shell:
        "python -m deepexpr expression --genes {input.genes:q} {params.transcripts:q}"
        " {params.abundance:q} {params.reads:q} {params.tables:q} {params.columns:q}"
        " --settings {params.settings:q}"
        " --counts {output.counts:q} --output {output.expression:q} 2> {log:q}"
