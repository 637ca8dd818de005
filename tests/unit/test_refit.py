"""What is kept of a fit is found again: from a mirror where there is one, and by comparison of moments."""

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from jouletrace import computed, refit, withheld
from jouletrace.computed import settings
from jouletrace.experiments import diffusion_fit, laplace, serving_fit
from jouletrace.experiments.taken import Taken
from jouletrace.kept import CARRIED, record
from jouletrace.registry import RegistryError, load
from jouletrace.registry.rows import read_rows
from jouletrace.tidying import tidy_tables

ROOT = Path(__file__).parents[2]
REGISTRY = load(ROOT)
MIRROR = os.environ.get("JOULETRACE_MIRROR", "")
needs_mirror = pytest.mark.skipif(not MIRROR, reason="JOULETRACE_MIRROR is not set: no rows to refit")
#: Fewer draws than are kept.
DRAWS = 600


def task(name: str) -> Taken:
    """An experiment with all that it reads, from the mirror too, and what was measured at hand."""
    entry = REGISTRY.computed[name].model_copy(update={"settings": settings(name, REGISTRY)})
    tables = {key: read_rows(ROOT / REGISTRY.datasets[key].snapshot.path) for key in entry.reads}
    used = {key: REGISTRY.quantities[key] for key in entry.uses}
    measured = {key: computed.measured(ROOT, key) for key in entry.takes}
    return Taken(entry, tables | withheld.rows(entry, REGISTRY, MIRROR), used, measured=measured)


def serving() -> tuple[laplace.Fit, laplace.Posterior]:
    here = task("serving-fit")
    found = serving_fit.gathered(here)
    fit = serving_fit.fit_of(here, found)
    return fit, fit.posterior(serving_fit.ordinary(here, found))


def diffusion() -> tuple[laplace.Fit, laplace.Posterior]:
    here = task("diffusion-fit")
    fit = diffusion_fit.fit_of(here, diffusion_fit.generated(here, "image").seen)
    return fit, fit.posterior()


@needs_mirror
@pytest.mark.mirror
@pytest.mark.parametrize(
    ("name", "fitted"),
    [
        ("serving-fit", serving),
        pytest.param("diffusion-fit", diffusion, marks=pytest.mark.slow),
    ],
)
def test_the_kept_posterior_is_found_again_from_the_mirror(name, fitted) -> None:
    fit, posterior = fitted()
    fresh = fit.columns(posterior, DRAWS, np.random.default_rng(REGISTRY.computed[name].seed + 1))
    kept = computed.columns(ROOT / CARRIED / name)
    far = refit.distances(
        {one: kept[one] for one in fresh}, fresh, record(ROOT / CARRIED / name)["effective_draws"]
    )
    # Other draws of the same posterior: of so many moments a few lie beyond two errors.
    values = np.array(list(far.values()))
    assert np.mean(values > 2.0) < 0.15, far
    assert values.max() < refit.MOST, far


def test_distances_are_in_errors_of_means_and_spreads() -> None:
    rng = np.random.default_rng(1)
    kept = {"a": rng.standard_normal(4000), "b": np.ones(4000)}
    same = {"a": rng.standard_normal(4000), "b": np.ones(4000)}
    assert max(refit.distances(kept, same, 4000).values()) < refit.MOST
    moved = refit.distances(kept, {**same, "a": same["a"] + 0.2}, 4000)
    wider = refit.distances(kept, {**same, "a": 1.2 * same["a"]}, 4000)
    assert moved["a"] > refit.MOST
    assert wider["a"] > refit.MOST
    assert refit.distances(kept, {**same, "b": np.full(4000, 2.0)}, 4000)["b"] == np.inf
    assert refit.distances(kept, {"a": kept["a"]}, 4000) == {"a": 0.0, "b": np.inf}


def test_correlated_draws_count_as_few() -> None:
    rng = np.random.default_rng(2)
    one, other = ({"a": rng.standard_normal(4000) + shift} for shift in (0.0, 0.1))
    assert refit.distances(one, other, 4000)["a"] > refit.MOST > refit.distances(one, other, 100)["a"]


def test_a_refit_that_finds_something_else_says_which_column(joint, monkeypatch) -> None:
    from jouletrace.recompute import recompute

    def loaded():
        registry = load(joint)
        return registry, tidy_tables(registry)

    recompute("tiny-joint", *loaded())
    line = refit.refit("tiny-joint", *loaded(), cores=1)
    assert line.startswith("tiny-joint: refitted, and found again")
    tiny = __import__("jouletrace.experiments.tiny", fromlist=["run"])
    run = tiny.run

    def other(task):
        found = run(task)
        return replace(found, draws={name: 2.0 * values for name, values in found.draws.items()})

    monkeypatch.setattr(tiny, "run", other)
    with pytest.raises(
        RegistryError, match=r"is not found again: .* moved by .* make recompute ARGS=tiny-joint"
    ):
        refit.refit("tiny-joint", *loaded(), cores=1)
