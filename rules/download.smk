"""Downloads: only what the configuration and the sheets name, and only where it is absent.

REQUIRED INPUTS: none; addresses, accessions and checksums of the configuration and sheets.
OUTPUTS: the files that assemblies.*, packages.* and the unit sheet name;
download/{sample}.{unit}.tsv, what an accession was resolved to.
"""

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


for assembly in RUN.assemblies:
    for kind in ("genome", "annotation"):
        source = config["assemblies"][assembly]
        if source[f"{kind}_url"]:

            rule:
                name:
                    f"download_{assembly}_{kind}"
                output:
                    source[kind],
                log:
                    out(f"logs/download/{assembly}.{kind}.log"),
                retries: 2
                localrule: True
                conda:
                    "../envs/deepexpr.yaml"
                params:
                    url=source[f"{kind}_url"],
                    md5=(
                        f"--md5={source[f'{kind}_md5']}"
                        if source[f"{kind}_md5"]
                        else ""
                    ),
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
        retries: 2
        localrule: True
        conda:
            "../envs/deepexpr.yaml"
        params:
            accession=row["accession"],
            hosts=[f"--host={name}={host}" for name, host in config["hosts"].items()],
        shell:
            "python -m deepexpr obtain --accession {params.accession:q} {params.hosts:q}"
            " --table {output.table:q} --output {output.files:q} 2> {log:q}"
