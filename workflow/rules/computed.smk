# Datasets that experiments of ours compute. The project carries those of the registry as it stands, so
# there is mostly nothing to do; a fork that changes what one is made from has it computed here, into
# the cache. An edited assumption reaches this rule only by the fingerprints: the registry is `ancient`.


rule computed:
    input:
        configs=ancient([f"{folder}/config.json" for folder in FOLDERS.values()]),
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
    params:
        mirror=CONFIG["mirror"],
        fingerprints={name: PLAN["scenarios"][name]["computed"] for name in FOLDERS},
    shell:
        "NPROC=1 python -m jouletrace recompute --missing --configs {input.configs}"
        " --tidy data/tidy --cores {threads} --list {output.listed} --mirror {params.mirror:q} > {log} 2>&1"
