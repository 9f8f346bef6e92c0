"""The rules of the house, read from the code: who imports whom, where SQL is, that errors are registered."""

from __future__ import annotations

import ast
import functools
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from studio.errors import REGISTRY
from tests.conftest import LONG

ROOT = Path(__file__).parent.parent

# Rooms from the top to the bottom; a room may import from rooms below it, never sideways or upwards.
LAYERS: list[set[str]] = [
    {"studio.__main__"},
    {"studio.cli"},
    {"main", "avatarforge"},
    {"app"},
    {"api", "studio.ui", "studio.client"},
    {"studio.telling"},
    {"studio.assembly", "studio.metrics"},
    {"studio.installer", "studio.images", "studio.videos", "studio.bundles", "studio.repurposing"},
    {
        "studio.talking",
        "studio.characters",
        "studio.services",
        "studio.video",
        "studio.voices",
        "studio.appraisal",
    },
    {"studio.contents"},
    {"studio.media", "studio.overrides", "studio.monitoring", "studio.catalogue"},
    {
        "studio.following",
        "studio.runner",
        "studio.models",
        "studio.drafts",
        "studio.gallery",
        "studio.sheets",
        "studio.servers",
        "studio.speech",
        "studio.writing",
    },
    {"studio.collect", "studio.editor", "studio.library", "studio.mirror", "studio.faces"},
    {"studio.jobs"},
    {"studio.planning"},
    {"studio.workflows"},
    {"studio.prompts", "studio.given", "studio.face_models"},
    {"studio.files", "studio.hooks", "studio.pieces", "studio.quality", "studio.logbook"},
    {"studio.comfy", "studio.records", "studio.pictures", "studio.clips", "studio.hub", "studio.fetch"},
    {"studio.addresses", "studio.disk", "studio.owner", "studio.zips"},
    {"studio.logs"},
    {"studio.settings", "studio.request"},
    {"studio.space"},
    {"studio.errors", "studio.keys", "studio.visitors", "studio.guard", "studio.lately"},
    {"studio"},
]
ALONE = {"studio.engine"}  # reached over HTTP: it imports no other room
# The package's front hands the client out when it is asked for, so that it costs nobody else anything.
FRONT = {("studio", "studio.client"), ("studio", "studio.errors")}
# What only some rooms may import from outside.
ONLY_IN = {
    "gradio": {"studio.ui"},
    "obstore": {"studio.mirror"},
    "sqlite_utils": {"studio.records"},
    "sqlalchemy": {"avatarforge"},
    "fastapi": {"app", "api", "studio.ui"},
    "PIL": {"studio.pictures", "studio.engine", "studio.client"},
    "numba": {"studio.engine"},
    "av": {
        "studio.clips",
        "studio.pieces",
        "studio.pictures",
        "studio.speech",
        "studio.engine",
        "studio.cli",
    },
    "fastapi_offline": {"api"},
    "huggingface_hub": {"studio.hub", "studio.space", "studio.engine"},
    "mcp": {"api"},
}
SQL = re.compile(
    r"\s*(SELECT\s.+\sFROM\s|INSERT\s+(OR\s+\w+\s+)?INTO\s|UPDATE\s.+\sSET\s|DELETE\s+FROM\s"
    r"|CREATE\s+(TABLE|INDEX|TRIGGER|VIRTUAL)\s|DROP\s+TABLE\s|PRAGMA\s|BEGIN\s+IMMEDIATE)",
    re.DOTALL,
)


@functools.cache
def module_paths() -> dict[str, Path]:
    """Where every module of the project is, by its name."""
    paths = [ROOT / "app.py", ROOT / "main.py"]
    for folder in ("api", "studio", "avatarforge"):
        paths += sorted((ROOT / folder).rglob("*.py"))
    found: dict[str, Path] = {}
    for path in paths:
        parts = path.relative_to(ROOT).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


@functools.cache
def source(name: str) -> ast.Module:
    """A module of the project, parsed."""
    path = module_paths()[name]
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


@functools.cache
def sources() -> dict[str, ast.Module]:
    """Every module of the project by its name."""
    return {name: source(name) for name in module_paths()}


def room_of(module: str) -> str:
    """The room that a module is in."""
    top, _, rest = module.partition(".")
    return f"studio.{rest.partition('.')[0]}" if top == "studio" and rest else top


@functools.cache
def walked(tree: ast.AST) -> tuple[ast.AST, ...]:
    """All nodes of a module, which many rules look through."""
    return tuple(ast.walk(tree))


def packages_of(modules: Iterable[str]) -> set[str]:
    """The names that others are below."""
    return {name[:at] for name in modules for at, letter in enumerate(name) if letter == "."}


def imports(name: str, tree: ast.Module, modules: set[str], packages: set[str]) -> Iterator[str]:
    """Every module that a module imports, also inside functions and for types only."""
    for node in walked(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                start = (name if name in packages else name.rpartition(".")[0]).split(".")
                base = ".".join([*start[: len(start) - node.level + 1], *([base] if base else [])])
            for alias in node.names:
                inner = f"{base}.{alias.name}"
                yield inner if inner in modules else base


def layer_of(room: str) -> int | None:
    return next((depth for depth, rooms in enumerate(LAYERS) if room in rooms), None)


def breaches(modules: dict[str, ast.Module]) -> list[str]:
    """What breaks the rules of who imports whom."""
    found: list[str] = []
    known = set(sources()) | set(modules)
    packages = packages_of(known)
    for name, tree in modules.items():
        room = room_of(name)
        for target in imports(name, tree, known, packages):
            top = target.partition(".")[0]
            if top in ONLY_IN and room not in ONLY_IN[top]:
                found.append(f"{name} imports {target}, which only {', '.join(ONLY_IN[top])} may")
            if top not in {"app", "main", "api", "studio", "avatarforge"} or room_of(target) == room:
                continue
            other = room_of(target)
            if (room, other) in FRONT:
                continue
            if room in ALONE or other in ALONE:
                found.append(f"{name} imports {target}, which stand apart")
                continue
            here, there = layer_of(room), layer_of(other)
            if here is None or there is None:
                found.append(f"{name} imports {target}: {room if here is None else other} has no layer")
            elif there <= here:
                found.append(f"{name} imports {target}, which is not below it")
    return found


@functools.cache
def texts(tree: ast.AST) -> tuple[tuple[int, str], ...]:
    """The string constants of a module, f-strings with their gaps, without docstrings."""
    documents = {
        id(node.body[0].value)
        for node in walked(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    found: list[tuple[int, str]] = []
    for node in walked(tree):
        if isinstance(node, ast.JoinedStr):
            parts = [part.value if isinstance(part, ast.Constant) else " ? " for part in node.values]
            found.append((node.lineno, "".join(str(part) for part in parts)))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in documents:
            found.append((node.lineno, node.value))
    return tuple(found)


def error_calls(tree: ast.Module) -> Iterator[ast.Call]:
    for node in walked(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "StudioError":
            yield node


# --------------------------------------------------------------------- imports


def test_imports_point_downwards_only() -> None:
    assert breaches(sources()) == []


def test_every_room_has_a_layer() -> None:
    rooms = {room_of(name) for name in sources()}
    homeless = {room for room in rooms if layer_of(room) is None and room not in ALONE}
    assert homeless == set()


@pytest.mark.parametrize(
    ("module", "line"),
    [
        ("studio.jobs", "from studio.runner import Runner"),
        ("studio.jobs", "import gradio as gr"),
        ("studio.files", "from studio import jobs"),
        ("studio.comfy.pool", "from studio.records import Database"),
        ("studio.comfy.pool", "from ..records import Database"),
        ("studio.records.jobs", "from studio import files"),
        ("studio.engine.server", "from studio.errors import StudioError"),
        ("studio.engine.figure.spec", "from ... import errors"),
        ("studio.jobs", "from studio.engine import server"),
        ("studio.settings", "from api import problems"),
        ("studio.workflows", "from fastapi import FastAPI"),
        ("api.avatarforge", "import sqlite_utils"),
        ("api.avatarforge", "from app import create_app"),
        ("studio.brandnew", "from studio import errors"),
    ],
)
def test_rule_of_imports_finds_what_breaks_it(module: str, line: str) -> None:
    deep = ast.parse(f"def later():\n    {line}\n")
    assert breaches({module: deep}) != []


def test_slow_imports_are_left_to_those_who_need_them() -> None:
    # REST has to answer within a second or two of the start; these take several.
    heavy = ("gradio", "pandas", "numba", "scipy", "torch", "librosa", "cv2", "matplotlib", "sqlalchemy")
    program = (
        "import sys, app, api.avatarforge, studio.jobs, studio.assembly, studio.engine.server\n"
        f"print(*sorted({set(heavy)!r} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == ""


# ------------------------------------------------------------------------- SQL


def test_sql_is_in_the_records_only() -> None:
    found = [
        f"{name}:{line}: {text[:60]!r}"
        for name, tree in sources().items()
        if room_of(name) != "studio.records"
        for line, text in texts(tree)
        if SQL.match(text)
    ]
    found += [
        f"{name}:{node.lineno}: {node.func.attr}"
        for name, tree in sources().items()
        if room_of(name) not in {"studio.records", "studio.engine"}  # the engine executes graphs
        for node in walked(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
        if node.func.attr in {"execute", "executemany", "executescript"}
    ]
    assert found == []


def test_sql_is_recognised_where_it_is() -> None:
    records = [tree for name, tree in sources().items() if room_of(name) == "studio.records"]
    assert sum(bool(SQL.match(text)) for tree in records for _, text in texts(tree)) > 30
    assert not SQL.match("Select a workflow from the list")
    assert not SQL.match("Update the settings, then set a seed")


# ---------------------------------------------------------------------- errors


def test_every_error_that_is_raised_is_registered() -> None:
    unknown = [
        f"{name}:{call.lineno}: {call.args[0].value}"
        for name, tree in sources().items()
        for call in error_calls(tree)
        if call.args and isinstance(call.args[0], ast.Constant) and call.args[0].value not in REGISTRY
    ]
    assert unknown == []
    assert sum(1 for tree in sources().values() for _ in error_calls(tree)) > 30


def test_every_registered_error_is_used() -> None:
    named = {
        text
        for name, tree in sources().items()
        if room_of(name) != "studio.errors"
        for _, text in texts(tree)
        if text in REGISTRY
    }
    assert set(REGISTRY) - named == set()


def test_every_error_gives_the_facts_that_its_sentence_needs() -> None:
    lacking: list[str] = []
    for name, tree in sources().items():
        for call in error_calls(tree):
            code = call.args[0].value if call.args and isinstance(call.args[0], ast.Constant) else None
            given = {keyword.arg for keyword in call.keywords}
            if not isinstance(code, str) or code not in REGISTRY or None in given:
                continue
            needed = set(re.findall(r"{(\w+)", REGISTRY[code].sentence))
            if needed - given:
                lacking.append(f"{name}:{call.lineno}: {code} lacks {needed - given}")
    assert lacking == []


def test_every_error_says_what_to_do() -> None:
    for code, problem in REGISTRY.items():
        assert problem.hint, code
        assert 400 <= problem.status < 600, code
        assert re.fullmatch(r"[a-z_]+", code)


# ------------------------------------------------------------------- documents


def test_every_module_says_what_it_is_for() -> None:
    silent = [name for name, tree in sources().items() if not (ast.get_docstring(tree) or "").strip()]
    assert silent == []


def test_nothing_is_swallowed_in_silence() -> None:
    found = [
        f"{name}:{node.lineno}"
        for name, tree in sources().items()
        for node in walked(tree)
        if isinstance(node, ast.ExceptHandler) and all(isinstance(part, ast.Pass) for part in node.body)
    ]
    assert found == []


def test_files_that_are_begun_first_are_there() -> None:
    assert [name for name in LONG if not (ROOT / "tests" / f"{name}.py").is_file()] == []
