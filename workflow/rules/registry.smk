# The registry was checked before this file was read; the rule stores its resolved form.


rule resolve:
    output:
        [f"{folder}/config.json" for folder in FOLDERS.values()],
    log:
        "results/logs/resolve.log",
    conda:
        "../../environment.yml"
    params:
        fingerprint=PLAN["folder"],
        plans=[f"{PLAN['folder']}/{name}.json" for name in FOLDERS],
    script:
        "../scripts/resolve.py"
