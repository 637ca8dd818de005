# Datasets that experiments of ours compute. The project carries those of the registry as it stands, so
# there is mostly nothing to do; a fork that changes what one is made from has it computed here, into
# the cache. An edited assumption reaches this rule only by the fingerprints: the registry is a resource
# (see data.smk).


rule computed:
    input:
        tidy=expand("data/tidy/{dataset}.csv", dataset=DATASETS),
    output:
        listed="results/computed.txt",
        records=update(
            kept.to_cache(
                Path(), [PLAN["scenarios"][name]["computed"] for name in FOLDERS]
            )
        ),
    log:
        "results/logs/computed.log",
    conda:
        "../../environment.yml"
    threads: workflow.cores
    resources:
        registries=" ".join(f"{PLAN['folder']}/{name}.json" for name in FOLDERS),
    params:
        mirror=CONFIG["mirror"],
        fingerprints={name: PLAN["scenarios"][name]["computed"] for name in FOLDERS},
    shell:
        "NPROC=1 python -m jouletrace recompute --missing --configs {resources.registries}"
        " --tidy data/tidy --cores {threads} --list {output.listed} --mirror={params.mirror:q} > {log} 2>&1"


# Where a mirror is named, what it has the tables of is fitted again: a build with it must find the kept
# posterior, or stop.
rule refit:
    input:
        rules.computed.output,
        tidy=expand("data/tidy/{dataset}.csv", dataset=DATASETS),
    output:
        "results/refit.txt",
    log:
        "results/logs/refit.log",
    conda:
        "../../environment.yml"
    threads: workflow.cores
    resources:
        registry=f"{PLAN['folder']}/{MAIN}.json",
    params:
        mirror=CONFIG["mirror"],
        fingerprints=PLAN["scenarios"][MAIN]["computed"],
    shell:
        "NPROC=1 python -m jouletrace recompute --check --configs {resources.registry} --tidy data/tidy"
        " --cores {threads} --mirror={params.mirror:q} > {output} 2> {log}"
