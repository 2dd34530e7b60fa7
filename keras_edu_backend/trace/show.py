"""A trace as text and as an HTML page."""

from keras_edu_backend.pages import templates

_TITLES = {
    "forward": "forward",
    "loss": "loss",
    "loss_backward": "loss, backward",
    "backward": "backward, from the last layer to the first",
    "update": "update by the optimiser",
    "other": "metrics and the rest",
}
_HEADINGS = ("", "shape", "dtype", "params", "flops", "exp/log…", "bytes", "times")


def text(trace, ops=True):
    """The trace as text: a table for each part of each step.

    Args:
        trace: a `Trace`.
        ops: False shows models and layers only.
    """
    return "\n\n".join(_step_text(step, ops) for step in trace.steps or [trace.step])


def _step_text(step, ops):
    rows: list[tuple[str, ...]] = []
    for part, node in _parts(step):
        rows.append((_TITLES[part].upper(),))
        rows.extend(_rows(node, "", "", ops or part == "update"))
    widths = [
        max([len(row[i]) for row in rows if len(row) > 1] + [len(_HEADINGS[i])])
        for i in range(len(_HEADINGS))
    ]
    lines = [headline(step), "", _line(_HEADINGS, widths)]
    lines += [_line(row, widths) if len(row) > 1 else f"\n{row[0]}" for row in rows]
    return "\n".join([*lines, "", *explained(step)])


def _line(row, widths):
    cells = [row[0].ljust(widths[0]), row[1].ljust(widths[1]), row[2].ljust(widths[2])]
    cells += [cell.rjust(width) for cell, width in zip(row[3:], widths[3:], strict=True)]
    return "  ".join(cells).rstrip()


def _rows(node, before_name, before_children, ops):
    yield (before_name + _label(node), *cells(node))
    children = [child for child in node.children if ops or child.kind != "op"]
    for child in children:
        last = child is children[-1]
        yield from _rows(
            child,
            before_children + ("└ " if last else "├ "),
            before_children + ("  " if last else "│ "),
            ops,
        )


def _label(node):
    if not node.class_name or node.kind == "op":
        return node.name
    return f"{node.name} ({node.class_name}{', again' if node.again else ''})"


def cells(node):
    """What stands beside a node's name: shape, dtype and numbers, as text."""
    shape = " ".join(map(str, node.shape)) if isinstance(node.shape, list) else str(node.shape)
    return (
        "" if not node.dtype else shape,
        node.dtype,
        f"{node.parameters:,}" if node.parameters else "",
        f"{node.cost.flops:,}",
        f"{node.cost.transcendentals:,}" if node.cost.transcendentals else "",
        f"{node.cost.bytes:,}",
        f"{node.times:,}" if node.times != 1 else "",
    )


def headline(step):
    """One line that says what ran, on what, and how often."""
    what = {
        "train": "one training step",
        "test": "one step of evaluating",
        "predict": "one step of predicting",
        "call": "one call",
    }[step.what]
    if step.what == "train" and not step.model.compiled:
        what = "the outputs' sum and its gradients (the model is not compiled)"
    inputs = step.parts["backward"].shape or _first_input(step)
    ran = f"; it ran {step.times:,} times" if step.times > 1 else ""
    return f"{step.model.name}: {what} on {inputs}{ran}"


def _first_input(step):
    import jax

    return next(
        (str(a.shape) for a in jax.tree.leaves(step.batch) if hasattr(a, "shape")), "nothing"
    )


def explained(step):
    """How flops are counted, XLA's own count, and where the two differ: lines of text."""
    total = sum((node.cost.flops for node in step.parts.values()), 0)
    pairs = sum(node.cost.multiply_adds for node in step.parts.values())
    lines = [
        f"{total:,} flops, a multiplication and an addition counted as two; "
        f"{total - pairs:,} with a multiply-add as one.",
    ]
    for name, found in step.xla.items():
        lines.append(f"XLA counts, {name}: {found['xla_flops']:,}; here {found['flops']:,}.")
        lines += [f"  {reason}" for reason in reasons(found)]
    if step.unknown:
        names = ", ".join(f"{name} ({times:,})" for name, times in step.unknown.items())
        lines.append(f"Not counted, having no formula here: {names}.")
    return lines


def reasons(found):
    """Why XLA's count of a program is another than ours, as sentences.

    Args:
        found: an entry of `Step.xla`.
    """
    said = []
    gap = found["xla_flops"] - found["flops"]
    if found["xla_flops_loops_once"] != found["xla_flops"]:
        said.append(
            f"Left to itself it says {found['xla_flops_loops_once']:,}: it counts the body of a "
            "loop once, and the scan here runs it more often."
        )
    if gap and found["selections_and_integers"]:
        said.append(
            f"It also counts {found['selections_and_integers']:,} selections and operations with "
            "integers."
        )
    left = gap - found["selections_and_integers"]
    if left > max(10, 0.01 * found["flops"]):
        said.append(
            f"{left:,} more: primitives that XLA writes out as several operations, such as random "
            "bits, a loop's counter and its slices, and the search for the largest entry."
        )
    if left < -max(10, 0.01 * found["flops"]):
        said.append(f"{-left:,} fewer: XLA is not given what no result needs.")
    if found["while_loops"]:
        said.append(
            f"{found['while_loops']} loop(s) end when the numbers say so; both count one turn."
        )
    return said


def _parts(step):
    """The parts of a step that there is something to say of."""
    for part, node in step.parts.items():
        if part == "forward" or node.cost.flops or node.cost.bytes:
            yield part, node


_PAGES = templates("keras_edu_backend.trace")


def html(trace):
    """The trace as one HTML page, which needs nothing from elsewhere."""
    steps = [
        {
            "headline": headline(step),
            "parts": [(_TITLES[part], list(_flat(node, 0))) for part, node in _parts(step)],
            "explained": explained(step),
        }
        for step in trace.steps or [trace.step]
    ]
    return _PAGES.get_template("page.html").render(steps=steps, headings=_HEADINGS[1:])


def _flat(node, depth):
    yield depth, node.kind, _label(node), cells(node)
    for child in node.children:
        yield from _flat(child, depth + 1)
