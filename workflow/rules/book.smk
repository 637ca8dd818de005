# Figures and pages side by side, then the book. The pages are built strictly, from clean.


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


rule pages:
    input:
        "results/checks.txt",
        "results/ledger.json",
        prose=sorted(path for path in Path("book").rglob("*") if path.is_file()),
        evidence=EVIDENCE,
        csv=expand(
            "results/csv/{claim}.{kind}", claim=CLAIMS, kind=["csv", "metadata.json"]
        ),
    output:
        directory("results/pages"),
    log:
        "results/logs/pages.log",
    conda:
        "../../environment.yml"
    params:
        fingerprint=planning.files_digest(
            Path(),
            ["report/*", "report/pages/*", "report/static/*", "report/templates/*"],
        ),
    script:
        "../scripts/pages.py"


rule book:
    input:
        pages="results/pages",
        figures=expand(
            "results/figures/{claim}-{mode}.svg", claim=CLAIMS, mode=["light", "dark"]
        ),
        allowed="book/allowed_numerals.yaml",
    output:
        directory("results/book"),
    log:
        "results/logs/book.log",
    conda:
        "../../environment.yml"
    params:
        fingerprint=planning.files_digest(
            Path(), ["report/build", "report/gates", "report/numerals"]
        ),
    script:
        "../scripts/book.py"
