"""Activation functions, each with its derivative."""

import jax.numpy as jnp

from conformance.pictures.style import BLUE, VERMILION, figure, tidy
from reference_models import activations

SHOWN = (
    ("step", activations.step, activations.step_derivative),
    ("sigmoid", activations.sigmoid, activations.sigmoid_derivative),
    ("tanh", activations.tanh, activations.tanh_derivative),
    ("relu", activations.relu, activations.relu_derivative),
    ("leaky relu (slope 0.01)", activations.leaky_relu, activations.leaky_relu_derivative),
    ("softplus", activations.softplus, activations.softplus_derivative),
)


def activation_graphs():
    """Six functions f(z) with their slopes f'(z), from z = -5 to 5.

    Returns:
        A matplotlib figure.

    Source: document 2, "Activation functions"; document 5, "Types of Activation Function".
    """
    z = jnp.linspace(-5, 5, 1001)
    drawn, all_axes = figure(8.4, 5.2, nrows=2, ncols=3, sharex=True)
    for axes, (name, function, derivative) in zip(all_axes.flat, SHOWN, strict=True):
        axes.plot(z, _without_jump(function(z)), color=BLUE, label="$f(z)$")
        slopes = _without_jump(derivative(z))
        axes.plot(z, slopes, color=VERMILION, linestyle="--", label="$f'(z)$")
        axes.set_title(name)
        tidy(axes)
    for axes in all_axes[-1]:
        axes.set_xlabel("weighted sum $z$")
    for axes in all_axes[:, 0]:
        axes.set_ylabel("value, slope")
    lines, labels = all_axes[0, 0].get_legend_handles_labels()
    drawn.legend(lines, labels, loc="outside lower center", ncols=2, frameon=False)
    drawn.suptitle("Activation functions and their derivatives")
    return drawn


def _without_jump(values):
    """The curve with a gap where it jumps, so that no line is drawn across."""
    jumps = jnp.abs(jnp.diff(values, prepend=values[:1])) > 0.5
    return jnp.where(jumps, jnp.nan, values)
