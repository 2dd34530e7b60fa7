"""Models for `test_any_model`; a fault in each shows on edu alone."""

import sys

import keras
import numpy as np
from keras import layers, ops


def on_edu():
    return "keras_edu_backend.backend" in sys.modules


class Normalized(layers.Layer):
    """(x − mean) / √(variance + ε), with another ε on one side."""

    def call(self, x):
        centred = x - ops.mean(x, axis=-1, keepdims=True)
        epsilon = 1e-3 if on_edu() else 1e-5
        return centred / ops.sqrt(ops.mean(ops.square(centred), axis=-1, keepdims=True) + epsilon)


class Stopped(layers.Layer):
    def call(self, x):
        return ops.stop_gradient(x) if on_edu() else x


def nested():
    """A layer called twice around a nested model, in which a layer is wrong, and one after it."""
    inputs = keras.Input((6,))
    shared = layers.Dense(6, name="shared")
    inner = keras.Sequential(
        [layers.Dense(6, name="first"), Normalized(name="wrong"), layers.Dense(6, name="last")],
        name="inner",
    )
    x = shared(inner(shared(inputs)))
    x = Normalized(name="wrong_too")(x)
    return keras.Model(inputs, layers.Dense(2, name="out")(x))


def padded():
    """Layers whose calls make an op each, which Keras numbers through a process."""
    inputs = keras.Input((6, 6, 1))
    x = layers.ZeroPadding2D(1, name="before")(inputs)
    x = layers.Conv2D(2, 3, name="conv")(x)
    x = layers.ZeroPadding2D(1, name="after")(x)
    return keras.Model(inputs, layers.Dense(2)(layers.Flatten()(x)))


class Between(layers.Layer):
    """Takes two arrays by name."""

    def call(self, *, narrow, wide):
        return ops.concatenate([narrow, wide], axis=-1)


class CalledByName(layers.Layer):
    """Calls a layer with keywords that are not in alphabetical order."""

    def __init__(self, **options):
        super().__init__(**options)
        self.between = Between(name="between")
        self.dense = layers.Dense(3, name="dense")

    def call(self, x):
        return self.between(wide=self.dense(x), narrow=x[:, :1])


def by_name():
    inputs = keras.Input((6,))
    return keras.Model(inputs, layers.Dense(2)(CalledByName(name="caller")(inputs)))


class Magnitude(layers.Layer):
    """|x| written in two ways, whose slopes at 0 are another."""

    def call(self, x):
        return ops.maximum(x, -x) if on_edu() else ops.abs(x)


def on_a_kink():
    inputs = keras.Input((6,))
    x = layers.Dense(5, kernel_initializer="zeros", name="a")(inputs)
    model = keras.Model(inputs, layers.Dense(2, name="b")(Magnitude(name="magnitude")(x)))
    model.compile("sgd", "mse")
    return model


def stopped():
    inputs = keras.Input((6,))
    x = layers.Dense(5, activation="tanh", name="a")(inputs)
    x = layers.Dense(5, activation="tanh", name="b")(x)
    x = layers.Dense(5, activation="tanh", name="c")(Stopped(name="stop")(x))
    return keras.Model(inputs, layers.Dense(2, name="d")(x))


def other_momentum():
    model = keras.Sequential([keras.Input((6,)), layers.Dense(4, name="d"), layers.Dense(2)])
    optimizer = keras.optimizers.SGD(0.1, momentum=0.91 if on_edu() else 0.9)
    model.compile(optimizer, "mse")
    return model


def random_layers():
    """Dropout, noise and a normalization that training changes, on a dict of three inputs."""
    inputs = {
        "numbers": keras.Input((4,), name="numbers"),
        "words": keras.Input((3,), name="words", dtype="int32"),
        "more": keras.Input((4,), name="more"),
    }
    words = layers.Flatten()(layers.Embedding(7, 2)(inputs["words"]))
    x = layers.Concatenate()([layers.Dropout(0.4)(inputs["numbers"]), words, inputs["more"]])
    x = layers.GaussianNoise(0.3)(layers.BatchNormalization()(x))
    outputs = {"p": layers.Dense(3, "softmax", name="p")(x), "q": layers.Dense(1, name="q")(x)}
    model = keras.Model(inputs, outputs)
    model.compile("adam", {"p": "sparse_categorical_crossentropy", "q": "mse"})
    return model


class OfItsOwn(keras.Model):
    def __init__(self):
        super().__init__()
        self.hidden = layers.Dense(4, activation="relu")
        self.last = layers.Dense(1)

    def call(self, x):
        return self.last(self.hidden(x))


def subclassed():
    return OfItsOwn(), np.linspace(-1, 1, 12, dtype="float32").reshape(4, 3)


def with_dropout():
    return keras.Sequential(
        [keras.Input((3,)), layers.Dense(8, name="a"), layers.Dropout(0.5), layers.Dense(2)]
    )


class NotTold(keras.Model):
    """The same layers; `call` has no argument ``training``, so Keras's step tells them nothing."""

    def __init__(self):
        super().__init__()
        self.a, self.drop, self.b = layers.Dense(8), layers.Dropout(0.5), layers.Dense(2)

    def call(self, x):
        return self.b(self.drop(self.a(x)))


class Told(NotTold):
    def call(self, x, training=None):
        return self.b(self.drop(self.a(x), training=training))


def not_told():
    return NotTold()


def told():
    return Told()


def deep():
    """Fourteen layers, of which one stops the gradient on edu."""
    x = inputs = keras.Input((6,))
    for number in range(12):
        x = layers.Dense(8, activation="tanh", name=f"dense_{number}")(x)
        if number == 5:
            x = Stopped(name="stop")(x)
    model = keras.Model(inputs, layers.Dense(5, activation="softmax", name="out")(x))
    model.compile("adam", "sparse_categorical_crossentropy")
    return model


def wide_convolutions():
    x = inputs = keras.Input((16, 16, 3))
    for number in range(2):
        x = layers.Conv2D(8, 3, activation="relu", name=f"conv_{number}")(x)
    x = layers.Flatten()(Normalized(name="wrong")(x))
    return keras.Model(inputs, layers.Dense(10)(x))


def shapeless():
    return keras.Sequential([layers.Dense(3)])


def raises():
    raise RuntimeError("no luck")


def only_on_stock():
    if on_edu():
        raise RuntimeError("not here")
    return keras.Sequential([keras.Input((3,)), layers.Dense(2)])


def repeated_words():
    """Words that occur twice in a batch, under an optimizer that squares gradients."""
    model = keras.Sequential(
        [
            keras.Input((3,), dtype="int32"),
            layers.Embedding(5, 2, name="words"),
            layers.Flatten(),
            layers.Dense(2, name="last"),
        ]
    )
    model.compile(keras.optimizers.Adam(0.01), "mse")
    return model, np.array([[0, 1, 1], [3, 1, 0]], "int32")


def repeated_words_and_a_wrong_certain_score():
    """Both things that are known of TensorFlow act on the same run."""
    model = keras.Sequential(
        [
            keras.Input((3,), dtype="int32"),
            layers.Embedding(4, 1, name="words"),
            layers.Flatten(),
            layers.Dense(2, "softmax", use_bias=False),
        ]
    )
    # The first text is certain of class 1, the second leans to it; both are of class 0.
    model.set_weights([np.float32([[0.3], [0.3], [0.3], [39.4]]), np.float32([[0, 1]] * 3)])
    model.compile(keras.optimizers.Adam(0.01), "sparse_categorical_crossentropy")
    return model, np.array([[3, 1, 1], [0, 1, 1]], "int32"), np.array([0, 0], "int32")


def repeated_words_at_another_rate():
    """The same, and another rate on edu."""
    model, words = repeated_words()
    model.optimizer.learning_rate = 0.011 if on_edu() else 0.01
    return model, words


class FirstRow(layers.Layer):
    """Adds 1 to the first row, on one side."""

    def call(self, x):
        return x + ops.cast(ops.arange(ops.shape(x)[0]) == 0, x.dtype)[:, None] * on_edu()


def first_row():
    model = keras.Sequential([keras.Input((3,)), FirstRow(name="first_row"), layers.Dense(2)])
    model.compile("sgd", "mse")
    return model, np.ones((4, 3), "float32"), np.ones((4, 2), "float32")


def first_row_without_weight():
    return *first_row(), np.float32([0, 1, 2, 1])


class AtZero(layers.Layer):
    """Another value at exactly 0, on one side."""

    def call(self, x):
        return ops.where(x == 0, 1.0 if on_edu() else 0.0, x)


def at_zero():
    model = keras.Sequential([keras.Input((4,)), layers.Dense(4, name="first")])
    model.add(AtZero(name="at_zero"))
    model.add(layers.Dense(2, name="last"))
    return model


class OwnStep(keras.Model):
    """A step of its own; one side's loss is off by a factor, or averaged by column first."""

    factor, by_columns = 1.0, False

    def train_step(self, state, data):
        import jax

        trainable, fixed, optimizer, metrics = state
        x, y, *_ = data

        def loss(values):
            outputs, updated = self.stateless_call(values, fixed, x, training=True)
            distances = ops.abs(outputs - y)
            if on_edu() and self.by_columns:
                distances = ops.mean(distances, axis=0)
            return ops.mean(distances) * (self.factor if on_edu() else 1.0), updated

        (distance, fixed), gradients = jax.value_and_grad(loss, has_aux=True)(trainable)
        trainable, optimizer = self.optimizer.stateless_apply(optimizer, gradients, trainable)
        return {"distance": distance}, (trainable, fixed, optimizer, metrics)


def own_step(factor=1.0, by_columns=False):
    inputs = keras.Input((5,))
    hidden = layers.Dense(16, activation="tanh", name="hidden")(inputs)
    model = OwnStep(inputs, layers.Dense(7, name="last")(hidden))
    model.factor, model.by_columns = factor, by_columns
    model.compile("sgd")
    return model


def own_step_in_another_order():
    return own_step(by_columns=True)


def own_step_with_another_factor():
    return own_step(factor=1.01)


def averaging():
    """Its last window reaches over the edge, which PyTorch fills with the last number."""
    return averaging_times(1)


def averaging_and_another_scale():
    """Average pooling, and something else that is wrong on PyTorch."""
    return averaging_times(1.01 if keras.config.backend() == "torch" else 1)


def averaging_times(scale):
    inputs = keras.Input((4, 3))
    averages = layers.AveragePooling1D(3, 2, padding="same")(inputs)
    hidden = layers.Flatten()(layers.Rescaling(scale)(averages))
    model = keras.Model(inputs, layers.Dense(2)(hidden))
    model.compile("sgd", "mean_squared_error")
    return model


def volumes():
    """Each number is there eight times, and ties for the maximum of its window."""
    inputs = keras.Input((2, 2, 2, 1))
    hidden = layers.UpSampling3D(2)(layers.Conv3D(3, 1)(inputs))
    pooled = layers.Flatten()(layers.MaxPooling3D(2)(hidden))
    model = keras.Model(inputs, layers.Dense(2)(pooled))
    model.compile("sgd", "mean_squared_error")
    return model


def spectral():
    """Its kernel is overwritten in training, but not on JAX."""
    inputs = keras.Input((4,))
    hidden = layers.SpectralNormalization(layers.Dense(5, "tanh"))(inputs)
    model = keras.Model(inputs, layers.Dense(2)(hidden))
    model.compile("sgd", "mean_squared_error")
    return model
