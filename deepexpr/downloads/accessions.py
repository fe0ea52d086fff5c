"""From an accession to the addresses of its files."""

from deepexpr.downloads import forms
from deepexpr.downloads.asking import remote_size
from deepexpr.downloads.belonging import stranger
from deepexpr.downloads.ena import About, ena_files
from deepexpr.downloads.encode import encode_files
from deepexpr.downloads.geo import geo_sample, supplementary_url
from deepexpr.downloads.patience import Patience
from deepexpr.downloads.records import RemoteFile, require_whole
from deepexpr.downloads.sections import Hosts
from deepexpr.errors import InputError


def resolve(
    accession: str, hosts: Hosts | None = None, patience: Patience | None = None
) -> list[RemoteFile]:
    """Files of an accession, run by run, mate 1 before mate 2. No file is fetched.

    Raises InputError where the accession is not of a known form, or its records do not say
    beyond doubt which files it stands for.
    """
    hosts = hosts or Hosts()
    files = _records(accession, hosts, patience)
    require_whole(accession, files)
    if problem := stranger(accession, files):
        raise InputError(
            f"The archive's answer is not on {accession}: {problem}.",
            where=f"{hosts.encode if forms.is_encode(accession) else hosts.ena} ({accession})",
            expected=f"the files of {accession}",
            fix="Give the runs or files by their own accessions.",
        )
    return files


def _records(accession: str, hosts: Hosts, patience: Patience | None) -> list[RemoteFile]:
    if problem := forms.no_accession(accession):
        raise InputError(
            f"The accession {accession!a} cannot be downloaded.",
            expected=forms.ACCESSION_FORMS,
            found=problem,
            fix="Correct the column accession of the unit sheet, or put the files in place.",
        )
    if forms.is_encode(accession):
        return encode_files(accession, hosts, patience)
    if forms.ADDRESSES.match(accession):
        return _addresses(accession, patience)
    if forms.GEO_FILE.match(accession):
        url = supplementary_url(accession, hosts, patience)
        sample, size = accession.split("/")[0], remote_size(url, patience)
        return [RemoteFile(accession, sample, "", "", "", 1, url, "", size)]
    name, mates_only = accession.removesuffix(forms.MATES), accession.endswith(forms.MATES)
    if forms.INSDC.match(accession):
        return ena_files(name, About(accession, mates_only=mates_only), hosts, patience)
    record, _, title = name.partition(":")
    found = geo_sample(record, hosts, patience, title)
    series = record if record.startswith("GSE") else ""
    about = About(accession, found.sample, found.title, series, mates_only=mates_only)
    return ena_files(found.experiment, about, hosts, patience)


def _addresses(accession: str, patience: Patience | None) -> list[RemoteFile]:
    """Files given by address, with their MD5 behind #md5=; the mates joined by a comma."""
    return [
        RemoteFile(accession, "", "", "", "", mate, url, md5, remote_size(url, patience))
        for mate, (url, md5) in enumerate(forms.addresses_of(accession), 1)
    ]
