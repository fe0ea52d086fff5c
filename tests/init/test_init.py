"""`deepexpr init`: what it recognises in files, what it writes, and that this passes check."""

from pathlib import Path

import libraries
import pytest
import yaml
from libraries import pair, write

from deepexpr.cli import main
from deepexpr.config.sheets import read_sheet

MBOI, HINDIII = "GATCGATC", "AAGCTAGCTT"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The working directory, with genome and annotation."""
    monkeypatch.chdir(tmp_path)
    libraries.reference(tmp_path)
    return tmp_path


def init(*more, code=0) -> None:
    words = ["init", "config/mine", "--genome", "genome.fa", "--annotation", "genes.gtf", *more]
    assert main(words) == code


def sheets():
    samples = read_sheet("config/mine/samples.tsv", "samples").set_index("sample")
    return samples, read_sheet("config/mine/units.tsv", "units")


def illumina(reads):
    for lane in ("L001", "L002"):
        names = [f"K562-RNA_S1_{lane}_R{mate}_001.fastq.gz" for mate in (1, 2)]
        pair(reads, names, f"rna{lane}")
    write(reads / "K562-RNA_S1_L001_I1_001.fastq.gz", "index", 1, count=8)


def test_illumina_archive_and_plain_names(folder, capsys):
    illumina(folder / "reads")
    pair(folder / "reads", ["k562_hichip_R1.fq", "k562_hichip_R2.fq"], "h", junction=MBOI)
    pair(folder / "reads/HCT116", ["SRR1_1.fastq.gz", "SRR1_2.fastq.gz"], "SRR1")
    write(folder / "reads/HCT116/SRR1.fastq.gz", "SRR1", 3, count=8)
    init("--reads", "reads")
    samples, units = sheets()
    assert samples["cell_line"].to_dict() == {
        "K562-RNA": "K562", "k562_hichip": "K562", "SRR1": "HCT116",
    }  # fmt: skip
    assert samples["assay"].to_dict() == {"K562-RNA": "rna", "k562_hichip": "hichip", "SRR1": "rna"}
    assert samples.loc["k562_hichip", "enzyme"] == "MboI"
    assert units.loc[units["sample"] == "K562-RNA", "unit"].tolist() == ["L001", "L002"]
    assert units["fq2"].ne("").all()
    text = capsys.readouterr().out
    for words in ("index reads", "lost their mate", "HiChIP (MboI), paired", "strand of the RNA",
                  "finds no problem", "RNA-seq, paired, 2 units"):  # fmt: skip
        assert words in text


def test_a_bare_1_and_2_are_mates_or_replicates_by_their_reads(folder):
    pair(folder / "reads", ["A_rna_1.fq", "A_rna_2.fq"], "mates")
    write(folder / "reads/B_rna_1.fq", "one", 1)
    write(folder / "reads/B_rna_2.fq", "two", 2)
    init("--reads", "reads")
    samples, units = sheets()
    assert samples["cell_line"].to_dict() == {"A_rna": "A", "B_rna_1": "B", "B_rna_2": "B"}
    assert units.set_index("sample")["fragment_length"].to_dict() == {
        "A_rna": "", "B_rna_1": "200", "B_rna_2": "200",
    }  # fmt: skip


@pytest.mark.parametrize(("junction", "name", "enzyme"), [
    (MBOI, "K562_hichip", "MboI"), (MBOI, "K562_hichip_DpnII", "DpnII"),
    (HINDIII, "K562_mystery", "HindIII"), ("", "K562_hichip_MNase", "MNase"),
    ("", "K562_hichip", "none"),
])  # fmt: skip
def test_enzyme_by_junctions_then_by_name(folder, capsys, junction, name, enzyme):
    pair(folder / "reads", ["K562_rna_R1.fq", "K562_rna_R2.fq"], "r")
    pair(folder / "reads", [f"{name}_R1.fq", f"{name}_R2.fq"], "h", junction=junction)
    init("--reads", "reads", "--cell-line", "K562")
    samples, _ = sheets()
    assert samples.loc[name, ["assay", "enzyme"]].tolist() == ["hichip", enzyme]
    assert ("its enzyme" in capsys.readouterr().out) == (not junction)


def test_mates_that_are_swapped_in_their_names_are_turned(folder):
    write(folder / "reads/A_rna_R1.fq", "a", 2, header=" 2:N:0:X")
    write(folder / "reads/A_rna_R2.fq", "a", 1, header=" 1:N:0:X")
    init("--reads", "reads")
    assert sheets()[1].iloc[0]["fq1"] == "reads/A_rna_R2.fq"


def test_files_that_cannot_be_used_are_told_and_left_out(folder, capsys):
    pair(folder / "reads", ["A_rna_R1.fq", "A_rna_R2.fq"], "a")
    write(folder / "reads/C_rna_R1.fq", "one", 1)
    write(folder / "reads/C_rna_R2.fq", "two", 2)
    (folder / "reads/broken_rna.fq").write_text("@x\nACGT\n+\nIIII\n@y\n")
    (folder / "reads/empty_rna.fq").write_text("")
    (folder / "reads/z_link_R1.fq").symlink_to(folder / "reads/A_rna_R1.fq")
    init("--reads", "reads")
    assert list(sheets()[0].index) == ["A_rna"]
    text = capsys.readouterr().out
    assert "reads/C_rna_R1.fq and reads/C_rna_R2.fq: The two FASTQ files are not mates" in text
    assert "reads/broken_rna.fq: The FASTQ file ends" in text
    assert "reads/empty_rna.fq: The FASTQ is empty." in text
    assert "reads/z_link_R1.fq: the same file as reads/A_rna_R1.fq." in text


def sheet_text(name):
    return Path(f"config/mine/{name}.tsv").read_text()


@pytest.mark.parametrize(("name", "junction", "reason"), [
    ("A_hichip_R1.fq", "", "HiChIP (by its name) needs both mates, and its R2 is missing"),
    ("A_hichip_R2.fq", "", "HiChIP (by its name) needs both mates, and its R1 is missing"),
    ("A_hichip.fq", "", "HiChIP (by its name) needs both mates, and it has no second mates"),
    ("A_odd_R1.fq", MBOI, "junction of MboI) needs both mates, and its R2 is missing"),
])  # fmt: skip
def test_hichip_without_its_mate_is_no_rna(folder, capsys, name, junction, reason):
    pair(folder / "reads", ["A_rna_R1.fq", "A_rna_R2.fq"], "a")
    write(folder / f"reads/{name}", "h", 1, junction=junction, count=1100)
    init("--reads", "reads")
    samples, units = sheets()
    assert list(samples.index) == units["sample"].tolist() == ["A_rna"]
    out = capsys.readouterr().out
    assert f"{reason}; it stands in the sheets as a comment." in out
    for sheet in ("samples", "units"):
        row = next(line for line in sheet_text(sheet).splitlines() if reason in line)
        assert row.startswith("# HiChIP")
    assert f"reads/{name}" in sheet_text("units")


def test_hichip_without_its_mate_alone_is_refused(folder, capsys):
    write(folder / "reads/A_hichip_R1.fq", "h", 1)
    init("--reads", "reads", code=1)
    assert "A_hichip: HiChIP (by its name) needs both mates" in capsys.readouterr().err


@pytest.mark.parametrize(("assay", "junction"), [("hichip", MBOI), ("rna", "")])
def test_a_lane_that_lost_a_mate_is_a_comment_of_its_sample(folder, capsys, assay, junction):
    pair(folder / "reads", ["A_rna_R1.fq", "A_rna_R2.fq"], "a")
    name = f"B_{assay}_L00"
    pair(folder / "reads", [f"{name}1_R1.fq", f"{name}1_R2.fq"], "one", junction=junction)
    write(folder / f"reads/{name}2_R1.fq", "two", 1, junction=junction)
    init("--reads", "reads", "--cell-line", "A")
    samples, units = sheets()
    assert samples["assay"].to_dict() == {"A_rna": "rna", f"B_{assay}": assay}
    assert units.set_index("sample").loc[f"B_{assay}", "fq1"] == f"reads/{name}1_R1.fq"
    assert f"# its R2 is missing: B_{assay}\tL002\treads/{name}2_R1.fq" in sheet_text("units")
    out = capsys.readouterr().out
    assert f"Left out: reads/{name}2_R1.fq (L002 of B_{assay}): its R2 is missing" in out


def test_rna_whose_name_tells_of_a_mate_is_single_end_and_said_so(folder, capsys):
    write(folder / "reads/A_rna_R1.fq", "a", 1)
    init("--reads", "reads")
    assert sheets()[1]["fq2"].tolist() == [""]
    assert "there is no R2, and it was taken as single-end" in capsys.readouterr().out


def test_reads_that_no_index_fitted_are_no_cell_line(folder, capsys):
    pair(folder / "reads", ["A_rna_R1.fq", "A_rna_R2.fq"], "a")
    write(folder / "reads/Undetermined_S0_L001_R1_001.fastq.gz", "u", 1, count=8)
    init("--reads", "reads")
    assert list(sheets()[0].index) == ["A_rna"]
    assert "001.fastq.gz: reads that no sample's index fitted" in capsys.readouterr().out


def test_hichip_without_rna_is_kept_as_a_comment(folder, capsys):
    pair(folder / "reads", ["A_rna_R1.fq", "A_rna_R2.fq"], "a")
    pair(folder / "reads", ["B_hichip_R1.fq", "B_hichip_R2.fq"], "b", junction=MBOI)
    init("--reads", "reads")
    assert list(sheets()[0].index) == ["A_rna"]
    assert "B_hichip: which RNA-seq is of its cell line, B" in capsys.readouterr().out
    assert "# no RNA-seq of its cell line: B_hichip\t" in (
        (folder / "config/mine/units.tsv").read_text()
    )
    init("--reads", "reads", "--force", "--cell-line", "A=B_hichip*")
    assert sheets()[0]["cell_line"].to_dict() == {"A_rna": "A", "B_hichip": "A"}


def test_files_of_one_name_in_several_folders_are_samples_of_their_own(folder, capsys):
    for line in ("A", "B", "more/B"):
        pair(folder / f"reads/{line}", ["rep1_R1.fq", "rep1_R2.fq"], line)
    init("--reads", "reads")
    assert sheets()[0]["cell_line"].to_dict() == {"A_rep1": "A", "B_rep1": "B", "B_rep1_2": "B"}
    assert "B_rep1_2: whether it and others called rep1 are lanes" in capsys.readouterr().out


def test_names_that_tell_no_mate_are_paired_by_their_reads(folder):
    """As of ENCODE; a third file of other reads stays alone."""
    sequencer = "SN1:7:FC1:1:11"
    write(folder / "reads/rna/ENCFF000AAA.fq", sequencer, 1, header=" 2:N:0:1")
    write(folder / "reads/rna/ENCFF000BBB.fq", sequencer, 2, header=" 1:N:0:1")
    write(folder / "reads/rna/ENCFF000CCC.fq", "SN1:8:FC2:1:11", 1)
    init("--reads", "reads", "--cell-line", "A")
    units = sheets()[1].set_index("sample")
    assert units["fq1"].to_dict() == {
        "ENCFF000AAA": "reads/rna/ENCFF000BBB.fq", "ENCFF000CCC": "reads/rna/ENCFF000CCC.fq",
    }  # fmt: skip
    assert units.loc["ENCFF000AAA", "fq2"] == "reads/rna/ENCFF000AAA.fq"


def test_numbered_reads_of_two_files_are_no_mates(folder):
    for name in ("A_rna", "B_rna"):
        write(folder / f"reads/{name}.fq", "read", ord(name[0]))
    init("--reads", "reads")
    assert sheets()[0]["cell_line"].to_dict() == {"A_rna": "A", "B_rna": "B"}


def configuration():
    return yaml.safe_load(Path("config/mine/config.yaml").read_text())


def test_configuration_by_genome_and_annotation(folder, capsys):
    libraries.reference(folder, annotated="1", biotype="")
    pair(folder / "reads", ["A_rna_R1.fq", "A_rna_R2.fq"], "a")
    init("--reads", "reads", "--assembly", "mouse-x")
    config = configuration()
    assert config["assemblies"]["mouse-x"]["aliases"] == "auto"
    out = capsys.readouterr().out
    assert "the annotation's 1 is chr1 of the genome (aliases: auto was written)" in out
    assert "Genes of all biotypes" in out
    assert "1 cell line, 1 sample:" in out
    assert config["evaluation"]["folds"] == [5]
    assert config["results"] == "results/mine"


def test_a_build_is_told_by_its_lengths(folder):
    from deepexpr.reference.builds import fitting_builds

    assert "hg38" in fitting_builds({"chr22": 50_818_468})
    assert fitting_builds({"chr1": 4}) == []


@pytest.mark.parametrize(("more", "words", "code"), [
    ([], "Nothing to look at", 2),
    (["--reads", "nowhere"], "does not exist", 1),
    (["--reads", "empty"], "There is no FASTQ file", 1),
    (["--reads", "reads", "--cell-line", "X=nothing*"], "fits no sample", 1),
    (["--reads", "hichip"], "No library is RNA-seq", 1),
    (["--reads", "reads", "--cell-line", "=x"], "names no cell line", 2),
])  # fmt: skip
def test_what_cannot_be_done_is_refused_before_anything_is_written(
    folder, capsys, more, words, code
):
    (folder / "empty").mkdir()
    pair(folder / "reads", ["A_rna_R1.fq", "A_rna_R2.fq"], "a", count=20)
    pair(folder / "hichip", ["A_R1.fq", "A_R2.fq"], "a", junction=MBOI)
    init(*more, code=code)
    assert words in capsys.readouterr().err
    assert not (folder / "config/mine").exists()


def test_files_that_are_there_are_kept(folder, capsys):
    pair(folder / "reads", ["A_rna_R1.fq", "A_rna_R2.fq"], "a")
    (folder / "config/mine").mkdir(parents=True)
    (folder / "config/mine/config.yaml").write_text("seed: 1\n")
    init("--reads", "reads", code=2)
    assert "holds config.yaml already" in capsys.readouterr().err
    assert (folder / "config/mine/config.yaml").read_text() == "seed: 1\n"


def test_an_annotation_of_another_build_stops_at_once(folder, capsys):
    (folder / "genes.gtf").write_text(
        (folder / "genes.gtf").read_text().replace("\t3500\t", "\t900000\t")
    )
    pair(folder / "reads", ["A_rna_R1.fq", "A_rna_R2.fq"], "a")
    init("--reads", "reads", code=1)
    assert "lie beyond the end of their chromosome" in capsys.readouterr().err
    assert not (folder / "config/mine").exists()


def test_a_genome_of_which_half_is_named_alike_gets_aliases(folder, capsys):
    libraries.two_spellings(folder)
    pair(folder / "reads", ["A_rna_R1.fq", "A_rna_R2.fq"], "a", count=20)
    init("--reads", "reads", "--cell-line", "X=A_*")
    (assembly,) = configuration()["assemblies"].values()
    assert assembly["aliases"] == "auto"
    assert f"{libraries.GENES:,} genes" in capsys.readouterr().out
    assert "--cell-line 'X=A_*'" in sheet_text("samples").splitlines()[0]


def test_of_half_a_genome_named_alike_the_true_reason_is_told(folder, capsys):
    libraries.two_spellings(folder, last=900_000)
    pair(folder / "reads", ["A_rna_R1.fq", "A_rna_R2.fq"], "a", count=20)
    init("--reads", "reads", code=1)
    assert "lie beyond the end of their chromosome" in capsys.readouterr().err


def test_reasons_are_told_where_no_library_is_left(folder, capsys):
    (folder / "reads").mkdir()
    (folder / "reads/empty_rna.fq").write_text("")
    init("--reads", "reads", code=1)
    out, err = capsys.readouterr()
    assert "Left out: reads/empty_rna.fq: The FASTQ is empty." in out
    assert "No library is RNA-seq" in err


def test_commands_outside_the_clone_name_its_files(folder, capsys):
    pair(folder / "reads", ["A_rna_R1.fq", "A_rna_R2.fq"], "a", count=20)
    init("--reads", "reads")
    root = Path(__file__).parents[2]
    out = capsys.readouterr().out
    assert f"snakemake --snakefile {root}/Snakefile --configfile config/mine/config.yaml" in out
    assert f"--configfile {root}/config/config.yaml config/mine/config.yaml" in out


def files(*names, title=""):
    from deepexpr.downloads.records import RemoteFile

    about = ("X", "", title, "", "SRR1")
    return [RemoteFile(*about, mate, name, "") for mate, name in enumerate(names, 1)]


def test_accessions_take_what_the_list_and_the_archive_say(folder, monkeypatch, capsys):
    archive = {
        "SRR1": files("a", "b"), "GSM1": files("a", title="HCT116 RNA-seq rep1"),
        "SRR2": files("a", "b"),
    }  # fmt: skip
    monkeypatch.setattr("deepexpr.init.accessions.resolve", lambda name, *_: archive[name])
    (folder / "list.txt").write_text("# mine\nSRR1 K562 rna\nSRR2\tk562\thichip\n\nGSM1\n")
    init("--from-accessions", "list.txt")
    samples, units = sheets()
    assert samples["cell_line"].to_dict() == {"SRR1": "K562", "SRR2": "K562", "GSM1": "HCT116"}
    assert samples["enzyme"].to_dict() == {"SRR1": "", "SRR2": "MboI", "GSM1": ""}
    assert units["accession"].tolist() == ["SRR1", "SRR2", "GSM1"]
    assert units["fq1"].tolist()[0] == "resources/mine/SRR1_1.fastq.gz"
    assert units["fragment_length"].tolist() == ["", "", "200"]
    text = capsys.readouterr().out
    assert "SRR2: its enzyme: MboI was written" in text
    assert "by its title, 'HCT116 RNA-seq rep1'" in text


def test_hichip_of_which_the_archive_has_one_file_is_left_out(folder, monkeypatch, capsys):
    archive = {"SRR1": files("a", "b"), "SRR2": files("a")}
    monkeypatch.setattr("deepexpr.init.accessions.resolve", lambda name, *_: archive[name])
    (folder / "list.txt").write_text("SRR1 K562 rna\nSRR2 K562 hichip MboI\n")
    init("--from-accessions", "list.txt")
    assert list(sheets()[0].index) == ["SRR1"]
    assert "SRR2: HiChIP needs both mates, and the archive" in capsys.readouterr().out


def test_a_replicate_and_an_address_are_accessions_too(folder, monkeypatch):
    archive = {"ENCSR000AEM/1": files("a", "b"), "https://x.org/a.gz#md5=" + "0" * 32: files("a")}
    monkeypatch.setattr("deepexpr.init.accessions.resolve", lambda name, *_: archive[name])
    lines = [f"{name} {line} rna # mine" for name, line in zip(archive, "AB", strict=True)]
    (folder / "list.txt").write_text("\n".join(lines) + "\n")
    init("--from-accessions", "list.txt")
    _, units = sheets()
    assert units["accession"].tolist() == list(archive)
    assert all("/" not in sample for sample in units.reset_index()["sample"])


@pytest.mark.parametrize(("line", "words"), [
    ("nonsense K562", "Not an accession"), ("SRR1 K562 atac", "Unknown assay"),
    ("SRR1 K562 hichip Nope", "Unknown enzyme"), ("SRR1 a rna x y", "has 5 words"),
    ("", "holds no accession"),
])  # fmt: skip
def test_a_bad_line_of_the_list_is_named(folder, capsys, line, words):
    (folder / "list.txt").write_text(f"# list\n{line}\n")
    init("--from-accessions", "list.txt", code=1)
    text = capsys.readouterr().err
    assert words in text
    assert "list.txt" in text
