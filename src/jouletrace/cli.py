"""The command line: check the registry, trace a claim, explain a number, run the steps of a build."""

import argparse
import json
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from jouletrace import config as configuration
from jouletrace.graph import digest
from jouletrace.registry import Registry, RegistryError, load
from jouletrace.registry.rows import Row, read_rows

Arguments = argparse.Namespace
#: Exit status when some rows could not be computed and the others were written.
SOME_ROWS = 3


def main(words: list[str] | None = None) -> int:
    """Run one command. A wrong input is one clear line on standard error, and exit status 1."""
    arguments = _parser().parse_args(words)
    try:
        run: Callable[[Arguments], int | None] = arguments.run
        return run(arguments) or 0
    except RegistryError as error:
        print(error, file=sys.stderr)
    except (OSError, ValueError, RuntimeError) as error:
        print(f"jouletrace {arguments.command}: {error}", file=sys.stderr)
    return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("jouletrace", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    check = _command(commands, "check", _check, "check the registry: every problem, one line each")
    check.add_argument("scenarios", nargs="*", default=["base"])
    check.add_argument("--write", type=Path, help=argparse.SUPPRESS)
    check.add_argument("--cost", default="standard", help=argparse.SUPPRESS)
    trace = _command(commands, "trace", _trace, "from a claim down to its inputs and their sources")
    trace.add_argument("claim", help="C12, or 51cto-2023.C12")
    explain = _command(commands, "explain", _explain, "what a number is and where it comes from")
    explain.add_argument("number", help="an id such as C12.V1.p50")
    evaluate = _command(commands, "evaluate", _evaluate, "compute the evidence of scenarios")
    evaluate.add_argument("--configs", type=Path, nargs="+", required=True)
    evaluate.add_argument("--tidy", type=Path, required=True)
    evaluate.add_argument("--cores", type=int, default=1)
    refresh = _command(commands, "refresh", _refresh, "compare the snapshots with the full files")
    refresh.add_argument("--accept", action="store_true", help="take the differences over")
    refresh.add_argument("--mode", choices=["snapshot", "mirror", "upstream"], default="upstream")
    refresh.add_argument("--mirror", default="")
    _command(commands, "schema", _schema, "write the JSON schemas that editors complete from")
    predict = _command(commands, "predict", _predict, "energy and time of a token on machines of your own")
    predict.add_argument("deployments", type=Path, help="a CSV file, one deployment a row")
    predict.add_argument("-o", "--out", type=Path, required=True, help="the CSV file to write; - prints it")
    macros = _command(commands, "predict-macro", _predict_macro, "energy of macros of in-memory computing")
    macros.add_argument("macros", type=Path, help="a CSV file, one macro a row")
    macros.add_argument("-o", "--out", type=Path, required=True, help="the CSV file to write; - prints it")
    recompute = _command(commands, "recompute", _recompute, "redo computed datasets; all, or those named")
    recompute.add_argument("names", nargs="*", help="such as reconstruction")
    recompute.add_argument("--cores", type=int, default=_all_cores())
    recompute.add_argument("--missing", action="store_true", help="only what is not computed, into the cache")
    recompute.add_argument("--check", action="store_true", help="compute again and hold against what is kept")
    recompute.add_argument("--mirror", default="", help="where tables lie that the project may not carry")
    recompute.add_argument("--configs", type=Path, nargs="+", default=[], help=argparse.SUPPRESS)
    recompute.add_argument("--tidy", type=Path, help=argparse.SUPPRESS)
    recompute.add_argument("--list", type=Path, help=argparse.SUPPRESS)
    _measure_gpu_words(commands)
    return parser


def _measure_gpu_words(commands: Any) -> None:
    """The command that measures a GPU at hand."""
    words = "measure an NVIDIA GPU: its power while it runs, energy per byte, energy per operation"
    gpu = _command(commands, "measure-gpu", _measure_gpu, words)
    gpu.epilog = (
        "It reads the energy counter of the device through NVML, about 20 minutes with the settings of "
        "data/registry/measured.yaml, and never changes clocks, power limits or MIG. It needs the "
        "packages of requirements-gpu.lock (make gpu). The table is written whole, or not at all."
    )
    gpu.add_argument("--device", type=int, default=0, help="which one, as nvidia-smi counts; 0")
    gpu.add_argument("--seconds", type=float, help="length of a window; 10")
    gpu.add_argument("--repeats", type=int, help="how often each window is measured; 3")
    gpu.add_argument("--seed", type=int, help="of the order of the windows and of the operands")
    gpu.add_argument("--shared", action="store_true", help="measure although other processes use the device")
    gpu.add_argument("--replace", action="store_true", help="put it in the place of an earlier measurement")
    gpu.add_argument("-o", "--output", type=Path, help="folder; data/computed/gpu-measurement/<device>")
    gpu.add_argument(
        "--report", type=Path, nargs="*", metavar="FILE", help="what a table says; all, or those named"
    )
    gpu.add_argument("--peak", type=float, default=0.0, help="with --report: the device's peak in flop/s")


def _all_cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _command(
    commands: Any, name: str, run: Callable[[Arguments], int | None], words: str
) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser(name, help=words, description=words)
    parser.set_defaults(run=run)
    return parser


def _root() -> Path:
    return configuration.root_of(Path.cwd())


def _loaded(scenario: str, cost: str = "standard") -> Registry:
    return load(_root(), scenario, cost)


def _check(arguments: Arguments) -> None:
    from jouletrace.check import check
    from jouletrace.computed import fingerprints
    from jouletrace.tidying import tidy_tables

    tables = None
    for name in arguments.scenarios:
        registry = _loaded(name, arguments.cost)
        tables = tables or tidy_tables(registry)
        prints = check(registry, tables)
        if arguments.write:
            plan = {"claims": prints, "computed": fingerprints(registry, tables), "cost": arguments.cost}
            _write_plan(arguments.write, name, registry, plan)
        else:
            print(f"{name}: {len(prints)} claims, {len(registry.quantities)} quantities: sound")


def _write_plan(folder: Path, name: str, registry: Registry, plan: dict[str, Any]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    tables = {key: one.model_dump(mode="json") for key, one in registry.datasets.items()}
    plan = {**plan, "datasets": list(tables), "tables": digest(tables)}
    (folder / f"{name}.plan.json").write_text(json.dumps(plan), encoding="utf-8")
    whole = json.dumps({**registry.resolved(), "plan": plan}, ensure_ascii=False, indent=1)
    (folder / f"{name}.json").write_text(f"{whole}\n", encoding="utf-8")


def _evaluate(arguments: Arguments) -> None:
    from jouletrace.batch import evaluate

    done = evaluate(arguments.configs, arguments.tidy, arguments.cores)
    print(f"computed anew: {', '.join(done) or 'nothing'}")


def _ledger() -> dict[str, Any]:
    path = _root() / "results" / "ledger.json"
    if not path.exists():
        raise FileNotFoundError("results/ledger.json does not exist; build first: make book")
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return content


def _trace(arguments: Arguments) -> None:
    from jouletrace.explain import find, trace_lines

    claim_id = find(arguments.claim, _ledger()["claims"], "claim")
    path = _root() / "results" / "evidence" / f"{claim_id}.json"
    print("\n".join(trace_lines(json.loads(path.read_text(encoding="utf-8")))))


def _explain(arguments: Arguments) -> None:
    from jouletrace.explain import find, number_lines

    ledger = _ledger()
    name = find(arguments.number, ledger["numbers"], "number")
    print("\n".join(number_lines(name, ledger["numbers"][name], ledger["bibliography"])))


def _refresh(arguments: Arguments) -> None:
    from jouletrace.refresh import refresh

    registry = _loaded("base")
    for line in refresh(registry.root, registry.datasets, arguments.mode, arguments.mirror, arguments.accept):
        print(line)


def _predict(arguments: Arguments) -> int:
    from jouletrace.predict import predict

    return _answered(arguments.out, lambda out: predict(arguments.deployments, out, _ready))


def _predict_macro(arguments: Arguments) -> int:
    from jouletrace.predict.macro_priors import ready
    from jouletrace.predict.macros import predict_macros

    def fitted() -> Any:
        return ready(*_known())

    return _answered(arguments.out, lambda out: predict_macros(arguments.macros, out, fitted))


def _answered(path: Path, predict: Callable[[Path | None], tuple[str, list[str]]]) -> int:
    """Write or print what was predicted, and a line for each row that could not be."""
    out = None if str(path) == "-" else path
    text, problems = predict(out)
    if out is None:
        sys.stdout.write(text)
    for line in problems:
        print(line, file=sys.stderr)
    return SOME_ROWS if problems else 0


def _ready() -> Any:
    """What the registry knows of machines, and the model."""
    from jouletrace.predict.priors import ready

    return ready(*_known())


def _known() -> tuple[Registry, dict[str, tuple[Row, ...]]]:
    """The registry and its tables; of this project if called from elsewhere."""
    from jouletrace.tidying import tidy_tables

    try:
        root = _root()
    except RegistryError:
        root = configuration.root_of(Path(__file__))
    registry = load(root)
    return registry, tidy_tables(registry)


def _schema(_: Arguments) -> None:
    from jouletrace.registry.json_schema import write

    for path in write(_root()):
        print(path)


def _recompute(arguments: Arguments) -> None:
    from jouletrace.recompute import chosen, complete, told
    from jouletrace.tidying import tidy_tables

    if arguments.missing:
        lines = [
            line
            for registry, tables in _asked(arguments)
            for line in complete(registry, tables, arguments.cores, arguments.mirror)
        ]
        text = "\n".join(dict.fromkeys(lines))
        print(text)
        if arguments.list:
            arguments.list.write_text(f"{text}\n", encoding="utf-8")
        return
    if arguments.check:
        for registry, tables in _asked(arguments):
            _refit(arguments, registry, tables)
        return
    registry = _loaded("base")
    tables = tidy_tables(registry)
    for name in chosen(arguments.names, registry):
        path = told(name, registry, tables, arguments.cores, mirror=arguments.mirror)
        print(f"{name}: {path.relative_to(registry.root)}", flush=True)


def _refit(arguments: Arguments, registry: Registry, tables: dict[str, tuple[Row, ...]]) -> None:
    """Those that are named; else all that read a table which only a mirror has."""
    from jouletrace.recompute import chosen
    from jouletrace.refit import refit, withholding

    for name in chosen(arguments.names or withholding(registry), registry):
        print(refit(name, registry, tables, arguments.cores, arguments.mirror), flush=True)


def _measure_gpu(arguments: Arguments) -> None:
    from jouletrace.measure.command import Wish, next_steps, run, told

    registry = _loaded("base")
    places = arguments.report
    after = ""
    if places is None:
        names = ("device", "seconds", "repeats", "seed", "shared", "replace", "output")
        places = [run(registry, Wish(**{name: getattr(arguments, name) for name in names}))]
        print(f"kept: {places[0]}")
        after = next_steps(registry, places[0])
    print("\n".join(filter(None, (told(registry, places, arguments.peak), after))))


def _asked(arguments: Arguments) -> Iterator[tuple[Registry, dict[str, tuple[Row, ...]]]]:
    """The registries of a build, as its rules read them; else the one that people wrote."""
    from jouletrace.registry.load import read_resolved
    from jouletrace.tidying import tidy_tables

    if not arguments.configs:
        registry = _loaded("base")
        yield registry, tidy_tables(registry)
    for path in arguments.configs:
        registry = read_resolved(path)
        yield registry, {name: read_rows(arguments.tidy / f"{name}.csv") for name in registry.datasets}
