"""The digits of a model as text, as HTML and as a picture."""

import io
from html import escape

from keras_edu_backend.extras import needed_for
from keras_edu_backend.rounding.digits import PRECISIONS

_STYLE = """
.keras-edu-digits { font: 15px/1.45 system-ui, sans-serif; max-width: 84rem; margin: 0 auto; }
.keras-edu-digits .scroll { overflow-x: auto; }
.keras-edu-digits table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
.keras-edu-digits th, .keras-edu-digits td {
  padding: .15rem .6rem; text-align: right; white-space: nowrap; border-bottom: 1px solid #8884;
}
.keras-edu-digits th:first-child, .keras-edu-digits td:first-child { text-align: left; }
"""
_HEADINGS = ("", "shape", *PRECISIONS)
# Shapes tell the precisions apart as well as colours do.
_MARKERS = {"float32": "o", "bfloat16": "s", "float16": "^"}


def headline(digits):
    """What the table holds, in one line."""
    return (
        f"{digits.model}: decimal digits that are not noise, in one training step; "
        f"gradients are those of {digits.loss}"
    )


def explained(digits):
    """What follows from the table: lines of text."""
    lines = []
    for precision in PRECISIONS:
        row = digits.loses(precision)
        if row is None:
            lines.append(f"{precision}: no layer makes its inputs' noise more than twice as large.")
        else:
            lines.append(
                f"{precision}: most digits are lost in {row.name} ({row.class_name}): "
                f"{row.given[precision]:.1f} in its inputs, {row.digits[precision]:.1f} after it."
            )
    said = {why for row in digits.rows for why in row.said.values()}
    if "zero" in said:
        lines.append("zero: exactly 0 without rounding, so there are no digits to lose.")
    if "underflow" in said:
        lines.append(
            "underflow: too small for float16, whose smallest normal number is 6e-5; "
            "mixed_float16 scales the loss to avoid it."
        )
    if "overflow" in said:
        lines.append("overflow: infinite or NaN, so no digit is right.")
    return [*lines, str(digits.policy)]


def cells(row):
    """A row of the table as text."""
    name = f"{row.name} ({row.class_name})" if row.class_name else row.name
    if row.kind == "gradient":
        name = f"d loss / d {row.name}"
    return (name, " ".join(map(str, row.shape)), *(_cell(row, p) for p in PRECISIONS))


def _cell(row, precision):
    digits, why = row.digits[precision], row.said.get(precision, "")
    return why if digits is None else f"{digits:.1f} {why}".rstrip()


def text(digits):
    """A table, by rich where it is installed, and what follows from it."""
    table = [cells(row) for row in digits.rows]
    try:
        from rich import box
        from rich.console import Console
        from rich.table import Table
        from rich.text import Text
    except ModuleNotFoundError:
        shown = _plain([_HEADINGS, *table])
    else:
        rich_table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
        for heading in _HEADINGS:
            left = heading in ("", "shape")
            rich_table.add_column(heading, justify="left" if left else "right", no_wrap=True)
        for row in table:
            rich_table.add_row(*map(Text, row))
        width = sum(max(map(len, column)) + 3 for column in zip(_HEADINGS, *table, strict=True))
        console = Console(file=io.StringIO(), width=width)
        console.print(rich_table)
        lines = [line.rstrip() for line in console.file.getvalue().splitlines()]
        shown = "\n".join(filter(None, lines))
    return "\n".join([headline(digits), "", shown, "", *explained(digits)])


def _plain(table):
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if place < 2 else cell.rjust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in table
    )


def html(digits):
    """The table as HTML, to be set into a page or a notebook."""
    head = "".join(f"<th>{heading}</th>" for heading in _HEADINGS)
    rows = "\n".join(
        "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in cells(row)) + "</tr>"
        for row in digits.rows
    )
    after = "\n".join(f"<p>{escape(line)}</p>" for line in explained(digits))
    return (
        f'<div class="keras-edu-digits"><style>{_STYLE}</style>\n'
        f"<p>{escape(headline(digits))}</p>\n"
        f'<div class="scroll"><table><thead><tr>{head}</tr></thead>\n<tbody>\n{rows}\n'
        f"</tbody></table></div>\n{after}\n</div>"
    )


def page(digits):
    """An HTML page that needs nothing from elsewhere."""
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n'
        f"<title>{escape(headline(digits))}</title>\n</head>\n<body>\n{html(digits)}\n"
        "</body>\n</html>\n"
    )


def plot(digits):
    """A matplotlib figure: a line for each row, a mark for each precision."""
    with needed_for("A picture of digits"):
        from matplotlib.figure import Figure
    rows = digits.rows
    figure = Figure(figsize=(8, 1.5 + 0.25 * len(rows)), layout="constrained")
    axes = figure.subplots()
    for precision in PRECISIONS:
        points = [(n, row.digits[precision]) for n, row in enumerate(rows)]
        points = [(n, found) for n, found in points if found is not None]
        axes.plot(
            [found for _, found in points],
            [n for n, _ in points],
            linestyle="none",
            marker=_MARKERS[precision],
            label=precision,
        )
    axes.axvline(digits.policy.digits, color="gray", linestyle=":", label="wanted")
    axes.set_yticks(range(len(rows)), [cells(row)[0] for row in rows], fontsize="small")
    axes.invert_yaxis()
    axes.grid(axis="y", alpha=0.3)
    axes.set_xlabel("decimal digits that are not noise")
    axes.set_xlim(left=-0.2)
    axes.set_title(digits.model)
    figure.legend(loc="outside lower center", ncols=4)
    return figure
