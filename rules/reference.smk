"""Reference: genome, genes with one TSS each, promoters, transcriptome and indexes.

REQUIRED INPUTS: assemblies.{assembly}.genome (FASTA), .annotation (GTF, GFF3 or refGene).
OUTPUTS: reference/{assembly}/ genome.fa, chrom.sizes, genes.tsv, promoters.fa, transcripts.tsv,
transcriptome.fa, kallisto.idx, bowtie/.
"""

from deepexpr.reference.sections import PromoterSection
from deepexpr.simulate.settings import simulated_tables

if config["simulate"] and simulated_tables(config["simulate"]):

    rule simulate_tables:
        """Make one mini-genome or two diverged ones, tables in place of reads, and the truth."""
        output:
            simulated_tables(config["simulate"]),
        log:
            out("logs/reference/simulate_tables.log"),
        benchmark:
            out("benchmarks/reference/simulate_tables.tsv")
        conda:
            "../envs/motifs.yaml"
        params:
            folder=config["simulate"]["output"],
            seed=config["simulate"]["seed"],
            scale=config["simulate"]["scale"],
            world=(
                "--active-sites"
                if config["simulate"]["active_sites"]
                else f"--divergence {config['simulate']['divergence']}"
            ),
        shell:
            "python -m deepexpr simulate --seed {params.seed} --scale {params.scale}"
            " {params.world} --output {params.folder:q} 2> {log:q}"

elif config["simulate"]:

    rule simulate_demo:
        """Make the demo's mini-genome, its reads and the truth."""
        output:
            genome=f"{config['simulate']['output']}/genome.fa",
            annotation=f"{config['simulate']['output']}/annotation.gtf",
            reads=[p for p in [*UNITS["fq1"], *UNITS["fq2"]] if p],
            truth=expand(
                f"{config['simulate']['output']}/truth/{{table}}",
                table=[
                    "expression.tsv",
                    "loops.tsv",
                    "promoter_motifs.tsv",
                    "motifs.meme",
                ],
            ),
        log:
            out("logs/reference/simulate_demo.log"),
        benchmark:
            out("benchmarks/reference/simulate_demo.tsv")
        conda:
            "../envs/motifs.yaml"
        # Everything else waits for it.
        threads: 2
        params:
            folder=lambda w, output: os.path.dirname(output.genome),
            seed=config["simulate"]["seed"],
            scale=config["simulate"]["scale"],
        shell:
            "python -m deepexpr simulate --seed {params.seed} --scale {params.scale}"
            " --threads {threads} --output {params.folder:q} 2> {log:q}"


rule prepare_genome:
    """Unpack the genome, index it and list its chromosomes."""
    input:
        lambda w: config["assemblies"][w.assembly]["genome"],
    output:
        fasta=out("reference/{assembly}/genome.fa"),
        fai=out("reference/{assembly}/genome.fa.fai"),
        sizes=out("reference/{assembly}/chrom.sizes"),
    log:
        out("logs/reference/{assembly}.prepare_genome.log"),
    conda:
        "../envs/deepexpr.yaml"
    shell:
        "python -m deepexpr genome --genome {input:q} --output {output.fasta:q}"
        " --sizes {output.sizes:q} 2> {log:q}"


rule cut_promoters:
    """Choose one TSS per gene and cut the promoters, in the genes' orientation."""
    input:
        genome=out("reference/{assembly}/genome.fa"),
        fai=out("reference/{assembly}/genome.fa.fai"),
        annotation=lambda w: config["assemblies"][w.assembly]["annotation"],
        aliases=lambda w: get_alias_file(w.assembly),
    output:
        fasta=out("reference/{assembly}/promoters.fa"),
        genes=out("reference/{assembly}/genes.tsv"),
    log:
        out("logs/reference/{assembly}.cut_promoters.log"),
    wildcard_constraints:
        assembly=get_alternatives(set(RUN.assemblies) - set(RUN.array_assemblies)),
    conda:
        "../envs/deepexpr.yaml"
    params:
        settings=get_settings("reference", PromoterSection),
        chromosomes=lambda w: config["assemblies"][w.assembly]["chromosomes"] or [],
        chromosome_flag=lambda w: (
            "--chromosomes" if config["assemblies"][w.assembly]["chromosomes"] else ""
        ),
        aliases=lambda w: get_alias_option(w.assembly),
    shell:
        "python -m deepexpr promoters --genome {input.genome:q} --annotation {input.annotation:q}"
        " --assembly {wildcards.assembly:q} --settings {params.settings:q}"
        " {params.chromosome_flag} {params.chromosomes:q} {params.aliases:q}"
        " --output {output.fasta:q} --table {output.genes:q} 2> {log:q}"


rule import_promoters:
    """Take promoters that come as an array; where their genes lie is known from a table beside, or not."""
    input:
        array=lambda w: config["assemblies"][w.assembly]["promoters"],
        rows=lambda w: get_rows_table(assembly=w.assembly),
        places=lambda w: config["assemblies"][w.assembly]["places"] or [],
    output:
        fasta=out("reference/{assembly}/promoters.fa"),
        genes=out("reference/{assembly}/genes.tsv"),
    log:
        out("logs/reference/{assembly}.import_promoters.log"),
    wildcard_constraints:
        assembly=get_alternatives(RUN.array_assemblies),
    conda:
        "../envs/deepexpr.yaml"
    params:
        places=lambda w, input: f"--places={input.places}" if input.places else "",
    shell:
        "python -m deepexpr import-promoters --array {input.array:q} --rows {input.rows:q}"
        " {params.places:q}"
        " --output {output.fasta:q} --table {output.genes:q} 2> {log:q}"


rule tabulate_transcripts:
    """List the transcripts and their genes."""
    input:
        unpack(get_transcript_sources),
    output:
        out("reference/{assembly}/transcripts.tsv"),
    log:
        out("logs/reference/{assembly}.tabulate_transcripts.log"),
    conda:
        "../envs/deepexpr.yaml"
    params:
        option="--table",
        given=get_given_transcripts,
        aliases=lambda w: get_alias_option(w.assembly),
    shell:
        "python -m deepexpr transcriptome --genome {input.genome:q} --annotation {input.annotation:q}"
        " {params.given:q} {params.aliases:q} {params.option} {output:q} 2> {log:q}"


# Their sequences, spliced from the genome, or the ones given.
use rule tabulate_transcripts as cut_transcriptome with:
    output:
        out("reference/{assembly}/transcriptome.fa"),
    log:
        out("logs/reference/{assembly}.cut_transcriptome.log"),
    params:
        option="--output",
        given=get_given_transcripts,
        aliases=lambda w: get_alias_option(w.assembly),


rule index_kallisto:
    """Index the transcriptome for kallisto."""
    input:
        out("reference/{assembly}/transcriptome.fa"),
    output:
        out("reference/{assembly}/kallisto.idx"),
    log:
        out("logs/reference/{assembly}.index_kallisto.log"),
    benchmark:
        out("benchmarks/reference/{assembly}.index_kallisto.tsv")
    conda:
        "../envs/kallisto.yaml"
    shell:
        "kallisto index -i {output:q} {input:q} > {log:q} 2>&1"


rule index_bowtie:
    """Index the genome for bowtie 1."""
    input:
        out("reference/{assembly}/genome.fa"),
    output:
        expand(
            out("reference/{{assembly}}/bowtie/genome.{part}.ebwt"), part=BOWTIE_PARTS
        ),
    log:
        out("logs/reference/{assembly}.index_bowtie.log"),
    benchmark:
        out("benchmarks/reference/{assembly}.index_bowtie.tsv")
    conda:
        "../envs/bowtie.yaml"
    threads: config["resources"]["bowtie_threads"]
    params:
        size="",
        prefix=lambda w, output: output[0].partition(".1.ebwt")[0],
    shell:
        "bowtie-build {params.size} --threads {threads} {input:q} {params.prefix:q} > {log:q} 2>&1"


# A genome of more than 4 billion letters, whose index has files of other names.
use rule index_bowtie as index_large_bowtie with:
    output:
        expand(
            out("reference/{{assembly}}/bowtie/genome.{part}.ebwtl"), part=BOWTIE_PARTS
        ),
    log:
        out("logs/reference/{assembly}.index_large_bowtie.log"),
    benchmark:
        out("benchmarks/reference/{assembly}.index_large_bowtie.tsv")
    params:
        size="--large-index",
        prefix=lambda w, output: output[0].partition(".1.ebwt")[0],
