"""predict-macro: what a sheet may say, what is drawn, what is refused, and what comes back."""

import csv
import io
import re
from pathlib import Path

import pytest

from jouletrace import cli, registry
from jouletrace.predict import macro_priors, macros, reading
from jouletrace.predict.macro import MACROS, Macro, typed
from jouletrace.tidying import tidy_tables

ROOT = Path(__file__).parents[2]
DIGITAL = {
    "memory": "SRAM",
    "cell": "6T+D",
    "kind": "digital",
    "rows": "256",
    "columns": "64",
    "node_nm": "28",
    "voltage_v": "0.9",
    "input_bits": "1",
    "weight_bits": "8",
    "adc_bits": "",
    "accumulation_length": "256",
}
ANALOG = {
    **DIGITAL,
    "cell": "8T1C",
    "kind": "analog",
    "rows": "1152",
    "columns": "256",
    "voltage_v": "0.85",
    "weight_bits": "1",
    "adc_bits": "8",
    "accumulation_length": "1152",
}


@pytest.fixture(scope="module")
def fitted() -> macro_priors.Fitted:
    known = registry.load(ROOT)
    return macro_priors.ready(known, tidy_tables(known))


def text_of(*rows: dict[str, str]) -> str:
    out = io.StringIO()
    writer = csv.DictWriter(out, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def asked(fitted: macro_priors.Fitted, *rows: dict[str, str]) -> list[dict[str, str]]:
    sheet = reading.parse(text_of(*rows).encode(), "in.csv", macros.WRITTEN, MACROS)
    found = macros.answers(sheet, fitted.predict)
    return [dict(zip(macros.WRITTEN, one.cells(), strict=True)) for one in found]


def test_quantiles_rise_and_efficiency_is_one_over_energy(fitted) -> None:
    for one in asked(fitted, DIGITAL, ANALOG, {**DIGITAL, "memory": "PCM", "kind": "analog", "cell": "PCM"}):
        low, middle, high = (float(one[f"energy_fj_per_op_1b_{name}"]) for name in ("p05", "p50", "p95"))
        assert 0.0 < low < middle < high
        worst, typical, best = (float(one[f"tops_per_w_{name}"]) for name in ("p05", "p50", "p95"))
        assert [worst * high, typical * middle, best * low] == pytest.approx([1000.0] * 3, rel=1e-4)
        assert one["problem"] == ""


def test_a_digital_macro_of_today_is_where_published_ones_are(fitted) -> None:
    # 28 nm, 0.9 V: published digital macros take between a third and two femtojoules.
    (one,) = asked(fitted, DIGITAL)
    assert 0.3 < float(one["energy_fj_per_op_1b_p50"]) < 2.0
    assert one["assumed"] == ""


def test_a_row_is_the_same_whatever_stands_beside_it(fitted) -> None:
    alone = asked(fitted, ANALOG)[0]
    assert asked(fitted, DIGITAL, ANALOG, {**ANALOG, "node_nm": ""})[1] == alone


def test_energy_rises_with_the_supply(fitted) -> None:
    supplies = ("0.6", "0.75", "0.9", "1.05")
    for row in (DIGITAL, ANALOG):
        found = asked(fitted, *({**row, "voltage_v": supply} for supply in supplies))
        middles = [float(one["energy_fj_per_op_1b_p50"]) for one in found]
        assert middles == sorted(middles)


def test_blanks_are_drawn_and_listed_and_widen_the_interval(fitted) -> None:
    whole, blank = asked(fitted, ANALOG, {**ANALOG, "adc_bits": "", "accumulation_length": "", "node_nm": ""})
    assert blank["assumed"] == "node_nm drawn; adc_bits drawn; accumulation_length drawn"

    def width(one: dict[str, str]) -> float:
        return float(one["energy_fj_per_op_1b_p95"]) / float(one["energy_fj_per_op_1b_p05"])

    assert width(blank) > width(whole)
    (nothing,) = asked(fitted, dict.fromkeys(DIGITAL, "") | {"name": "x"})
    assert nothing["assumed"].startswith("memory sram; kind drawn; columns drawn; node_nm drawn")
    assert nothing["problem"] == ""


def test_a_kind_that_is_not_told_follows_from_the_cell_or_the_converter(fitted) -> None:
    told, cell = asked(fitted, DIGITAL, {**DIGITAL, "kind": ""})
    assert cell["assumed"] == "kind digital"
    assert cell["energy_fj_per_op_1b_p50"] == told["energy_fj_per_op_1b_p50"]
    (charge,) = asked(fitted, {**ANALOG, "kind": ""})
    assert charge["assumed"] == "kind analog"
    (plain,) = asked(fitted, {**ANALOG, "cell": "6T"})
    assert plain["assumed"] == "kind of analog drawn"


def test_a_node_outside_what_was_published_is_computed_and_flagged(fitted) -> None:
    small, fine = asked(fitted, {**DIGITAL, "node_nm": "2"}, DIGITAL)
    assert small["assumed"].startswith("extrapolated: node_nm 2 lies outside 5 to 28")
    assert float(small["energy_fj_per_op_1b_p50"]) < float(fine["energy_fj_per_op_1b_p50"])
    assert "extrapolated" not in fine["assumed"]
    (low,) = asked(fitted, {**ANALOG, "voltage_v": "0.2"})
    assert "extrapolated: voltage_v 0.2" in low["assumed"]


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"rows": "0"}, "rows 0 is not a whole number from 1 on"),
        ({"accumulation_length": "2.5"}, "accumulation_length 2.5 is not a whole number"),
        ({"adc_bits": "8"}, "adc_bits 8 in a digital macro, which has no converter"),
        ({"kind": "analog", "adc_bits": "0"}, "adc_bits 0 in an analog macro"),
        ({"memory": "sramm"}, "memory 'sramm' is not known; did you mean `sram`?"),
        ({"kind": "digitl"}, "kind 'digitl' is not known; did you mean `digital`?"),
        ({"memory": "PCM"}, "kind digital in pcm"),
        ({"voltage_v": "900"}, "voltage_v 900 is too large; was it meant in mV?"),
        ({"voltage_v": "0"}, "voltage_v 0 is not above zero"),
        ({"node_nm": "28e-9"}, "node_nm 2.8e-08 is no node; write nanometres"),
        ({"node_nm": "28nm"}, "node_nm '28nm' is not a number"),
        ({"input_bits": "65"}, "input_bits 65 is no number of bits"),
        ({"weight_bits": "nan"}, "weight_bits 'nan' is not a number"),
    ],
)
def test_what_cannot_be_is_one_line(changed: dict[str, str], said: str) -> None:
    with pytest.raises(ValueError, match=re.escape(said)) as error:
        typed({**DIGITAL, **changed})
    assert "\n" not in str(error.value)


def test_words_are_read_in_any_case_and_blanks_are_none() -> None:
    one = typed({**DIGITAL, "memory": "ReRAM", "kind": "Analog", "rows": ""})
    assert (one.held_in, one.kind, one.rows) == ("nonvolatile", "analog", None)
    assert Macro().held_in == "sram"


def test_the_command_says_by_its_status_what_happened(tmp_path: Path, monkeypatch, capsys) -> None:
    source, out = tmp_path / "in.csv", tmp_path / "out.csv"
    source.write_text(text_of(DIGITAL, {**DIGITAL, "rows": "0"}, ANALOG))
    assert cli.main(["predict-macro", str(source), "-o", str(out)]) == cli.SOME_ROWS
    said = capsys.readouterr().err
    assert said == f"{source}: row 2 (line 3): rows 0 is not a whole number from 1 on; correct it\n"
    rows = list(csv.DictReader(io.StringIO(out.read_text())))
    assert [bool(one["energy_fj_per_op_1b_p50"]) for one in rows] == [True, False, True]
    assert rows[1]["problem"]
    assert list(rows[0])[: len(DIGITAL)] == list(DIGITAL)
    source.write_text("name\nx\n")
    assert cli.main(["predict-macro", str(source), "-o", str(out)]) == 1
    assert "no column memory or cell or kind" in capsys.readouterr().err
