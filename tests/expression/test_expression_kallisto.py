"""Real reads through kallisto to gene counts: two libraries of two replicates, chr19."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from deepexpr.expression.abundance import read_abundance
from deepexpr.expression.gene_counts import count_table, sum_by_gene
from deepexpr.reference.annotation import read_annotation
from deepexpr.reference.genes import select_genes
from deepexpr.reference.transcriptome import check_transcript_names

RNA = Path(__file__).parents[3] / "shared" / "data" / "reads" / "rna"
CDNA = RNA / "Homo_sapiens.GRCh38.cdna.all.chr19_ERCC_phix.fa.gz"
GTF = RNA / "gencodeV24pri-tRNAs-ERCC-phiX_onlychr19_and_spikeins.gtf.gz"

pytestmark = [
    pytest.mark.slow,  # the index of a chromosome
    pytest.mark.skipif(not RNA.is_dir(), reason=f"real data absent ({RNA})"),
    pytest.mark.skipif(not shutil.which("kallisto"), reason="kallisto is not on PATH"),
]


@pytest.fixture(scope="module")
def index(tmp_path_factory):
    path = tmp_path_factory.mktemp("kallisto") / "index"
    subprocess.run(["kallisto", "index", "-i", path, CDNA], check=True, capture_output=True)
    return path


@pytest.fixture(scope="module")
def annotation():
    annotation = read_annotation(GTF)
    check_transcript_names(CDNA, annotation.transcripts, str(GTF))
    return annotation.transcripts


def quantify(index, sample):
    """Two replicates: {name: (share pseudoaligned, counts by target)}."""
    result = {}
    for replicate in (1, 2):
        if sample == "paired":
            stem = f"ENCSR653DFZ_rep{replicate}_chr19_10000reads"
            options = [RNA / f"{stem}_R1.fastq.gz", RNA / f"{stem}_R2.fastq.gz"]
        else:
            reads = RNA / f"rep{replicate}_ENCSR510QZW_chr19only_10000_reads.fastq.gz"
            options = ["--single", "-l", "200", "-s", "20", reads]
        folder = index.parent / f"{sample}{replicate}"
        command = ["kallisto", "quant", "-i", index, "--plaintext", "-o", folder, *options]
        subprocess.run(command, check=True, capture_output=True)
        share = json.loads((folder / "run_info.json").read_text())["p_pseudoaligned"]
        result[folder.name] = (share / 100, read_abundance(folder))
    return result


@pytest.mark.parametrize("sample", ["paired", "single"])
def test_reads_align_and_replicates_agree(index, annotation, sample):
    """Pseudoaligned 94.4 and 92.9 % (paired), 90.8 and 91.3 % (single).

    Spearman over the 1,451 protein-coding genes of chr19 that have a transcript in the index,
    counted or not: 0.859 for both libraries.
    """
    samples = quantify(index, sample)
    assert min(share for share, _ in samples.values()) >= 0.85
    counts = {name: sum_by_gene(series, annotation) for name, (_, series) in samples.items()}
    table = count_table(counts, select_genes(annotation)).set_index("gene")
    assert len(table) == 1451
    assert table.sum().min() > 8500
    assert table.corr("spearman").iloc[0, 1] >= 0.8
