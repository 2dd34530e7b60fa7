"""Document 2, "Building A Neural Network By Hand", as printed, and the same layers in Keras.

Added: a seed, and the last part, which puts the hand-built weights into Dense layers.
"""
import numpy as np
np.random.seed(1)

def create_perceptron(dim):
    """
    Create a perceptron of dimension `dim` and initialize it with random weights.
    """
    # we use dim+1 because we want to have a bias term and `dim` weights
    return np.random.random(dim+1)

def create_layer(num_perceptrons, dim, activation_function):
    """
    Create a layer of `num_perceptrons` perceptron, each of dimension `dim` with activation function `activation_function`.
    Initialize the weights of all perceptrons to a random float between 0 and 1.
    """
    # represent the layer as a list of dictionary of perceptrons
    layer = []
    for i in range(num_perceptrons):
        layer.append({"weights": create_perceptron(dim), "activation_function": activation_function})
    return layer

def sigmoid(x):
    return 1.0 / (1 + np.exp(-x))

l1 = create_layer(5, 3, sigmoid)

def compute_output_for_layer(X, layer):
    """
    Compute the output of a layer for some input, `X`, a numpy array of dimension equal to the
    dimension of the perceptrons in the layer, `layer`.
    """
    # our result will be a list of outputs for each perceptron
    result = []
    # for each perceptron in the layer
    for p in layer:
        # compute the dot product of the input with weights w_1, .., w_n and add the bias, w_0
        out = np.dot(X, p['weights'][1:]) + p['weights'][0]
        # then, apply the activation function
        result.append(p['activation_function'](out))
    return result

X = [0.8, -2.3, 2.15]
o1 = compute_output_for_layer(X, l1)
print(len(o1))

l2 = create_layer(2, 5, sigmoid)
o2 = compute_output_for_layer(o1, l2)
print(len(o2))

# The same two layers in Keras: index 0 of each perceptron's vector is its bias.
from keras.layers import Dense

def as_dense(layer):
    vectors = np.array([p['weights'] for p in layer])
    dense = Dense(len(layer), activation='sigmoid')
    dense.build((None, vectors.shape[1] - 1))
    dense.set_weights([vectors[:, 1:].T, vectors[:, 0]])
    return dense

k1 = as_dense(l1)(np.array([X]))
k2 = as_dense(l2)(k1)
print(float(np.max(np.abs(np.asarray(k1)[0] - o1))))
print(float(np.max(np.abs(np.asarray(k2)[0] - o2))))
