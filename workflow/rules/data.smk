# Tables: the snapshot is always what is used; a mirror or the publisher is compared with it.
# The resolved registry is `ancient` here: what these rules need of it is in `registered`.


rule fetch:
    input:
        config=ancient("results/config.json"),
        snapshots=expand("data/snapshot/{dataset}.csv", dataset=DATASETS),
    output:
        expand("data/raw/{dataset}.csv", dataset=DATASETS),
    log:
        "results/logs/fetch.log",
    conda:
        "../../environment.yml"
    params:
        config={key: CONFIG[key] for key in ("fetch", "mirror")},
        registered=PLAN["scenarios"][MAIN]["tables"],
        fingerprint=planning.files_digest(Path(), ["fetch", "refresh", "contract"]),
    script:
        "../scripts/fetch.py"


rule tidy:
    input:
        config=ancient("results/config.json"),
        raw=expand("data/raw/{dataset}.csv", dataset=DATASETS),
    output:
        expand("data/tidy/{dataset}.csv", dataset=DATASETS),
    log:
        "results/logs/tidy.log",
    conda:
        "../../environment.yml"
    params:
        registered=PLAN["scenarios"][MAIN]["tables"],
        fingerprint=planning.files_digest(Path(), ["tables", "contract", "sources/*"]),
    script:
        "../scripts/tidy.py"
