"""M5: training and inference, against hand-made examples, physics, and what was measured or published."""

import csv
import os
from pathlib import Path
from statistics import median, quantiles

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jouletrace import sources
from jouletrace.contract import records
from jouletrace.graph import Plan
from jouletrace.models import lifetime as li
from jouletrace.proposition import edges
from jouletrace.registry import load
from jouletrace.registry.distribution import middle
from jouletrace.rows import members, rows
from jouletrace.tidying import tidy_tables
from jouletrace.units import to_coherent

ROOT = Path(__file__).parents[2]
MIRROR = os.environ.get("JOULETRACE_MIRROR", "")
needs_mirror = pytest.mark.skipif(
    not MIRROR, reason="JOULETRACE_MIRROR is not set: no publishers' files here"
)
positive = st.floats(1e-3, 1e3)
#: Runs whose arithmetic Epoch AI estimated from hardware or from both sides, or that are no dense decoders.
OTHERWISE = {"gnmt", "gshard-dense", "nllb-200", "t5-11b", "alexatm-20b"}


@pytest.fixture(scope="module")
def registry():
    return load(ROOT)


@pytest.fixture(scope="module")
def models(registry):
    """Quantities of each model in coherent units."""
    found = {}
    for row in tidy_tables(registry)["trained-models"]:
        value = to_coherent(row.value, row.unit, row.quantity)
        found.setdefault(row.series, {})[row.quantity] = value
    return found


def middle_of(registry, name, case="any"):
    quantity = registry.quantities[name]
    return to_coherent(middle(quantity.cases[case].distribution), quantity.unit, name)


def test_three_passes_served_for_each_example_of_training_break_even():
    """Worked by hand: with the same energy for an operation and no experiments, T* = 3 D."""
    forward = li.forward_flop_per_example(6e12, 1e3, 3.0)
    run = li.training_run_energy_j(6e12, 1e-12)
    assert li.break_even_example(run, li.serving_energy_j_per_example(forward, 1e-12)) == pytest.approx(3e3)


def test_the_source_of_c39_by_hand():
    """65 / 35 = 1.857; a third of training taken off: 65 / 23.3 = 2.786."""
    assert li.language_split_ratio(0.35) == pytest.approx(65 / 35)
    assert li.language_to_initial_training_ratio(65 / 35, 1 / 3) == pytest.approx(2.7857, rel=1e-4)


@given(flop=positive, seen=positive, overhead=positive, train=positive, serve=positive, rate=positive)
def test_break_even_needs_no_parameters(flop, seen, overhead, train, serve, rate):
    """T* = m k D / eta whatever the arithmetic of the model, and at t* service equals training."""
    run = li.model_training_energy_j(li.training_run_energy_j(flop, train), overhead)
    example = li.serving_energy_j_per_example(li.forward_flop_per_example(flop, seen, 3.0), serve)
    assert li.break_even_example(run, example) == pytest.approx(3.0 * overhead * seen * train / serve)
    power = li.service_power_w(example, rate)
    crossing = li.inference_overtakes_s(run, power)
    ratio = li.inference_to_training_ratio(li.service_energy_j(power, crossing), run)
    assert ratio == pytest.approx(1.0)


@given(share=st.floats(0.01, 0.99), error=positive)
def test_shares_and_ratios_are_two_forms_of_one_split(share, error):
    ratio = li.published_split_ratio(1.0, share)
    assert li.fleet_inference_share_ratio(ratio) == pytest.approx(share)
    more = li.published_split_ratio(1.0 + error, share)
    assert share < li.fleet_inference_share_ratio(more) < 1.0


@given(energy=positive, share=positive)
def test_experiments_only_lower_the_ratio(energy, share):
    whole = li.model_training_energy_j(energy, 1.0 + share)
    assert li.inference_to_training_ratio(1.0, whole) < li.inference_to_final_run_ratio(1.0, energy)


def test_the_register_has_its_models(registry, models):
    groups = registry.datasets["trained-models"].groups
    assert len({one for group in groups.values() for one in group}) == len(models) >= 30
    assert set(groups["language"]) == set(groups["llm"]) | set(groups["translation"])
    needed = {"training_run_flop", "seen_example", "accelerator_peak_flop_per_s", "accelerator_power_w"}
    assert all(needed <= set(one) for one in models.values())
    assert set(registry.datasets["trained-models"].names) == set(models)


def test_published_arithmetic_is_six_for_each_parameter_and_token(registry, models):
    """Published: compute of dense decoders against 6 N D, the rule of the scaling laws."""
    language = set(registry.datasets["trained-models"].groups["language"]) - OTHERWISE
    found = [
        one["training_run_flop"] / (6 * one["active_parameter_count"] * one["seen_example"])
        for name, one in models.items()
        if name in language
    ]
    assert median(found) == pytest.approx(1.0, abs=0.05)
    assert 0.85 < min(found) < max(found) < 1.4


def test_no_run_needs_more_than_its_accelerators_could_do(registry, models):
    """Published: arithmetic over hours and peak is a utilisation that the registry's range spans."""
    used = {
        name: one["training_run_flop"] / (one["training_accelerator_s"] * one["accelerator_peak_flop_per_s"])
        for name, one in models.items()
        if "training_accelerator_s" in one
    }
    assert len(used) >= 20
    assert max(used.values()) < 0.65
    kind = registry.quantities["training_utilisation_ratio"].cases["any"].distribution
    low, high = (end / 100 for end in kind.stated)
    assert sum(low <= one <= high for one in used.values()) >= 0.9 * len(used)


def test_training_energies_that_were_published_are_met(registry, models):
    """Measured: GPT-3, T5, GLaM, BLOOM and OLMoE, from parameters, data and the middle of all inputs."""
    names = ("training_power_ratio", "model_site_pue_ratio", "training_utilisation_ratio")
    power, pue, used = (middle_of(registry, name) for name in names)
    ratios = []
    for one in models.values():
        if "reported_training_energy_j" in one:
            peak = one["accelerator_peak_flop_per_s"]
            each = li.training_energy_j_per_flop(one["accelerator_power_w"], power, pue, peak, used)
            made = li.training_run_energy_j(one["training_run_flop"], each)
            ratios.append(made / one["reported_training_energy_j"])
    assert len(ratios) == 5
    assert median(ratios) == pytest.approx(1.0, abs=0.35)
    assert all(0.4 < ratio < 2.5 for ratio in ratios)


def test_a_case_of_a_class_fits_the_models_in_it(registry):
    """The smallest group that holds a model gives its volume, and the model its own line of the trace."""
    plan = Plan(registry, tidy_tables(registry))
    one = plan.add("inference_overtakes_s", {"series": "nllb-200"}, {}, "t")
    two = plan.add("inference_overtakes_s", {"series": "ul2"}, {}, "t")
    assert (one, two) == ("inference_overtakes_s[series=nllb-200]", "inference_overtakes_s[series=ul2]")
    volumes = {node.id for node in plan.below(one) if node.name == "service_volume_example_per_s"}
    assert volumes == {"service_volume_example_per_s[series=translation]"}
    rows = {row.series for node in plan.below(two) for row in node.rows}
    assert rows == {"ul2"}


def test_a_stated_range_is_widened_only_by_a_tolerance(registry):
    """C39: two to three stands as it is; the variant that rounds grants half a unit on either side."""
    asked = dict(rows(registry.claims["51cto-2023.C39"]))
    ends = {
        label: [edge.threshold for edge in edges(asked[label].proposition, registry.settings)]
        for label in ("V1", "V1/rounding=whole-numbers")
    }
    assert ends == {"V1": [2.0, 3.0], "V1/rounding=whole-numbers": [1.5, 3.5]}


def test_every_model_has_its_line_in_the_table(registry):
    cells = list(members(registry.claims["51cto-2023.C36"], registry.datasets))
    lines = {(cell.table, cell.series) for cell in cells}
    assert len([one for one in lines if one[0] == "models"]) >= 30
    assert len({cell.label for cell in cells}) == len(cells)


@needs_mirror
def test_the_snapshot_holds_what_the_publisher_has(registry):
    path = Path(MIRROR) / registry.datasets["trained-models"].mirror.path
    fresh = {row["id"]: row["value"] for row in records(sources.tidy("epoch_models", path))}
    ours = {
        row.id: row.value for row in tidy_tables(registry)["trained-models"] if row.cite == "epoch2025models"
    }
    assert ours == fresh


@needs_mirror
def test_service_spends_as_much_for_an_operation_as_was_measured(registry):
    """Measured: 405 configurations of ML.ENERGY on H100, tokens that go out, batches of 8 to 2048."""
    with (Path(MIRROR) / "inference/mlenergy/mlenergy_v3_llm_flat.csv").open(encoding="utf-8") as file:
        measured = [
            float(row["energy_per_token_joules"]) / (2e9 * float(row["activated_params_billions"]))
            for row in csv.DictReader(file)
            if row["energy_per_token_joules"] and row["activated_params_billions"]
        ]
    power = middle_of(registry, "serving_to_training_power_ratio")
    kind = registry.quantities["serving_utilisation_ratio"].cases["any"].distribution
    low, high = (
        li.serving_energy_j_per_flop(700.0, 1.0, power, 1.0, 9.894e14, end / 100)
        for end in reversed(kind.stated)
    )
    assert low < median(measured) < high
    inside = sum(low <= one <= high for one in measured) / len(measured)
    assert inside > 2 / 3
    assert quantiles(measured, n=20)[0] > low
