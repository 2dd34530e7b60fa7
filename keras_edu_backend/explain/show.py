"""An explanation in the terminal, in two columns, and as an HTML page."""

from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer
from rich.console import Console, Group
from rich.syntax import Syntax
from rich.table import Table
from rich.text import Text

from keras_edu_backend.explain.arithmetic import text_of
from keras_edu_backend.pages import templates

_NOT_ASKED = "not asked"


def rows(explanation):
    """What both sides say, as ``(heading, ours, theirs)``, each a text."""
    sides = (explanation.ours.answer, explanation.theirs.answer)
    return [
        ("values", *map(_values, sides)),
        ("gradient of Σ k · y_k", *map(_gradients, sides)),
        ("kinks", *map(_kinks, sides)),
        ("gradient at equal inputs", *map(_constants, sides)),
        ("compiled", *map(_compiled, sides)),
    ]


def _values(answer):
    if "error" in answer:
        return answer["error"]
    return (
        "\n".join(
            text_of(output) if not isinstance(output, str) else output
            for output in answer["outputs"]
        )
        or "no output"
    )


def _gradients(answer):
    if "error" in answer or "gradients" not in answer:
        return answer.get("error", _NOT_ASKED)
    found = answer["gradients"]
    if isinstance(found, str):
        return found
    return "\n".join(
        f"{name}: {'none' if value is None else text_of(value)}" for name, value in found.items()
    )


def _kinks(answer):
    if "error" in answer or "kinks" not in answer:
        return answer.get("error", _NOT_ASKED)
    found = answer["kinks"]
    if isinstance(found, str):
        return found
    return (
        "\n".join(
            f"at {k['at']:g}: value {k['value']:g}; slope {k['left']:.4g} on the left, "
            f"{k['here']:.4g} there, {k['right']:.4g} on the right"
            for k in found
        )
        or "none was found, or it is no function of one number"
    )


def _constants(answer):
    if "error" in answer or "at_constants" not in answer:
        return answer.get("error", _NOT_ASKED)
    found = answer["at_constants"]
    if isinstance(found, str):
        return found
    lines = [
        f"all {point['inputs']:g}: "
        + "; ".join("none" if g is None else text_of(g) for g in point["gradients"].values())
        for point in found
    ]
    return "\n".join(lines) or "not looked at: it has weights, or no real input"


def _compiled(answer):
    if "error" in answer or "compiled" not in answer:
        return answer.get("error", _NOT_ASKED)
    found = answer["compiled"]
    if isinstance(found, str):
        return found
    return (
        f"operations: {found['operations']}, flops: {found['flops']:,}, "
        f"exponentials and the like: {found['transcendentals']:,}"
    )


def verdicts(explanation):
    """How far apart the two sides are, as sentences."""
    return [
        f"{key}: "
        + (
            found
            if isinstance(found, str)
            else "the same bits"
            if found == 0
            else f"they differ by {found:.3g} at most"
        )
        for key, found in explanation.differences.items()
    ]


def terminal(explanation, console=None):
    """Print an explanation with rich."""
    console = console or Console()
    subject, ours, theirs = explanation.subject, explanation.ours, explanation.theirs
    console.print(Text(f"keras.{subject.path}, {subject.kind}", style="bold"))
    console.print(Text(explanation.formula))
    for note in explanation.notes:
        console.print(Text(note, style="dim"))
    console.print()
    table = Table(expand=True, show_lines=True)
    table.add_column(ours.name, ratio=1, overflow="fold")
    table.add_column(theirs.name, ratio=1, overflow="fold")
    table.add_row(*(_code(side) for side in (ours, theirs)))
    for heading, left, right in rows(explanation):
        table.add_row(*(Group(Text(heading, style="bold"), Text(each)) for each in (left, right)))
    console.print(table)
    console.print(Text(ours.answer["text"], style="bold"))
    for line in _given(explanation):
        console.print(Text(line))
    console.print(Text("With these numbers:", style="bold"))
    for line in explanation.arithmetic:
        console.print(Text(f"  {line}"))
    for line in verdicts(explanation):
        console.print(Text(line, style="bold"))


def _given(explanation):
    answer = explanation.ours.answer
    named = {f"input {i + 1}": value for i, value in enumerate(answer.get("inputs", []))}
    named |= answer.get("weights", {})
    return [f"  {name} = {text_of(value)}" for name, value in named.items()]


def _code(side):
    parts = [Text(side.note, style="italic")] if side.note else []
    for function in side.functions:
        parts.append(Text(f"{function['file']}, line {function['line']}", style="dim"))
        parts.append(Syntax(function["source"], "python", word_wrap=True))
    return Group(*parts)


_PAGES = templates("keras_edu_backend.explain")


def html(explanation):
    """The explanation as one HTML page, which needs nothing from elsewhere."""
    from markupsafe import Markup

    formatter = HtmlFormatter(cssclass="code")
    sides = [
        {
            "name": side.name,
            "note": side.note,
            "functions": [
                {
                    "place": f"{function['file']}, line {function['line']}",
                    "code": Markup(highlight(function["source"], PythonLexer(), formatter)),
                }
                for function in side.functions
            ],
        }
        for side in (explanation.ours, explanation.theirs)
    ]
    return _PAGES.get_template("page.html").render(
        subject=explanation.subject,
        formula=explanation.formula,
        notes=explanation.notes,
        sides=sides,
        rows=rows(explanation),
        text=explanation.ours.answer["text"],
        given=_given(explanation),
        arithmetic=explanation.arithmetic,
        verdicts=verdicts(explanation),
        style=Markup(formatter.get_style_defs(".code")),
    )
