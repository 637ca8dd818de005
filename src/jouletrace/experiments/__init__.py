"""Experiments: seeded computations whose result tables are datasets of the project, and their fits."""
