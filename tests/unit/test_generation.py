"""M6: passes and energy for each generated unit, against hand arithmetic and against measurements."""

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jouletrace import registry, sources
from jouletrace.experiments.diffusion_energy import batch_exponent, step_exponent
from jouletrace.figures import dumbbell, style
from jouletrace.models import generation as ge
from jouletrace.registry.distribution import Triangular
from jouletrace.streams import ends
from jouletrace.tidying import tidy_tables

ROOT = Path(__file__).parents[2]
REGISTRY = registry.load(ROOT)
TABLES = tidy_tables(REGISTRY)
MIRROR = os.environ.get("JOULETRACE_MIRROR", "")
needs_mirror = pytest.mark.skipif(
    not MIRROR, reason="JOULETRACE_MIRROR is not set: no publishers' files here"
)
POSITIVE = st.floats(0.01, 1e4)
WH = 3600.0


def middle(quantity: str, case: str = "any") -> float:
    """Median of a registry quantity, in the unit of its entry."""
    return ends(REGISTRY.quantities[quantity].cases[case].distribution)[1]


def published(series: str) -> float:
    (row,) = [row for row in TABLES["measured-energy"] if row.series == series]
    return row.value


def test_an_image_and_an_answer_by_hand():
    """50 steps with guidance, 339 billion multiplications each; 20 pJ per FLOP is easy to check."""
    passes = ge.image_pass_count(50.0, 2.0)
    flop = ge.image_pass_flop(339e9, 2.0)
    assert ge.device_image_energy_j(passes, flop, 20e-12) == pytest.approx(100 * 678e9 * 20e-12)
    per_token = ge.token_pass_flop(70e9, 2.0)
    assert ge.device_answer_energy_j(300.0, per_token, 1e-11) == pytest.approx(300 * 1.4)


@given(device=POSITIVE, host=st.floats(0.0, 2.0), reserve=st.floats(0.0, 2.0), pue=st.floats(1.0, 2.5))
def test_a_wider_boundary_never_holds_less(device, host, reserve, pue):
    overhead = ge.server_overhead_ratio(host, reserve)
    at_facility = ge.facility_device_energy_j(device, overhead, pue)
    assert overhead >= 1.0
    assert at_facility >= device * overhead * (1 - 1e-9) >= device * (1 - 1e-9)
    assert ge.facility_server_energy_j(device * overhead, pue) == pytest.approx(at_facility)


@given(
    words=POSITIVE, tokens=st.floats(1.0, 3.0), weights=st.floats(1e6, 1e12), per_flop=st.floats(1e-13, 1e-9)
)
def test_a_text_costs_what_its_tokens_cost(words, tokens, weights, per_flop):
    flop = ge.token_pass_flop(weights, 2.0)
    text = ge.device_text_energy_j(words, ge.word_pass_count(tokens, 1.0), flop, per_flop)
    one = ge.device_answer_energy_j(1.0, flop, per_flop)
    assert text == pytest.approx(ge.measured_text_energy_j(one, tokens, words), rel=1e-6)


@given(batch=st.floats(1.0, 64.0), exponent=st.floats(-0.9, 0.0))
def test_sharing_a_batch_never_costs_an_image_more(batch, exponent):
    ratio = ge.batched_image_ratio(batch, exponent)
    assert 1.0 / batch - 1e-9 <= ratio <= 1.0


@given(load=st.floats(1e10, 1e20), peak=st.floats(1e12, 1e16), used=st.floats(0.001, 1.0))
def test_accelerators_keep_up_exactly(load, peak, used):
    count = ge.completion_accelerator_count(load, peak, used)
    assert count * peak * used == pytest.approx(load)


def test_the_split_of_a_large_service_adds_up_to_its_overheads():
    """Published: 58 % accelerators, 25 % host, 10 % idle, 8 % overhead of the median Gemini prompt."""
    overhead = ge.server_overhead_ratio(25 / 58, 10 / (58 + 25))
    assert ge.facility_device_energy_j(0.58, overhead, 1 / 0.92) == pytest.approx(1.0, rel=0.02)


def test_the_same_prompt_at_two_boundaries_is_met():
    """Published for one prompt: 0.10 Wh at the accelerators and 0.24 Wh at the facility."""
    ranges = [
        ends(REGISTRY.quantities[name].cases["any"].distribution)
        for name in ("host_overhead_ratio", "reserve_overhead_ratio", "serving_facility_ratio")
    ]
    low, high = (
        ge.facility_accelerator_energy_j(
            published("gemini-accelerator"), ge.server_overhead_ratio(one[0], one[1]), one[2]
        )
        for one in ([r[0] for r in ranges], [r[2] for r in ranges])
    )
    assert low < published("gemini") < high


@pytest.mark.parametrize(
    ("series", "weights", "pieces", "steps", "passes"),
    [
        ("flux-dev-h100", 12e9, 4096 + 512, 50, 1),
        ("stable-diffusion-3-5-large-h100", 8.1e9, 4096, 28, 2),
        ("sana-1-6b-h100", 1.6e9, 1024, 20, 2),
    ],
)
def test_image_energy_from_passes_meets_what_was_measured(series, weights, pieces, steps, passes):
    """Measured on one H100, batch 8; the model knows weights, pieces of the picture and passes."""
    per_flop = ge.image_j_per_flop(
        middle("serving_accelerator_power_w"),
        middle("image_draw_ratio") / 100,
        middle("serving_accelerator_peak_flop_per_s"),
        middle("image_utilisation_ratio") / 100,
    )
    flop = ge.image_pass_flop(weights * pieces, 2.0)
    modelled = ge.device_image_energy_j(ge.image_pass_count(steps, passes), flop, per_flop)
    low, _, high = ends(REGISTRY.quantities["generation_form_ratio"].cases["any"].distribution)
    assert low < published(series) / modelled < high


@pytest.mark.parametrize(
    ("series", "weights"), [("llama-3-1-8b-served-token", 8e9), ("llama-3-1-70b-served-token", 70e9)]
)
def test_token_energy_from_passes_meets_what_was_measured(series, weights):
    """Measured with many requests at once on H100; both lie below the middle of all configurations."""
    per_flop = ge.token_j_per_flop(
        middle("serving_accelerator_power_w"),
        middle("token_draw_ratio") / 100,
        middle("serving_accelerator_peak_flop_per_s"),
        middle("token_utilisation_ratio") / 100,
    )
    modelled = ge.device_answer_energy_j(1.0, ge.token_pass_flop(weights, 2.0), per_flop)
    low, _, high = ends(REGISTRY.quantities["generation_form_ratio"].cases["any"].distribution)
    assert low < published(series) / modelled < high


def test_accelerators_of_early_2023_are_as_many_as_others_counted():
    """An estimate of early 2023, by analysts of the industry, was 28,936 A100 for the service."""
    tokens = ge.user_token_count_per_s(
        middle("user_prompt_count_per_s", "early-2023") / 86400,
        middle("prompt_token_count"),
        middle("answer_token_count"),
    )
    flop = ge.completion_flop_per_s(
        middle("assistant_user_count", "early-2023"),
        tokens,
        ge.token_pass_flop(middle("language_model_parameter_count", "early-2023"), 2.0),
    )
    count = ge.completion_accelerator_count(
        flop, 312e12, middle("token_utilisation_ratio", "early-2023") / 100
    )
    assert count == pytest.approx(28_936, rel=0.5)


def test_facility_figures_and_undisclosed_ones_are_never_converted():
    """No model takes them, so that no overhead is counted twice, or on a boundary nobody stated."""
    from jouletrace.graph import functions

    taken = {argument for one in functions().values() for argument in one.args}
    assert taken.isdisjoint({"facility_energy_j", "undisclosed_energy_j"})


def test_the_quantity_of_a_measurement_agrees_with_its_boundary():
    words = {
        "device_energy_j": "device",
        "accelerator_energy_j": "device",
        "device_token_energy_j": "device",
        "server_energy_j": "server",
        "facility_energy_j": "facility",
        "undisclosed_energy_j": "not-stated",
    }
    for row in TABLES["measured-energy"]:
        assert REGISTRY.boundaries[row.boundary].scope.counts == words[row.quantity], row.id


@pytest.mark.parametrize("cite", ["mlenergy2025", "aienergyscore2025"])
def test_at_most_ten_figures_of_a_source_without_a_licence(cite):
    assert 0 < sum(row.cite == cite for row in TABLES["measured-energy"]) <= 10


def test_tasks_are_in_the_order_that_the_study_found():
    """Published: an image takes some sixty times a text, and a text some twenty times a label."""
    means = {
        group: np.mean([row.value for row in TABLES["task-energy"] if row.series in members])
        for group, members in REGISTRY.datasets["task-energy"].groups.items()
    }
    assert means["image-generation"] == pytest.approx(2.907, rel=0.15)
    assert means["text-generation"] == pytest.approx(0.047, rel=0.25)
    assert means["image-classification"] == pytest.approx(0.007, rel=0.05)
    assert means["image-generation"] > 30 * means["text-generation"] > 300 * means["text-classification"]


@pytest.mark.parametrize(
    ("made", "told"),
    [
        ("text-generation", "text-classification"),
        ("image-generation", "image-classification"),
        ("text-classification-by-generation", "text-classification"),
    ],
)
def test_generating_takes_twice_the_energy_in_nearly_all_pairs(made, told):
    """The rule of C08: the whole interval of nineteen draws in twenty lies above two."""
    groups = REGISTRY.datasets["task-energy"].groups
    value = {row.series: row.value for row in TABLES["task-energy"]}
    pairs = [value[one] / value[other] for one in groups[made] for other in groups[told]]
    assert np.quantile(pairs, 0.025) >= 2.0


def test_the_members_of_the_groups_are_all_the_rows():
    members = [one for group in REGISTRY.datasets["task-energy"].groups.values() for one in group]
    assert sorted(members) == sorted(row.series for row in TABLES["task-energy"])


def exponents(energy, batch, model, gpu):
    cells = [np.asarray(cells, dtype=float) for cells in (energy, batch)]
    return batch_exponent(*cells, np.asarray(model, dtype=str), np.asarray(gpu, dtype=str), seed=6)


def agrees(case: str, quantity: str, low: float, mode: float, high: float) -> None:
    """The registry's range has the fitted middle, and nine tenths of it lie where the fit says."""
    kind = REGISTRY.quantities[quantity].cases[case].distribution
    assert isinstance(kind, Triangular)
    found = ends(kind)
    assert kind.mode == pytest.approx(mode, rel=0.02)
    width = high - low
    assert found[0] == pytest.approx(low, abs=0.15 * width)
    assert found[2] == pytest.approx(high, abs=0.15 * width)


def test_the_batch_exponent_of_the_carried_rows_is_the_registered_one():
    rows = [row for row in TABLES["measured-energy"] if row.cite == "mlenergy2024"]
    batch = [row.note.split("batch ")[1].split(",")[0] for row in rows]
    gpu = ["a100" if "-a100-" in row.series else "h100" for row in rows]
    model = [row.series.partition("-a100-")[0].partition("-h100-")[0] for row in rows]
    found = exponents([row.value for row in rows], batch, model, gpu)
    assert (found.rows, found.models) == (86, 8)
    agrees("2024", "image_batch_exponent_ratio", found.low, found.middle, found.high)


@needs_mirror
def test_the_exponents_of_the_full_files_are_the_registered_ones():
    folder = Path(MIRROR) / "inference/mlenergy"
    old = pd.read_csv(folder / "mlenergy_v2_diffusion_flat.csv").query("task == 'diffusion/text-to-image'")
    new = pd.read_csv(folder / "mlenergy_v3_diffusion_flat.csv").query(
        "task == 'text-to-image' and num_gpus == 1"
    )
    late = new[["energy_per_image_joules", "batch_size", "model_id", "gpu_model"]]
    early = old[["Energy/image (J)", "Batch size", "Model", "GPU"]].set_axis(late.columns, axis=1)
    for case, table in (("2025", late), ("any", pd.concat([early, late]))):
        found = exponents(*(table[name] for name in late.columns))
        agrees(case, "image_batch_exponent_ratio", found.low, found.middle, found.high)
    same = new[new["batch_size"] == 8]
    names = ["energy_per_image_joules", "inference_steps", "total_params_billions"]
    steps = step_exponent(*(same[name].to_numpy(float) for name in names))
    assert steps.models == 7
    agrees("any", "image_step_exponent_ratio", steps.low, steps.middle, steps.high)


@given(exponent=st.floats(-1.0, 1.0), scale=st.floats(0.1, 1e4))
def test_the_fits_find_an_exponent_that_is_there(exponent, scale):
    batch = np.array([1.0, 2.0, 4.0, 8.0, 1.0, 4.0, 16.0])
    model = ["a"] * 4 + ["b"] * 3
    found = exponents(scale * batch**exponent, batch, model, ["g"] * 7)
    assert found.low == pytest.approx(exponent, abs=1e-9) == pytest.approx(found.high, abs=1e-9)
    steps, size = np.array([20.0, 28.0, 50.0, 50.0, 20.0]), np.array([1.0, 8.0, 2.0, 12.0, 5.0])
    between = step_exponent(scale * steps**exponent * size**0.3, steps, size)
    assert between.middle == pytest.approx(exponent, abs=1e-6)


def test_names_of_measurements_fit_beside_the_figure():
    claim = REGISTRY.claims["51cto-2023.C08"]
    for group, labels in claim.figure.groups.items():
        for label in labels:
            unit, _, name = claim.context[label].text.partition(": ")
            assert unit == group
            assert style.width(name, style.SMALL) <= dumbbell.NAMES - 4.0, name


def test_tasks_of_the_logs(tmp_path):
    path = tmp_path / "logs.csv"
    lines = ["file,project_name,energy_consumed", "textgen_a.csv,org/One,0.04", "textgen_b.csv,org/One,0.06"]
    path.write_text("\n".join([*lines, "qa_sciq.csv,org/One,9.0", "text_classif_a.csv,org/Two,0.002"]))
    table = sources.tidy("luccioni_tasks", path)
    assert dict(zip(table["series"], table["value"], strict=True)) == {
        "text-generation-org-one": 0.05,
        "text-classification-org-two": 0.002,
    }


def test_images_of_the_leaderboard(tmp_path):
    path = tmp_path / "images.csv"
    head = "task,Model,GPU,Batch size,Denoising steps,Energy/image (J),path"
    rows = ["diffusion/text-to-image,a/B-1,NVIDIA H100 80GB HBM3,4,25,250.5,x.json"]
    path.write_text(
        "\n".join([head, *rows, "diffusion/text-to-video,a/B-1,NVIDIA H100 80GB HBM3,1,25,,y.json"])
    )
    table = sources.tidy("mlenergy_images", path)
    assert table[["series", "value", "unit"]].values.tolist() == [["b-1-h100-b4", 250.5, "J"]]
