"""The five documents, section by section: which lesson treats it, and what is measured of it.

Claims and networks are those of a checkout: ``python -m conformance claims NAME`` measures a claim,
``make compare`` compares a network. Both are named here and not imported: an installed package has
the lessons alone. A test holds that every claim and every network has its place.
"""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Section:
    """A section of a document.

    Attributes:
        title: as the document has it.
        lessons: names of the lessons that treat it.
        claims: names of the claims that are measured of it.
        networks: names of its networks.
    """

    title: str
    lessons: tuple[str, ...]
    claims: tuple[str, ...] = ()
    networks: tuple[str, ...] = ()


DOCUMENTS = {
    "Applied Deep Learning – Part 1: Artificial Neural Networks": (
        Section("1.1) Introduction", ("unit", "step"), ("bias",)),
        Section("1.2) Intuition", ("layers",), ("chain_of_matrices",)),
        Section("1.3) Reasoning", ("boundaries",), ("hidden_space",)),
        Section(
            "2.1) Linearly Separable Data",
            ("unit", "boundaries"),
            ("scikit_learns_line", "trainings"),
            ("logistic_regression",),
        ),
        Section("2.2) Complex Data – Moons", ("boundaries",), ("trainings",)),
        Section("2.3 Complex Data – Circles", ("boundaries",), ("baselines", "trainings")),
        Section(
            "3.1) Complex Data – Moons", ("boundaries",), ("trainings",), ("moons_circles_ann",)
        ),
        Section(
            "3.2) Complex Data – Circles", ("boundaries",), ("trainings",), ("moons_circles_ann",)
        ),
        Section("4.3) Complex Data – Sine Wave", ("boundaries",), ("trainings",), ("sine_ann",)),
        Section(
            "4.1) Softmax Regression",
            ("losses", "boundaries"),
            ("baselines", "two_softmax_units", "cross_entropies", "trainings"),
            ("softmax_regression",),
        ),
        Section("4.2) Deep ANN", ("boundaries",), ("trainings",), ("spiral_ann",)),
    ),
    "Introduction to Deep Learning": (
        Section("Perceptron", ("unit",)),
        Section("Inference and Training", ("step", "descent")),
        Section("Implementing a Perceptron and Layer", ("layers",), (), ("perceptron_layer",)),
        Section("The sigmoid Activation Function", ("activations",)),
        Section("The tanh activation function", ("activations",)),
        Section("The Softmax Activation Function", ("losses",)),
        Section("Creating Layers and Computing the Output of Layers", ("layers",)),
        Section("Step 2: Add Layers to the Model", ("layers",), (), ("iris_mlp",)),
        Section(
            "Step 3: Compile the Model and Check Model Summary",
            ("layers", "losses"),
            ("precision_and_recall",),
        ),
        Section("Step 4: Train the model", ("fit", "descent"), ("batch_costs", "kinds_of_data")),
        Section(
            "Step 5: Evaluate the model on test data",
            ("fit", "dropout"),
            ("early_stopping", "iris_stopping"),
        ),
        Section("Sensitivity to Randomized Values and Initial Conditions", ("initialization",)),
        Section("Take-Home Exercise", ("layers",), (), ("take_home",)),
        Section(
            "Supplement: Feed-Forward Networks and Backpropagation", ("backpropagation", "step")
        ),
    ),
    "Machine Learning: Artificial Neural Networks": (
        Section("Perceptron", ("unit",), (), ("perceptron", "threshold_logic_unit")),
        Section("Multilayer Perceptron (MLP)", ("layers", "activations"), ("centred_outputs",)),
        Section(
            "Backpropagation",
            ("step", "backpropagation", "fit", "initialization"),
            ("random_start",),
        ),
        Section("Regression MLP", ("losses",), ("outliers",), ("regression_mlp",)),
        Section("Classification MLP", ("losses",), (), ("classification_heads",)),
        Section("Sequential API", ("layers", "fit"), (), ("fashion_mnist_mlp",)),
        Section(
            "Functional API",
            ("layers",),
            ("auxiliary_output",),
            ("wide_and_deep", "wide_and_deep_two_inputs", "wide_and_deep_auxiliary"),
        ),
        Section("Subclassing API", ("layers",), ("dynamic_model",), ("wide_and_deep",)),
        Section("Saving and Restoring models", ("fit",)),
        Section("Callbacks", ("fit",), ("early_stopping",)),
        Section(
            "Hyperparameter tuning",
            ("fit", "descent"),
            ("ramp_up", "search", "learning_rates"),
        ),
    ),
    "Neural Networks": (
        Section(
            "Layers: the building blocks of deep learning",
            ("layers",),
            ("bend",),
            ("one_input_two_hidden",),
        ),
        Section(
            "Activation functions: beyond the linearity",
            ("activations", "losses"),
            ("activation_ranges", "linear_stack", "softmax_exaggerates"),
        ),
        Section("Loss function and optimizer: less is what we want", ("losses", "descent")),
        Section("Models: networks of layers", ("layers",), ("memory",)),
        Section("A Simple Example", ("images",), ("aggregated_weights",), ("mnist_mlp",)),
        Section("Training the Network", ("fit", "descent"), ("gradient_noise",)),
        Section("Anatomy of a neural network", ("boundaries",), (), ("function_approximator",)),
    ),
    "Digging Deep into Neural Networks": (
        Section("Basic Structure of Neural Network", ("layers",)),
        Section("Basic Structure of Neuron", ("unit",)),
        Section("Activation Functions", ("activations", "rounding")),
        Section("Sigmoid Activation Function", ("activations",)),
        Section("Tanh Function", ("activations",), ("steepest_slopes",)),
        Section("ReLu Function", ("activations",), ("inactive_units", "dead_units")),
        Section("Leaky ReLu function", ("activations",), ("dead_units",)),
        Section("SoftMax Activation Function", ("losses",)),
        Section(
            "Training the Neural Network", ("backpropagation", "step"), (), ("two_hidden_sigmoid",)
        ),
        Section(
            "Vanishing Gradient Problem",
            ("activations", "initialization"),
            ("steepest_slopes", "vanishing_gradient"),
        ),
        Section("Exploding Gradient Problem", ("initialization",), ("exploding_gradient",)),
        Section(
            "Dropout Layers Regularisation in Deep Learning",
            ("dropout",),
            ("dropout_expectation", "dropout_overfitting"),
        ),
        Section(
            "Weight initialization techniques in Neural Network",
            ("initialization",),
            ("signal_sizes",),
        ),
        Section("Gradient Descent Variants", ("descent",), ("batch_variants", "learning_rates")),
        Section("SGD with Momentum", ("optimizers",), ("momentum_in_a_ravine",)),
        Section("Adagrad Optimiser", ("optimizers",), ("shrinking_steps",)),
        Section("RMS Optimiser", ("optimizers",), ("shrinking_steps",)),
        Section("ADAM Optimiser", ("optimizers",), ("adam_without_momentum", "optimizer_costs")),
        Section(
            "Implementation of NN to recognize hand-written digits images using Keras",
            ("images",),
            (),
            ("mnist_softmax_free", "mnist_hidden_100", "mnist_hidden_100_flatten"),
        ),
    ),
}
