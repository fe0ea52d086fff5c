"""Text of loop tables as strangers write them, and what is read from it."""

from deepexpr.hichip.loop_tables import read_loop_table

PLACES = ("chr1\t1000000\t1005000\tchr1\t1200000\t1205000",
          "chr1\t2000000\t2005000\tchr1\t2100000\t2105000",
          "chr1\t3000000\t3005000\tchr1\t3100000\t3105000")  # fmt: skip
HEADER = "chrom1\tstart1\tend1\tchrom2\tstart2\tend2\t"


def rows(*ends, head=""):
    return head + "".join(f"{PLACES[i]}\t{end}\n" for i, end in enumerate(ends))


def read(tmp_path, text, **options):
    path = tmp_path / "loops"
    path.write_text(text)
    return read_loop_table(path, **options)


def counts(tmp_path, text, **options):
    return read(tmp_path, text, **options)["count"].tolist()
