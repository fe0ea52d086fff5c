"""ENCODE's records: the files of a replicate, and what is wrong where they cannot be told."""

import json

import pytest
import recorded

from deepexpr.downloads.accessions import resolve
from deepexpr.downloads.patience import Patience
from deepexpr.downloads.sections import Hosts
from deepexpr.errors import InputError

QUICK = Patience(attempts=2, pause=0, timeout=5)
NAME = "ENCSR000CWM"


@pytest.fixture
def hosts(server):
    return Hosts(**dict.fromkeys(Hosts.model_fields, server.address))


@pytest.fixture
def publish(server):
    """Function that serves the experiment with changed files: (name, key, value), ..."""

    def change(*changes, drop=()):
        record = recorded.experiment_record(NAME)
        for name, key, value in changes:
            next(one for one in record["files"] if one["accession"] == name)[key] = value
        record["files"] = [one for one in record["files"] if one["accession"] not in drop]
        server.pages[f"/experiments/{NAME}/"] = json.dumps(record).encode()

    return change


def test_pairs_of_a_replicate_are_joined_in_order(publish, hosts):
    """Mate 2 goes with its mate 1, whatever its own name."""
    publish(
        ("ENCFF900AAA", "paired_with", "/files/ENCFF900AAD/"),
        ("ENCFF900AAD", "paired_with", "/files/ENCFF900AAA/"),
        ("ENCFF900AAC", "paired_with", "/files/ENCFF900AAB/"),
        ("ENCFF900AAB", "paired_with", "/files/ENCFF900AAC/"),
    )
    files = resolve(f"{NAME}/1", hosts, QUICK)
    assert [(f.run[-1], f.mate) for f in files] == [("A", 1), ("D", 2), ("C", 1), ("B", 2)]
    assert {(f.sample, f.replicate, f.title) for f in files} == {(NAME, "1", "polyA plus RNA-seq")}
    assert files[0].bytes == recorded.SIZE


def test_one_replicate_needs_no_number(publish, hosts):
    publish(drop=("ENCFF900BAA", "ENCFF900BAB"))
    assert len(resolve(NAME, hosts, QUICK)) == 4


FIRST = ("ENCFF900AAA", "ENCFF900AAB", "ENCFF900AAC", "ENCFF900AAD")


@pytest.mark.parametrize(
    ("accession", "changes", "message"),
    [
        (f"{NAME}/3", [], f"no released reads of {NAME}/3"),
        (NAME, [], f"The experiment {NAME} has 2 replicates"),
        (f"{NAME}/1", [(name, "status", "archived") for name in FIRST], "no released reads"),
        (f"{NAME}/1", [(name, "no_file_available", True) for name in FIRST], "no released reads"),
        (f"{NAME}/1", [("ENCFF900AAB", "status", "revoked")],
         "The mate of ENCFF900AAA is ENCFF900AAB, which is not among the files"),
        (f"{NAME}/1", [("ENCFF900AAA", "paired_with", "/files/ENCFF000ZZZ/")],
         "The mate of ENCFF900AAA is ENCFF000ZZZ"),
        (f"{NAME}/1", [("ENCFF900AAA", "paired_with", "/files/ENCFF900AAD/")],
         "ENCFF900AAA and ENCFF900AAD are not the two mates"),
        (f"{NAME}/1", [("ENCFF900AAB", "paired_end", "1")], "are not the two mates"),
        (f"{NAME}/1", [(f"ENCFF900AA{x}", key, None) for x in "CD"
                       for key in ("paired_end", "run_type")], "single-end and paired-end files"),
        # All of them: none is taken for single-end reads.
        (f"{NAME}/1", [(name, "paired_end", None) for name in FIRST], "run_type paired-ended with"),
        (f"{NAME}/1", [("ENCFF900AAA", "run_type", "single-ended")], "-ended with paired_end"),
        (f"{NAME}/1", [("ENCFF900AAA", "dataset", "/experiments/ENCSR999ZZZ/")],
         "lists a file that cannot be told apart: ENCFF900AAA"),
        (f"{NAME}/1", [("ENCFF900AAA", "biological_replicates", [1, 2])], "cannot be told apart"),
        *((f"{NAME}/1", [("ENCFF900AAA", key, value)], f"ENCFF900AAA does not say how(?s:.*){key}")
          for key, value in (("md5sum", ""), ("md5sum", None), ("href", ""), ("href", 5),
                             ("file_size", "much"), ("file_size", -1), ("paired_with", ["x"]),
                             ("paired_end", "3"))),
    ],
)  # fmt: skip
def test_faults_of_an_experiment(publish, hosts, accession, changes, message):
    publish(*changes)
    with pytest.raises(InputError, match=message) as caught:
        resolve(accession, hosts, QUICK)
    assert caught.value.where
    assert caught.value.fix


def test_other_answers_than_the_record(server, hosts):
    page = f"/experiments/{NAME}/"
    server.pages[page] = json.dumps(recorded.experiment_record("ENCSR000AEM")).encode()
    with pytest.raises(InputError, match=f"ENCODE has no experiment {NAME}") as caught:
        resolve(f"{NAME}/1", hosts, QUICK)
    assert caught.value.found == "the record of ENCSR000AEM"
    server.pages[page] = b"<html>under repair</html>"
    with pytest.raises(InputError, match="The server's answer is no record"):
        resolve(f"{NAME}/1", hosts, QUICK)
    server.faults = [404]
    with pytest.raises(InputError, match=f"ENCODE has no experiment {NAME}"):
        resolve(f"{NAME}/1", hosts, QUICK)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"status": "archived"}, "The file ENCFF900JUA of ENCODE is archived"),
        ({"no_file_available": True}, "is released, and not available"),
        ({"file_format": "bam"}, "is no FASTQ"),
        (
            {"paired_end": "2", "paired_with": "/files/ENCFF900JUB/", "run_type": "paired-ended"},
            "holds mate 2 of a pair",
        ),
        ({"run_type": "paired-ended"}, "run_type paired-ended without paired_end"),
    ],
)
def test_faults_of_a_file(server, hosts, change, message):
    record = recorded.file_record("ENCFF900JUA") | change
    server.pages["/files/ENCFF900JUA/"] = json.dumps(record).encode()
    with pytest.raises(InputError, match=message):
        resolve("ENCFF900JUA", hosts, QUICK)


def test_mate_of_another_pair(server, hosts):
    for name in ("ENCFF900AAA", "ENCFF900AAD"):
        server.pages[f"/files/{name}/"] = json.dumps(recorded.file_record(name)).encode()
    with pytest.raises(InputError, match="The mate of ENCFF900AAA is ENCFF900AAB"):
        resolve("ENCFF900AAA,ENCFF900AAD", hosts, QUICK)


def test_single_end_files_are_no_mates(server, hosts):
    """Two lanes of one library, given as if they were mates."""
    for name in ("ENCFF900JUA", "ENCFF900AAA"):
        record = recorded.file_record(name) | {"paired_end": None, "paired_with": None}
        record["run_type"] = "single-ended"
        server.pages[f"/files/{name}/"] = json.dumps(record).encode()
    with pytest.raises(InputError, match="holds single-end reads"):
        resolve("ENCFF900JUA,ENCFF900AAA", hosts, QUICK)


def test_one_file_is_not_both_mates(server, hosts):
    record = recorded.file_record("ENCFF900AAA")
    server.pages["/files/ENCFF900AAA/"] = json.dumps(record).encode()
    with pytest.raises(InputError, match="ENCFF900AAA of ENCODE stands for both mates"):
        resolve("ENCFF900AAA,ENCFF900AAA", hosts, QUICK)


@pytest.mark.parametrize("key", ["href", "md5sum"])
def test_a_file_without_what_a_download_needs(server, hosts, key):
    record = recorded.file_record("ENCFF900JUA")
    del record[key]
    server.pages["/files/ENCFF900JUA/"] = json.dumps(record).encode()
    with pytest.raises(InputError, match=f"found: {key} None"):
        resolve("ENCFF900JUA", hosts, QUICK)


@pytest.mark.parametrize("files", [["/files/ENCFF900AAA/"], {"a": 1}, "none", [None]])
def test_an_experiment_that_lists_no_records(server, hosts, files):
    record = recorded.experiment_record(NAME) | {"files": files}
    server.pages[f"/experiments/{NAME}/"] = json.dumps(record).encode()
    with pytest.raises(InputError, match=f"answer on {NAME} lists no records"):
        resolve(f"{NAME}/1", hosts, QUICK)


def test_an_experiment_whose_list_of_files_is_null(server, hosts):
    record = recorded.experiment_record(NAME) | {"files": None}
    server.pages[f"/experiments/{NAME}/"] = json.dumps(record).encode()
    with pytest.raises(InputError, match=NAME):
        resolve(f"{NAME}/1", hosts, QUICK)


def test_files_by_md5_and_by_another_archive_s_number(archives):
    hosts = Hosts(**dict.fromkeys(Hosts.model_fields, archives.address))
    (by_md5,) = resolve(f"ENCODE:md5={recorded.JURKAT[2]}", hosts, QUICK)
    assert resolve(f"ENCODE:md5={recorded.JURKAT[2].upper()}", hosts, QUICK)[0].run == by_md5.run
    (by_number,) = resolve(f"ENCODE:dbxref={recorded.JURKAT_NUMBER}/2", hosts, QUICK)
    assert by_md5.url == by_number.url
    assert (by_md5.md5, by_md5.replicate) == (recorded.JURKAT[2], "2")
    with pytest.raises(InputError, match="0 released files of ENCODE have md5sum"):
        resolve("ENCODE:md5=" + "0" * 32, hosts, QUICK)
    with pytest.raises(InputError, match="0 released experiments of ENCODE have dbxrefs nobody"):
        resolve("ENCODE:dbxref=nobody/1", hosts, QUICK)


def test_a_search_that_answers_with_another_file(server, hosts):
    server.pages["/search/"] = json.dumps({"@graph": [{"accession": "ENCFF900JUA"}]}).encode()
    record = recorded.file_record("ENCFF900JUA")
    server.pages["/files/ENCFF900JUA/"] = json.dumps(record).encode()
    with pytest.raises(InputError, match="another MD5 than it was asked for"):
        resolve("ENCODE:md5=" + "0" * 32, hosts, QUICK)
