"""Document 5, "Types of Activation Function", as printed, each beside Keras's.

Changed: indentation, which the text has lost; linear's constant a, which it uses and does not have;
what each returns is printed. The mistakes of relu, leaky_relu and soft_max stand as they are printed:
docs/errata.md tells them.
"""
import numpy as np
from keras import activations, ops

a = 2.0

def linear(x):
    return a * x

def sigmoid(x):
    return 1/(1+np.exp(-x))

def tanh(x):
    return np.tanh(x)

def relu(x):
    x1 = [ ]
    for i in x:
        if i in x:
            x1.append (0)
        else :
            x1.append(i)
    return x1

def leaky_relu(x):
    if x > 0:
        return x
    else:
        return 0.01*x

def soft_max(x):
    e_x = np.exp(x - np.max(x))
    return e_x / e_x.sum(axis=0)

x = np.array([-2.0, -0.5, 0.0, 0.5, 2.0])

def of_keras(function, x):
    return np.asarray(function(ops.convert_to_tensor(np.asarray(x, 'float32')))).tolist()

print('linear', linear(x).tolist())
print('sigmoid', sigmoid(x).tolist(), of_keras(activations.sigmoid, x))
print('tanh', tanh(x).tolist(), of_keras(activations.tanh, x))
print('relu', relu(x), of_keras(activations.relu, x))
print('leaky_relu', [leaky_relu(v) for v in x.tolist()],
      of_keras(lambda z: activations.leaky_relu(z, negative_slope=0.01), x))
try:
    leaky_relu(x)
except ValueError as error:
    print('leaky_relu of an array:', error)
print('soft_max', soft_max(x).tolist(), of_keras(activations.softmax, x[None])[0])
batch = np.array([[1.0, 2.0, 3.0], [1.0, 1.0, 1.0]])
print('soft_max of a batch', soft_max(batch).sum(axis=1).tolist())
print('softmax of a batch', np.sum(of_keras(activations.softmax, batch), axis=1).tolist())
