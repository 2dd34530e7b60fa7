"""Document 2: perceptrons as vectors whose index 0 is the bias, in layers of 5 and 2, 3-5-2."""

from conformance.case import Case, documents_data
from conformance.weights import dense
from reference_models.networks.perceptron_layer import compute_output_for_layer


def activations(parameters, x):
    """Each layer's output in the plain form."""
    layer1, layer2 = parameters
    output1 = compute_output_for_layer(layer1, x)
    return output1, compute_output_for_layer(layer2, output1)


CASES = (
    Case(
        name="perceptron_layer",
        document=2,
        shapes=dense(3, 5, 2),  # 20 and 12 parameters
        data=documents_data("perceptron_layer", 160),
        activations=activations,
        keras=("Dense", "SGD", "mean_squared_error"),
        operations=("numpy.matmul", "numpy.add", "nn.sigmoid", "numpy.mean"),
    ),
)
