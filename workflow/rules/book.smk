# Figures, then the book: a strict build from clean, in one step, of prose and JSON.


rule figures:
    input:
        evidence=EVIDENCE,
        tables=TIDY,
    output:
        update(
            expand(
                "results/figures/{claim}-{mode}.svg",
                claim=CLAIMS,
                mode=["light", "dark"],
            )
        ),
    log:
        "results/logs/figures.log",
    conda:
        "../../environment.yml"
    params:
        fingerprint=planning.files_digest(Path(), ["figures/*"]),
    script:
        "../scripts/figures.py"


rule book:
    input:
        "results/checks.txt",
        "results/ledger.json",
        prose=sorted(path for path in Path("book").rglob("*") if path.is_file()),
        evidence=EVIDENCE,
        figures=expand(
            "results/figures/{claim}-{mode}.svg", claim=CLAIMS, mode=["light", "dark"]
        ),
        csv=expand(
            "results/csv/{claim}.{kind}", claim=CLAIMS, kind=["csv", "metadata.json"]
        ),
    output:
        directory("results/book"),
    log:
        "results/logs/book.log",
    conda:
        "../../environment.yml"
    params:
        fingerprint=planning.files_digest(
            Path(),
            ["report/*", "report/pages/*", "report/static/*", "report/templates/*"],
        ),
    script:
        "../scripts/book.py"
