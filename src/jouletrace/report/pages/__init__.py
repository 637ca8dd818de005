"""Builders: each turns a part of the ledger, or of one claim's evidence, into nodes."""
