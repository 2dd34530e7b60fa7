"""Loss and accuracy after every epoch."""

from conformance.pictures.style import BLUE, ORANGE, figure, tidy

KINDS = (("", "training", BLUE, "-"), ("val_", "validation", ORANGE, "--"))


def learning_curves(history, title):
    """The loss above, the accuracy below, for training and, where there are any, validation data.

    Args:
        history: mapping of "loss", "accuracy" and the same with "val_" to one number per epoch.
        title: what is shown.

    Returns:
        A matplotlib figure.

    Source: document 1, "plot_loss_accuracy"; document 3, "plot learning curves".
    """
    metrics = [name for name in ("loss", "accuracy") if name in history]
    drawn, all_axes = figure(
        6.4, 2.6 * len(metrics), nrows=len(metrics), sharex=True, squeeze=False
    )
    for axes, metric in zip(all_axes[:, 0], metrics, strict=True):
        for prefix, kind, colour, dashes in KINDS:
            if prefix + metric in history:
                values = history[prefix + metric]
                epochs = range(1, len(values) + 1)
                label = f"{kind}: {values[-1]:.3f} at the end"
                axes.plot(epochs, values, color=colour, linestyle=dashes, label=label)
        axes.set_ylabel(metric if metric == "loss" else "accuracy (share right)")
        if metric == "accuracy":
            axes.set_ylim(0, 1.02)
        else:
            axes.set_ylim(bottom=0)
        axes.legend(frameon=False)
        tidy(axes)
    all_axes[-1, 0].set_xlabel("epoch")
    all_axes[0, 0].set_title(title)
    return drawn
