"""The one place that configures JAX: float64, CPU unless asked otherwise, a compilation cache."""

import os
from pathlib import Path

os.environ.setdefault("JAX_PLATFORMS", "cpu")

import jax
import jax.numpy as jnp

jax.config.update("jax_enable_x64", True)


def cache_compilations(folder: Path) -> None:
    """Keep compiled models in ``folder``, so that a rebuild does not compile them again."""
    jax.config.update("jax_compilation_cache_dir", str(folder))
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.0)
    jax.config.update("jax_persistent_cache_min_entry_size_bytes", 0)


__all__ = ["cache_compilations", "jax", "jnp"]
