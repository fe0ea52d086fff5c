"""Score the variants of a VCF in promoters: both alleles by a bundle's networks, and motifs."""

import logging

from deepexpr.motifs.sections import TargetSection
from deepexpr.options import ALIASES, Arguments, given
from deepexpr.variants.sections import ScoringSection

log = logging.getLogger(__name__)

ONE_OF = """
[--dataset H5]             dataset: its genes, and what else networks read of them
[--genes TSV]              genes (`deepexpr promoters --table`)
[--annotation ANNOTATION]  annotation, from which genes and TSS are taken as `promoters` does
"""
OPTIONS = f"""
--bundle DIR...           trained network; of several, the first that was not left out
--vcf VCF                 variants, plain, gzip or bgzip
--genome FASTA            genome of the VCF
[--sequence-only]         only the sequence part of a full model
[--fold N]                one fold (default: mean of all)
[--leave-out-mismatches]  leave out, and count, variants whose REF is not what the genome holds
[--seed N (1)]            of the random variants
[--threads N]             CPU threads of the network
[--output VCF]            the VCF with INFO fields DX_*; bgzip where the name ends in .gz
[--table TSV]             one row per allele and promoter
[--summary TSV]           what became of how many alleles
{ALIASES}
"""
FIELDS = {TargetSection: TargetSection.model_fields}
SETTINGS = ScoringSection


def run(args: Arguments) -> None:
    import deepexpr
    from deepexpr.errors import UsageError
    from deepexpr.features.bundles import first_trained
    from deepexpr.files import write_table
    from deepexpr.model.backend import configure
    from deepexpr.model.bundle import Bundle
    from deepexpr.motifs.jaspar import load_targets
    from deepexpr.motifs.scanning import letter_frequencies
    from deepexpr.reference.aliases import read_aliases
    from deepexpr.reference.fasta import open_genome
    from deepexpr.variants.annotate import Annotator, require_same_letters
    from deepexpr.variants.finding import Finder, Windows
    from deepexpr.variants.motif_changes import MotifChanges
    from deepexpr.variants.scoring import Promoters, Scorer

    if not (args.output or args.table):
        raise UsageError("Nothing is to be written.", expected="--output, --table or both")
    settings = given(args, ScoringSection)
    bundle = Bundle.open(first_trained(args.bundle))
    bundle.require_promoters()
    genes, sequences, inputs = _promoters(args, bundle)
    motifs = load_targets(given(args, TargetSection).targets) if settings.p_value else []
    changes = MotifChanges(motifs, letter_frequencies(sequences), settings.p_value)
    configure(args.threads)
    tss_index = bundle.info["tss_index"]
    windows = Windows(genes, tss_index, bundle.info["length"] - tss_index)
    with open_genome(args.genome) as genome:
        aliases = read_aliases(args.aliases, genome.references) if args.aliases else None
        finder = Finder(windows, genome, aliases, settings.longest)
        margin = settings.shift + settings.longest + changes.flank
        promoters = Promoters(genome, windows, tss_index, margin)
        scorer = Scorer(promoters, _predictor(args, bundle, inputs), settings)
        source = (
            f"deepexpr {deepexpr.__version__}, bundle {bundle.info['fingerprint']}, "
            f"{bundle.info['cell_line']}, {bundle.info['task']}"
        )
        annotator = Annotator(args.vcf, finder, scorer, changes, genes, bundle.info["task"], source)
        hit = annotator.survey(args.leave_out_mismatches)
        summary = finder.summary()
        for row in summary[summary["alleles"] > 0].itertuples():
            log.info("%d %s", row.alleles, row.item)
        require_same_letters(
            promoters, hit, sequences, genes["gene"].tolist(), args.dataset or args.genome
        )
        annotator.learn_background(hit, settings, args.seed)
        annotator.write(args.output, args.table)
    if args.summary:
        write_table(summary, args.summary)


def _promoters(args: Arguments, bundle):
    """Genes (gene, chromosome, tss, strand), their promoters uint8 (n, L), and other inputs."""
    import pandas as pd

    from deepexpr.features.dataset import PROMOTER, Dataset
    from deepexpr.features.sequence import encode_bytes
    from deepexpr.files import read
    from deepexpr.reference.promoters import promoter_sequences
    from deepexpr.schemas import GENES

    if args.dataset:
        dataset = bundle.fitting(Dataset.open(args.dataset))
        columns = ("gene", "chromosome", "tss", "strand")
        genes = pd.DataFrame({name: getattr(dataset, name) for name in columns})
        others = {name: array for name, array in dataset.inputs.items() if name != PROMOTER}
        return genes, dataset.sequence, others
    genes = read(GENES, args.genes) if args.genes else _annotated(args)
    tss_index = bundle.info["tss_index"]
    downstream = bundle.info["length"] - tss_index
    return genes, encode_bytes(promoter_sequences(genes, args.genome, tss_index, downstream)), {}


def _annotated(args: Arguments):
    from deepexpr.reference.aliases import read_aliases
    from deepexpr.reference.annotation import read_annotation
    from deepexpr.reference.fasta import chromosome_sizes
    from deepexpr.reference.genes import select_genes
    from deepexpr.reference.sections import PromoterSection

    settings, sizes = PromoterSection(), chromosome_sizes(args.genome)
    aliases = read_aliases(args.aliases, sizes) if args.aliases else None
    annotation = read_annotation(args.annotation, sizes, args.genome, aliases=aliases)
    return select_genes(annotation.transcripts, settings.tss_rule, settings.biotypes)


def _predictor(args: Arguments, bundle, inputs):
    """Rows of genes and promoters to predictions (folds, n); other inputs are those of the rows."""
    from deepexpr.features.dataset import PROMOTER
    from deepexpr.model.examples import Examples

    def predict(rows, sequences):
        others = {name: array[rows] for name, array in inputs.items()}
        examples = Examples({PROMOTER: sequences, **others})
        return bundle.predict_examples(examples, args.fold, sequence_only=args.sequence_only)

    return predict
