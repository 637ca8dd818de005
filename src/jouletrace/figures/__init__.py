"""Figures of claims: evidence in, SVG out; one kind of figure per file.

`selection` says what a claim is drawn from, and `draw` writes what has changed; only then are the kinds, and
with them seaborn, imported: `intervals` (how large, reading by reading), `path` (over the years), `ranking`
(what is largest), `breaks` (where a trend bends), `waterfall` (parts of a sum), `lifetime` (training and
service, model by model), `dumbbell` (measured, and brought to another boundary), `system` (statements that
bind each other), `words` (nothing to plot). Texts about a claim come from its evidence.
"""
