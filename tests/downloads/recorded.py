"""What the archives say of the paper's accessions, as one conversation served on this machine.

Facts of public sample tables are in the first part. What no public file says (names of HCT116's
and Jurkat's files, which mate is the first, addresses, experiments, sizes, most checksums, titles
of mESC's RNA-seq) is invented, and stands in the second part.
"""

from __future__ import annotations

import hashlib
import http.server
import json
import threading
import urllib.parse

# ---- facts ------------------------------------------------------------------------------------
RUNS = {
    "GSM2774000": ["SRR6010258", "SRR6010259"],
    "GSM2774001": ["SRR6010260", "SRR6010261"],
    "GSM2774002": ["SRR6010262", "SRR6010263"],
    "GSM2645434": ["SRR5634325", "SRR5634326", "SRR5634327"],
    "GSM2645435": ["SRR5634328", "SRR5634329", "SRR5634330"],
    "GSM2645436": ["SRR5634331", "SRR5634332", "SRR5634333"],
}
TITLES = {
    "GSM2774002": "HiChIP_K562_YY1",
    "GSM2645434": "HiChIP_K27ac_C3_WT-YY1_24_rep1",
    "GSM2645435": "HiChIP_K27ac_C3_WT-YY1_24_rep2",
    "GSM2645436": "HiChIP_K27ac_C3_WT-YY1_24_rep3",
    "GSM2774003": "HiChIP_mES_C3_UT_H3K27ac_rep1",
}
#: Experiment -> replicate -> files, and their MD5.
ENCODE = {
    "ENCSR000AEM": {
        1: {
            "ENCFF001RED": "0e88b38c8d48806ee98929a5bad06fc4",
            "ENCFF001RDZ": "3a25713488522b0ea8a4d9635b5afa41",
        },
        2: {
            "ENCFF001REG": "4c646fa9b822b7f52f9c2c5a9da0f5e3",
            "ENCFF001REF": "5dd317654eb81f577a0f78745a3c8e66",
        },
    },
}
JURKAT = {1: "66984a9eff43b098e6d6b326177a464c", 2: "7f972381ff98d9286849d58b89051226"}
JURKAT_NUMBER = "UCSC-ENCODE-hg19:wgEncodeEH000315"

# ---- invented ---------------------------------------------------------------------------------
RUNS |= {"GSM9000001": ["SRR9000001"], "GSM9000002": ["SRR9000002"]}
TITLES |= {
    "GSM2774000": "HiChIP_HCT116_YY1",
    "GSM2774001": "HiChIP_Jurkat_YY1",
    "GSM9000001": "RNAseq_mES_C3_UT_rep1",
    "GSM9000002": "RNAseq_mES_C3_24h_rep1",
}
SERIES = {
    "GSE99519": [f"GSM277400{i}" for i in range(4)],
    "GSE99521": list(TITLES),
}
ENCODE |= {
    "ENCSR000CWM": {
        1: {"ENCFF900AAA": "", "ENCFF900AAB": "", "ENCFF900AAC": "", "ENCFF900AAD": ""},
        2: {"ENCFF900BAA": "", "ENCFF900BAB": ""},
    },
    "ENCSR900JUR": {1: {"ENCFF900JUA": JURKAT[1]}, 2: {"ENCFF900JUB": JURKAT[2]}},
}
SINGLE = ("ENCSR900JUR",)
CELL_LINES = {"ENCSR000AEM": "K562", "ENCSR000CWM": "HCT116", "ENCSR900JUR": "Jurkat clone E61"}
SIZE = 1_000_000_000


def _md5(text: str) -> str:
    return hashlib.md5(text.encode()).hexdigest()


def _experiment(gsm: str) -> str:
    return f"SRX{gsm[3:]}"


def fastq_paths() -> dict[str, tuple[str, int, int]]:
    """Address on the server of every file -> what it is of (GSM or ENCODE replicate), run, mate."""
    paths = {}
    for gsm, runs in RUNS.items():
        for number, run in enumerate(runs):
            for mate in (1, 2):
                paths[_ena_path(run, mate)] = (gsm, number, mate)
    for experiment, replicates in ENCODE.items():
        for replicate, files in replicates.items():
            for number, name in enumerate(files):
                pair, mate = (number, 0) if experiment in SINGLE else divmod(number, 2)
                paths[_href(name)] = (f"{experiment}/{replicate}", pair, mate + 1)
    return paths


def _ena_path(run: str, mate: int) -> str:
    return f"/vol1/fastq/{run[:6]}/00{run[-1]}/{run}/{run}_{mate}.fastq.gz"


def _href(name: str) -> str:
    return f"/files/{name}/@@download/{name}.fastq.gz"


def file_record(name: str) -> dict:
    """A file's record at ENCODE."""
    for experiment, replicates in ENCODE.items():
        for replicate, files in replicates.items():
            if name not in files:
                continue
            number = list(files).index(name)
            record = {
                "accession": name, "status": "released", "file_format": "fastq",
                "output_type": "reads", "href": _href(name), "file_size": SIZE,
                "md5sum": files[name] or _md5(name), "biological_replicates": [replicate],
                "technical_replicates": [f"{replicate}_1"], "run_type": "single-ended",
                "assay_title": "polyA plus RNA-seq", "assay_term_name": "RNA-seq",
                "biosample_ontology": {"term_name": CELL_LINES.get(experiment, "")},
                "dataset": f"/experiments/{experiment}/",
            }  # fmt: skip
            if experiment in SINGLE:
                return record
            partner = list(files)[number ^ 1]
            paired = {"paired_end": str(number % 2 + 1), "paired_with": f"/files/{partner}/"}
            return record | paired | {"run_type": "paired-ended"}
    raise KeyError(name)


def experiment_record(name: str) -> dict:
    """An experiment's record at ENCODE: an older file of its first replicate was archived."""
    files = [file_record(file) for files in ENCODE[name].values() for file in files]
    old = files[0] | {"accession": "ENCFF900OLD", "status": "archived"}
    bam = files[0] | {"accession": "ENCFF900BAM", "file_format": "bam", "output_type": "alignments"}
    return {
        "accession": name, "status": "released", "assay_title": "polyA plus RNA-seq",
        "assay_term_name": "RNA-seq", "dbxrefs": [JURKAT_NUMBER] if name in SINGLE else [],
        "files": [old, bam, *files],
    }  # fmt: skip


class Conversation:
    """The archives' answers; `files` holds the bytes behind an address, where there are any."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.asked: list[str] = []

    def answer(self, target: str, body: str) -> bytes | None:
        """The answer to a request, None for 404."""
        self.asked.append(target)
        parts = urllib.parse.urlsplit(target)
        query = dict(urllib.parse.parse_qsl(parts.query))
        if parts.path in self.files:
            return self.files[parts.path]
        if parts.path == "/ena/portal/api/filereport":
            return self.file_report(query["accession"]).encode()
        record = self._record(parts.path, query | dict(urllib.parse.parse_qsl(body)))
        return None if record is None else json.dumps(record).encode()

    def _record(self, path: str, query: dict) -> dict | None:
        if path.endswith("/esearch.fcgi"):
            # What is found is asked for by this key, so the accession itself serves as one.
            number = str(len(self._found(query["term"])))
            return {
                "esearchresult": {
                    "count": number, "querykey": "1", "webenv": query["term"], "retstart": "0"
                }
            }  # fmt: skip
        if path.endswith("/esummary.fcgi"):
            records = {str(i): one for i, one in enumerate(self._found(query["WebEnv"]))}
            return {"result": {"uids": list(records), **records}}
        if path == "/search/":
            graph = self._search(query)
            return {"@graph": graph} if graph else None
        kind, name = path.strip("/").split("/")[:2]
        try:
            return file_record(name) if kind == "files" else experiment_record(name)
        except KeyError:
            return None

    def _search(self, query: dict) -> list[dict]:
        if query["type"] == "File":
            names = [name for replicates in ENCODE.values() for files in replicates.values()
                     for name in files]  # fmt: skip
            return [one for one in map(file_record, names) if one["md5sum"] == query["md5sum"]]
        records = map(experiment_record, ENCODE)
        return [one for one in records if query["dbxrefs"] in one["dbxrefs"]]

    def _found(self, term: str) -> list[dict]:
        """GEO's records of a search: of a sample, also the series and a neighbour."""
        if term.startswith("GSE"):
            samples = SERIES.get(term, [])
            listed = [{"accession": gsm, "title": TITLES[gsm]} for gsm in samples]
            series = {"accession": term, "entrytype": "GSE", "samples": listed, "title": "a study",
                      "extrelations": []}  # fmt: skip
            # A sample of another series, as NCBI's search gives them.
            stranger = self._sample("GSM9999999", "HiChIP_K562_YY1")
            return [series, *map(self._sample, samples), stranger]
        return [self._sample("GSM9999999", "another"), self._sample(term)]

    def _sample(self, gsm: str, title: str = "") -> dict:
        link = {"relationtype": "SRA", "targetobject": _experiment(gsm), "targetftplink": ""}
        known = {"accession": gsm, "entrytype": "GSM", "title": title or TITLES.get(gsm, "")}
        return known | {"extrelations": [link], "samples": []}

    def file_report(self, experiment: str) -> str:
        """ENA's table of an experiment's runs."""
        header = (
            "run_accession\texperiment_accession\tsecondary_sample_accession\tlibrary_strategy"
            "\tlibrary_layout\tfastq_ftp\tfastq_md5\tfastq_bytes\n"
        )
        own, lines = f"{experiment}\tSRS{experiment[3:]}", []
        for run in RUNS.get(f"GSM{experiment[3:]}", []):
            paths = [_ena_path(run, mate) for mate in (1, 2)]
            ftp = ";".join(f"ftp.example.org{path}" for path in paths)
            sums = ";".join(map(_md5, paths))
            strategy = "RNA-Seq" if "RNA" in TITLES[f"GSM{experiment[3:]}"] else "OTHER"
            lines.append(f"{run}\t{own}\t{strategy}\tPAIRED\t{ftp}\t{sums}\t{SIZE};{SIZE}\n")
        return header + "".join(lines)


class _Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self._answer("")

    def do_HEAD(self):
        self._answer("")

    def do_POST(self):
        self._answer(self.rfile.read(int(self.headers["Content-Length"])).decode())

    def _answer(self, body):
        content = self.server.conversation.answer(self.path, body)
        if content is None:
            self.send_error(404)
            return
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def log_message(self, *args):
        pass


class Archives(http.server.ThreadingHTTPServer):
    """All archives on one port of this machine, while it is open as a context."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.conversation = Conversation()
        self.address = f"http://127.0.0.1:{self.server_port}"

    def __enter__(self) -> Archives:
        self._thread = threading.Thread(target=self.serve_forever, args=(0.02,))
        self._thread.start()
        return self

    def __exit__(self, *error) -> None:
        self.shutdown()
        self._thread.join()
        self.server_close()
