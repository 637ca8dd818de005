"""Training runs of published models: parameters, data seen, arithmetic and accelerator hours.

Source: Epoch AI, Data on AI Models, edition of June 2025, CC BY 4.0. The choice of models is ours:
those whose parameters, data, arithmetic and hardware are known, marked confident or likely. An
example is a token, or an image for the models that make images, counted as often as training saw it.

Some cells do not hold what is wanted: all parameters of a model of which each token uses a part
(`SPARSE`), data counted in words, or before repetition (`COUNTED_OTHERWISE`). These figures stand in
the publisher's notes, and the project carries them as rows of their own.
"""

from pathlib import Path
from typing import Any

import pandas as pd

from jouletrace.contract import records, rounded
from jouletrace.sources._long import long_table, needs, number, read_text_csv, slug

CITE = "epoch2025models"
PARAMETERS, COMPUTE = "Parameters", "Training compute (FLOP)"
DATA, EPOCHS, HOURS = "Training dataset size (datapoints)", "Epochs", "Training chip-hours"
CONFIDENT = {"Confident", "Likely"}
#: Name in the source, and the series that the project calls it.
MODELS = {
    "GPT-3 175B (davinci)": "gpt-3",
    "Megatron-Turing NLG 530B": "mt-nlg",
    "Gopher (280B)": "gopher",
    "GLaM": "glam",
    "PaLM (540B)": "palm",
    "OPT-175B": "opt-175b",
    "BLOOM-176B": "bloom-176b",
    "GLM-130B": "glm-130b",
    "LLaMA-65B": "llama-65b",
    "Falcon-40B": "falcon-40b",
    "StarCoder": "starcoder",
    "MPT-30B": "mpt-30b",
    "Llama 2-70B": "llama-2-70b",
    "Falcon-180B": "falcon-180b",
    "Skywork-13B": "skywork-13b",
    "Amber": "amber-7b",
    "Nemotron-4 15B": "nemotron-4-15b",
    "DBRX": "dbrx",
    "Llama 3-70B": "llama-3-70b",
    "DeepSeek-V2 (MoE-236B)": "deepseek-v2",
    "Nemotron-4 340B": "nemotron-4-340b",
    "Llama 3.1-405B": "llama-3-1-405b",
    "OLMoE": "olmoe",
    "Granite 3.0 8B": "granite-3-8b",
    "Phi-4": "phi-4",
    "DeepSeek-V3": "deepseek-v3",
    "Gemma 3 12B": "gemma-3-12b",
    "GNMT": "gnmt",
    "Transformer": "transformer-big",
    "T5-11B": "t5-11b",
    "XLM-RoBERTa": "xlm-roberta",
    "GShard (dense)": "gshard-dense",
    "UL2": "ul2",
    "NLLB": "nllb-200",
    "AlexaTM 20B": "alexatm-20b",
    "ADM": "adm",
    "Stable Diffusion (LDM-KL-8-G)": "stable-diffusion",
    "Imagen": "imagen",
    "MosaicML Diffusion": "mosaic-diffusion",
}
SPARSE = {"GLaM", "DBRX", "DeepSeek-V2 (MoE-236B)", "OLMoE", "DeepSeek-V3", "NLLB"}
COUNTED_OTHERWISE = {
    "GPT-3 175B (davinci)",
    "PaLM (540B)",
    "Llama 2-70B",
    "Falcon-180B",
    "DBRX",
    "Nemotron-4 340B",
    "T5-11B",
    "XLM-RoBERTa",
    "GShard (dense)",
    "NLLB",
    "AlexaTM 20B",
    "Stable Diffusion (LDM-KL-8-G)",
    "Imagen",
    "MosaicML Diffusion",
}
#: Hours that the source took over for each trillion tokens, as if they were those of the whole run.
WRONG_HOURS = {"DeepSeek-V2 (MoE-236B)"}


def tidy(path: Path) -> pd.DataFrame:
    """Rows of the long table from the publisher's file."""
    table = read_text_csv(path)
    columns = {"Model", "Publication date", "Confidence", PARAMETERS, COMPUTE, DATA, EPOCHS, HOURS}
    needs(table, columns, path)
    chosen = table[table["Model"].isin(list(MODELS)) & table["Confidence"].isin(list(CONFIDENT))]
    missing = sorted(set(MODELS) - set(chosen["Model"]))
    if missing:
        raise ValueError(f"{path.name}: {missing[0]} is gone, or no longer marked confident or likely")
    return long_table(
        [row for model in records(chosen) for row in _rows(model)],
        region="world",
        method="reported",
        publication="Epoch AI, Data on AI Models, June 2025",
        published_year=2025,
        cite=CITE,
        licence="CC-BY-4.0",
        grade="secondary",
    )


def _rows(model: dict[str, Any]) -> list[dict[str, Any]]:
    name = model["Model"]
    found = [_row(model, "training_run_flop", number(model[COMPUTE], name), "FLOP", COMPUTE)]
    if name not in SPARSE:
        parameters = number(model[PARAMETERS], name)
        found.append(_row(model, "active_parameter_count", parameters, "count", PARAMETERS))
    if name not in COUNTED_OTHERWISE:
        epochs = number(model[EPOCHS] or "1", name)
        seen = rounded(number(model[DATA], name) * epochs)
        found.append(_row(model, "seen_example", seen, "example", f"{DATA} times {EPOCHS}"))
    if model[HOURS] and name not in WRONG_HOURS:
        found.append(_row(model, "training_accelerator_s", number(model[HOURS], name), "hour", HOURS))
    return found


BOUNDARIES = {
    "training_run_flop": "arithmetic of the final training run",
    "active_parameter_count": "parameters that work on each example",
    "seen_example": "tokens or images of the final training run, repetitions counted",
    "training_accelerator_s": "accelerators times hours of the final training run",
}


def _row(model: dict[str, Any], quantity: str, value: float, unit: str, column: str) -> dict[str, Any]:
    series = MODELS[model["Model"]]
    return {
        "id": f"{series}-{slug(quantity)}",
        "quantity": quantity,
        "year": int(model["Publication date"][:4]),
        "series": series,
        "value": value,
        "unit": unit,
        "boundary": BOUNDARIES[quantity],
        "lineage": series,
        "locator": f"row {model['Model']}, column {column}",
        "note": f"{model['Confidence'].lower()}, as the source marks it",
    }
