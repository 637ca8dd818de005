# Figures, then the book: a strict build from clean, in one step, of prose and JSON.


rule figures:
    input:
        evidence=expand("results/evidence/{claim}.json", claim=CLAIMS),
        tables=expand("data/tidy/{dataset}.csv", dataset=DATASETS),
    output:
        update(expand("results/figures/{claim}-{mode}.svg", claim=CLAIMS, mode=["light", "dark"])),
    params:
        fingerprint=planning.files_digest(Path(), ["figures/*"]),
    log:
        "results/logs/figures.log",
    conda:
        "../../environment.yml"
    script:
        "../scripts/figures.py"


rule book:
    input:
        "results/checks.txt",
        "results/ledger.json",
        prose=sorted(path for path in Path("book").rglob("*") if path.is_file()),
        evidence=expand("results/evidence/{claim}.json", claim=CLAIMS),
        figures=expand("results/figures/{claim}-{mode}.svg", claim=CLAIMS, mode=["light", "dark"]),
        csv=expand("results/csv/{claim}.{kind}", claim=CLAIMS, kind=["csv", "metadata.json"]),
    output:
        directory("results/book"),
    params:
        fingerprint=planning.files_digest(Path(), ["report/*", "report/static/*"]),
    log:
        "results/logs/book.log",
    conda:
        "../../environment.yml"
    script:
        "../scripts/book.py"
