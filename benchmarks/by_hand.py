"""The benchmarked networks as a person would write them in JAX: one compiled loop over an epoch.

No Keras, no metrics, no callbacks. It is the limit that `fit` is measured against. With
convolutions the loop is Python's, a compiled step for each batch: on a CPU, XLA computes gradients
of convolutions several times more slowly within a compiled loop.
"""

import math

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

ACTIVATIONS = {"relu": jax.nn.relu, "tanh": jnp.tanh}


def logits_of(parameters, activation, x):
    """The logits of a stack of layers: dense, or convolution and pooling where a kernel is 4-d."""
    *hidden, last = parameters
    for kernel, bias in hidden:
        if kernel.ndim == 4:
            x = lax.conv_general_dilated(
                x, kernel, (1, 1), "VALID", dimension_numbers=("NHWC", "HWIO", "NHWC")
            )
            x = ACTIVATIONS[activation](x + bias)
            x = lax.reduce_window(x, -jnp.inf, lax.max, (1, 2, 2, 1), (1, 2, 2, 1), "VALID")
        else:
            x = ACTIVATIONS[activation](x @ kernel + bias)
    return x.reshape(len(x), -1) @ last[0] + last[1]


def probabilities(logits):
    """What the network predicts: softmax(z), or where there is one logit 1 / (1 + exp(-z))."""
    return jax.nn.sigmoid(logits) if logits.shape[-1] == 1 else jax.nn.softmax(logits)


def kernel_shapes(sizes):
    """The shapes of the kernels; sizes begin with the width of a row, or with an image's shape."""
    if not isinstance(sizes[0], tuple):
        return list(zip(sizes, sizes[1:], strict=False))
    (height, width, channels), *hidden, last = sizes
    shapes = []
    for n in hidden:
        shapes.append((3, 3, channels, n))
        height, width, channels = (height - 2) // 2, (width - 2) // 2, n
    return [*shapes, (height * width * channels, last)]


def cross_entropy(logits, y):
    """The mean cross-entropy with one-hot classes, or with 0 and 1 where there is one logit."""
    if logits.shape[-1] == 1:
        return jnp.mean(jnp.logaddexp(0, logits) - y * logits)
    return -jnp.mean(jnp.sum(y * jax.nn.log_softmax(logits), axis=-1))


class ByHand:
    """A network with Adam's state, on data that lie on the device."""

    def __init__(self, sizes, activation, batch_size, x, y):
        random = np.random.default_rng(0)
        self.activation, self.batch_size = activation, batch_size
        self.x, self.y = jnp.asarray(x), jnp.asarray(y)
        shapes = kernel_shapes(sizes)
        parameters = [
            (
                jnp.asarray(random.normal(scale=math.prod(s[:-1]) ** -0.5, size=s), "float32"),
                jnp.zeros(s[-1]),
            )
            for s in shapes
        ]
        self.one_by_one = len(shapes[0]) == 4
        zeros = jax.tree.map(jnp.zeros_like, parameters)
        self.state = parameters, zeros, jax.tree.map(jnp.zeros_like, parameters), jnp.zeros(())
        self._epoch = jax.jit(self._steps, donate_argnums=0)
        self._on_batch = jax.jit(self._step, donate_argnums=0)
        self._predict = jax.jit(self._forward)
        self._evaluate = jax.jit(self._scores)

    def _loss(self, parameters, x, y):
        return cross_entropy(logits_of(parameters, self.activation, x), y)

    def _step(self, state, x, y):
        parameters, mean, square, t = state
        loss, gradient = jax.value_and_grad(self._loss)(parameters, x, y)
        t = t + 1
        mean = jax.tree.map(lambda m, g: m + 0.1 * (g - m), mean, gradient)
        square = jax.tree.map(lambda v, g: v + 0.001 * (g * g - v), square, gradient)
        rate = 0.001 * jnp.sqrt(1 - 0.999**t) / (1 - 0.9**t)
        parameters = jax.tree.map(
            lambda p, m, v: p - rate * m / (jnp.sqrt(v) + 1e-7), parameters, mean, square
        )
        return (parameters, mean, square, t), loss

    def _steps(self, state, x, y, order):
        def step(state, rows):
            return self._step(state, x[rows], y[rows])

        full = len(order) // self.batch_size * self.batch_size
        state, losses = lax.scan(step, state, order[:full].reshape(-1, self.batch_size))
        if full < len(order):
            state, _ = step(state, order[full:])
        return state, losses.mean() if full else 0.0

    def epoch(self):
        """One epoch in a new order."""
        order = np.random.permutation(len(self.x)).astype("int32")
        if self.one_by_one:
            losses = []
            for start in range(0, len(order), self.batch_size):
                rows = order[start : start + self.batch_size]
                self.state, loss = self._on_batch(self.state, self.x[rows], self.y[rows])
                losses.append(loss)
            return float(np.mean(losses))
        self.state, loss = self._epoch(self.state, self.x, self.y, order)
        return float(loss)

    def _in_batches(self, function, *arrays):
        full = len(arrays[0]) // self.batch_size * self.batch_size
        batches = [a[:full].reshape(-1, self.batch_size, *a.shape[1:]) for a in arrays]
        of_batches = lax.map(lambda batch: function(*batch), tuple(batches))
        rest = function(*[a[full:] for a in arrays]) if full < len(arrays[0]) else None
        return of_batches, rest

    def _forward(self, parameters, x):
        def predictions(x):
            return probabilities(logits_of(parameters, self.activation, x))

        many, rest = self._in_batches(predictions, x)
        many = many.reshape(-1, many.shape[-1])
        return many if rest is None else jnp.concatenate([many, rest])

    def predict(self):
        """The probabilities for all rows, in batches, as a NumPy array."""
        return np.asarray(self._predict(self.state[0], self.x))

    def _scores(self, parameters, x, y):
        def scores(x, y):
            logits = logits_of(parameters, self.activation, x)
            if y.shape[-1] == 1:
                right = (logits > 0) == (y > 0.5)
            else:
                right = logits.argmax(-1) == y.argmax(-1)
            return cross_entropy(logits, y) * len(x), right.sum()

        many, rest = self._in_batches(scores, x, y)
        return [
            (m.sum() + (0 if rest is None else r)) / len(x)
            for m, r in zip(many, rest or (0, 0), strict=True)
        ]

    def evaluate(self):
        """Mean loss and accuracy."""
        return [float(score) for score in self._evaluate(self.state[0], self.x, self.y)]
