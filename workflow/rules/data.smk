# Tables: the snapshot is always what is used; a mirror or the publisher is compared with it.


rule fetch:
    input:
        expand("data/snapshot/{dataset}.csv", dataset=DATASETS),
        "data/registry/datasets.yaml",
    output:
        expand("data/raw/{dataset}.csv", dataset=DATASETS),
    params:
        config={key: CONFIG[key] for key in ("fetch", "mirror")},
        datasets=DATASETS,
        fingerprint=planning.files_digest(Path(), ["fetch", "refresh", "contract"]),
    log:
        "results/logs/fetch.log",
    conda:
        "../../environment.yml"
    script:
        "../scripts/fetch.py"


rule tidy:
    input:
        expand("data/raw/{dataset}.csv", dataset=DATASETS),
    output:
        expand("data/tidy/{dataset}.csv", dataset=DATASETS),
    params:
        datasets=DATASETS,
        fingerprint=planning.files_digest(Path(), ["tables", "contract", "sources/*"]),
    log:
        "results/logs/tidy.log",
    conda:
        "../../environment.yml"
    script:
        "../scripts/tidy.py"
