"""What the files of measurements call a model or a device, and its key in the project's tables.

The keys are the series of model-shapes and of device-specs. A tuned, quantised or renamed edition has
the key of the model whose shape it has; how a measurement differs stands in its own series.
"""

#: Names that occur in the files, without what stands before the last slash, in lower case.
MODELS = {
    "alpaca-7b": "llama-7b",
    "baize-v2-7b": "llama-7b",
    "billa-7b-sft": "llama-7b",
    "camel-13b-combined-data": "llama-13b",
    "chameleon-30b": "chameleon-30b",
    "chameleon-7b": "chameleon-7b",
    "codegemma-1.1-2b": "gemma-2b",
    "codegemma-7b": "gemma-7b",
    "codellama-13b-hf": "codellama-13b",
    "codellama-34b-hf": "codellama-34b",
    "codellama-70b-hf": "codellama-70b",
    "codellama-7b-hf": "codellama-7b",
    "dolly-v2-12b": "pythia-12b",
    "falcon (40b)": "falcon-40b",
    "falcon (7b)": "falcon-7b",
    "gemma-2-27b-it": "gemma-2-27b",
    "gemma-2-2b-it": "gemma-2-2b",
    "gemma-2-9b-it": "gemma-2-9b",
    "gemma-3-12b-it": "gemma-3-12b",
    "gemma-3-27b-it": "gemma-3-27b",
    "gpt-oss-120b": "gpt-oss-120b",
    "gpt-oss-20b": "gpt-oss-20b",
    "gpt4all-13b-snoozy": "llama-13b",
    "h2ogpt-gm-oasst1-en-2048-open-llama-7b-preview-300bt-v2": "llama-7b",
    "koala-13b": "llama-13b",
    "koala-7b": "llama-7b",
    "llama-13b": "llama-13b",
    "llama-2 (13b)": "llama-2-13b",
    "llama-2 (70b)": "llama-2-70b",
    "llama-2 (7b)": "llama-2-7b",
    "llama-2-13b": "llama-2-13b",
    "llama-2-13b-chat-hf": "llama-2-13b",
    "llama-2-70b": "llama-2-70b",
    "llama-2-7b": "llama-2-7b",
    "llama-2-7b-chat-hf": "llama-2-7b",
    "llama-3-70b": "llama-3-70b",
    "llama-3-8b": "llama-3-8b",
    "llama-3.1-405b-instruct-fp8": "llama-3-1-405b",
    "llama-3.1-70b-instruct": "llama-3-1-70b",
    "llama-3.1-8b": "llama-3-1-8b",
    "llama-3.1-8b-instruct": "llama-3-1-8b",
    "llama-3.2-1b": "llama-3-2-1b",
    "llama-3.2-3b": "llama-3-2-3b",
    "llama-3.3-70b-instruct": "llama-3-3-70b",
    "llama-4-maverick-17b-128e-instruct-fp8": "llama-4-maverick",
    "llama-4-scout-17b-16e-instruct": "llama-4-scout",
    "llama-7b": "llama-7b",
    "llama3-llava-next-8b-hf": "llava-next-llama-3-8b",
    "llava-1.5-13b-hf": "llava-1-5-13b",
    "llava-1.5-7b-hf": "llava-1-5-7b",
    "manticore-13b-chat-pyg": "llama-13b",
    "meta-llama-3.1-405b-instruct": "llama-3-1-405b",
    "meta-llama-3.1-70b-instruct": "llama-3-1-70b",
    "meta-llama-3.1-8b-instruct": "llama-3-1-8b",
    "mistral (7b)": "mistral-7b-v0-1",
    "mistral-7b-instruct-v0.2": "mistral-7b-v0-2",
    "mistral-7b-instruct-v0.3": "mistral-7b-v0-3",
    "mistral-large-instruct-2407": "mistral-large-123b",
    "mistral-nemo-instruct-2407": "mistral-nemo-12b",
    "mixtral (8x7b)": "mixtral-8x7b",
    "mixtral-8x22b-instruct-v0.1": "mixtral-8x22b",
    "mixtral-8x7b-instruct-v0.1": "mixtral-8x7b",
    "nvidia-nemotron-nano-12b-v2": "nemotron-nano-12b-v2",
    "nvidia-nemotron-nano-12b-v2-vl-bf16": "nemotron-nano-12b-v2",
    "nvidia-nemotron-nano-9b-v2": "nemotron-nano-9b-v2",
    "oasst-sft-1-pythia-12b": "pythia-12b",
    "phi-3-medium-4k-instruct": "phi-3-medium",
    "phi-3-mini-4k-instruct": "phi-3-mini",
    "phi-3-small-8k-instruct": "phi-3-small",
    "phi-3-vision-128k-instruct": "phi-3-vision",
    "phoenix-inst-chat-7b": "bloom-7b",
    "qwen3-14b": "qwen-3-14b",
    "qwen3-235b-a22b-instruct-2507": "qwen-3-235b-a22b",
    "qwen3-235b-a22b-instruct-2507-fp8": "qwen-3-235b-a22b",
    "qwen3-235b-a22b-thinking-2507": "qwen-3-235b-a22b",
    "qwen3-235b-a22b-thinking-2507-fp8": "qwen-3-235b-a22b",
    "qwen3-30b-a3b-instruct-2507": "qwen-3-30b-a3b",
    "qwen3-30b-a3b-thinking-2507": "qwen-3-30b-a3b",
    "qwen3-32b": "qwen-3-32b",
    "qwen3-8b": "qwen-3-8b",
    "qwen3-coder-30b-a3b-instruct": "qwen-3-coder-30b-a3b",
    "qwen3-omni-30b-a3b-instruct": "qwen-3-omni-30b-a3b",
    "qwen3-vl-235b-a22b-instruct": "qwen-3-vl-235b-a22b",
    "qwen3-vl-235b-a22b-instruct-fp8": "qwen-3-vl-235b-a22b",
    "qwen3-vl-30b-a3b-instruct": "qwen-3-vl-30b-a3b",
    "qwen3-vl-32b-instruct": "qwen-3-vl-32b",
    "qwen3-vl-8b-instruct": "qwen-3-vl-8b",
    "redpajama-incite-7b-chat": "redpajama-incite-7b",
    "rwkv-raven-7b": "rwkv-4-7b",
    "stablelm-tuned-alpha-7b": "stablelm-alpha-7b",
    "starcoder2-15b": "starcoder-2-15b",
    "starcoder2-3b": "starcoder-2-3b",
    "starcoder2-7b": "starcoder-2-7b",
    "vicuna-13b": "llama-13b",
    "vicuna-7b": "llama-7b",
}


def model_key(name: str) -> str:
    """Key of the model that a file names.

    >>> model_key("Qwen/Qwen3-235B-A22B-Instruct-2507-FP8")
    'qwen-3-235b-a22b'

    Raises `ValueError` for a name that is not known.
    """
    plain = name.split("/")[-1].lower().removeprefix("models--meta-llama--")
    if plain not in MODELS:
        raise ValueError(f"{name!r} is no model whose shape is known; add it to model-shapes and here")
    return MODELS[plain]


#: Accelerators as the files call them; where a file is not exact, what it can only have been.
DEVICES = {
    "NVIDIA A100-SXM4-40GB": "a100-sxm4-40gb",
    "NVIDIA H100 80GB HBM3": "h100-sxm5-80gb",
    "H100": "h100-sxm5-80gb",
    "A100": "a100-sxm4-40gb",
    "A40": "a40",
    # models of 13 billion in half precision ran on one of them
    "V100": "v100-sxm2-32gb",
    "Swing AMD+A100": "a100-sxm4-40gb",
    "argonne-swing": "a100-sxm4-40gb",
    "Palmetto Intel+A100": "a100-pcie-40gb",
    "Palmetto Intel+V100": "v100-pcie-16gb",
    "M1-Pro": "apple-m1-pro-gpu",
    "NVIDIA A100-PCIe-80GB": "a100-pcie-80gb",
    "NVIDIA A100-SXM-80GB": "a100-sxm4-80gb",
    "NVIDIA A100-SXM-80GB CTS": "a100-sxm4-80gb",
    "NVIDIA A100-SXM4-40GB CTS": "a100-sxm4-40gb",
    "NVIDIA A2": "a2",
    "NVIDIA A30": "a30",
    "NVIDIA H100-PCIe-80GB": "h100-pcie-80gb",
    "NVIDIA H100-SXM-80GB": "h100-sxm5-80gb",
    "NVIDIA L4": "l4",
    "NVIDIA L40S": "l40s",
    "NVIDIA GeForce RTX 4090": "rtx-4090",
    "NVIDIA GeForce RTX 4090 (Ada Lovelace)": "rtx-4090",
    "NVIDIA Jetson AGX Orin 32G": "jetson-agx-orin-32gb",
    "NVIDIA Jetson AGX Orin 64G": "jetson-agx-orin-64gb",
    # the only edition on sale at the time, as the developer kit
    "NVIDIA Jetson AGX Orin": "jetson-agx-orin-32gb",
    "NVIDIA Orin": "jetson-agx-orin-32gb",
    "NVIDIA Orin NX 16G": "jetson-orin-nx-16gb",
    "NVIDIA Xavier NX": "jetson-xavier-nx",
    "QUALCOMM Cloud AI 100 PCIe/HHHL Pro": "cloud-ai-100-pro",
    "QUALCOMM Cloud AI 100 Pro": "cloud-ai-100-pro",
    "QUALCOMM Cloud AI 100 PCIe/HHHL Standard": "cloud-ai-100-standard",
    "QUALCOMM Cloud AI 100 DM.2": "cloud-ai-100-dm2",
    "QUALCOMM Cloud AI 100 DM.2e": "cloud-ai-100-dm2e",
    "QUALCOMM Cloud AI 100 Ultra": "cloud-ai-100-ultra",
}


def device_key(name: str) -> str:
    """Key of the accelerator that a file names.

    >>> device_key("NVIDIA H100 80GB HBM3")
    'h100-sxm5-80gb'

    Raises `ValueError` for a name that is not known.
    """
    if name not in DEVICES:
        raise ValueError(f"{name!r} is no device whose data sheet is known; add it to device-specs and here")
    return DEVICES[name]
