"""Keras models as claims need them: stacks of dense layers, their gradients, straight lines."""

import numpy as np

LARGE = 2.0**20


def dense(inputs, *layers, kernel="glorot_uniform", bias="zeros"):
    """A Sequential model of dense layers.

    Args:
        inputs: number of features.
        *layers: pairs of units and activation.
        kernel: initializer of every kernel.
        bias: initializer of every bias.

    Returns:
        The model, not compiled.
    """
    import keras

    # An initializer with a seed draws the same numbers again, so each layer has one of its own.
    return keras.Sequential(
        [
            keras.Input((inputs,)),
            *(
                keras.layers.Dense(
                    units,
                    activation,
                    kernel_initializer=_own(kernel),
                    bias_initializer=_own(bias),
                )
                for units, activation in layers
            ),
        ]
    )


def _own(initializer):
    return initializer if isinstance(initializer, str) else initializer.clone()


def fitted(model, x, y, loss, optimizer, epochs, **arguments):
    """Compiles and trains a model.

    Args:
        model: the model.
        x: inputs.
        y: labels.
        loss: Keras's name of the loss, or a loss.
        optimizer: a Keras optimizer.
        epochs: passes; 0 leaves the model as it is.
        **arguments: further ones of ``fit``.

    Returns:
        The history: loss and metrics, one number for each epoch.
    """
    metrics = ["accuracy"] if "crossentropy" in str(loss) else None
    model.compile(optimizer, loss, metrics=metrics)
    return model.fit(x, y, epochs=epochs, verbose=0, **arguments).history if epochs else {}


def gradients(model, loss, x, y):
    """dL/dW and dL/db of every layer, on any backend: one step of gradient descent tells them.

    With a learning rate of 2^20 the step is so long that rounding the new weights changes nothing;
    the old weights are put back.

    Args:
        model: the model.
        loss: as `fitted`.
        x: one batch of inputs.
        y: their labels.

    Returns:
        Arrays, in the order of the model's weights.
    """
    step = stepper(model, loss)
    return step(x, y)


def stepper(model, loss):
    """As `gradients`, for many batches: compiled once.

    Args:
        model: the model.
        loss: as `fitted`.

    Returns:
        Function of x and y that returns the gradients.
    """
    import keras

    model.compile(keras.optimizers.SGD(LARGE), loss)
    before = [np.array(weight) for weight in model.get_weights()]

    def step(x, y):
        model.train_on_batch(x, y)
        after = model.get_weights()
        model.set_weights(before)
        return [(old - new) / LARGE for old, new in zip(before, after, strict=True)]

    return step


def output(_labels, outputs):
    """A loss that is the output itself, so that its gradients are the output's."""
    import keras

    return keras.ops.sum(outputs, axis=-1)


def best_line(x, classes):
    """The share of points that the best straight line gets right.

    Every direction in steps of a quarter of a degree, and every threshold along it.

    Args:
        x: points, shape (points, 2).
        classes: 0 or 1.

    Returns:
        A number from 0.5 to 1.
    """
    classes = np.ravel(classes)
    most = 0
    for angle in np.deg2rad(np.arange(0, 180, 0.25)):
        order = np.argsort(x @ [np.cos(angle), np.sin(angle)])
        ahead = np.cumsum(np.where(classes[order] == 1, 1, -1))
        most = max(most, (classes == 0).sum() + ahead.max(), (classes == 1).sum() - ahead.min())
    return float(most / len(x))


def accuracy(model, x, classes):
    """Share of points whose class a sigmoid unit gets right.

    Args:
        model: the model.
        x: points.
        classes: 0 or 1.

    Returns:
        A number from 0 to 1.
    """
    return float(np.mean((model.predict(x, verbose=0)[:, 0] > 0.5) == np.ravel(classes)))
