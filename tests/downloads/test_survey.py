"""`deepexpr obtain --resolve` on the paper's own sheet, and the table that it saves."""

import gzip
from dataclasses import replace

import pandas as pd
import pytest
import recorded
import yaml

from deepexpr.cli import main
from deepexpr.downloads.obtaining import fetch_accession
from deepexpr.downloads.patience import Patience
from deepexpr.downloads.records import read_files, write_files
from deepexpr.downloads.sections import Hosts
from deepexpr.errors import InputError

QUICK = Patience(attempts=2, pause=0, timeout=5)


@pytest.fixture
def paper(root, archives, tmp_path, monkeypatch):
    """Function (options) -> exit code of --resolve on the default sheets, results in `tmp_path`."""
    monkeypatch.chdir(root)
    overlay = {
        "results": str(tmp_path / "results"),
        "hosts": dict.fromkeys(Hosts.model_fields, archives.address),
    }
    (tmp_path / "over.yaml").write_text(yaml.safe_dump(overlay))
    configs = ["config/config.yaml", str(tmp_path / "over.yaml")]
    return lambda *options: main(["obtain", "--resolve", *configs, *options])


def with_units(sheet, folder):
    """Have the overlay take this unit sheet in place of the default one."""
    (folder / "units.tsv").write_text(sheet)
    overlay = yaml.safe_load((folder / "over.yaml").read_text())
    overlay["units"] = str(folder / "units.tsv")
    (folder / "over.yaml").write_text(yaml.safe_dump(overlay))


def test_every_row_of_the_default_sheet_is_found(paper, archives, tmp_path, capsys):
    assert paper() == 0
    shown = capsys.readouterr().out
    assert "RNAseq_mES_C3_UT_rep1" in shown
    assert "44 files, 44.0 GB." in shown
    table = pd.read_csv(tmp_path / "results/download/resolved.tsv", sep="\t", dtype=str)
    by_accession = table.groupby("accession")["run"].agg(lambda runs: list(dict.fromkeys(runs)))
    for gsm in ("GSM2645434", "GSM2645436", "GSM2774000", "GSM2774001", "GSM2774002"):
        assert by_accession[gsm] == recorded.RUNS[gsm]
    assert by_accession["GSE99521:*RNA*UT*rep1*"] == ["SRR9000001"]
    for replicate in (1, 2):
        files = recorded.ENCODE["ENCSR000AEM"][replicate]
        own = table[table["accession"] == f"ENCSR000AEM/{replicate}"]
        assert dict(zip(own["run"], own["md5"], strict=True)) == files
        assert f"ENCODE:md5={recorded.JURKAT[replicate]}" in by_accession
    assert len(by_accession["ENCSR000CWM/1"]) == 4
    assert table["title"].notna().all(), "also of files known by their MD5 alone"
    jurkat = table[table["accession"] == f"ENCODE:md5={recorded.JURKAT[1]}"]
    assert jurkat["title"].item() == "polyA plus RNA-seq Jurkat clone E61"
    assert set(table["strategy"]) == {"RNA-Seq", "RNA-seq", "OTHER"}
    assert set(table.loc[table["accession"].str.startswith("GSE"), "series"]) == {"GSE99521"}
    assert not any("fastq.gz" in target for target in archives.conversation.asked)


def test_what_does_not_resolve_is_listed_whole_and_nothing_is_saved(
    paper, archives, tmp_path, capsys, monkeypatch
):
    monkeypatch.setitem(recorded.TITLES, "GSM9000001", "RNAseq_mES_untreated")
    monkeypatch.delitem(recorded.ENCODE, "ENCSR000CWM")
    assert paper() == 1
    captured = capsys.readouterr()
    assert "HiChIP_K562_YY1" in captured.out, "what was found is shown"
    assert "3 problems were found" in captured.err
    assert f"Nothing is saved in {tmp_path}/results/download/resolved.tsv" in captured.out
    assert "No sample(s) of GSE99521 have a title like *RNA*UT*rep1*" in captured.err
    assert "config/units.tsv, row 14, column accession" in captured.err
    assert "GSM9000001 RNAseq_mES_untreated" in captured.err
    assert "published: {mESC: {use: true}}" in captured.err
    assert "data/mouse/rna_mES.txt" in captured.err
    assert captured.err.count("ENCODE has no experiment ENCSR000CWM") == 2
    assert not (tmp_path / "results/download/resolved.tsv").exists()


def test_files_that_are_not_there_yet_are_not_asked_for(paper, tmp_path, capsys):
    """Accessions can be looked up on a machine that has nothing else."""
    overlay = yaml.safe_load((tmp_path / "over.yaml").read_text())
    overlay["assemblies"] = {"hg19": {"genome": "none.fa", "genome_url": None}}
    overlay["variants"] = {"vcf": {"hg19": "none.vcf"}}
    (tmp_path / "over.yaml").write_text(yaml.safe_dump(overlay))
    assert paper() == 0, capsys.readouterr().err
    assert main(["check", "--configfile", "config/config.yaml", str(tmp_path / "over.yaml")]) == 1
    assert "none.fa" in capsys.readouterr().err


def test_units_of_the_other_kind_are_told(paper, root, archives, tmp_path, capsys):
    sheet = (root / "config/units.tsv").read_text()
    single = sheet.replace("resources/reads/K562_rna_1_R2.fastq.gz\t\t", "\t200\t20").replace(
        "resources/reads/K562_rna_2_R2.fastq.gz\t\t", "\t200\t20"
    )
    with_units(single, tmp_path)
    assert paper() == 1
    text = capsys.readouterr().err
    assert "The reads of ENCSR000AEM/1 are paired-end" in text
    assert "Give the unit a path under fq2, too." in text


def test_saved_table_is_taken_and_nobody_is_asked(paper, archives, tmp_path):
    assert paper("--output", str(tmp_path / "pins.tsv")) == 0
    pins, conversation = read_files(tmp_path / "pins.tsv"), archives.conversation
    paths, contents = [], [gzip.compress(text) for text in (b"one", b"two")]
    for number, (file, content) in enumerate(zip(pins["ENCSR000AEM/1"], contents, strict=True)):
        paths.append(file.url.removeprefix(archives.address))
        conversation.files[paths[-1]] = content
        pins["ENCSR000AEM/1"][number] = replace(file, md5="", bytes=None)
    write_files([file for files in pins.values() for file in files], tmp_path / "pins.tsv")
    conversation.asked.clear()
    outputs, table = [tmp_path / "1.gz", tmp_path / "2.gz"], tmp_path / "t.tsv"
    fetch_accession("ENCSR000AEM/1", outputs, None, table, QUICK, tmp_path / "pins.tsv")
    assert [path.read_bytes() for path in outputs] == contents
    assert sorted(conversation.asked) == sorted(paths)
    assert read_files(table)["ENCSR000AEM/1"][0].replicate == "1"
    with pytest.raises(InputError, match="does not hold SRR1"):
        fetch_accession("SRR1", outputs, None, table, QUICK, tmp_path / "pins.tsv")


def test_another_sheets_sample_does_not_stand_in(paper, root, archives, tmp_path, capsys):
    """A pattern that now asks for other samples is held against the titles in the saved table,
    and reads of HiChIP against the assay of the sample."""
    pins = tmp_path / "pins.tsv"
    assert paper("--output", str(pins)) == 0
    asked = "GSE99521:*RNA*UT*rep1*"
    outputs = [tmp_path / "1.gz", tmp_path / "2.gz"]
    archives.conversation.asked.clear()
    text = pins.read_text()
    pins.write_text(text.replace(asked, "GSE99521:*RNA*24h*rep1*"))
    with pytest.raises(InputError, match="title of SRR9000001 is RNAseq_mES_C3_UT_rep1"):
        fetch_accession("GSE99521:*RNA*24h*rep1*", outputs, resolved=pins)
    # The row of the RNA-seq, now with the runs of a HiChIP sample.
    rows = [line for line in text.splitlines(keepends=True) if not line.startswith(asked)]
    hichip = [line.replace("GSM2645434", asked, 1) for line in rows if line.startswith("GSM264543")]
    pins.write_text("".join(rows + [line for line in hichip if line.startswith(asked)]))
    with pytest.raises(InputError, match="series of SRR5634325 is not said"):
        fetch_accession(asked, outputs, resolved=pins, assay="rna")
    assert not archives.conversation.asked
    sheet = (root / "config/units.tsv").read_text().replace("ENCSR000AEM/1", "GSM2774002")
    with_units(sheet, tmp_path)
    assert paper() == 1
    text = capsys.readouterr().err
    assert "The reads of GSM2774002 are not of the assay rna." in text
    assert "found: SRR6010262: title HiChIP_K562_YY1" in text
