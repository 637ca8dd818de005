# Tables: the snapshot is always what is used; a mirror or the publisher is compared with it.
# What these rules need of the registry is in `registered`. They read it where the plan left it, named as
# a resource: as an input it would be written by the rule `resolve`, and Snakemake does not look at all at
# rules below one that has to run, not even where they depend on it by `ancient` alone.


rule fetch:
    input:
        snapshots=expand("data/snapshot/{dataset}.csv", dataset=DATASETS),
    output:
        expand("data/raw/{dataset}.csv", dataset=DATASETS),
    log:
        "results/logs/fetch.log",
    conda:
        "../../environment.yml"
    resources:
        registry=f"{PLAN['folder']}/{MAIN}.json",
    params:
        config={key: CONFIG[key] for key in ("fetch", "mirror")},
        registered=PLAN["scenarios"][MAIN]["tables"],
        fingerprint=planning.files_digest(Path(), ["fetch", "refresh", "contract"]),
    script:
        "../scripts/fetch.py"


rule tidy:
    input:
        raw=expand("data/raw/{dataset}.csv", dataset=DATASETS),
    output:
        expand("data/tidy/{dataset}.csv", dataset=DATASETS),
    log:
        "results/logs/tidy.log",
    conda:
        "../../environment.yml"
    resources:
        registry=f"{PLAN['folder']}/{MAIN}.json",
    params:
        registered=PLAN["scenarios"][MAIN]["tables"],
        fingerprint=planning.files_digest(Path(), ["tables", "contract", "sources/*"]),
    script:
        "../scripts/tidy.py"
