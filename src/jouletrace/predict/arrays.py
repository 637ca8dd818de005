"""What cells, converters and drivers take of an analog array's energy, by the fit to published silicon.

The energy of a product is not taken from here: it is measured, or stated, for a whole chip. What a
publication leaves open about an array is that of a published macro of its kind, another one for each draw.
"""

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jouletrace import computed
from jouletrace.experiments import macro_model, macro_rows
from jouletrace.models.hardware.macro import mac_energy
from jouletrace.numerics import jnp
from jouletrace.predict import macro_priors
from jouletrace.predict.macro import Macro
from jouletrace.registry import Registry, RegistryError
from jouletrace.registry.rows import Row
from jouletrace.units import to_coherent

Array = NDArray[np.float64]
SILICON = "macro-silicon"
#: Columns of a row of `predict-macro`, by the figure of the table; figures that are only recalled count here.
STATED = {f"macro_{figure}": column for column, figure in macro_priors.FIGURES.items()}
STATED |= {"macro_row_count": "rows", "macro_whole_weight_bit_count": "weight_bits"}
#: Where a table states bits of a whole input alone, an analog array takes them at once.
WHOLE_INPUT = "macro_input_bit_count"


class Shares:
    """Parts of the energy of a product in an analog array, for every draw of the fitted constants."""

    def __init__(self, registry: Registry, tables: dict[str, tuple[Row, ...]], source: Any) -> None:
        """``source``: draws of everything else, so that parts fit them."""
        self.registry, self.tables, self.source = registry, tables, source

    @property
    def known(self) -> bool:
        """Whether the fit is computed for this registry."""
        if macro_priors.FIT not in self.registry.computed:
            return False
        try:
            computed.found(macro_priors.FIT, self.registry, self.tables)
        except RegistryError:
            return False
        return True

    def __call__(self, array: str) -> Array:
        """Cells with logic, converters, drivers (part x draw); without the fit all of it is of cells."""
        if not self.known:
            return np.array([[1.0], [0.0], [0.0]])
        parts = self.joules(array)
        return np.asarray(parts / parts.sum(axis=0))

    @lru_cache(maxsize=8)  # noqa: B019 - shares live as long as the command
    def joules(self, array: str) -> Array:
        """Joules of a product by part (part x draw), as the fitted equations have them."""
        fit = macro_priors.ready(self.registry, self.tables)
        fit = macro_priors.Fitted(**{**vars(fit), "source": self.source})
        row = macro_priors._Row(fit, macro(self.tables, array))
        zero = np.zeros(self.source.draws)
        design = macro_rows.design({name: row.table[name] for name in macro_rows.ASKED}, row.kind, zero, zero)
        folder, _ = computed.found(macro_priors.FIT, self.registry, self.tables)
        columns = computed.columns(folder)
        count = len(next(iter(columns.values())))
        rows = self.source.one_of(f"draws.{macro_priors.FIT}", tuple(range(count))).astype(int)
        value = {name: jnp.asarray(column[rows]) for name, column in columns.items()}
        tech = macro_model.technology(value, design._replace(kinds=design.kinds.T), fit.constants)
        parts = mac_energy(tech, design.macro)
        return np.stack([np.broadcast_to(np.asarray(one, np.float64), zero.shape) for one in parts])


def macro(tables: dict[str, tuple[Row, ...]], array: str) -> Macro:
    """A published array as a row of `predict-macro`."""
    rows = [one for one in tables[SILICON] if one.series == array]
    figures = {one.quantity: to_coherent(one.value, one.unit, one.quantity) for one in rows}
    given: dict[str, Any] = {column: figures[name] for name, column in STATED.items() if name in figures}
    if "input_bits" not in given and WHOLE_INPUT in figures:
        given["input_bits"] = figures[WHOLE_INPUT]
    if "node_nm" in given:
        given["node_nm"] /= macro_priors.NANO
    return Macro(memory="envm", **given)


def note(shares: Shares, array: str) -> str:
    """What a row of a card with this array is told."""
    if not shares.known:
        return f"converters not told from cells, as {macro_priors.FIT} is not computed here"
    row = macro(shares.tables, array)
    blank = [name for name in macro_priors.FIGURES if getattr(row, name) is None]
    drawn = f" ({', '.join(blank)} of its arrays drawn from published macros)" if blank else ""
    return (
        f"energy of a product split into cells, converters and drivers by the fit to published silicon{drawn}"
    )
