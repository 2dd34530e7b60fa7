"""A comparison of one model as text, as HTML, as a picture and as JUnit XML.

The order is that of the questions: do they agree; if not, where first; what made it; how much is
rounding. The settings that differ come before any number.
"""

import io
from html import escape

from keras_edu_backend.compare.verdict import AMPLIFIED, DIFFERENT, EQUAL
from keras_edu_backend.extras import needed_for
from keras_edu_backend.rounding.units import FACTOR

_SAID = {
    EQUAL: "the same bits",
    "rounding": "they agree: no more apart than rounding makes of these numbers",
    AMPLIFIED: "they agree, but training amplifies their rounding",
    DIFFERENT: "they differ",
}
_WHEN = {"predict": "", "training": " in training mode", "hard inputs": " on hard inputs"}
_STYLE = """
.keras-edu-compare { font: 15px/1.45 system-ui, sans-serif; max-width: 84rem; margin: 0 auto; }
.keras-edu-compare .scroll { overflow-x: auto; }
.keras-edu-compare table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
.keras-edu-compare th, .keras-edu-compare td {
  padding: .15rem .6rem; text-align: left; white-space: nowrap; border-bottom: 1px solid #8884;
}
.keras-edu-compare tr.different td { font-weight: 600; }
"""
_HEADINGS = ("layer", "verdict", "made, floors", "handed on, floors", "amplified by")
# Layers in a table, of two sides that differ and of two that agree.
_MOST_ROWS, _FEW_ROWS = 40, 8


def headline(result):
    """The answer in one line."""
    worst = result.verdict
    said = {
        EQUAL: "agree to the last bit",
        "rounding": "agree: all that differs is rounding",
        AMPLIFIED: "agree; training amplifies rounding",
        DIFFERENT: "do not agree",
    }[worst]
    names = list(dict.fromkeys(name for pair in result.pairs for name in (pair.left, pair.right)))
    return f"{result.model} ({result.parameters:,} parameters): {', '.join(names)} {said}."


def settings(result):
    """What differs between the sides that is not the model, a line each."""
    lines = []
    # Versions of packages are settings like the others, where two sides have loaded both.
    sides = {name: {**result.versions.get(name, {}), **of} for name, of in result.settings.items()}
    keys = dict.fromkeys(key for each in sides.values() for key in each)
    for key in keys:
        found = {name: each[key] for name, each in sides.items() if key in each}
        if len(set(found.values())) > 1:
            lines.append(f"{key}: " + ", ".join(f"{n} {v or '(none)'}" for n, v in found.items()))
    return lines


def answers(pair):
    """What became of two sides: lines of text, the verdict first."""
    lines = [f"{pair.left} and {pair.right}: {pair.verdict}; {_SAID[pair.verdict]}."]
    if pair.not_compared:
        lines.append(f"  not compared, failing on both: {', '.join(pair.not_compared)}")
    if pair.first_output is not None:
        place = (pair.first_output, pair.when)
        layer = next((each for each in pair.layers if (each.path, each.when) == place), None)
        what = "makes the first difference" if pair.first_output in pair.makers else "departs first"
        by = ""
        if layer is not None:
            size = layer.made if layer.made_verdict == DIFFERENT else layer.handed_on
            absolute = layer.made_size if layer.made_verdict == DIFFERENT else layer.handed_on_size
            by = f" by {_floors(size)} ({absolute:.2g}){_why(layer.note)}"
        when = _WHEN[pair.when]
        kind = f" ({layer.class_name})" if layer is not None and layer.class_name else ""
        lines.append(f"  first output: {pair.first_output}{kind} {what}{when}{by}")
    others = [path for path in dict.fromkeys(pair.makers) if path != pair.first_output]
    if others:
        lines.append(f"  also made in: {', '.join(others)}")
    if pair.first_gradient is not None:
        lines.append(
            f"  first gradient: {pair.first_gradient} departs by {_floors(pair.gradient_floors)}"
            + (", and so does the loss" if pair.loss_departs else "; the loss agrees")
        )
    elif pair.loss_departs:
        lines.append("  the loss departs; no gradient does")
    if pair.first_step is not None:
        step = pair.first_step
        lines.append(
            f"  first step: {step['step']}, {step['variable']}, by {_floors(step['floors'])}"
            f"{_why(step['note'])}"
        )
    for probe, far in pair.farthest.items():
        lines.append(
            f"  {probe}: at most {_floors(far['floors'])} apart, in {far['place']} "
            f"(by {far['difference']:.2g})"
        )
    for each in pair.causes:
        lines.append(
            f"  known cause, {each['probe']}: {each['explanation']} "
            f"With this taken away on {each['backend']}, both sides agree."
        )
    for each in _worst_of(pair.less_accurate):
        digits = "" if each["digits"] is None else f", {each['digits']:.1f} digits lost"
        beyond = _floors(each["floors"])
        lines.append(f"  less accurate: {each['where']} on {each['backend']}, {beyond}{digits}")
    if pair.at_kinks:
        lines.append(f"  {pair.at_kinks:,} numbers lie at a kink, where rounding decides a branch")
    if pair.out_of_range:
        lines.append(f"  {pair.out_of_range:,} numbers are out of range on both sides, not judged")
    return lines + [f"  {note}" for note in pair.notes]


def text(result):
    """All of it as text; tables by rich where it is installed."""
    lines = [headline(result), ""]
    different = settings(result)
    if different:
        lines += ["Settings that differ:", *(f"  {line}" for line in different), ""]
    for pair in result.pairs:
        lines += answers(pair)
        rows = table(pair)
        if rows:
            lines += [_drawn([_HEADINGS, *rows]), ""]
    lines += [
        f"Gradients and {result.steps} training steps ({result.optimizer}) are of {result.loss}.",
        f"Up to {FACTOR} noise floors are rounding. Made: with {result.pairs[0].left}'s inputs on "
        "both sides; handed on: with each side's own.",
        *result.notes,
    ]
    return "\n".join(lines)


def table(pair):
    """Rows of cells: the layers that are not the same bits on both sides.

    Those of training and of hard inputs follow where their numbers are other ones.
    """
    rows = []
    shown: dict[str, tuple] = {}
    for layer in pair.layers:
        if layer.verdict == EQUAL and layer.made_verdict in (EQUAL, ""):
            continue
        # In training most layers do what they always do.
        numbers = (layer.made_size, layer.handed_on_size)
        if shown.setdefault(layer.path, numbers) == numbers and layer.when != "predict":
            continue
        worst = DIFFERENT if DIFFERENT in (layer.verdict, layer.made_verdict) else layer.verdict
        ratio = layer.amplification
        rows.append(
            (
                _name(layer, f" ({layer.class_name})"),
                worst,
                "" if layer.made is None else f"{layer.made:.2g}",
                f"{layer.handed_on:.2g}",
                "" if ratio is None else f"{ratio:.2g}",
            )
        )
    most = _MOST_ROWS if pair.verdict == DIFFERENT else _FEW_ROWS
    if len(rows) > most:
        left = len(rows) - most
        rows = [*rows[:most], (f"… and {left} more (--json has all)", "", "", "", "")]
    return rows


def _name(layer, kind=""):
    return layer.path + kind + ("" if layer.when == "predict" else f", {layer.when}")


def _worst_of(less_accurate):
    """One entry for each place and backend, the largest first, at most five."""
    ordered = sorted(less_accurate, key=lambda each: -each["floors"])
    return list({(e["where"], e["backend"]): e for e in reversed(ordered)}.values())[::-1][:5]


def _floors(number):
    return "an infinite number of floors" if number - number != 0 else f"{number:.3g} floors"


def _why(note):
    """A note of the verdict's, without the number that stands before it already."""
    said = note.partition(" floors apart, ")[2] or note
    return f", {said}" if said else ""


def _drawn(rows):
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    drawn = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for number, heading in enumerate(rows[0]):
        drawn.add_column(heading, justify="left" if number < 2 else "right", no_wrap=True)
    for row in rows[1:]:
        drawn.add_row(*map(Text, row))
    width = sum(max(map(len, column)) + 3 for column in zip(*rows, strict=True))
    written = io.StringIO()
    Console(file=written, width=width).print(drawn)
    return "\n".join(filter(None, (line.rstrip() for line in written.getvalue().splitlines())))


def html(result):
    """All of it as HTML, to be set into a page or a notebook."""
    parts = [f"<p><b>{escape(headline(result))}</b></p>"]
    different = settings(result)
    if different:
        parts.append("<p>Settings that differ:</p>" + _list(different))
    for pair in result.pairs:
        first, *more = answers(pair)
        parts.append(f"<h2>{escape(first)}</h2>" + _list(line.strip() for line in more))
        rows = table(pair)
        if rows:
            head = "".join(f"<th>{heading}</th>" for heading in _HEADINGS)
            body = "\n".join(
                f'<tr class="{row[1]}">' + "".join(f"<td>{escape(c)}</td>" for c in row) + "</tr>"
                for row in rows
            )
            parts.append(
                f'<div class="scroll"><table><thead><tr>{head}</tr></thead>\n'
                f"<tbody>\n{body}\n</tbody></table></div>"
            )
    parts.append(
        f"<p>Gradients and {result.steps} training steps ({escape(result.optimizer)}) are of "
        f"{escape(result.loss)}. Up to {FACTOR} noise floors are rounding.</p>"
    )
    if result.notes:
        parts.append(_list(result.notes))
    inside = "\n".join(parts)
    return f'<div class="keras-edu-compare"><style>{_STYLE}</style>\n{inside}\n</div>'


def page(result):
    """An HTML page that needs nothing from elsewhere."""
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n'
        f"<title>{escape(headline(result))}</title>\n</head>\n<body>\n{html(result)}\n"
        "</body>\n</html>\n"
    )


def _list(lines):
    items = "\n".join(f"<li>{escape(line)}</li>" for line in lines)
    return f"<ul>\n{items}\n</ul>" if items else ""


def junit(result):
    """JUnit XML: a test case for each two backends; those that differ fail."""
    import xml.etree.ElementTree as ET

    failures = sum(pair.verdict == DIFFERENT for pair in result.pairs)
    suite = ET.Element(
        "testsuite",
        name=f"keras-edu compare {result.model}",
        tests=str(len(result.pairs)),
        failures=str(failures),
    )
    for pair in result.pairs:
        case = ET.SubElement(
            suite, "testcase", classname=result.model, name=f"{pair.left}-{pair.right}"
        )
        said = "\n".join(answers(pair))
        if pair.verdict == DIFFERENT:
            ET.SubElement(case, "failure", message=said.splitlines()[0]).text = said
        else:
            ET.SubElement(case, "system-out").text = said
    ET.indent(suite)
    return ET.tostring(suite, encoding="unicode", xml_declaration=True) + "\n"


def plot(result):
    """A matplotlib figure: for each layer what it makes and hands on, in floors."""
    with needed_for("A picture of a comparison"):
        from matplotlib.figure import Figure
    rows = max((len(pair.layers) for pair in result.pairs), default=1)
    size = (5 * len(result.pairs) + 3, 1.5 + 0.25 * rows)
    figure = Figure(figsize=size, layout="constrained")
    for axes, pair in zip(
        figure.subplots(1, len(result.pairs), squeeze=False)[0], result.pairs, strict=True
    ):
        names = [_name(each) for each in pair.layers]
        for mark, label, found in (
            ("o", "made", [each.made for each in pair.layers]),
            ("x", "handed on", [each.handed_on for each in pair.layers]),
        ):
            points = [(n, value) for n, value in enumerate(found) if value]
            axes.plot(
                [value for _, value in points],
                [n for n, _ in points],
                linestyle="none",
                marker=mark,
                label=label,
            )
        axes.axvline(FACTOR, color="gray", linestyle=":", label="rounding ends")
        axes.set_xscale("log")
        axes.set_yticks(range(len(names)), names, fontsize="small")
        axes.invert_yaxis()
        axes.set_xlabel("noise floors")
        axes.set_title(f"{pair.left} and {pair.right}: {pair.verdict}")
        axes.legend(fontsize="small")
    return figure
