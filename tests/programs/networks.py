"""Train networks of dense layers in many ways and save all numbers: the same on every backend."""

import sys

import keras
import numpy as np
from keras import layers

numbers = {}


def data(samples, features, classes, seed):
    random = np.random.default_rng(seed)
    x = random.normal(size=(samples, features)).astype("float32")
    labels = random.integers(0, classes, samples)
    return x, labels


def record(name, model, x, y, on_batch=True, **fit_arguments):
    for variable in model.variables:
        numbers[f"{name}/initial/{variable.path}"] = np.array(variable)
    history = model.fit(x, y, verbose=0, **fit_arguments)
    for metric, values in history.history.items():
        numbers[f"{name}/history/{metric}"] = np.array(values)
    for variable in model.variables:
        numbers[f"{name}/trained/{variable.path}"] = np.array(variable)
    for variable in model.optimizer.variables:
        numbers[f"{name}/optimizer/{variable.path}"] = np.array(variable)
    numbers[f"{name}/predicted"] = model.predict(x, verbose=0, batch_size=7)
    result = model.evaluate(x, y, verbose=0, batch_size=7, return_dict=True)
    for metric, value in result.items():
        numbers[f"{name}/evaluated/{metric}"] = np.array(value)
    if not on_batch:
        return
    for metric, value in model.train_on_batch(x[:5], y[:5], return_dict=True).items():
        numbers[f"{name}/on_batch/{metric}"] = np.array(value)


def dropout_classifier():
    x, labels = data(107, 6, 3, 1)
    model = keras.Sequential(
        [
            keras.Input((6,)),
            layers.Dense(16, activation="relu"),
            layers.Dropout(0.3),
            layers.Dense(8, activation="tanh"),
            layers.GaussianDropout(0.2),
            layers.Dense(3, activation="softmax"),
        ]
    )
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    record("dropout", model, x, labels, epochs=3, batch_size=20, validation_split=0.1)


def binary_with_weights():
    x, labels = data(64, 5, 2, 2)
    model = keras.Sequential(
        [keras.Input((5,)), layers.Dense(4, activation="softplus"), layers.Dense(1, "sigmoid")]
    )
    model.compile(keras.optimizers.RMSprop(0.01), "binary_crossentropy", metrics=["accuracy"])
    record(
        "binary",
        model,
        x,
        labels[:, None],
        epochs=2,
        batch_size=16,
        class_weight={0: 1.0, 1: 3.0},
        shuffle=False,
    )


def wide_and_deep():
    x, _ = data(90, 8, 2, 3)
    target = x.sum(axis=1, keepdims=True)
    inputs = keras.Input((8,))
    hidden = layers.Dense(30, activation="relu")(inputs)
    hidden = layers.Dense(30, activation="relu", kernel_regularizer="l2")(hidden)
    output = layers.Dense(1)(layers.Concatenate()([inputs, hidden]))
    model = keras.Model(inputs, output)
    model.compile(keras.optimizers.SGD(0.01, momentum=0.9, nesterov=True), "mse", metrics=["mae"])
    record("wide", model, x, target, epochs=2, sample_weight=np.linspace(0, 1, 90))


class Subclassed(keras.Model):
    def __init__(self):
        super().__init__()
        self.flatten = layers.Flatten()
        self.hidden = layers.Dense(10, activation="leaky_relu", kernel_initializer="he_normal")
        self.out = layers.Dense(4)

    def call(self, inputs):
        return self.out(self.hidden(self.flatten(inputs)))


def subclassed():
    x, labels = data(50, 12, 4, 4)
    model = Subclassed()
    model.build((None, 4, 3))
    model.compile(
        keras.optimizers.Adagrad(0.05),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["sparse_categorical_accuracy"],
    )
    record("subclassed", model, x.reshape(50, 4, 3), labels, epochs=2, batch_size=9)


def accumulating():
    x, labels = data(60, 4, 2, 5)
    model = keras.Sequential([keras.Input((4,)), layers.Dense(6, "elu"), layers.Dense(1)])
    optimizer = keras.optimizers.Adam(
        keras.optimizers.schedules.ExponentialDecay(0.01, 5, 0.9),
        gradient_accumulation_steps=3,
        use_ema=True,
        ema_overwrite_frequency=4,
        weight_decay=0.01,
        clipnorm=1.0,
    )
    model.compile(optimizer, "huber", metrics=["mse"])
    # No train_on_batch: stock Keras's fails here, because at the end of fit a weight and its moving
    # average are one array, which cannot be donated to the compiled step twice.
    y = labels[:, None].astype("float32")
    record("accumulating", model, x, y, on_batch=False, epochs=3, batch_size=8)


def two_outputs():
    x, labels = data(40, 6, 2, 6)
    a, b = keras.Input((3,)), keras.Input((3,))
    hidden = layers.Dense(5, activation="sigmoid")(layers.Concatenate()([a, b]))
    model = keras.Model([a, b], [layers.Dense(1)(hidden), layers.Dense(1)(hidden)])
    model.compile("sgd", ["mse", "mae"], loss_weights=[0.9, 0.1], steps_per_execution=3)
    xs, ys = [x[:, :3], x[:, 3:]], [x[:, :1], labels[:, None].astype("float32")]
    history = model.fit(xs, ys, epochs=2, batch_size=6, verbose=0)
    for metric, values in history.history.items():
        numbers[f"two_outputs/history/{metric}"] = np.array(values)
    for i, values in enumerate(model.predict(xs, verbose=0)):
        numbers[f"two_outputs/predicted/{i}"] = values


if __name__ == "__main__":
    precision = sys.argv[2]
    keras.config.set_floatx(precision)
    for make in (
        dropout_classifier,
        binary_with_weights,
        wide_and_deep,
        subclassed,
        accumulating,
        two_outputs,
    ):
        keras.utils.set_random_seed(7)
        keras.backend.clear_session()
        make()
    np.savez(sys.argv[1], **numbers)
