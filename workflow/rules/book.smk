# Figures and pages side by side, then the book. The pages are built strictly, from clean.

FIGURES = expand(
    "results/figures/{name}-{mode}.svg",
    name=[*CLAIMS, *shown.names(COMPUTED)],
    mode=["light", "dark"],
)


rule figures:
    input:
        evidence=EVIDENCE,
        tables=TIDY,
        shown="results/reconstruction.json",
    output:
        update(FIGURES),
    log:
        "results/logs/figures.log",
    conda:
        "../../environment.yml"
    params:
        fingerprint=planning.files_digest(Path(), ["figures/*"]),
        shown=shown.names(COMPUTED),
    script:
        "../scripts/figures.py"


rule pages:
    input:
        "results/checks.txt",
        "results/ledger.json",
        "results/reconstruction.json",
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
        figures=FIGURES,
        allowed="book/allowed_numerals.yaml",
        refitted=["results/refit.txt"] if CONFIG["mirror"] else [],
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
