# One job computes all claims of all scenarios, in a few processes. It leaves alone every file whose
# fingerprint is still right, so an edited assumption costs only the claims that reach it.
# NPROC=1: matrix products are not bit-identical across core counts (the processes are the cores).

CONFIGS = [f"{folder}/config.json" for folder in FOLDERS.values()]
TIDY = expand("data/tidy/{dataset}.csv", dataset=DATASETS)
EVIDENCE = expand("results/evidence/{claim}.json", claim=CLAIMS)


rule evidence:
    input:
        computed=rules.computed.output,
        configs=CONFIGS,
        tidy=TIDY,
    output:
        update(EVIDENCE),
        update(
            [
                f"{FOLDERS[name]}/evidence/{claim}.json"
                for name in OTHERS
                for claim in CLAIMS
            ]
        ),
    log:
        "results/logs/evidence.log",
    conda:
        "../../environment.yml"
    threads: workflow.cores
    params:
        fingerprints={name: PLAN["scenarios"][name]["claims"] for name in FOLDERS},
    shell:
        "NPROC=1 python -m jouletrace evaluate --configs {input.configs} --tidy data/tidy"
        " --cores {threads} > {log} 2>&1"


rule reconstruction:
    input:
        config="results/config.json",
        tidy=TIDY,
        evidence=EVIDENCE,
        computed=rules.computed.output,
    output:
        "results/reconstruction.json",
    log:
        "results/logs/reconstruction.log",
    conda:
        "../../environment.yml"
    params:
        fingerprint=planning.files_digest(
            Path(),
            [
                "reconstructed",
                "maps",
                "analog",
                "told",
                "validation",
                "scoreboard",
                "boundaries",
                "macro_scores",
                "computed",
                "present",
            ],
        ),
    script:
        "../scripts/reconstruction.py"


rule ledger:
    input:
        "results/computed.txt",
        configs=CONFIGS,
        tidy=TIDY,
        shown="results/reconstruction.json",
        evidence=[
            f"{folder}/evidence/{claim}.json"
            for folder in FOLDERS.values()
            for claim in CLAIMS
        ],
    output:
        "results/ledger.json",
        "results/verdicts.csv",
        expand(
            "results/csv/{claim}.{kind}", claim=CLAIMS, kind=["csv", "metadata.json"]
        ),
    log:
        "results/logs/ledger.log",
    conda:
        "../../environment.yml"
    params:
        fingerprint=planning.files_digest(
            Path(),
            ["computed", "ledger", "numbers", "present", "published", "scenarios"],
        ),
        commit=planning.commit(Path()),
    script:
        "../scripts/ledger.py"


rule checks:
    input:
        evidence=EVIDENCE,
        tests=sorted(Path("tests/results").glob("*.py")),
    output:
        "results/checks.txt",
    log:
        "results/logs/checks.log",
    conda:
        "../../environment.yml"
    shell:
        "JOULETRACE_RESULTS=results python -m pytest -p no:cacheprovider tests/results > {log} 2>&1"
        " && tail -n 1 {log} > {output}"
