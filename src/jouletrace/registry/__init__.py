"""The registry: the only place where a person types a number."""

from jouletrace.registry.load import Registry, load
from jouletrace.registry.problems import CATALOGUE, Problem, RegistryError, did_you_mean

__all__ = ["CATALOGUE", "Problem", "Registry", "RegistryError", "did_you_mean", "load"]
