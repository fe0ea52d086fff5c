"""Kind "annotations": ids that count anew in each of the files put together, genes left out."""

import logging

from deepexpr.reference.annotation import read_annotation


def _line(chromosome, feature, start, attributes):
    return f"{chromosome}\tx\t{feature}\t{start}\t{start + 999}\t.\t+\t.\t{attributes}\n"


def _warnings(caplog):
    return [r.getMessage() for r in caplog.records if r.levelno == logging.WARNING]


def test_ids_that_count_anew_are_told(tmp_path, caplog):
    path = tmp_path / "a.gtf"
    path.write_text("".join(
        _line(c, "exon", 3001 + 8000 * i,
              f'gene_id "M.{i}"; transcript_id "M.{i}.1"; gene_name "{c}_G{i}";')
        for c in ("chr1", "chr2") for i in range(3)
    ))  # fmt: skip
    read_annotation(path)
    assert any("3 of 6 places of transcripts are lost" in text for text in _warnings(caplog))


def test_one_gene_at_two_places_is_no_warning(tmp_path, caplog):
    path = tmp_path / "a.gtf"
    path.write_text("".join(
        _line(c, "exon", 3001, 'gene_id "G"; transcript_id "T"; gene_name "SHOX";')
        for c in ("chrX", "chrY")
    ))  # fmt: skip
    read_annotation(path)
    assert not _warnings(caplog)


def test_a_gene_line_alone_among_others_is_told(tmp_path, caplog):
    path = tmp_path / "a.gtf"
    path.write_text(
        _line("chr1", "gene", 3001, 'gene_id "A";')
        + _line("chr1", "exon", 9001, 'gene_id "B"; transcript_id "B.1";')
    )
    with caplog.at_level(logging.INFO):
        read_annotation(path)
    assert any("1 genes have neither" in r.getMessage() for r in caplog.records)
