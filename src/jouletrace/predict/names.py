"""Finding the machine or the model that a user means: never by a guess that the output does not show.

A written name is cut into words. Words that say nothing about the hardware or the shape of a model,
such as a maker or ``Instruct``, are left out; what remains has to be all there.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import lru_cache

#: Words of a device's name that tell no two devices apart.
MAKERS = frozenset(
    [
        *"nvidia amd intel google aws amazon habana microsoft tesla instinct geforce radeon platinum".split(),
        *"gpu cpu tensor core cores generation accelerator ampere hopper blackwell volta".split(),
        *"hbm hbm2 hbm2e hbm3 hbm3e gddr6 gddr6x".split(),
    ]
)
#: Words of a model's name that leave its shape as it is: training after the first, precision, format.
TUNED = frozenset(
    [
        *"instruct it chat hf base meta tuned thinking pt dpo sft rlhf preview latest model models".split(),
        *"bf16 fp16 fp8 fp4 mxfp4 nvfp4 int8 int4 w8a8 w4a16 awq gptq bnb gguf quantized nvidia the".split(),
    ]
)
SIZE = re.compile(r"a?\d+(x\d+)?[bem]")
#: A release of the same shape; left out where no model has it in its name.
VERSION = re.compile(r"(?i)-v0\.\d+$")


@dataclass(frozen=True)
class Match:
    """What a written name means, and what has to be said about it; ``key`` is empty where nothing fits."""

    key: str = ""
    note: str = ""


def device(written: str, known: Iterable[str], titles: Mapping[str, str] | None = None) -> Match:
    """The device of the registry with this name, or with this title.

    A name that several boards of a chip share, such as ``A100``, means the largest that sits in a
    socket of a server, and the match says which others there are. Where none does, it means none.

    >>> device("NVIDIA H100-SXM 80GB", ["h100-sxm5-80gb", "h100-pcie-80gb"])
    Match(key='h100-sxm5-80gb', note='')
    >>> device("H100", ["h100-sxm5-80gb", "h100-pcie-80gb"])
    Match(key='h100-sxm5-80gb', note='device `H100` taken as h100-sxm5-80gb, not h100-pcie-80gb')
    """
    if titles and written.lower() in titles:
        return Match(titles[written.lower()])
    asked = _device_words(written)
    words = {key: _device_words(key) for key in sorted(known)}
    exact = [key for key, own in words.items() if asked and "".join(own) == "".join(asked)]
    fits = exact or [key for key, own in words.items() if asked and _covers(own, asked)]
    if len(fits) < 2:
        return Match(*fits)
    boards = [key for key in fits if any(_same(one, "sxm") for one in words[key])]
    if not boards or len({words[key][0] for key in fits}) > 1:
        return Match(note=f"fits {', '.join(fits)}; write one of them")
    first = max(boards, key=_gigabytes)
    others = " or ".join(key for key in fits if key != first)
    return Match(first, f"device `{written}` taken as {first}, not {others}")


def _gigabytes(key: str) -> int:
    found = re.search(r"(\d+)gb", key)
    return int(found[1]) if found else 0


def model(
    written: str,
    known: Iterable[str],
    aliases: Mapping[str, str],
    titles: Mapping[str, str] | None = None,
) -> Match:
    """The model of the registry with this name or title: the same words, and no size that contradicts.

    A size that only one side states is no contradiction, as long as a single model fits. ``aliases``
    are names that measurements use for a model of the same shape.

    >>> model("meta-llama/Llama-3.1-8B-Instruct", ["llama-3-1-8b", "llama-3-8b"], {})
    Match(key='llama-3-1-8b', note='')
    >>> model("lmsys/vicuna-7B", ["llama-7b"], {"vicuna-7b": "llama-7b"})
    Match(key='llama-7b', note='model `lmsys/vicuna-7B` taken as llama-7b, of the same shape')
    >>> model("Qwen3 Coder 30B A3B", ["qwen-3-30b-a3b"], {})
    Match(key='', note='')
    """
    if titles and written.lower() in titles:
        return Match(titles[written.lower()])
    name = re.split(r"/|--(?!.*--)", written)[-1]
    match = _model(name, known)
    if not match.key and not match.note:
        match = _model(VERSION.sub("", name), known)
    key = aliases.get(name.lower(), "")
    if match.key or not key:
        return match
    return Match(key, f"model `{written}` taken as {key}, of the same shape")


def _model(name: str, known: Iterable[str]) -> Match:
    words, sizes = _model_words(name)
    fits = {key: found for key in sorted(known) if (found := _model_words(key))[0] == words and words}
    near = [key for key, (_, one) in fits.items() if one <= sizes or sizes <= one]
    same = [key for key in near if fits[key][1] == sizes]
    chosen = same if len(same) == 1 else near
    if len(chosen) > 1:
        return Match(note=f"fits {', '.join(chosen)}; write one of them")
    return Match(*chosen)


def nearest(written: str, known: Iterable[str]) -> str:
    """``did you mean `x`?`` for the nearest known name, makers and capitals aside.

    >>> nearest("NVIDIA H1000", ["h100-nvl-94gb", "h100-sxm5-80gb"])
    'did you mean `h100-sxm5-80gb`?'
    """
    keys = sorted(known)
    plain = "-".join(_device_words(written.rsplit("/", 1)[-1]))
    whole = get_close_matches(plain, keys, n=1)
    chips = whole or get_close_matches(plain, sorted({key.split("-")[0] for key in keys}), n=1)
    if not chips:
        return ""
    key = (
        whole[0]
        if whole
        else device(chips[0], keys).key or next(key for key in keys if key.startswith(chips[0]))
    )
    return f"did you mean `{key}`?"


@lru_cache(maxsize=4096)
def _device_words(name: str) -> tuple[str, ...]:
    joined = re.sub(r"(\d)\s*gi?b\b", r"\1gb", name.lower())
    words = re.findall(r"[a-z0-9]+", joined)
    return tuple(word for word in words if word not in MAKERS)


def _covers(key: tuple[str, ...], asked: tuple[str, ...]) -> bool:
    """Whether each word asked for is one of the key; ``sxm`` and ``pcie`` stand for all their versions."""
    return all(any(_same(one, word) for one in key) for word in asked)


def _same(one: str, word: str) -> bool:
    return one == word or (word in ("sxm", "pcie", "oam") and one.rstrip("0123456789") == word)


@lru_cache(maxsize=4096)
def _model_words(name: str) -> tuple[tuple[str, ...], frozenset[str]]:
    """Words of a model's name in any order, and the sizes among them, such as ``8b`` or ``a22b``."""
    parts = [word for word in re.findall(r"[a-z0-9]+", name.lower()) if not _is_idle(word)]
    sizes = {word for word in parts if SIZE.fullmatch(word)}
    rest = [re.findall(r"[a-z]+|\d+", word) for word in parts if word not in sizes]
    words = sorted(word for part in rest for word in part if word not in TUNED)
    return tuple(words), frozenset(sizes)


def _is_idle(word: str) -> bool:
    """Whether a word leaves the shape as it is: tuning, format, a release as 2507, a context as 128k."""
    return word in TUNED or bool(re.fullmatch(r"2[3-9](0\d|1[0-2])|(0\d|1[0-2])2[3-9]|\d+k", word))
