"""Jouletrace: every claim of an article about AI's energy, traced to computed evidence."""

import os

__version__ = "0.1.0"

# Before NumPy is loaded, here and in processes that are started from here. Sums over several threads differ
# in their last digits with the number of cores, and for small matrices threads mostly wait for each other.
for _name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS"):
    os.environ.setdefault(_name, "1")
