"""One rule of addresses for sheets, settings, tables and requests: what `check` takes, a run can
ask for, and what a run cannot ask for is refused before it."""

import pytest

from deepexpr.cli import main
from deepexpr.downloads.accessions import resolve
from deepexpr.downloads.addresses import wrong_address
from deepexpr.downloads.fetch import fetch
from deepexpr.downloads.forms import is_accession
from deepexpr.downloads.patience import request_for
from deepexpr.downloads.records import RemoteFile, wrong_value
from deepexpr.downloads.sections import Hosts, PublishedSection
from deepexpr.errors import InputError
from deepexpr.reference.sections import AssemblySection

WRONG = [
    "http://[127/a", "http://[127", "http://x.org/é", "http://x.org:99999/a", "http://x.org:0/a",
    "http://x.org:port/a", "http://x\x00.org/a", "http://x%00.org/a", "http://x.org/a\x00",
    "http://x.org/\x1b[2J", "http://x..org/a", "http://me:secret@x.org/a", "http:///a",
    f"http://{'a' * 64}.org/a", "http://x.org/a\u200b",
]  # fmt: skip
RIGHT = [
    "http://x.org/a", "https://x.org:8080/a.gz?b=c", "http://[::1]:80/a", "http://127.0.0.1:1/a",
    "https://www.encodeproject.org/files/ENCFF1/@@download/a.gz", "https://x_y.org/%C3%A9",
]  # fmt: skip


@pytest.mark.parametrize("url", WRONG)
def test_what_no_run_could_ask_for_is_refused_everywhere(url, tmp_path):
    assert wrong_address(url)
    assert not is_accession(url)
    assert not is_accession(f"https://x.org/a,{url}")
    assert wrong_value(RemoteFile("X", "", "", "", "", 1, url, "")) == "url"
    refusing = (
        lambda: resolve(url),
        lambda: request_for(url),
        lambda: fetch(url, tmp_path / "x"),
        lambda: PublishedSection(table="a.txt", url=url),
        lambda: AssemblySection(genome_url=url),
    )
    for call in refusing:
        with pytest.raises(InputError):
            call()
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("url", RIGHT)
def test_what_can_be_asked_for_is_taken_everywhere(url):
    assert not wrong_address(url)
    assert is_accession(url)
    assert not wrong_value(RemoteFile("X", "", "", "", "", 1, url, ""))
    assert request_for(url).full_url == url
    assert PublishedSection(table="a.txt", url=url).url == url
    assert AssemblySection(genome_url=url).genome_url == url


@pytest.mark.parametrize("host", ["http://[127", "http://x:99999", "http://x\x00.org", "ftp://x"])
def test_a_server_has_a_name(host):
    with pytest.raises(InputError):
        Hosts(ena=host)


def test_files_of_this_machine_and_of_ftp_are_for_single_addresses_only():
    assert AssemblySection(genome_url="ftp://x.org/genome.fa.gz").genome_url
    assert not is_accession("ftp://x.org/a.gz")


@pytest.mark.parametrize(
    "accession", ["SRR1\x00", "GSE1:a\x00b", "http://x\x00.org/a", "GSM1/\x07"]
)
def test_control_characters_are_one_error(accession, tmp_path, capsys):
    """Without a traceback, and none of them reaches the terminal."""
    assert main(["obtain", "--accession", accession, "--output", str(tmp_path / "x")]) == 1
    text = capsys.readouterr().err
    assert "cannot be downloaded" in text
    assert text.replace("\n", "").isprintable()


def test_a_digest_of_a_genome_is_one(tmp_path):
    with pytest.raises(InputError, match="genome_md5"):
        AssemblySection(genome_md5="abc")
