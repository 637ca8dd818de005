"""From a row to a case that can be computed: names found, blanks named, impossible things refused."""

from collections.abc import Iterable
from dataclasses import dataclass

from jouletrace.predict import names
from jouletrace.predict.catalogue import Card, Catalogue, Shape, Sheet
from jouletrace.predict.deployment import Deployment
from jouletrace.predict.reading import FIGURES

BITS_PER_BYTE = 8.0
#: A day, for people.
DAY_S = 86400.0
#: Said of every card that computes in its memory.
CARD_NOTE = "ranges of the registry, as no measurement of such cards is fitted"
#: Weights without a stated precision are taken in this one, and the row says so.
USUAL_BITS = 16
#: Weights of fewer bits than this are a way of storing: they are widened before they are multiplied.
STORED_BELOW = 8
#: A row that rounds the parameters of a known model, or takes them from its name, is within this factor.
ROUNDED_RATIO = 1.35


@dataclass(frozen=True)
class Case:
    """A deployment in numbers; None is drawn from a prior."""

    device_key: str
    model_key: str
    peak_flop_per_s: float
    memory_bandwidth_b_per_s: float
    memory_b: float
    tdp_w: float
    idle_power_w: float | None
    devices: float
    shape: Shape | None
    total: float
    active: float
    layers: float | None
    kv_heads: float | None
    head_dim: float | None
    weight_b: float
    expert_bytes_ratio: float
    value_b: float
    batch: float | None
    input_tokens: float | None
    output_tokens: float | None
    boundary: str
    scenario: str
    node_nm: float | None
    card: Card | None = None


@dataclass(frozen=True)
class Resolved:
    """A case, what was matched to it, and what was taken or drawn because the row left it blank."""

    case: Case
    device_matched: str
    model_matched: str
    assumed: str


def resolve(row: Deployment, known: Catalogue) -> Resolved:
    """The case that a row describes. Raises ValueError with one line where there is none."""
    said: list[str] = []
    match, sheet = _device(row, known)
    key, shape = _model(row, known, said)
    total, active = (shape.total, shape.active) if shape else _parameters(row, said)
    card = known.cards.get(match.key)
    usual = card.bits if card else USUAL_BITS
    bits = row.weight_bits if row.weight_bits is not None else float(usual)
    if row.weight_bits is None:
        said.append(f"weight_bits {usual}")
    figures = {**sheet.figures, **row.figures}
    if card:
        peak, weight_b, ratio = _carded(row, match.key, card, sheet, bits, said)
        _lies(weight_b * total, row, match.key, figures["memory_b"], card, said)
    else:
        peak = row.peak_flop_per_s or _peak(match.key, sheet, bits, said)
        weight_b, ratio = _stored(bits, total, active)
        shared = shape.shared if shape else active
        _fits(weight_b * (shared + ratio * (total - shared)), row, match.key, figures["memory_b"])
    changed = [name for name, value in row.figures.items() if match.key and value != sheet.figures.get(name)]
    if changed:
        said.append(f"{', '.join(changed)} as the row says")
    notes = (CARD_NOTE, card.said, known.split.get(match.key, "")) if card else (known.note,)
    said += [note for note in (match.note, *notes) if note]
    case = Case(
        device_key=match.key,
        model_key=key,
        peak_flop_per_s=peak,
        memory_bandwidth_b_per_s=figures["memory_bandwidth_b_per_s"],
        memory_b=figures["memory_b"],
        tdp_w=figures["tdp_w"],
        idle_power_w=figures.get("idle_power_w"),
        devices=row.devices or 1.0,
        shape=shape,
        total=total,
        active=active,
        layers=row.layers,
        kv_heads=row.kv_heads,
        head_dim=row.head_dim,
        weight_b=weight_b,
        expert_bytes_ratio=ratio,
        value_b=max(bits, usual) / BITS_PER_BYTE,
        batch=1.0 if row.scenario == "single" else row.batch,
        input_tokens=row.input_tokens,
        output_tokens=row.output_tokens,
        boundary=row.boundary,
        scenario=row.scenario,
        node_nm=figures.get("node_nm"),
        card=card,
    )
    return Resolved(case, match.key, key, "; ".join([*said, *_crowded(case), *_drawn(case)]))


def _device(row: Deployment, known: Catalogue) -> tuple[names.Match, Sheet]:
    """The device of the registry, or one that the row describes by all figures that are needed."""
    refused = names.device(row.device, known.refused, known.titles).key
    if refused in known.refused:
        raise ValueError(f"device {row.device!r} cannot be predicted: {known.refused[refused]}")
    match = names.device(row.device, known.devices, known.titles)
    sheet = known.devices[match.key] if match.key else Sheet({}, {})
    has = {*row.figures, *sheet.figures, *(("peak_flop_per_s",) if sheet.peaks else ())}
    missing = [name for name in FIGURES if name not in has]
    if match.key and not missing:
        return match, sheet
    if match.key:
        raise ValueError(f"the registry has no {', '.join(missing)} of {match.key}; write it in the row")
    if not missing:
        return names.Match(), Sheet({}, {})
    if match.note:
        raise ValueError(f"device {row.device!r} {match.note}")
    near = names.nearest(row.device, known.devices)
    todo = f"write its {', '.join(missing)}"
    raise ValueError(f"device {row.device!r} is not known; {f'{near} Or ' if near else ''}{todo}")


def _model(row: Deployment, known: Catalogue, said: list[str]) -> tuple[str, Shape | None]:
    match = names.model(row.model, known.models, known.model_aliases, known.titles)
    if match.key:
        different = _different(row, match.key, known.models[match.key])
        if different and row.params_total is None:
            raise ValueError(f"{different}; correct it, or write params_total as well")
        said += [note for note in (match.note, different) if note]
        return ("", None) if different else (match.key, known.models[match.key])
    if row.params_total is not None:
        return "", None
    if match.note:
        raise ValueError(f"model {row.model!r} {match.note}")
    near = names.nearest(row.model, known.models)
    raise ValueError(
        f"model {row.model!r} is not known; {f'{near} Or ' if near else ''}write its params_total"
    )


def _different(row: Deployment, key: str, shape: Shape) -> str:
    """What to say where a row gives a known model parameters that are not its own, rounded or not."""
    for name, written, own in zip(
        ("total", "active"), row.parameters, (shape.total, shape.active), strict=True
    ):
        if written is not None and not 1.0 / ROUNDED_RATIO <= written / own <= ROUNDED_RATIO:
            return f"params_{name} is not the {own:.4g} of {key}, so its shape is not used"
    return ""


def _parameters(row: Deployment, said: list[str]) -> tuple[float, float]:
    """Parameters in all and in use, of a model that is known only by them."""
    total, active = row.parameters
    assert total is not None
    for name, value in (("params_total", total), ("params_active", active)):
        said += [f"{name} read in billions"] * (value not in (None, getattr(row, name)))
    if active is None:
        said.append("params_active as params_total: a dense model")
    return total, active or total


def _peak(key: str, sheet: Sheet, bits: float, said: list[str]) -> float:
    """Dense peak at the precision of the weights; of a wider one for weights that are only stored."""
    if bits in sheet.peaks:
        return sheet.peaks[int(bits)]
    wider = min((known for known in sheet.peaks if known >= USUAL_BITS), default=0)
    if bits >= STORED_BELOW or not wider:
        has = ", ".join(f"{known}" for known in sorted(sheet.peaks))
        raise ValueError(
            f"weight_bits {bits:g}: {key} has no arithmetic of {bits:g} bits, it has {has}; write one of "
            "these, or the peak_flop_per_s of the precision that it computes in"
        )
    said.append(f"{bits:g}-bit weights computed in {wider} bits")
    return sheet.peaks[wider]


def _stored(bits: float, total: float, active: float) -> tuple[float, float]:
    """Bytes of a weight, and those of a weight of an expert over it: few bits are for experts alone."""
    usual = USUAL_BITS / BITS_PER_BYTE
    if bits < STORED_BELOW and active < total:
        return usual, bits / USUAL_BITS
    return bits / BITS_PER_BYTE, 1.0


def _carded(
    row: Deployment, key: str, card: Card, sheet: Sheet, bits: float, said: list[str]
) -> tuple[float, float, float]:
    """Peak of a card, bytes of a weight, and those of an expert's weight over it: all are held alike."""
    if card.place and bits != card.bits:
        raise ValueError(
            f"weight_bits {bits:g}: the units at the banks of {key} multiply what they read, in {card.bits} "
            f"bits; write {card.bits}"
        )
    if bits > card.bits:
        raise ValueError(
            f"weight_bits {bits:g}: {key} computes in {card.bits} bits or fewer; write {card.bits}"
        )
    if bits < card.bits:
        said.append(f"{bits:g}-bit weights computed in {card.bits} bits")
    return row.peak_flop_per_s or sheet.peaks[card.bits], bits / BITS_PER_BYTE, 1.0


def _lies(weights_b: float, row: Deployment, key: str, memory_b: float, card: Card, said: list[str]) -> None:
    """Refuse weights that cards can neither keep nor load in turns; say where they are loaded."""
    devices = row.devices or 1.0
    room = devices * memory_b
    if weights_b <= room:
        return
    least, kept = int(-(-weights_b // memory_b)), room / weights_b
    held = f"{devices:g} x {memory_b / 1e9:.4g} GB of {key}"
    pass_s = (weights_b - room) / (devices * card.dram_bandwidth_b_per_s)
    worn_s = card.endurance * kept / (1.0 - kept) * pass_s
    if worn_s < card.life_s:
        raise ValueError(
            f"endurance exceeded: weights of {weights_b / 1e9:.4g} GB would take turns in {held}, whose "
            f"cells wear out within {worn_s / DAY_S:.2g} days; write at least {least} devices"
        )
    if weights_b > devices * card.dram_b:
        raise ValueError(
            f"weights of {weights_b / 1e9:.4g} GB do not fit {held}, nor their DRAM; write at least {least} "
            "devices, or fewer weight_bits"
        )
    said.append(f"{100.0 * (1.0 - kept):.3g} % of the weights or more loaded from DRAM in each pass")


def _fits(weights_b: float, row: Deployment, key: str, memory_b: float) -> None:
    devices = row.devices or 1.0
    if weights_b > devices * memory_b:
        least = int(-(-weights_b // memory_b))
        raise ValueError(
            f"weights of {weights_b / 1e9:.4g} GB do not fit {devices:g} x {memory_b / 1e9:.4g} GB of "
            f"{key or row.device}; write at least {least} devices, or fewer weight_bits"
        )


def _crowded(case: Case) -> Iterable[str]:
    """A word where the keys and values of a stated batch need more memory than weights leave."""
    shape = case.shape
    if shape is None or case.batch is None or case.input_tokens is None or case.output_tokens is None:
        return
    context = case.input_tokens + 0.5 * case.output_tokens
    kept = shape.attention_layers * context + shape.window_layers * min(context, shape.window_tokens)
    kv_b = case.batch * 2.0 * kept * shape.kv_values * case.value_b
    experts = case.total - shape.shared
    weights_b = case.weight_b * (shape.shared + case.expert_bytes_ratio * experts)
    if kv_b + weights_b > case.devices * (case.memory_b + (case.card.dram_b if case.card else 0.0)):
        yield f"{kv_b / 1e9:.4g} GB of keys and values are more than memory holds beside the weights"


def _drawn(case: Case) -> Iterable[str]:
    """What a prior is drawn for."""
    loads = ("batch", "input_tokens", "output_tokens")
    yield from (f"{name} drawn" for name in loads if getattr(case, name) is None)
    if case.shape is None:
        shapes = ("layers", "kv_heads", "head_dim")
        yield from (f"{name} drawn" for name in shapes if getattr(case, name) is None)
    if case.card:
        yield "power of cards drawn"
        return
    if case.node_nm is None:
        yield "node_nm drawn"
    if case.idle_power_w is None and case.boundary == "facility" and case.scenario == "serving":
        yield "idle power drawn"
