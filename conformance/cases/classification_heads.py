"""Document 3: a binary, a multiclass and a multilabel head on one hidden layer, 8-30-(1, 3, 4)."""

from conformance.case import Case, documents_data
from conformance.weights import layers
from reference_models.activations import sigmoid, softmax
from reference_models.networks import classification_heads


def activations(parameters, x):
    """Each layer's output in the plain form."""
    _, _, a, (z_binary, z_multiclass, z_multilabel) = classification_heads.forward(parameters, x)
    return a, sigmoid(z_binary), softmax(z_multiclass), sigmoid(z_multilabel)


CASES = (
    Case(
        name="classification_heads",
        document=3,
        shapes=layers((8, 30), (30, 1), (30, 3), (30, 4)),  # 270, 31, 93 and 124 parameters
        data=documents_data("classification_heads", 160),
        styles=("functional", "subclassed"),
        activations=activations,
        keras=("Dense", "Adam", "binary_crossentropy", "categorical_crossentropy"),
        operations=(
            "numpy.matmul",
            "numpy.add",
            "nn.relu",
            "nn.sigmoid",
            "nn.softmax",
            "nn.binary_crossentropy",
            "nn.categorical_crossentropy",
        ),
    ),
)
