"""Predictions for machines that users bring: what is read, what is refused, and what is written."""

import csv
import io
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jouletrace import cli
from jouletrace.models.hardware.state import PARTS, Link, Traits
from jouletrace.predict import SheetError, answers, machine, names, predict, reading, writing
from jouletrace.predict.catalogue import Catalogue, Shape, Sheet
from jouletrace.predict.deployment import typed
from jouletrace.predict.resolve import resolve
from jouletrace.predict.writing import BREAKDOWN, ENERGY, TIME, WRITTEN, Prediction

ROOT = Path(__file__).parents[2]
H100 = Sheet(
    {16: 989e12, 8: 1979e12},
    {
        "memory_bandwidth_b_per_s": 3.35e12,
        "memory_b": 8e10,
        "tdp_w": 700.0,
        "idle_power_w": 70.0,
        "node_nm": 5.0,
    },
)
PCIE = Sheet({16: 756e12, 8: 1513e12}, {"memory_bandwidth_b_per_s": 2e12, "memory_b": 8e10, "tdp_w": 350.0})
V100 = Sheet({16: 125e12}, {"memory_bandwidth_b_per_s": 9e11, "memory_b": 3.2e10, "tdp_w": 300.0})
LLAMA = Shape(8e9, 8e9, 8e9, 5e8, 32.0, 4096.0, 4096.0, 1024.0, 128.0, 32.0, 0.0, 0.0, 0.0, 1.3e5, 0.0)
BIG = Shape(7e10, 7e10, 7e10, 1e9, 80.0, 8192.0, 8192.0, 1024.0, 128.0, 80.0, 0.0, 0.0, 0.0, 1.3e5, 0.0)
SPARSE = Shape(3e10, 3.3e9, 1.5e9, 3e8, 48.0, 2048.0, 4096.0, 512.0, 128.0, 48.0, 0.0, 0.0, 0.0, 1.3e5, 128.0)
SMALL = Shape(1e9, 1e9, 1e9, 2e8, 16.0, 2048.0, 2048.0, 512.0, 64.0, 16.0, 0.0, 0.0, 0.0, 1.3e5, 0.0)
MID = Shape(1.4e10, 1.4e10, 1.4e10, 7e8, 40.0, 5120.0, 5120.0, 1024.0, 128.0, 40.0, 0.0, 0.0, 0.0, 1.3e5, 0.0)
VAST = Shape(4e11, 4e11, 4e11, 2e9, 126.0, 16384.0, 16384.0, 1024.0, 128.0, 126.0, 0.0, 0.0, 0.0, 1.3e5, 0.0)
EXPERTS = Shape(
    2.3e11, 2.2e10, 8e9, 6e8, 94.0, 4096.0, 8192.0, 512.0, 128.0, 94.0, 0.0, 0.0, 0.0, 1.3e5, 128.0
)
TINY = Shape(5e8, 5e8, 5e8, 1e8, 24.0, 1024.0, 1024.0, 1024.0, 64.0, 24.0, 0.0, 0.0, 0.0, 1.3e5, 0.0)
KNOWN = Catalogue(
    {"h100-sxm5-80gb": H100, "h100-pcie-80gb": PCIE, "v100-sxm2-32gb": V100},
    {
        "llama-3-1-8b": LLAMA,
        "llama-3-1-70b": BIG,
        "qwen-3-30b-a3b": SPARSE,
        "llama-3-2-1b": SMALL,
        "qwen-3-14b": MID,
        "llama-3-1-405b": VAST,
        "qwen-3-235b-a22b": EXPERTS,
        "qwen-3-0-6b": TINY,
    },
    {"vicuna-8b": "llama-3-1-8b"},
)
HEADER = (
    "device,devices,model,params_total,params_active,weight_bits,batch,input_tokens,output_tokens,"
    "peak_flop_per_s,memory_bandwidth_b_per_s,memory_b,tdp_w,node_nm,layers,kv_heads,head_dim,boundary,scenario,mine"
).split(",")
GOOD = {
    **dict.fromkeys(HEADER, ""),
    **{"device": "H100-SXM-80GB", "devices": "1", "model": "Llama-3.1-8B", "weight_bits": "16"},
    **{"batch": "16", "input_tokens": "500", "output_tokens": "300", "mine": "kept, as it is"},
}
OWN = GOOD | {
    **{"device": "our board", "peak_flop_per_s": "4e14", "memory_bandwidth_b_per_s": "1e12"},
    **{"memory_b": "48e9", "tdp_w": "300", "node_nm": "5"},
}
FIXED = Prediction((1.0, 2.0, 3.0), (0.1, 0.2, 0.3), (2.0, *[0.0] * 10), "compute")


def sheet_of(*rows: dict[str, str], name: str = "deployments.csv") -> reading.Sheet:
    return reading.parse(text_of(*rows).encode(), name, WRITTEN)


def text_of(*rows: dict[str, str]) -> str:
    out = io.StringIO()
    writer = csv.DictWriter(out, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def fixed(cases):
    return [FIXED for _ in cases]


def table(sheet: reading.Sheet, predictor=fixed) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(writing.text(sheet, answers(sheet, KNOWN, predictor)))))


def problem(**cells: str) -> str:
    """What is said about a row that differs from a good one."""
    bad, good = table(sheet_of(GOOD | cells, GOOD))
    assert good["problem"] == "", "another row was computed all the same"
    assert good[ENERGY[1]] == "2"
    if bad["problem"]:
        assert all(bad[name] == "" for name in (*ENERGY, *TIME, *BREAKDOWN, "limit"))
        assert "\n" not in bad["problem"]
    return bad["problem"]


# --- draws and the kernel ----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def drawn() -> machine.Drawn:
    """Made-up draws: this file tests what is done with draws, not where they come from."""
    n, random = 64, np.random.default_rng(1)

    def about(middle: float, spread: float = 0.1):
        return middle * np.exp(spread * random.standard_normal(n))

    shares = (about(0.6), about(0.4), about(1e-3), about(2e-6), about(2e-3), about(5e-5))
    traits = Traits(*shares, np.full(n, 0.4), about(3e-11), about(1e-12), np.full(n, 8.0), *np.zeros((6, n)))
    traits = traits._replace(expert_efficiency_ratio=about(0.7), context_efficiency_ratio=about(0.8))
    link = Link(about(1e-11), about(4e11), about(1e-5))
    residuals = (about(1.0, 0.15), about(1.0, 0.15))
    return machine.Drawn(
        traits=lambda case: traits,
        link=lambda case: link,
        residuals=lambda case: residuals,
        host_power_w=about(150.0),
        idle_power_w=lambda case: 70.0,
        pue_ratio=1.0 + about(0.2),
        used_time_ratio=np.full(n, 0.5),
        batch=about(16.0, 0.8),
        input_tokens=about(500.0, 0.5),
        output_tokens=about(300.0, 0.5),
        shape_z=random.standard_normal((5, n)),
        shared_ratio=random.uniform(0.2, 0.6, n),
        scaling=KNOWN.scaling(),
    )


def computed(drawn: machine.Drawn, *rows: dict[str, str]) -> list[dict[str, str]]:
    found = table(sheet_of(*rows), lambda cases: machine.predictions(cases, drawn))
    assert [row["problem"] for row in found] == [""] * len(rows)
    return found


def number(row: dict[str, str], name: str) -> float:
    return float(row[name])


def test_a_prediction_is_ordered_and_its_parts_are_the_whole(drawn) -> None:
    for boundary in ("gpu", "device", "facility"):
        (row,) = computed(drawn, GOOD | {"boundary": boundary})
        for names_ in (ENERGY, TIME):
            low, middle, high = (number(row, name) for name in names_)
            assert 0.0 < low < middle < high
        parts = [number(row, name) for name in BREAKDOWN]
        assert sum(parts) == pytest.approx(number(row, ENERGY[1]), rel=1e-6)
        assert row["limit"] in writing.LIMITS


def test_a_token_by_hand(drawn) -> None:
    """One device, no spread: the energy of the kernel's parts, worked out here for a batch of one."""
    n = drawn.count
    ones = ("bandwidth_efficiency_ratio", "compute_efficiency_ratio")
    ideal = {**dict.fromkeys(Traits._fields, 0.0), **dict.fromkeys(ones, 1.0)}
    ideal |= {"expert_efficiency_ratio": 1.0, "context_efficiency_ratio": 1.0}
    ideal |= {"running_power_ratio": 0.4, "byte_energy_j_per_b": 3e-11}
    plain = Traits(**{name: np.full(n, x) for name, x in ideal.items()})
    one = np.ones(n)
    sharp = machine.Drawn(
        **{**vars(drawn), "traits": lambda case: plain, "residuals": lambda case: (one, one)}
    )
    tokens = {"batch": "1", "input_tokens": "0", "output_tokens": "1000"}
    (row,) = computed(sharp, GOOD | tokens)
    # 7.5e9 weights of 2 bytes, and 500.5 tokens of 2 x 1024 x 2 bytes in 32 layers
    moved = 15e9 + 500.5 * 4096 * 32
    seconds = moved / 3.35e12
    # the prefill of no token still reads the weights once, and writes nothing
    first = 15e9
    assert number(row, TIME[1]) == pytest.approx(seconds, rel=1e-6)
    decoding = 0.4 * 700.0 * seconds + 3e-11 * moved
    assert number(row, ENERGY[1]) == pytest.approx(decoding, rel=2e-3)
    assert number(row, ENERGY[1]) >= decoding - 1e-9 * first
    assert row["limit"] == "memory bandwidth"


def test_boundaries_hold_each_other(drawn) -> None:
    rows = computed(drawn, *(GOOD | {"boundary": name} for name in ("gpu", "device", "facility")))
    gpu, device, facility = (number(row, ENERGY[1]) for row in rows)
    assert gpu < device < facility
    assert number(rows[0], "energy_host_j_per_token") == number(rows[1], "energy_cooling_j_per_token") == 0.0
    assert len({row[TIME[1]] for row in rows}) == 1


def test_what_binds(drawn) -> None:
    rows = computed(
        drawn,
        GOOD | {"batch": "1"},
        GOOD | {"batch": "2000", "input_tokens": "1", "output_tokens": "2", "peak_flop_per_s": "1e12"},
        GOOD | {"model": "Llama-3.2-1B", "devices": "8", "batch": "1"},
        GOOD | {"tdp_w": "20"},
    )
    assert [row["limit"] for row in rows] == ["memory bandwidth", "compute", "overhead", "power"]


def test_blanks_are_drawn_and_widen_the_interval(drawn) -> None:
    full, blank = computed(drawn, GOOD, GOOD | {"batch": ""})
    assert "batch drawn" in blank["assumed"]
    assert "batch" not in full["assumed"]

    def width(row: dict[str, str]) -> float:
        return number(row, ENERGY[2]) / number(row, ENERGY[0])

    assert width(blank) > 1.5 * width(full)


def test_a_drawn_batch_fits_the_memory_that_is_left(drawn) -> None:
    tight = OWN | {"memory_b": "16.2e9", "batch": ""}
    one, many = computed(drawn, tight | {"batch": "1"}, tight)
    assert number(many, ENERGY[0]) > 0.2 * number(one, ENERGY[0]), "no more than one or two fit"


def test_experts_of_an_unknown_model_wake_up_with_the_batch(drawn) -> None:
    sparse = GOOD | {"model": "ours", "params_total": "30e9", "params_active": "3e9"}
    dense = GOOD | {"model": "ours", "params_total": "3e9"}
    alone, many, least = (
        number(row, TIME[1])
        for row in computed(drawn, sparse | {"batch": "1"}, sparse | {"batch": "256"}, dense | {"batch": "1"})
    )
    assert alone == pytest.approx(least, rel=0.3)
    assert many > 3.0 * alone


def test_scenarios(drawn) -> None:
    """One request alone is no cheaper than a share of a batch; a batch kept together waits for its inputs."""
    one = GOOD | {"batch": "", "scenario": "single"}
    rows = computed(drawn, GOOD, GOOD | {"scenario": "offline"}, one, GOOD | {"batch": "1"})
    serving, offline, single, alone = (number(row, ENERGY[1]) for row in rows)
    assert serving < single
    assert single == pytest.approx(alone, rel=0.2)
    assert offline == pytest.approx(serving, rel=0.2)
    assert number(rows[1], TIME[1]) > number(rows[0], TIME[1])
    assert "batch" not in rows[2]["assumed"]
    site = {"boundary": "facility"}
    waits, full = computed(drawn, GOOD | site, GOOD | site | {"scenario": "offline"})
    assert number(waits, ENERGY[1]) > 1.2 * number(full, ENERGY[1]), "machines that serve also wait"


def test_shapes_of_unknown_models_are_drawn(drawn) -> None:
    unknown = GOOD | {"model": "our model", "params_total": "8e9"}
    stated = unknown | {"layers": "32", "kv_heads": "8", "head_dim": "128"}
    first, second, known = computed(drawn, unknown, stated, GOOD)
    assert first["model_matched"] == second["model_matched"] == ""
    assert "layers drawn; kv_heads drawn; head_dim drawn" in first["assumed"]
    assert "drawn" not in second["assumed"]
    assert number(second, ENERGY[1]) == pytest.approx(number(known, ENERGY[1]), rel=0.1)


def test_the_line_through_shapes_gives_its_models_back() -> None:
    line = KNOWN.scaling()
    middle = line.drawn(8e9, 8e9, np.zeros((5, 1)))[:, 0]
    assert middle[0] == pytest.approx(32.0, rel=0.3)
    assert middle[1] == pytest.approx(4096.0, rel=0.3)


def test_a_row_is_the_same_wherever_it_stands(drawn) -> None:
    rows = [GOOD | {"batch": str(1 + k), "devices": str(1 + k % 3)} for k in range(machine.ROWS + 3)]
    there, back = computed(drawn, *rows), computed(drawn, *rows[::-1])
    assert there == back[::-1]
    assert computed(drawn, rows[5]) == [there[5]]


# --- rows --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cells", "words"),
    [
        ({"memory_bandwidth_b_per_s": "0"}, "memory_bandwidth_b_per_s 0 is not above zero"),
        ({"memory_bandwidth_b_per_s": "-3e12"}, "memory_bandwidth_b_per_s -3e12 is not above zero"),
        ({"memory_bandwidth_b_per_s": "3350"}, "was it meant in GB/s"),
        ({"peak_flop_per_s": "989"}, "was it meant in TFLOP/s"),
        ({"batch": "0"}, "batch 0 is below 1"),
        ({"batch": "-4"}, "batch -4 is below 1"),
        ({"batch": "many"}, "batch 'many' is not a number"),
        ({"batch": "nan"}, "batch 'nan' is not a number"),
        ({"batch": "inf"}, "batch 'inf' is not a number"),
        ({"batch": "1e999"}, "batch 1e999 is larger than anything"),
        ({"batch": "1_000"}, "is not a number"),
        ({"input_tokens": "-1"}, "input_tokens -1 is below zero"),
        ({"output_tokens": "0"}, "output_tokens 0 is below 1"),
        ({"devices": "0"}, "devices 0 is not a whole number from 1 on"),
        ({"devices": "1.5"}, "devices 1.5 is not a whole number"),
        ({"devices": ""}, "devices is blank"),
        ({"device": ""}, "device is blank"),
        ({"model": ""}, "model and params_total are blank"),
        ({"model": "Llama-3.1-70B"}, "do not fit 1 x 80 GB of h100-sxm5-80gb; write at least 2 devices"),
        ({"device": "V100 32GB", "weight_bits": "8"}, "no arithmetic of 8 bits, it has 16"),
        ({"weight_bits": "64"}, "no arithmetic of 64 bits, it has 8, 16"),
        ({"weight_bits": "0"}, "weight_bits 0 is not above zero"),
        ({"device": "H1000"}, "is not known; did you mean `h100-"),
        ({"device": "TPU v9"}, "write its peak_flop_per_s, memory_bandwidth_b_per_s, memory_b, tdp_w"),
        ({"model": "Llama-3.1-9B"}, "is not known; did you mean `llama-3-1-8b`?"),
        ({"model": "Zebra"}, "is not known; write its params_total"),
        ({"boundary": "facilty"}, "boundary 'facilty' is not known; did you mean `facility`?"),
        ({"scenario": "batch"}, "write serving, offline, single"),
        ({"scenario": "single"}, "batch 16 in scenario single"),
        ({"params_total": "8e9", "params_active": "9e9"}, "exceeds params_total"),
    ],
)
def test_a_bad_row_says_what_to_do(cells: dict[str, str], words: str) -> None:
    assert words in problem(**cells)


def test_a_row_with_several_faults_names_each() -> None:
    said = problem(batch="0", devices="-1")
    assert "batch 0" in said
    assert "devices -1" in said


def test_a_device_of_the_users_own() -> None:
    (row,) = table(sheet_of(OWN))
    assert (row["device_matched"], row["problem"], row["mine"]) == ("", "", "kept, as it is")


def test_figures_of_the_row_go_before_those_of_the_registry() -> None:
    case = resolve(typed({"device": "H100", "devices": "1", "model": "Llama-3.1-8B", "tdp_w": "500"}), KNOWN)
    assert case.case.tdp_w == 500.0
    assert "tdp_w as the row says" in case.assumed


def test_what_was_taken_for_granted_is_said() -> None:
    (row,) = table(sheet_of(GOOD | {"device": "NVIDIA H100", "weight_bits": "", "batch": ""}))
    assert row["device_matched"] == "h100-sxm5-80gb"
    assert "taken as h100-sxm5-80gb, not h100-pcie-80gb" in row["assumed"]
    assert "weight_bits 16" in row["assumed"]
    assert "batch drawn" in row["assumed"]


def test_a_batch_that_memory_does_not_hold_is_pointed_out() -> None:
    (row,) = table(sheet_of(GOOD | {"batch": "2000", "input_tokens": "4000"}))
    # 2 x 1024 x 2 bytes in 32 layers for 4,150 tokens of 2,000 sequences
    assert "1088 GB of keys and values are more than memory holds" in row["assumed"]
    assert "more than memory" not in table(sheet_of(GOOD))[0]["assumed"]


def test_weights_that_are_only_stored_narrow() -> None:
    (row,) = table(sheet_of(GOOD | {"weight_bits": "4.25"}))
    assert "4.25-bit weights computed in 16 bits" in row["assumed"]


def test_parameters_in_billions() -> None:
    one = resolve(typed({"device": "H100", "devices": "1", "params_total": "8", "params_active": "2"}), KNOWN)
    assert (one.case.total, one.case.active) == (8e9, 2e9)
    assert "params_total read in billions; params_active read in billions" in one.assumed


def test_parameters_that_are_not_those_of_the_model() -> None:
    (row,) = table(sheet_of(GOOD | {"params_total": "13e9"}))
    assert row["model_matched"] == ""
    assert "params_total is not the 8e+09 of llama-3-1-8b, so its shape is not used" in row["assumed"]
    (near,) = table(sheet_of(GOOD | {"params_total": "8.03"}))
    assert near["model_matched"] == "llama-3-1-8b"


# --- names -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "key"),
    [
        ("NVIDIA H100 80GB HBM3", "h100-sxm5-80gb"),
        ("nvidia_h100_pcie", "h100-pcie-80gb"),
        ("H100 SXM 80 GB", "h100-sxm5-80gb"),
        ("Tesla V100-SXM2-32GB", "v100-sxm2-32gb"),
        ("h100-sxm5-80gb", "h100-sxm5-80gb"),
        ("H100 40GB", ""),
        ("H10", ""),
        ("NVIDIA", ""),
        ("", ""),
    ],
)
def test_names_of_devices(written: str, key: str) -> None:
    assert names.device(written, KNOWN.devices).key == key


@pytest.mark.parametrize(
    ("written", "key"),
    [
        ("meta-llama/Llama-3.1-8B-Instruct", "llama-3-1-8b"),
        ("meta-llama/Meta-Llama-3.1-8B-Instruct-FP8", "llama-3-1-8b"),
        ("models--meta-llama--Llama-3.1-8B", "llama-3-1-8b"),
        ("LLAMA 3.1 70b", "llama-3-1-70b"),
        ("Qwen/Qwen3-30B-A3B-Instruct-2507", "qwen-3-30b-a3b"),
        ("Qwen3-30B", "qwen-3-30b-a3b"),
        ("lmsys/vicuna-8B", "llama-3-1-8b"),
        ("Qwen3-Coder-30B-A3B", ""),
        ("Llama-3-8B", ""),
        ("Llama-3.1", ""),
        ("instruct", ""),
    ],
)
def test_names_of_models(written: str, key: str) -> None:
    assert names.model(written, KNOWN.models, KNOWN.model_aliases).key == key


def test_a_name_that_fits_several_is_not_guessed() -> None:
    orin = ["jetson-agx-orin-32gb", "jetson-agx-orin-64gb"]
    assert names.device("Jetson AGX Orin", orin).note == f"fits {orin[0]}, {orin[1]}; write one of them"
    assert "fits llama-3-1-405b, llama-3-1-70b, llama-3-1-8b" in problem(model="Llama 3.1")


@given(st.text(max_size=40))
def test_any_name_is_matched_or_not(written: str) -> None:
    for match, known in (
        (names.device(written, KNOWN.devices), KNOWN.devices),
        (names.model(written, KNOWN.models, KNOWN.model_aliases), KNOWN.models),
    ):
        assert match.key in ("", *known)
    names.nearest(written, KNOWN.devices)


# --- files -------------------------------------------------------------------------------------------


def test_a_file_as_spreadsheets_write_it() -> None:
    text = text_of(GOOD).replace("\n", "\r\n").replace("device,devices", "Device , Devices")
    sheet = reading.parse(b"\xef\xbb\xbf" + text.encode(), "x.csv", WRITTEN)
    (row,) = table(sheet)
    assert row["problem"] == ""
    assert row["mine"] == "kept, as it is"


def test_blank_lines_are_left_out_and_lines_are_counted() -> None:
    text = text_of(GOOD, GOOD | {"batch": "0"}).replace("\n", "\n\n,,,\n \n")
    sheet = reading.parse(text.encode(), "x.csv", WRITTEN)
    (line,) = writing.said(sheet, answers(sheet, KNOWN, fixed))
    assert line.startswith("x.csv: row 2 (line 9): batch 0 is below 1")


def test_cells_that_do_not_fit_the_header() -> None:
    text = text_of(GOOD).rstrip("\n") + ",more\n" + "H100,1\n" + text_of(GOOD).splitlines()[1]
    rows = table(reading.parse(text.encode(), "x.csv", WRITTEN))
    assert [row["problem"].split(";")[0] for row in rows] == [
        "21 cells under 20 columns",
        "2 cells under 20 columns",
        "",
    ]


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"", "is empty"),
        (b"\xef\xbb\xbf\n\n", "is empty"),
        (b"device,devices,model\n", "has a header and no row"),
        (b"device,devices,model\n,,\n", "has a header and no row"),
        (b"devices,model\n1,x\n", "no column device"),
        (b"device,devices\nH100,1\n", "no column model or params_total"),
        (b"device;devices;model\nH100;1;x\n", "divided by semicolons; save it with commas"),
        (b"device\tdevices\tmodel\nH100\t1\tx\n", "divided by tabs"),
        (b"device,devices,model,Model\nH100,1,x,y\n", "column model stands twice"),
        (b"device,devices,model,limit\nH100,1,x,y\n", "column limit is one that is written"),
        (b"device,devices,model,\nH100,1,x,y\n", "column 4 has no name"),
        (b'device,devices,model\n"H100,1,x\n', "close it"),
        (b"device,devices,model\nH\xff100,1,x\n", "line 2 is not UTF-8"),
        ("device,devices,model\nH100,1,x\n".encode("utf-16"), "zero bytes"),
    ],
)
def test_a_bad_file_ends_with_nothing_written(raw: bytes, words: str, tmp_path: Path) -> None:
    source, out = tmp_path / "in.csv", tmp_path / "out.csv"
    source.write_bytes(raw)
    with pytest.raises(SheetError, match=r"in\.csv: ") as caught:
        predict(source, out, lambda: (KNOWN, fixed))
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)
    assert list(tmp_path.iterdir()) == [source]


@pytest.mark.parametrize("place", ["", "missing/out.csv", "in.csv"])
def test_a_place_where_the_output_cannot_stand(place: str, tmp_path: Path) -> None:
    source = tmp_path / "in.csv"
    source.write_text(text_of(GOOD))
    with pytest.raises(SheetError):
        predict(source, tmp_path / place, lambda: pytest.fail("nothing is loaded for a bad place"))
    assert source.read_text() == text_of(GOOD)


def test_a_device_file_is_not_replaced(tmp_path: Path) -> None:
    source = tmp_path / "in.csv"
    source.write_text(text_of(GOOD))
    with pytest.raises(SheetError, match="write - for standard output"):
        predict(source, Path(os.devnull), lambda: (KNOWN, fixed))


def test_a_link_is_followed(tmp_path: Path) -> None:
    source, out, link = (tmp_path / name for name in ("in.csv", "out.csv", "link.csv"))
    source.write_text(text_of(GOOD))
    out.write_text("before")
    link.symlink_to(out)
    whole, _ = predict(source, link, lambda: (KNOWN, fixed))
    assert link.is_symlink()
    assert out.read_text() == whole


def test_no_file(tmp_path: Path) -> None:
    with pytest.raises(SheetError, match="no such file"):
        predict(tmp_path / "none.csv", tmp_path / "out.csv", lambda: (KNOWN, fixed))


def test_the_output_is_written_whole_or_not_at_all(tmp_path: Path, monkeypatch) -> None:
    source, out = tmp_path / "in.csv", tmp_path / "out.csv"
    source.write_text(text_of(GOOD))
    out.write_text("before")

    def fails(*_: object) -> None:
        raise OSError("disk full")

    with monkeypatch.context() as broken:
        broken.setattr(os, "replace", fails)
        with pytest.raises(OSError, match="disk full"):
            predict(source, out, lambda: (KNOWN, fixed))
    assert out.read_text() == "before"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.csv", "out.csv"]
    whole, _ = predict(source, out, lambda: (KNOWN, fixed))
    assert out.read_text() == whole


def test_parts_that_are_not_the_whole_are_never_written() -> None:
    broken = Prediction((1.0, 2.0, 3.0), (0.1, 0.2, 0.3), (1.0, *[0.0] * 10), "compute")
    sheet = sheet_of(GOOD)
    with pytest.raises(Exception, match="parts do not sum"):
        answers(sheet, KNOWN, lambda cases: [broken])
    assert len(PARTS) == len(BREAKDOWN) == 11


CELLS = st.one_of(
    st.text(max_size=12),
    st.sampled_from(
        ["", "0", "-1", "1", "16", "1e400", "-0.0", "NaN", "٣", "H100", "=1+1", '"', "1,5", "\n"]
    ),
    st.floats().map(repr),
)


@settings(max_examples=200)
@given(st.lists(st.dictionaries(st.sampled_from(HEADER), CELLS), min_size=1, max_size=4))
def test_hostile_cells_never_stop_the_others(changes: list[dict[str, str]]) -> None:
    """Whatever stands in the cells: one answer a row, each a whole prediction or one line that says why not."""
    rows = [GOOD | one for one in changes]
    try:
        sheet = sheet_of(*rows, GOOD)
    except SheetError:
        return
    found = table(sheet)
    assert found[-1]["problem"] == ""
    for row in found:
        assert bool(row["problem"]) != bool(row[ENERGY[1]])
        assert len(row["problem"].splitlines()) < 2


@settings(max_examples=200)
@given(st.binary(max_size=200))
def test_hostile_bytes_end_in_one_line(raw: bytes) -> None:
    for whole in (raw, b"device,devices,model\n" + raw):
        try:
            sheet = reading.parse(whole, "x.csv", WRITTEN)
        except SheetError as error:
            said = str(error).splitlines()
        else:
            said = [""]
            assert len(answers(sheet, KNOWN, fixed)) == len(sheet.lines)
        assert len(said) == 1


def test_thousands_of_rows() -> None:
    sheet = sheet_of(*[GOOD] * 5000)
    assert len(answers(sheet, KNOWN, fixed)) == 5000


# --- the registry ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def real():
    """What the command is given: tables, priors or the fit, and the kernel."""
    from jouletrace.predict.priors import ready
    from jouletrace.registry import load
    from jouletrace.tidying import tidy_tables

    registry = load(ROOT)
    return ready(registry, tidy_tables(registry))


def test_every_device_and_model_of_the_registry_is_found_by_its_key_and_its_title(real) -> None:
    from jouletrace.registry import load

    known, _ = real
    datasets = load(ROOT).datasets
    for key in known.devices:
        assert names.device(key, known.devices).key == key
    for key in known.models:
        assert names.model(key, known.models, known.model_aliases).key == key
    for key, title in datasets["device-specs"].names.items():
        assert names.device(title, known.devices, known.titles).key == key, title
    for key, title in datasets["model-shapes"].names.items():
        assert names.model(title, known.models, known.model_aliases, known.titles).key == key, title


def test_real_rows(real) -> None:
    known, predictor = real
    rows = [
        GOOD | {"device": "NVIDIA H100 80GB HBM3", "model": "Qwen/Qwen3-14B"},
        GOOD | {"device": "A100-SXM4-40GB", "model": "Qwen/Qwen3-30B-A3B", "devices": "2", "batch": ""},
        GOOD | {"device": "AWS Inferentia2", "devices": "2", "boundary": "device", "scenario": "offline"},
        OWN | {"model": "", "params_total": "30e9", "params_active": "3e9", "weight_bits": "8"},
        GOOD | {"device": "Xeon 8380", "batch": "1", "scenario": "single", "boundary": "facility"},
    ]
    sheet = sheet_of(*rows)
    found = list(csv.DictReader(io.StringIO(writing.text(sheet, answers(sheet, known, predictor)))))
    assert [row["problem"] for row in found] == [""] * len(rows)
    for row in found:
        assert 1e-3 < number(row, ENERGY[1]) < 1e3
        assert 1e-3 < number(row, TIME[1]) < 10.0
        assert 1.2 < number(row, ENERGY[2]) / number(row, ENERGY[0]) < 1000.0


def test_mean_power_never_exceeds_the_rated_power(real) -> None:
    """At the boundary of the boards, the energy of a batch over the time that it takes."""
    known, predictor = real
    cases = [
        resolve(
            typed({"device": "H100 SXM", "devices": "1", "model": "Qwen3-14B", "batch": str(batch)}), known
        )
        for batch in (1, 16, 256)
    ]
    keywords = predictor.keywords["drawn"]
    one = np.ones(keywords.count)
    sharp = machine.Drawn(**{**vars(keywords), "residuals": lambda case: (one, one)})
    for found, batch in zip(
        machine.predictions([one.case for one in cases], sharp), (1, 16, 256), strict=True
    ):
        assert found.energy[1] * batch / found.time[1] < 1.3 * 700.0


def test_fitted_traits_are_carried_to_other_memories_and_nodes(real, monkeypatch) -> None:
    """Energies of arithmetic by the node, with H100 and A100 as steps; energy of a byte by its memory."""
    from jouletrace.predict import priors
    from jouletrace.registry import load
    from jouletrace.tidying import tidy_tables

    registry = load(ROOT)
    source = priors.Source(registry, tidy_tables(registry))
    n = source.draws
    columns = {name: np.ones(n) for name in Traits._fields} | {
        "earlier_energy_ratio": np.full(n, 1.6),
        "byte_energy_ratio": np.full(n, 1.1),
        "flop_energy_j_per_flop": np.full(n, 5e-13),
        "link_latency_s": np.full(n, 1e-5),
        "token_energy-run-residual_ratio": np.full(n, 0.06),
        "token_energy-line-residual_ratio": np.full(n, 0.08),
        "token_interval-run-residual_ratio": np.full(n, 0.05),
    }
    monkeypatch.setattr(priors, "_fitted", lambda source: columns)
    known, _ = real
    drawn = priors.drawn(known, source)

    def traits(device: str, **more: str) -> Traits:
        row = {"device": device, "devices": "8", "model": "Llama-3.1-8B", "weight_bits": "16", **more}
        return drawn.traits(resolve(typed(row), known).case)

    now, before, long_ago = (traits(name) for name in ("H100 SXM", "A100-SXM4-40GB", "V100-SXM2-32GB"))
    assert now.flop_energy_j_per_flop[0] == pytest.approx(5e-13)
    assert before.flop_energy_j_per_flop[0] == pytest.approx(1.6 * 5e-13)
    assert 2.0 < long_ago.flop_energy_j_per_flop[0] / 5e-13 < 4.0
    assert now.byte_energy_j_per_b[0] == pytest.approx(1.1 * 8 * 3.59e-12, rel=1e-6)
    assert before.byte_energy_j_per_b[0] == pytest.approx(1.1 * 8 * 3.92e-12, rel=1e-6)
    figures = {name: OWN[name] for name in reading.FIGURES} | {"memory_bandwidth_b_per_s": "3.3e12"}
    like = traits("ours", **figures, node_nm="5")
    assert like.byte_energy_j_per_b[0] == now.byte_energy_j_per_b[0]
    assert np.ptp(np.asarray(traits("ours", **figures).flop_energy_j_per_flop)) > 0.0
    row = {"device": "H100 SXM", "devices": "1", "model": "Llama-3.1-8B"}
    energy, time = drawn.residuals(resolve(typed(row), known).case)
    assert np.log(energy).std() == pytest.approx(0.1, rel=0.1)
    assert np.log(time).std() == pytest.approx(0.05, rel=0.05)


@pytest.mark.slow
def test_the_same_digits_on_any_number_of_cores(tmp_path: Path) -> None:
    source = tmp_path / "in.csv"
    source.write_text(text_of(*[GOOD | {"batch": str(1 + k)} for k in range(40)]))
    written = []
    start = "import os, sys; os.sched_setaffinity(0, eval(sys.argv.pop(1))); from jouletrace import cli; "
    allowed = sorted(os.sched_getaffinity(0))
    for cores in (allowed[:1], allowed):
        out = tmp_path / f"{len(cores)}.csv"
        words = [sys.executable, "-c", f"{start}sys.exit(cli.main())", str(cores)]
        words += ["predict", str(source), "-o", str(out)]
        subprocess.run(words, check=True, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT / "src")})
        written.append(out.read_bytes())
    assert written[0] == written[-1]


# --- the command -------------------------------------------------------------------------------------


def test_the_command_says_by_its_status_what_happened(tmp_path: Path, monkeypatch, capsys) -> None:
    source, out = tmp_path / "in.csv", tmp_path / "out.csv"
    monkeypatch.setattr(cli, "_ready", lambda: (KNOWN, fixed))
    source.write_text(text_of(GOOD, GOOD | {"batch": "0"}))
    assert cli.main(["predict", str(source), "-o", str(out)]) == cli.SOME_ROWS
    assert capsys.readouterr().err == f"{source}: row 2 (line 3): {problem(batch='0')}\n"
    source.write_text(text_of(GOOD))
    assert cli.main(["predict", str(source), "-o", "-"]) == 0
    assert capsys.readouterr().out.splitlines()[0].endswith("limit,assumed,problem")
    source.write_text("")
    assert cli.main(["predict", str(source), "-o", str(out)]) == 1
    assert capsys.readouterr().err.startswith(f"jouletrace predict: {source}: is empty")
