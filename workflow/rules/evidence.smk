# One job computes all claims of a scenario, in a few processes; it leaves alone every file whose
# fingerprint is still right, so an edited assumption costs only the claims that reach it.
# NPROC=1: matrix products are not bit-identical across core counts (the processes are the cores).


rule evidence:
    input:
        config="results/config.json",
        tidy=expand("data/tidy/{dataset}.csv", dataset=DATASETS),
    output:
        update(expand("results/evidence/{claim}.json", claim=CLAIMS)),
    params:
        fingerprint=PLAN["scenarios"][MAIN]["claims"],
        reuse=[f"{folder(name)}/evidence" for name in OTHERS],
    threads: workflow.cores
    log:
        "results/logs/evidence.log",
    conda:
        "../../environment.yml"
    shell:
        "NPROC=1 python -m jouletrace evaluate --config {input.config} --tidy data/tidy"
        " --out results/evidence --reuse {params.reuse} --cores {threads} > {log} 2>&1"


rule evidence_of_scenario:
    input:
        config="results/scenarios/{scenario}/config.json",
        tidy=expand("data/tidy/{dataset}.csv", dataset=DATASETS),
        main=expand("results/evidence/{claim}.json", claim=CLAIMS),
    output:
        update(expand("results/scenarios/{{scenario}}/evidence/{claim}.json", claim=CLAIMS)),
    params:
        fingerprint=lambda wildcards: PLAN["scenarios"][wildcards.scenario]["claims"],
        out="results/scenarios/{scenario}/evidence",
    threads: workflow.cores
    wildcard_constraints:
        scenario="[a-z0-9-]+",
    log:
        "results/logs/evidence-{scenario}.log",
    conda:
        "../../environment.yml"
    shell:
        "NPROC=1 python -m jouletrace evaluate --config {input.config} --tidy data/tidy"
        " --out {params.out} --reuse results/evidence --cores {threads} > {log} 2>&1"


rule ledger:
    input:
        configs=[f"{folder(name)}/config.json" for name in (MAIN, *OTHERS)],
        tidy=expand("data/tidy/{dataset}.csv", dataset=DATASETS),
        evidence=[f"{folder(name)}/evidence/{claim}.json" for name in (MAIN, *OTHERS) for claim in CLAIMS],
    output:
        "results/ledger.json",
        "results/verdicts.csv",
        expand("results/csv/{claim}.{kind}", claim=CLAIMS, kind=["csv", "metadata.json"]),
    params:
        fingerprint=planning.files_digest(Path(), ["ledger", "numbers", "present", "scenarios"]),
        commit=planning.commit(Path()),
    log:
        "results/logs/ledger.log",
    conda:
        "../../environment.yml"
    script:
        "../scripts/ledger.py"


rule checks:
    input:
        "results/ledger.json",
        evidence=expand("results/evidence/{claim}.json", claim=CLAIMS),
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
