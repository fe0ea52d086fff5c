"""The paper's experiment from its accessions to its figures, on small files in the place of reads.

The archives' recorded answers resolve the default sheet; reads of the demo stand in for those of
the cell lines, and its genome for both assemblies.
"""

import gzip
import hashlib
from dataclasses import replace
from pathlib import Path

import pytest
import recorded
import yaml
from tiny_run import TINY
from workflow_copy import Workflow

from deepexpr.cli import main
from deepexpr.config.sheets import read_sheet
from deepexpr.downloads.records import read_files, write_files
from deepexpr.downloads.sections import Hosts
from deepexpr.files import read_table
from deepexpr.schemas import DOWNLOADS
from deepexpr.simulate.demo import simulate

pytestmark = pytest.mark.slow

#: Whose reads stand in for those of a cell line.
STAND_IN = {"mESC": "Alpha", "K562": "Alpha", "Jurkat": "Beta", "HCT116": "Gamma"}
CONFIGS = ["config/config.yaml", "paper.yaml"]
#: Least work: figures need a run of every kind, not a good one.
SMALL = TINY | {
    "simulate": None,
    "evaluation": {
        "folds": [2], "main_folds": 2, "tasks": ["regression"], "distances": [], "ablation": False,
    },
    "model": {"filters": 4, "blocks": 1, "layers": 1},
    "training": {"epochs": 1, "distal_epochs": 1, "batch_size": 32},
    "loops": {"iterations": 100, "chains": 1},
    "baselines": {"classification": [], "regression": ["ridge"]},
    "motifs": TINY["motifs"] | {"attribution_cell_lines": [], "null_shuffles": 0},
}  # fmt: skip
#: Of each part of the paper one; the rest is made as in the demo.
FIGURES = ("figure_1", "figure_2A", "figure_2C.human", "figure_4", "figure_8.K562",
           "figure_9.mESC", "published")  # fmt: skip


@pytest.fixture
def paper(archives, tmp_path, monkeypatch):
    """The workflow with its default sheets; all archives are the local server."""
    (tmp_path / "run").mkdir()
    workflow = Workflow.copied_to(tmp_path / "run")
    monkeypatch.chdir(workflow.folder)
    simulate(1, tmp_path / "demo", 0.1)
    files = archives.conversation.files
    assemblies, published = {}, {}
    # Under its own name an assembly is held against its known lengths.
    sheet = Path("config/samples.tsv").read_text()
    Path("samples.tsv").write_text(sheet.replace("hg19", "human").replace("mm9", "mouse"))
    for name in ("human", "mouse"):
        assemblies[name] = {"chromosomes": None}
        for kind, source in (("genome", "genome.fa"), ("annotation", "annotation.gtf")):
            files[f"/{source}"] = (tmp_path / "demo" / source).read_bytes()
            assemblies[name] |= {
                kind: f"resources/{name}/{source}", f"{kind}_url": f"{archives.address}/{source}",
            }  # fmt: skip
    truth = read_table(tmp_path / "demo/truth/expression.tsv")
    for line, source in STAND_IN.items():
        own = truth.loc[truth["cell_line"] == source, ["gene", "expected_counts"]]
        text = own.to_csv(sep="\t", index=False, header=False).encode()
        files[f"/{line}.txt"] = text
        published[line] = {"url": f"{archives.address}/{line}.txt", "md5": md5(text)}
    overlay = SMALL | {
        "samples": "samples.tsv", "assemblies": assemblies, "published": published,
        "hosts": dict.fromkeys(Hosts.model_fields, archives.address),
    }  # fmt: skip
    Path("paper.yaml").write_text(yaml.safe_dump(overlay))
    return workflow


def md5(content: bytes) -> str:
    return hashlib.md5(content).hexdigest()


def put_stand_ins(conversation, folder: Path, address: str) -> None:
    """Small files behind every address of the saved table, and their MD5 and sizes in it."""
    table, pinned = read_files(folder / "results/download/resolved.tsv"), []
    paths = recorded.fastq_paths()
    rows = [file for files in table.values() for file in files]
    parts: dict[tuple, list[bytes]] = {}
    for line, source in STAND_IN.items():
        for assay in ("rna", "hichip"):
            for mate in (1, 2):
                reads = folder.parent / f"demo/reads/{source}_{assay}_1_R{mate}.fastq.gz"
                parts[line, assay, mate] = pieces(reads, 9)
    sheet = read_sheet("config/units.tsv", "units").set_index("accession")["sample"]
    units = Path("config/units.tsv").read_text()
    for file in rows:
        line, assay, replicate = sheet[file.accession].rsplit("_", 2)
        path = file.url.removeprefix(address)
        _, number, mate = paths[path]
        # The pieces of a sample's runs, each used once in its cell line.
        content = parts[line, assay, mate][(int(replicate) - 1) * 3 + number]
        conversation.files[path] = content
        accession = file.accession
        if accession.startswith("ENCODE:md5="):  # known by its MD5, which the stand-in has not
            accession = f"ENCODE:md5={md5(content)}"
            units = units.replace(file.accession, accession)
        pin = {"accession": accession, "md5": md5(content), "bytes": len(content)}
        pinned.append(replace(file, **pin))
    Path("config/units.tsv").write_text(units)
    write_files(pinned, folder / "results/download/resolved.tsv")


def pieces(path: Path, number: int) -> list[bytes]:
    """A FASTQ file in so many parts of the same number of reads, each compressed."""
    lines = gzip.decompress(path.read_bytes()).split(b"\n")[:-1]
    size = len(lines) // 4 // number * 4
    return [
        gzip.compress(b"\n".join(lines[i * size : (i + 1) * size]) + b"\n", 1)
        for i in range(number)
    ]


def test_default_sheet_runs_to_its_figures(paper, archives, capsys):
    assert main(["obtain", "--resolve", *CONFIGS]) == 0
    assert "44 files" in capsys.readouterr().out
    put_stand_ins(archives.conversation, paper.folder, archives.address)
    archives.conversation.asked.clear()
    figures = [f"results/figures/{name}.png" for name in FIGURES]
    paper.run(*figures, "--configfile", "paper.yaml")
    asked = archives.conversation.asked
    assert all(target in archives.conversation.files for target in asked), "only files are fetched"
    results = paper.folder / "results"
    for path in figures:
        assert (paper.folder / path).stat().st_size, path
    for unit, runs in (("K562_hichip_1", 2), ("HCT116_rna_1", 4), ("mESC_hichip_3", 3)):
        found = read_table(results / f"download/{unit}.lane1.tsv", DOWNLOADS)
        assert found["run"].nunique() == runs
    ours = read_table(results / "figures/published.tsv")
    spearman = ours.groupby("cell_line")["spearman"].first()
    assert set(spearman.index) == set(STAND_IN)
    assert (spearman > 0.8).all(), spearman
