"""Document 3's network for Fashion-MNIST: Flatten, 300 relu, 100 relu, 10 softmax units."""

import keras
from keras import layers


def _compiled(model):
    model.compile(optimizer="sgd", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def sequential():
    """The network as a list of layers."""
    return _compiled(
        keras.Sequential(
            [
                keras.Input(shape=(28, 28)),
                layers.Flatten(),
                layers.Dense(300, activation="relu"),
                layers.Dense(100, activation="relu"),
                layers.Dense(10, activation="softmax"),
            ]
        )
    )


def functional():
    """The network as a graph of layer calls."""
    images = keras.Input(shape=(28, 28))
    pixels = layers.Flatten()(images)
    hidden1 = layers.Dense(300, activation="relu")(pixels)
    hidden2 = layers.Dense(100, activation="relu")(hidden1)
    classes = layers.Dense(10, activation="softmax")(hidden2)
    return _compiled(keras.Model(images, classes))


class FashionMnistMLP(keras.Model):
    """The network as a class."""

    def __init__(self):
        super().__init__()
        self.pixels = layers.Flatten()
        self.hidden1 = layers.Dense(300, activation="relu")
        self.hidden2 = layers.Dense(100, activation="relu")
        self.classes = layers.Dense(10, activation="softmax")

    def call(self, images):
        """Probabilities of the ten kinds of clothes."""
        pixels = self.pixels(images)
        hidden1 = self.hidden1(pixels)
        hidden2 = self.hidden2(hidden1)
        return self.classes(hidden2)


def subclassed():
    """The network as an instance of a class of its own."""
    return _compiled(FashionMnistMLP())
