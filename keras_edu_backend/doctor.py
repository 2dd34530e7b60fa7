"""``keras-edu doctor``: would ``KERAS_BACKEND=edu`` work here, and if not, why?

What can be read without running anything (`look`), and then the proof: a fresh Python with
``KERAS_BACKEND=edu`` that imports Keras (`attempt`). Nothing is imported here that could be broken.
"""

import importlib.metadata
import importlib.util
import json
import os
import re
import site
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import Any

import click

from keras_edu_backend.plugin import NAME, SUPPORTED_KERAS

DISTRIBUTION = "keras-edu-backend"
# Module → the distributions it may come from, the usual one first.
PACKAGES = {
    "keras": ("keras",),
    "jax": ("jax",),
    "jaxlib": ("jaxlib",),
    "numpy": ("numpy",),
    "tensorflow": ("tensorflow", "tensorflow-cpu"),
    "torch": ("torch",),
    "flax": ("flax",),
}
NEEDED = ("keras", "jax", "jaxlib", "numpy")
PATIENCE = 180.0  # seconds for `import keras`, which takes a minute on a cold and busy machine
ATTEMPT = """
import json, sys
import keras
import jax
found = {
    "active": "keras_edu_backend.backend" in sys.modules,
    "keras": keras.__file__,
    "devices": [f"{each.platform}:{each.id} ({each.device_kind})" for each in jax.devices()],
    "cache": jax.config.jax_compilation_cache_dir,
}
print("\\n" + json.dumps(found))
"""


def look() -> dict[str, Any]:
    """What is installed and set, found without importing any of it.

    Returns:
        ``python``, ``packages`` (module to version, None where it is not installed), ``problems``
        (each a reason why edu cannot work) and ``notes`` (what else one should know), as lines.
    """
    packages = {module: _version(module) for module in PACKAGES}
    problems, notes = [], []
    for module in NEEDED:
        if packages[module] is None:
            problems.append(f"{module} is not installed: pip install {module}")
    problems += _outside_of_range("keras", packages["keras"], *SUPPORTED_KERAS)
    for module in ("jax", "jaxlib", "numpy"):
        # Nobody has tried others; they may work.
        notes += _outside_of_range(module, packages[module], *_declared(module))
    problems += _start_up_line()
    _environment(problems, notes)
    _keras_configuration(problems, notes)
    python = {"version": sys.version.split()[0], "executable": sys.executable}
    return {"python": python, "packages": packages, "problems": problems, "notes": notes}


def attempt(patience: float = PATIENCE) -> dict[str, Any]:
    """What a program with ``KERAS_BACKEND=edu`` would find here.

    Args:
        patience: seconds after which it counts as hanging.

    Returns:
        ``devices`` and ``cache`` (the folder of compiled programs, or None) and ``error``, which is
        None where Keras runs on edu.
    """
    failed: dict[str, Any] = {"devices": [], "cache": None}
    variables = {"KERAS_BACKEND": NAME, "TF_CPP_MIN_LOG_LEVEL": "3"}
    # Looking at a GPU must not take its memory.
    variables["XLA_PYTHON_CLIENT_PREALLOCATE"] = "false"
    try:
        ended = subprocess.run(
            [sys.executable, "-c", ATTEMPT],
            env=os.environ | variables,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=patience,
        )
    except subprocess.TimeoutExpired:
        return failed | {"error": f"`import keras` takes longer than {patience:g} s"}
    except OSError as error:
        return failed | {"error": f"{sys.executable} cannot be started: {error}"}
    if ended.returncode != 0:
        return failed | {"error": _reason(ended.stderr) or f"exit status {ended.returncode}"}
    answers = [line for line in ended.stdout.splitlines() if line.startswith('{"active":')]
    if not answers:
        return failed | {"error": "it ended without an answer"}
    found = json.loads(answers[-1])
    problem = None if found["active"] else f"Keras ({found['keras']}) runs, but not on edu"
    return {"devices": found["devices"], "cache": found["cache"], "error": problem}


def examine() -> dict[str, Any]:
    """All that `command` shows: `look`, `attempt`, and what lies in the compilation cache."""
    found = look()
    tried = attempt()
    if tried["error"] is not None:
        found["problems"].append(f"tried, and failed: {tried['error']}")
    works = not found["problems"]
    edu = {"works": works, "problems": found["problems"], "notes": found["notes"]}
    return {
        "python": found["python"],
        DISTRIBUTION: _version_of(DISTRIBUTION),
        "packages": found["packages"],
        "edu": edu,
        "devices": tried["devices"],
        "compilation_cache": tried["cache"] and _size(Path(tried["cache"])),
    }


@click.command(
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Exit status: 0 if KERAS_BACKEND=edu works here, 1 if it does not.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead.")
def command(as_json):
    """Say what is installed, and whether KERAS_BACKEND=edu would work here.

    \b
    keras-edu doctor
    keras-edu doctor --json | python -m json.tool
    """
    if sys.stderr.isatty():
        click.echo(f"Importing Keras with KERAS_BACKEND={NAME} …", err=True)
    found = examine()
    click.echo(json.dumps(found, indent=1) if as_json else "\n".join(_lines(found)))
    sys.exit(0 if found["edu"]["works"] else 1)


def _lines(found):
    """The report as text."""
    python, edu, cache = found["python"], found["edu"], found["compilation_cache"]
    table = [("python", f"{python['version']}  {python['executable']}")]
    table.append((DISTRIBUTION, found[DISTRIBUTION] or "runs from a folder that is not installed"))
    table += [(name, version or "not installed") for name, version in found["packages"].items()]
    table.append(("devices", ", ".join(found["devices"]) or "unknown"))
    kept = (
        f"{cache['programs']} in {cache['folder']}, {cache['bytes'] / 2**20:.1f} MiB"
        if cache
        else ""
    )
    table.append(("compiled programs", kept or ("not kept" if edu["works"] else "unknown")))
    width = max(len(name) for name, _ in table)
    yield from (f"{name:{width}}  {text}" for name, text in table)
    yield ""
    yield f"KERAS_BACKEND={NAME} " + ("works here." if edu["works"] else "does not work here:")
    yield from (f"  - {problem}" for problem in edu["problems"])
    if edu["notes"]:
        yield "Worth knowing:"
        yield from (f"  - {note}" for note in edu["notes"])


def _version(module):
    """The version of an importable module; None where there is none to import."""
    try:
        if importlib.util.find_spec(module) is None:
            return None
    except (ImportError, ValueError):
        return None
    versions = (_version_of(name) for name in PACKAGES[module])
    return next(filter(None, versions), "of unknown version")


def _version_of(distribution):
    # Damaged metadata raises all kinds of things.
    try:
        return importlib.metadata.version(distribution)
    except Exception:
        return None


def _declared(module):
    """The range of versions that this project declares for a module: (first, first not allowed)."""
    try:
        requirements = importlib.metadata.requires(DISTRIBUTION) or []
    except importlib.metadata.PackageNotFoundError:
        requirements = []
    for requirement in requirements:
        if re.match(rf"{module}\b(?!-)", requirement):
            bounds = dict(re.findall(r"(>=|<)\s*([\d.]+)", requirement))
            return bounds.get(">=", "0"), bounds.get("<", "1000000")
    return "0", "1000000"


def _outside_of_range(module, version, first, end):
    """A line, if the version is known and outside of the range."""
    numbers = [_numbers(text) for text in (first, version or "", end)]
    if not numbers[1] or numbers[0] <= numbers[1] < numbers[2]:
        return []
    wanted = f'pip install "{module}>={first},<{end}"'
    return [f"{module} {version} is not of the versions that were tested: {wanted}"]


def _numbers(version):
    found = re.match(r"\d+(\.\d+)*", version)
    return tuple(map(int, found.group().split("."))) if found else ()


def _start_up_line():
    """Whether Python reads the line that makes ``KERAS_BACKEND=edu`` enough."""
    if sys.flags.no_site:
        return ["this Python was started with -S, so it reads no start-up line"]
    folders = [*site.getsitepackages(), sysconfig.get_path("purelib")]
    if site.ENABLE_USER_SITE:
        folders.append(site.getusersitepackages())
    names = ["keras_edu_backend.pth"]
    if sys.version_info >= (3, 15):
        names.append("keras_edu_backend.start")
    there = [path for folder in folders for name in names if (path := Path(folder, name)).is_file()]
    if not there:
        return [
            f"no start-up line ({names[-1]}) in {folders[0]}: install {DISTRIBUTION} there with "
            "pip, or run programs with `keras-edu run script.py`, which needs none"
        ]
    problems = []
    for path in dict.fromkeys(there):
        try:
            if "keras_edu_backend" not in path.read_text(encoding="utf-8"):
                problems.append(f"{path} is damaged: install {DISTRIBUTION} again")
        except (OSError, UnicodeDecodeError) as error:
            problems.append(f"{path} cannot be read: {error}")
    return problems


def _environment(problems, notes):
    asked = os.environ.get("KERAS_BACKEND")
    if asked and asked != NAME:
        notes.append(f"KERAS_BACKEND={asked} is set: programs run on {asked} until it says {NAME}")
    if os.environ.get("KERAS_NNX_ENABLED", "").lower() in ("1", "true"):
        problems.append("KERAS_NNX_ENABLED is set: edu has no Flax NNX variables; unset it")


def _keras_configuration(problems, notes):
    """What Keras's own configuration file says that matters here."""
    home = os.environ.get("KERAS_HOME")
    if home is None:
        base = os.path.expanduser("~")
        home = os.path.join(base if os.access(base, os.W_OK) else "/tmp", ".keras")
    path = Path(home).expanduser() / "keras.json"
    if not path.exists():
        return
    try:
        said = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        notes.append(f"{path} cannot be read, so Keras may ignore it: {_last_line(str(error))}")
        return
    if not isinstance(said, dict):
        problems.append(f"{path} holds no JSON object; delete it, and Keras writes a new one")
        return
    if said.get("backend") == NAME:
        notes.append(
            f'{path} says "backend": "{NAME}", which only the environment can say: set '
            f"KERAS_BACKEND={NAME}"
        )
    if said.get("nnx_enabled") and "KERAS_NNX_ENABLED" not in os.environ:
        problems.append(f"{path} sets nnx_enabled: edu has no Flax NNX variables; remove it")
    usual = {"floatx": "float32", "epsilon": 1e-7, "image_data_format": "channels_last"}
    for name, value in usual.items():
        if said.get(name, value) != value:
            notes.append(f"{path} sets {name} to {said[name]!r}; Keras's default is {value!r}")


def _reason(traceback):
    """The last line of a traceback, and where it was raised."""
    places = re.findall(r'^ *File "(.+)", line (\d+)', traceback, re.M)
    place = f" ({places[-1][0]}:{places[-1][1]})" if places else ""
    return _last_line(traceback) and _last_line(traceback) + place


def _last_line(text):
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else ""


def _size(folder):
    """How many programs lie in the compilation cache, and how large they are together."""
    sizes = []
    try:
        for entry in os.scandir(folder):
            # JAX may keep a file beside each program that says when it was used.
            if entry.is_file() and not entry.name.endswith("-atime"):
                sizes.append(entry.stat().st_size)
    except OSError:
        pass
    return {"folder": str(folder), "programs": len(sizes), "bytes": sum(sizes)}
