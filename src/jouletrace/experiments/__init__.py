"""Experiments: datasets that the project computes; seeded, and recorded with what made them."""
