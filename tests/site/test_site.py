"""The documentation: each command is run, each page is reached, each link leads somewhere."""

import gzip
import re
import shlex
import subprocess
import sys

import pysam
import pytest
import site_pages
import yaml
from site_pages import PAGES, ROOT, SITE, blocks, of_kind, run
from workflow_copy import Workflow

#: What blocks are run in; each has its test below, `species` in end_to_end/test_two_species.py.
KINDS = {"make", "small", "tables", "reads", "finished", "archive", "species"}


def test_every_block_says_in_what_it_is_run():
    found = {block.kind for page in PAGES for block in blocks(page)}
    assert found == KINDS


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """The pages as `make site` gives them to mkdocs."""
    folder = tmp_path_factory.mktemp("docs") / "docs"
    subprocess.run([sys.executable, ROOT / "docs/site/pages.py", folder], check=True, cwd=ROOT)
    return folder


class _Loader(yaml.SafeLoader):
    """mkdocs.yml without what its tags stand for."""


def listed(entry):
    """Pages of a part of mkdocs.yml's nav."""
    if isinstance(entry, str):
        return [entry]
    return [page for part in (entry.values() if isinstance(entry, dict) else entry)
            for page in listed(part)]  # fmt: skip


def test_every_page_is_in_the_contents(built):
    settings = yaml.load((ROOT / "mkdocs.yml").read_text(), _Loader)
    pages = {str(path.relative_to(built)) for path in built.rglob("*.md")}
    assert set(listed(settings["nav"])) == pages
    assert settings["theme"]["font"] is False


def test_every_link_leads_to_a_page(built):
    for page in built.rglob("*.md"):
        for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text()):
            if not re.match(r"[a-z]+:|#", target):
                assert (page.parent / target.partition("#")[0]).exists(), f"{page.name}: {target}"


def test_reference_is_made_from_what_it_describes(built):
    from deepexpr.cli import VERBS

    text = (built / "reference/commands.md").read_text()
    assert re.findall(r"^## (\S+)$", text, re.MULTILINE) == list(VERBS)
    assert "`strict`" in (built / "reference/configuration.md").read_text()
    assert "summary.html" in (built / "reference/files.md").read_text()


def test_make_targets_are_there():
    for own in of_kind("make").values():
        for line in "".join(block.text for block in own).splitlines():
            if line.startswith("make "):
                subprocess.run([*line.split(), "-n"], cwd=ROOT, check=True, capture_output=True)


def test_a_list_of_accessions(tmp_path, monkeypatch):
    """The archive is not asked: what it would say stands here."""
    import libraries

    from deepexpr.cli import main
    from deepexpr.downloads.records import RemoteFile

    ((block,),) = of_kind("archive").values()
    monkeypatch.chdir(tmp_path)
    libraries.reference(tmp_path)
    text = (SITE / "howto/accessions.md").read_text()
    (tmp_path / "accessions.txt").write_text(re.search(r"```text\n(.*?)```", text, re.DOTALL)[1])
    files = [RemoteFile("", "", "", "", "SRR1", mate, "", "") for mate in (1, 2)]
    monkeypatch.setattr("deepexpr.init.accessions.resolve", lambda *_: files)
    assert main(shlex.split(block.text.replace("\\\n", ""))[1:]) == 0


@pytest.mark.slow
@pytest.mark.parametrize("page", sorted(of_kind("small")))
def test_how_to_pages(tmp_path, page):
    import libraries

    folder = Workflow.copied_to(tmp_path).folder
    libraries.reference(folder)
    names = [f"A_rna_R{mate}.fq" for mate in (1, 2)]
    libraries.pair(folder / "reads", names, "r")
    names = [f"A_hichip_R{mate}.fq" for mate in (1, 2)]
    libraries.pair(folder / "reads", names, "h", junction="GATCGATC")
    own, made = of_kind("small")[page], of_kind("small")["own-data"][:1]
    for block in own if own[:1] == made else [*made, *own]:
        run(block, folder)


@pytest.mark.slow
def test_interpreting_a_gene(finished):
    for block in of_kind("finished")["gene"]:
        run(block, finished.folder)
    assert (finished.folder / "gene/figure.png").stat().st_size > 10_000


@pytest.mark.slow
def test_predicting_new_genes(finished):
    for block in of_kind("finished")["new-genes"]:
        run(block, finished.folder)
    predicted = (finished.folder / "by_promoter_and_loops.tsv").read_text().splitlines()
    new = (finished.folder / "new.txt").read_text().split()
    assert sorted(line.split("\t")[0] for line in predicted[1:]) == sorted(new)


@pytest.mark.slow
def test_scoring_variants(finished):
    """A VCF of one letter in each of three promoters stands in for the reader's."""
    lines = ["##fileformat=VCFv4.2", "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO"]
    genes = (finished.folder / "results/reference/demo/genes.tsv").read_text().splitlines()
    with pysam.FastaFile(str(finished.folder / "resources/demo/genome.fa")) as genome:
        for chromosome, tss in (line.split("\t")[1:3] for line in genes[1:4]):
            letter = genome.fetch(chromosome, int(tss) - 30, int(tss) - 29).upper()
            other = "C" if letter != "C" else "G"
            lines.append(f"{chromosome}\t{int(tss) - 29}\t.\t{letter}\t{other}\t.\t.\t.")
    with gzip.open(finished.folder / "variants.vcf.gz", "wt") as handle:
        handle.write("\n".join(lines) + "\n")
    for block in of_kind("finished")["variants"]:
        run(block, finished.folder)
    assert (finished.folder / "scored.png").stat().st_size > 10_000
    with pysam.VariantFile(str(finished.folder / "scored.vcf.gz")) as scored:
        assert [len(record.info["DX_EFFECT"]) for record in scored] == [1, 1, 1]


@pytest.mark.slow
def test_tutorial_from_tables(tmp_path):
    folder = Workflow.copied_to(tmp_path).folder
    printed = [run(block, folder) for block in of_kind("tables")["tables"]]
    assert "No problems: 2 samples" in printed[3]
    assert "Done: " in printed[3]
    assert (folder / "results/tables/report.html").stat().st_size < 15e6


@pytest.mark.slow
def test_tutorial_from_reads(tmp_path):
    folder = Workflow.copied_to(tmp_path).folder
    obtain, *rest = of_kind("reads")["reads"]
    try:
        run(obtain, folder)
    except AssertionError as error:
        if "deepexpr obtain: error:" in str(error):
            pytest.skip("the packages with the reads cannot be had here")
        raise
    printed = [run(block, folder) for block in rest]
    assert "HiChIP (MboI), paired; 47% of reads hold a junction" in printed[0]
    assert "left out: classification of FrontalGyrus" in printed[-2]
    assert (folder / "results/brain/report.html").stat().st_size < 15e6


def test_site_needs_no_other_place():
    """All that a page loads lies beside it; `font: false` and our own polyfill see to that."""
    script = (SITE / "assets/iframe-worker.js").read_text()
    assert "http" not in script
    assert "iframe-worker.js" in (ROOT / "mkdocs.yml").read_text()
    assert site_pages.PAGES
