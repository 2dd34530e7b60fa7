"""Source text beside source text: read from files when asked, never stored, never imported."""

import ast
import functools
import importlib.util
import inspect
from pathlib import Path

# Formulas of what Keras defines in a class of its own; those of functions stand in our docstrings.
FORMULAS = {
    "layers.Dense": "y = activation(x · kernel + bias)",
    "layers.EinsumDense": "y = activation(einsum(equation, x, kernel) + bias)",
    "layers.Conv1D": "y[i, f] = bias[f] + Σ_a Σ_c x[i + a, c] · kernel[a, c, f]",
    "layers.Conv2D": "y[i, j, f] = bias[f] + Σ_a Σ_b Σ_c x[i + a, j + b, c] · kernel[a, b, c, f]",
    "layers.Embedding": "y[i] = embeddings[x[i]]",
    "layers.Dropout": "in training y = x · mask / (1 - rate), mask drawn from {0, 1}; else y = x",
    "layers.BatchNormalization": "y = gamma · (x - mean) / sqrt(variance + epsilon) + beta, mean "
    "and variance over the batch in training, else moving averages",
    "layers.LayerNormalization": "y = gamma · (x - mean) / sqrt(variance + epsilon) + beta, mean "
    "and variance of each sample",
    "layers.RMSNormalization": "y = scale · x / sqrt(mean(x²) + epsilon)",
    "layers.Rescaling": "y = x · scale + offset",
    "layers.SimpleRNN": "h_t = activation(x_t · kernel + h_{t-1} · recurrent_kernel + bias)",
    "layers.LSTM": "c_t = f c_{t-1} + i g, h_t = o tanh(c_t); i, f, o = sigmoid and g = tanh of "
    "x_t · kernel + h_{t-1} · recurrent_kernel + bias",
    "layers.GRU": "h_t = z h_{t-1} + (1 - z) c; z, r = sigmoid of x_t · W + h_{t-1} · U + b, "
    "c = tanh(x_t · W_c + r (h_{t-1} · U_c))",
    "layers.Attention": "y = softmax(query · keyᵀ) · value",
    "layers.MultiHeadAttention": "softmax(q · kᵀ / sqrt(key_dim)) · v in each head, joined, · W_o",
    "initializers.HeNormal": "truncated normal, standard deviation sqrt(2 / fan_in)",
    "initializers.HeUniform": "uniform in ±sqrt(6 / fan_in)",
    "initializers.GlorotNormal": "truncated normal, standard deviation "
    "sqrt(2 / (fan_in + fan_out))",
    "initializers.GlorotUniform": "uniform in ±sqrt(6 / (fan_in + fan_out))",
    "initializers.LecunNormal": "truncated normal, standard deviation sqrt(1 / fan_in)",
    "initializers.LecunUniform": "uniform in ±sqrt(3 / fan_in)",
    "optimizers.SGD": "w ← w - learning_rate · g; with momentum: v ← momentum · v - "
    "learning_rate · g, w ← w + v",
    "optimizers.RMSprop": "v ← rho v + (1 - rho) g², w ← w - learning_rate · g / sqrt(v + epsilon)",
    "optimizers.Adagrad": "a ← a + g², w ← w - learning_rate · g / sqrt(a + epsilon)",
    "optimizers.Adam": "m ← m + (1 - beta_1)(g - m), v ← v + (1 - beta_2)(g² - v), w ← w - "
    "learning_rate · sqrt(1 - beta_2^t) / (1 - beta_1^t) · m / (sqrt(v) + epsilon)",
    "optimizers.AdamW": "w ← w - learning_rate · weight_decay · w, then as Adam",
    "optimizers.Lion": "w ← w - learning_rate · sign(beta_1 m + (1 - beta_1) g), "
    "m ← beta_2 m + (1 - beta_2) g",
}


def formula(subject, functions):
    """The formula of a subject, in one line.

    Args:
        subject: a `subjects.Subject`.
        functions: those of our backend that ran, as `measure.measure` lists them.
    """
    if subject.path in FORMULAS:
        return FORMULAS[subject.path]
    plain = _plain(subject.name)
    ours = [f for f in functions if f["file"].startswith("keras_edu_backend")]
    for function in ours:
        if _plain(function["name"]) == plain and (line := _first_line(function["at"], function)):
            return line
    if subject.is_class and subject.room == "losses":
        for function in functions:
            if _plain(function["name"]) == plain and (
                line := _first_line(function["at"], function)
            ):
                return line
    public = [f for f in ours if not f["name"].startswith("_") and "/ops/" in f["file"]]
    if subject.room == "layers" and len(public) == 1:
        return f"{public[0]['name']}: {_first_line(public[0]['at'], public[0])}"
    return first_paragraph(subject.thing)


def _plain(name):
    return name.rpartition(".")[2].lower().replace("_", "")


def first_paragraph(thing):
    """The first paragraph of a thing's docstring, on one line."""
    # Not `getdoc`, which gives a class without a docstring that of its base class.
    documented = inspect.cleandoc(inspect.unwrap(thing).__doc__ or "")
    paragraph = documented.split("\n\n")[0]
    return " ".join(paragraph.split()) or f"{thing.__name__} has no docstring in Keras."


def notes(functions, name):
    """What our function's docstring says below its first line: choices at kinks, sources."""
    for function in functions:
        if function["file"].startswith("keras_edu_backend") and _plain(function["name"]) == _plain(
            name
        ):
            documented = _docstring(function["at"], function["line"]) or ""
            body = documented.split("\nArgs:")[0].split("\n\n")[1:]
            return [" ".join(part.split()) for part in body if part.strip()]
    return []


def _first_line(file, function):
    documented = _docstring(file, function["line"])
    return documented.strip().splitlines()[0] if documented else ""


def _docstring(file, line):
    node = _definition(file, line)
    return ast.get_docstring(node) if node is not None else None


def source(function):
    """The text of a function, without its docstring.

    Args:
        function: an entry of `measure.measure`'s ``functions``.
    """
    node = _definition(function["at"], function["line"])
    if node is None:
        return f"# {function['file']}, line {function['line']}: not readable here."
    lines = _lines(function["at"])
    first = min([node.lineno, *(d.lineno for d in node.decorator_list)])
    text = lines[first - 1 : node.end_lineno]
    if ast.get_docstring(node) and len(node.body) > 1:
        start, stop = node.body[0].lineno - first, node.body[0].end_lineno - first
        text = text[:start] + text[stop + 1 :]
    indent = min((len(t) - len(t.lstrip()) for t in text if t.strip()), default=0)
    return "\n".join(each[indent:] for each in text)


@functools.cache
def _lines(file):
    try:
        return Path(file).read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return []


@functools.cache
def _definitions(file):
    lines = _lines(file)
    if not lines:
        return {}
    found = {}
    for node in ast.walk(ast.parse("\n".join(lines))):
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            found[node.lineno] = node
            for decorator in node.decorator_list:
                found[decorator.lineno] = node
    return found


def _definition(file, line):
    return _definitions(file).get(line)


def of_thing(subject):
    """The public class or function itself, as an entry like those of ``functions``."""
    thing = inspect.unwrap(subject.thing)
    file = inspect.getsourcefile(thing)
    if file is None:
        return []
    lines, first = inspect.getsourcelines(thing)
    at = file.replace("\\", "/")
    shown = at[at.index("keras/src") :] if "keras/src" in at else Path(at).name
    return [{"file": shown, "line": first, "name": subject.name, "at": file}]


def of_backend(backend, functions):
    """What a backend that is not installed would run: its functions of the names that ours have.

    Args:
        backend: ``"jax"``, ``"tensorflow"`` or ``"torch"``.
        functions: those that ran on ours.
    """
    keras_folder = importlib.util.find_spec("keras").submodule_search_locations[0]
    found = [
        f for f in functions if f["file"].startswith("keras/src") and "/backend/" not in f["file"]
    ]
    for function in functions:
        if not function["file"].startswith("keras_edu_backend"):
            continue
        parts = Path(function["file"]).with_suffix("").parts
        module = parts[2] if parts[1] == "ops" else parts[1]
        file = Path(keras_folder) / "src" / "backend" / backend / f"{module}.py"
        for node in _definitions(str(file)).values():
            if node.name == function["name"] and node.col_offset == 0:
                found.append(
                    {
                        "file": f"keras/src/backend/{backend}/{module}.py",
                        "line": node.lineno,
                        "name": node.name,
                        "at": str(file),
                    }
                )
                break
    return found
