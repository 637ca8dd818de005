# The registry was checked before this file was read; the rule stores its resolved form.


def folder(scenario):
    """Results of a scenario: the published one at the top, the others beside each other."""
    return "results" if scenario == MAIN else f"results/scenarios/{scenario}"


rule resolve:
    output:
        [f"{folder(name)}/config.json" for name in (MAIN, *OTHERS)],
    log:
        "results/logs/resolve.log",
    conda:
        "../../environment.yml"
    params:
        fingerprint=PLAN["folder"],
        plans=[f"{PLAN['folder']}/{name}.json" for name in (MAIN, *OTHERS)],
    script:
        "../scripts/resolve.py"
