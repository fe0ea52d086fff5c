"""Dry runs of every shipped configuration, and mistakes stopped before any job."""

import re
import shutil

import pytest
import yaml

from deepexpr.cli import main

DEMO = ("--configfile", "config/demo/config.yaml")
OTHERS_HICHIP = ("Beta_hichip", "Gamma_hichip")


@pytest.mark.parametrize("overlay", [None, "demo", "chr22"])
def test_shipped_configurations_pass_a_dry_run(workflow, overlay):
    extra = ["--configfile", f"config/{overlay}/config.yaml"] if overlay else []
    text = workflow.run("-n", *extra)
    for figure in ("figure_1", "figure_2A", "figure_4", "figure_5", "figure_8"):
        assert f"draw_{figure}" in text


def test_simulated_tables_take_the_place_of_reads(workflow):
    text = workflow.run("-n", "-p", "--configfile", "config/enhancers/config.yaml")
    rules = set(re.findall(r"^rule (\w+):", text, re.MULTILINE))
    assert "simulate_tables" in rules
    assert not rules & {"simulate_demo", "quantify_sample", "join_pairs"}
    assert "--active-sites --output resources/enhancers" in text


def test_paper_lists_every_figure(workflow):
    text = workflow.run("-n")
    for figure in ("1", "2A", "2B", "2C_hg19", "2C_mm9", "3", "4", "5", "6", "7", "8_K562",
                   "9_mESC"):  # fmt: skip
        assert f"draw_figure_{figure} " in text, figure
    for figure in ("attribution_motifs_K562", "convergence", "search"):
        assert f"draw_{figure} " in text, figure


def test_paper_has_no_problems(root, monkeypatch, capsys):
    """No row is left to be filled in; what is not there is downloaded."""
    monkeypatch.chdir(root)
    assert main(["check", "--configfile", "config/config.yaml"]) == 0
    assert "No problems: 13 samples of 4 cell lines, 13 units." in capsys.readouterr().out
    assert "unverified:" not in (root / "config/units.tsv").read_text()


def test_published_values_in_place_of_reads_by_one_line(workflow):
    (workflow.folder / "over.yaml").write_text("published: {mESC: {use: true}}\n")
    text = workflow.run("-n", "--configfile", "over.yaml")
    assert "rule download_mESC_rna_1_lane1" in text
    assert "resources/published/rna_mES.txt" in text
    assert "resources/reads/mESC_rna_1" not in text
    assert "rule download_K562_published" in text
    assert "rule download_mESC_published" not in text


@pytest.mark.parametrize(
    ("file", "old", "new", "expected"),
    [
        ("config/demo/config.yaml", "iterations:", "iteratoins:",
         ["key loops.iteratoins", "Did you mean 'iterations'?"]),
        ("config/demo/config.yaml", "loops:\n", "loops: {chains: 2}\n\nloops:\n",
         ["The key 'loops' stands twice.", "config/demo/config.yaml, lines "]),
        ("config/demo/units.tsv", "resources/demo/reads/Beta_rna_1_R1", "reads/gone_R1",
         ["config/demo/units.tsv, row 6, column fq1", "does not exist: reads/gone_R1.fastq.gz"]),
        ("config/demo/samples.tsv", "Beta_rna_1\t", "Beta_rna_9\t",
         ["'Beta_rna_1' has a unit but no row", "'Beta_rna_9' has no unit", "Did you mean"]),
        ("config/demo/samples.tsv", "MboI", "MboZ",
         ["MboZ", "config/demo/samples.tsv, row 4, column enzyme"]),
    ],
)  # fmt: skip
def test_mistakes_stop_before_any_job(workflow, file, old, new, expected):
    path = workflow.folder / file
    path.write_text(path.read_text().replace(old, new, 1))
    result = workflow.attempt("-n", *DEMO)
    assert result.returncode != 0
    for text in expected:
        assert text in result.stdout
    assert "Traceback" not in result.stdout


def test_the_base_configuration_is_the_workflow_s_own_in_every_folder(workflow):
    """A config/config.yaml of the folder one works in is nobody's overlay."""
    folder = workflow.folder / "elsewhere"
    shutil.copytree(workflow.folder / "config/demo", folder / "config/demo")
    (folder / "config/config.yaml").write_text("sampels: nowhere.tsv\n")
    text = workflow.run("-n", "--directory", "elsewhere", *DEMO)
    assert "Configuration: ../config/config.yaml, then ../config/demo/config.yaml" in text
    assert "draw_figure_4" in text


def test_chromosome_names_that_differ_stop_before_any_job(workflow):
    folder = workflow.folder
    (folder / "genome.fa").write_text(">1\nACGT\n")
    (folder / "genes.gtf").write_text(
        'chr1\tx\texon\t1\t4\t.\t+\t.\tgene_id "G"; transcript_id "T"; gene_name "G";\n'
    )
    overlay = {"assemblies": {"demo": {"genome": "genome.fa", "annotation": "genes.gtf"}}}
    (folder / "over.yaml").write_text(yaml.safe_dump(overlay))
    result = workflow.attempt(*DEMO, "over.yaml")
    assert result.returncode != 0
    assert "No chromosome of the annotation is in the genome" in result.stdout
    assert "genes.gtf and genome.fa" in result.stdout
    assert "Finished jobid" not in result.stdout


def test_promoters_alone_carry_over_where_no_other_line_has_hichip(workflow):
    """Alpha keeps its HiChIP, the others lose theirs."""
    for sheet in ("samples", "units"):
        path = workflow.folder / f"config/demo/{sheet}.tsv"
        lines = path.read_text().splitlines(keepends=True)
        path.write_text("".join(x for x in lines if not x.startswith(OTHERS_HICHIP)))
    # The demo compares loops of two lines, and one of these has none now.
    (workflow.folder / "over.yaml").write_text("loops: {differential: []}\n")
    text = workflow.run("-n", *DEMO, "over.yaml")
    crossed = set(re.findall(r"evaluation/cross/(\w+)/regression/(\w+)\.tsv", text))
    assert {method for line, method in crossed if line == "Alpha"} == {
        "sequence", "copy",
    }  # fmt: skip
    assert {"sequence", "lasso"} < {method for line, method in crossed if line == "Beta"}
    bundles = re.findall(r"input: (.*)\n.*cross/Alpha/regression/sequence\.tsv", text)
    assert {f"models/{line}/" in bundles[0] for line in ("Beta", "Gamma")} == {True}


@pytest.mark.slow
def test_networks_of_contacted_places_get_their_sequences_and_no_pretrained_one(workflow):
    (workflow.folder / "over.yaml").write_text("model: {variant: enhancers}\n")
    found = {}
    for name, extra in (("tuned", ()), ("enhancers", ("over.yaml",))):
        text = workflow.run("-n", "-p", *DEMO, *extra)
        commands = [re.findall(f"deepexpr {verb} .*", text) for verb in ("dataset", "train")]
        found[name] = [sum(option in one for one in each) for option, each in
                       zip(("--genome=", "--pretrained="), commands, strict=True)]  # fmt: skip
    assert found["enhancers"] == [3, 0]
    assert found["tuned"][0] == 0
    assert found["tuned"][1] > 3


def test_baselines_read_the_files_that_the_network_reads(workflow):
    meme = "MEME version 4\n\nALPHABET= ACGT\n\nMOTIF one\nletter-probability matrix: w= 2\n"
    (workflow.folder / "known.meme").write_text(meme + 2 * "0.25 0.25 0.25 0.25\n")
    (workflow.folder / "others.tsv").write_text("gene\tone\nG\t1.5\n")
    overlay = "model: {motifs: known.meme}\ntraining: {samples: others.tsv}\n"
    (workflow.folder / "over.yaml").write_text(overlay)
    text = workflow.run("-n", "-p", *DEMO, "over.yaml")
    train = re.findall(r"deepexpr train .*", text)
    assert train
    assert all("known.meme" in one and "others.tsv" in one for one in train)
    jobs = re.findall("deepexpr baseline .*--method (.*?) (--settings.*)", text)
    read = {method: ("known.meme" in files, "others.tsv" in files) for method, files in jobs}
    assert read["ridge"] == (True, True)
    assert read["lasso"] == (True, False)  # of the network's features, and solves no words
    inputs = re.findall(r"rule fit_baseline:\n +input: (.*)\n +output: .*/(\w+)/bundle,", text)
    assert {method: "others.tsv" in files for files, method in inputs}.items() >= {
        ("ridge", True), ("lasso", False),
    }  # fmt: skip
