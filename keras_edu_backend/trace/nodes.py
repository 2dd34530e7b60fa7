"""The tree: equations given to the calls that asked for them, and summed up."""

import dataclasses
import math

from keras_edu_backend.trace.count import Cost, cost

# The parts of a step, each a tree of its own.
PARTS = ("forward", "loss", "loss_backward", "backward", "update", "other")
_MOVING = "(moving numbers)"


@dataclasses.dataclass
class Node:
    """A model, layer or op in a trace, with what it cost, its children's costs included.

    Attributes:
        name: of the layer or op; in an update, of the variable.
        kind: ``"model"``, ``"layer"`` or ``"op"``.
        class_name: the layer's class; empty for an op.
        shape: of its output, in a backward tree of the gradient it hands back; a tuple, or a list
            of tuples where there are several.
        dtype: of the first of them.
        parameters: how many numbers its variables hold.
        cost: its `Cost` in one step, over all ``times``.
        times: how often it runs in one step: the body of a scan runs once for each turn.
        again: whether its layer was called before, so that its parameters are counted elsewhere.
        children: what it calls.
    """

    name: str
    kind: str
    class_name: str = ""
    shape: tuple | list = ()
    dtype: str = ""
    parameters: int = 0
    cost: Cost = Cost()
    times: int = 1
    again: bool = False
    children: list["Node"] = dataclasses.field(default_factory=list)

    def as_json(self):
        """The node and all below it, as dicts, lists and numbers."""
        return {
            "name": self.name,
            "kind": self.kind,
            "class": self.class_name,
            "shape": [list(s) if isinstance(s, tuple) else s for s in self.shape],
            "dtype": self.dtype,
            "parameters": self.parameters,
            "flops": self.cost.flops,
            "multiply_adds": self.cost.multiply_adds,
            "transcendentals": self.cost.transcendentals,
            "bytes": self.cost.bytes,
            "times": self.times,
            "again": self.again,
            "children": [child.as_json() for child in self.children],
        }


@dataclasses.dataclass
class _Own:
    """What was found of one call, in one part of the step."""

    cost: Cost = Cost()
    most: int = 0
    least: int | None = None
    result: object = None
    loose: dict = dataclasses.field(default_factory=dict)

    def add(self, its_cost, times, aval):
        self.cost = self.cost + its_cost * times
        self.most = max(self.most, times)
        self.least = times if self.least is None else min(self.least, times)
        self.result = aval if aval is not None else self.result


def collect(jaxpr, calls):
    """What each call costs in each part of a program.

    Args:
        jaxpr: the program, traced with ``names_on_calls`` open.
        calls: the `Calls` of that time.

    Returns:
        A dict from ``(part, number of the call)`` to what was found, for `trees`; and the names of
        the primitives that have no formula, with how often they run.
    """
    own: dict[tuple, _Own] = {}
    unknown: dict[str, int] = {}
    for equation, stack, times, is_scan in _equations(jaxpr, (), 1):
        call = calls.of(stack)
        place = own.setdefault((_part(call, stack), call and call.number), _Own())
        its_cost, known = (Cost(), True) if is_scan else cost(equation)
        name = equation.primitive.name
        if not known:
            unknown[name] = unknown.get(name, 0) + times
        aval = None if is_scan or not equation.outvars else equation.outvars[0].aval
        place.add(its_cost, times, aval)
        if not is_scan and (call is None or call.kind != "op"):
            operates = its_cost.flops or its_cost.transcendentals or not known
            loose = place.loose.setdefault(name if operates else _MOVING, _Own())
            loose.add(its_cost, times, aval)
    return own, unknown


def move_to_backward(own, calls, plain, plain_calls):
    """Count as backward what a pass forwards does only because it will be differentiated.

    Differentiating makes the forward pass compute slopes on the way (where relu's input is
    positive, say). What the same model does without being differentiated says what is forward.

    Args:
        own: of the program with gradients, from `collect`; changed in place.
        calls: its `Calls`.
        plain: of the forward pass alone.
        plain_calls: its `Calls`.
    """
    of_step, of_plain = (
        [call for call in all_of.made.values() if in_model(call)] for all_of in (calls, plain_calls)
    )
    if [(c.name, c.kind) for c in of_step] != [(c.name, c.kind) for c in of_plain]:
        return  # a step of the user's own, which calls its model otherwise
    for call, same in zip(of_step, of_plain, strict=True):
        found = own.get(("forward", call.number))
        alone = plain.get(("forward", same.number), _Own())
        if found is None or alone.cost.flops > found.cost.flops:
            continue
        back = own.setdefault(("backward", call.number), _Own())
        back.cost = back.cost + found.cost + alone.cost * -1
        back.most = back.most or found.most
        back.least = found.least if back.least is None else back.least
        for name in found.loose:
            more = found.loose[name].cost + alone.loose.get(name, _Own()).cost * -1
            if more != Cost():
                place = back.loose.setdefault(name, _Own())
                place.add(more, 1, found.loose[name].result)
                place.most = max(place.most, found.loose[name].most)
        own["forward", call.number] = alone


def in_model(call):
    """Whether a call is a model's or a layer's, or made by one."""
    while call is not None:
        if call.kind in ("loss", "update"):
            return False
        if call.kind in ("model", "layer"):
            return True
        call = call.parent
    return False


def trees(own, calls):
    """The tree of each part of a program: a dict of a `Node` for each of `PARTS`.

    Args:
        own: what `collect` found.
        calls: the `Calls` of that time.
    """
    seen = {number for _, number in own}
    shown = [c for c in calls.made.values() if c.kind != "op" or c.number in seen]
    return {part: _tree(part, shown, own) for part in PARTS}


def _equations(jaxpr, outer, times):
    """Each equation that computes something, its names from outermost to innermost, and how often
    it runs. A scan itself comes too, to say how often the call runs that contains it."""
    for equation in jaxpr.eqns:
        stack = (*outer, *equation.source_info.name_stack.stack)
        name = equation.primitive.name
        if name == "scan":
            yield equation, stack, times, True
            body = equation.params["jaxpr"].jaxpr
            yield from _equations(body, stack, times * equation.params["length"])
        elif name == "cond":
            # One of the branches runs; the one with most equations stands for it.
            branches = [branch.jaxpr for branch in equation.params["branches"]]
            yield from _equations(max(branches, key=lambda b: len(b.eqns)), stack, times)
        else:
            inside = [] if name in _HAVE_FORMULAS else list(inner_jaxprs(equation))
            for inner in inside:
                yield from _equations(inner, stack, times)
            if not inside:
                yield equation, stack, times, False


# Their inner jaxpr says only how to combine two numbers.
_HAVE_FORMULAS = {"reduce", "reduce_window", "scatter-add", "scatter_add", "scatter", "sort"}
_HAVE_FORMULAS |= {"scatter-mul", "scatter_mul", "scatter-min", "scatter-max", "scatter_min"}
_HAVE_FORMULAS |= {"scatter_max", "scatter-sub", "scatter_sub", "select_and_scatter"}


def inner_jaxprs(equation):
    """The jaxprs among an equation's parameters."""
    for value in equation.params.values():
        for one in value if isinstance(value, (tuple, list)) else [value]:
            inner = getattr(one, "jaxpr", one)
            if hasattr(inner, "eqns"):
                yield inner


def _part(call, stack):
    transforms = {getattr(entry, "name", "") for entry in stack if type(entry).__name__ != "Scope"}
    backward = "transpose" in transforms
    kinds = set()
    while call is not None:
        kinds.add(call.kind)
        call = call.parent
    if "update" in kinds:
        return "update"
    if "model" in kinds or "layer" in kinds:
        return "backward" if backward else "forward"
    # What is differentiated outside any layer is the loss: the mean, penalties, a scale.
    if "loss" in kinds or "jvp" in transforms:
        return "loss_backward" if backward else "loss"
    return "other"


def _tree(part, shown, own):
    """The tree of one part."""
    of_layers = part in ("forward", "backward")

    def node(call, times):
        found = own.get((part, call.number), _Own())
        ran = found.most if call.kind == "op" else found.least
        children = [node(c, ran or times) for c in shown if c.parent is call and c.kind != "loss"]
        if not of_layers:
            children = [child for child in children if child.cost != Cost()]
        if part == "backward":
            children.reverse()  # the last layer comes first
        if not ran:
            ran = min([child.times for child in children], default=times)
        elif call.kind != "op":
            ran = min([ran, *(child.times for child in children)])
        children += _loose(found.loose)
        shape, dtype = _form(call, part, found.result)
        return Node(
            call.name,
            call.kind if call.kind in ("model", "layer") else "op",
            call.class_name,
            shape,
            dtype,
            sum(math.prod(v.shape) for v in {id(v): v for v in call.variables}.values()),
            sum((child.cost for child in children), _own_cost(found)),
            ran,
            call.again,
            children,
        )

    nodes = [node(call, 1) for call in shown if _is_root(call, part)]
    nodes += _loose(own.get((part, None), _Own()).loose)
    if not of_layers:
        nodes = [each for each in nodes if each.cost != Cost()]
    if len(nodes) == 1 and (of_layers or part == "update"):
        return nodes[0]
    total = sum((each.cost for each in nodes), Cost())
    return Node(part, "model" if of_layers and nodes else "op", cost=total, children=nodes)


def _is_root(call, part):
    """Whether a call is at the top of the tree of that part."""
    if part in ("forward", "backward"):
        return in_model(call) and (call.parent is None or not in_model(call.parent))
    if part == "update":
        return call.kind == "update" and call.parent is None
    if part == "other":
        return call.kind == "op" and call.parent is None
    return call.kind == "loss" or (call.kind == "op" and call.parent is None)


def _own_cost(found):
    """What is not in the nodes of loose primitives."""
    return Cost() if found.loose else found.cost


def _loose(loose):
    """Primitives outside any op: Python's operators on arrays, and what JAX adds."""
    nodes = []
    for name, found in loose.items():
        shape, dtype = (), ""
        if name != _MOVING:
            shape = tuple(getattr(found.result, "shape", ()))
            dtype = str(getattr(found.result, "dtype", ""))
        elif not found.cost.bytes:
            continue
        nodes.append(Node(name, "op", "", shape, dtype, cost=found.cost, times=found.most))
    return nodes


def _form(call, part, result):
    """Shape and dtype of what a call gives: of the gradient that it hands back, if backward."""
    given = call.inputs if part.endswith("backward") else call.outputs
    if call.kind == "op" and not call.outputs:
        given = () if result is None else (result,)
    if not given:
        return (), ""
    shapes = [tuple(form.shape) for form in given]
    return (shapes[0] if len(shapes) == 1 else shapes), str(given[0].dtype)
