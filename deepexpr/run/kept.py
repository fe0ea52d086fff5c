"""The files that a complete run keeps, beside figures.

Temporary files (trimmed reads, alignments) are not among them: they come and go with their jobs.
"""

from deepexpr.run.targets import Run, unique


def results(run: Run) -> list[str]:
    """Everything a complete run keeps but figures; a kept file that is deleted is made again."""
    files = [*_reference(run), *_expression(run), *_hichip(run), *_features(run)]
    return [
        *map(run.out, files),
        *run.datasets(),
        *_models(run),
        *map(run.out, _motifs(run) + _variants(run)),
    ]


def _reference(run: Run) -> list[str]:
    """Files of each assembly; the transcripts' index only where reads are counted."""
    kept = []
    for a in run.assemblies:
        names = ["genes.tsv", "promoters.fa"]
        names += [] if a in run.array_assemblies else ["genome.fa", "transcripts.tsv"]
        names += ["kallisto.idx"] if run.samples_of("rna", assembly=a, entry="reads") else []
        if run.samples_of("hichip", assembly=a, entry="reads"):
            names += [f"bowtie/{file}" for file in run.bowtie_files(a)]
        kept += [f"reference/{a}/{name}" for name in names]
    return kept


def _expression(run: Run) -> list[str]:
    """Counts per sample and gene, expression per cell line."""
    counted = [
        f"{run.sample_value(sample, 'assembly')}/kallisto/{sample}/abundance.tsv"
        for sample in run.samples_of("rna", entry="reads")
    ]
    tables = [f"{a}/{table}.tsv" for a in run.assemblies for table in ("counts", "expression")]
    return [f"expression/{path}" for path in counted + tables]


def _hichip(run: Run) -> list[str]:
    """Pairs, contacts and QC per sample; loops and signal per cell line."""
    settings, samples = run.config["hichip"], run.paired_samples()
    kept = ["pairs.gz", "qc.tsv", "contacts.tsv.gz", "depth.tsv.gz"]
    kept += ["pairs.mcool"] if settings["mcool"] else []
    files = [
        f"hichip/{s}/{file}"
        for s in samples
        for file in kept
        if s not in run.map_samples or not file.startswith("pairs.")
    ]
    if settings["keep_trimmed"]:
        files += [
            f"hichip/{s}/{unit}.R{mate}.fastq.gz"
            for s in run.samples_of("hichip", entry="reads")
            for unit in run.units_of(s)
            for mate in (1, 2)
        ]
    files += ["hichip/trimming_mqc.tsv", "hichip/pairs_mqc.tsv"] if samples else []
    for a in run.assemblies:
        compared = ("tsv", "qc.tsv") if run.compared_samples(a) else ()
        files += [f"hichip/concordance.{a}.{ending}" for ending in compared]
    called = ("contacts.bedpe", "loops.bedpe", "loops.interact.bed", "loops.longrange.txt",
              "qc.tsv")  # fmt: skip
    files += [f"loops/{pool}/{file}" for pool in run.called_pools for file in called]
    files += [f"loops/differential/{pair}.tsv" for pair in run.differential]
    of_signal = unique([*run.loop_pools, *run.loop_lines])
    return files + [f"loops/{name}/signal.tsv" for name in of_signal]


def _features(run: Run) -> list[str]:
    """Splits of every assembly."""
    scheme = run.config["evaluation"]["scheme"]
    return [f"features/{a}/splits/{scheme}-K{k}.tsv" for a in run.assemblies for k in run.folds]


def _models(run: Run) -> list[str]:
    """Predictions and bundles of networks and baselines, and what is said of them."""
    predictions = run.prediction_files()
    bundles = [path.replace("predictions.tsv", "bundle") for path in predictions]
    tables = ["metrics", "tests", *(["cross_metrics", "cross_tests"] if run.cross_files() else [])]
    species = [path for end in ("tsv", "apart.tsv", "genes.tsv") for path in run.species_files(end)]
    tables += ["species_metrics", "species_tests", "species_apart_metrics"] if species else []
    paths = [run.out(f"evaluation/{table}.tsv") for table in tables]
    return predictions + bundles + run.cross_files() + species + paths


def _motifs(run: Run) -> list[str]:
    """Motifs and their matches."""
    kinds = [(line, "filters") for line in run.cell_lines]
    kinds += [(line, "attribution") for line in run.attribution_lines()]
    kinds += [(line, "enhancers") for line in run.loop_lines]
    suffixes = ("meme", "tomtom.tsv", "summary.tsv")
    return [f"motifs/{line}/{kind}.{suffix}" for line, kind in kinds for suffix in suffixes]


def _variants(run: Run) -> list[str]:
    """Variants scored."""
    files = ("variants.vcf.gz", "variants.tsv", "summary.tsv")
    found = [f"variants/{line}/{file}" for line in run.variant_lines for file in files]
    return found + [f"variants/{line}/places.tsv" for line in run.place_lines]
