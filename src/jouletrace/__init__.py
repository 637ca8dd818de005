"""Jouletrace: every claim of an article about AI's energy, traced to computed evidence."""

__version__ = "0.1.0"
