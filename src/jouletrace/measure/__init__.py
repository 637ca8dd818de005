"""Measuring a GPU that is at hand: windows of known time, bytes and operations, and the energy of each."""
