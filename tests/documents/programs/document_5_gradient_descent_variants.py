"""Document 5, "Gradient Descent Variants": its three loops, on a straight line.

Changed: indentation; what the loops call is written out (evaluate_gradient, get_batches, the data);
each counts what it looked at. As printed, the second and the third loop pass `data` to
evaluate_gradient, not `example` or `bacth` (so spelt), and so compute the full gradient every time:
the loops stand here as printed first, and then with what the text says of them. The last lines are
the same three through Keras's fit.
"""
import keras
import numpy as np

points = np.random.default_rng(0).normal(size=(200, 2))
points[:, 1] = 3 * points[:, 0] + 1 + 0.1 * points[:, 1]
loss_function, nb_epochs, learning_rate = 'mse', 2, 0.01
looked_at = []

def evaluate_gradient(loss_function, data, params):
    data = np.atleast_2d(data)
    looked_at.append(len(data))
    error = params[0] * data[:, 0] + params[1] - data[:, 1]
    return 2 * np.array([np.mean(error * data[:, 0]), np.mean(error)])

def get_batches(data, batch_size):
    return [data[start:start + batch_size] for start in range(0, len(data), batch_size)]

def start():
    global data, params
    np.random.seed(1)
    data, params = points.copy(), np.zeros(2)
    looked_at.clear()

def told(name):
    print(name, len(looked_at), sorted(set(looked_at)), params.tolist())

# Batch
start()
for i in range(nb_epochs):
    params_grad = evaluate_gradient(loss_function , data , params)
    params = params - learning_rate * params_grad
told('batch')

# Stochastic, as printed
start()
for i in range(nb_epochs):
    np.random.shuffle(data)
    for example in data:
        params_grad = evaluate_gradient(loss_function ,data ,params)
        params = params - learning_rate * params_grad
told('stochastic as printed')

# Mini-batch, as printed
start()
for i in range(nb_epochs):
    np.random.shuffle(data)
    for bacth in get_batches(data , batch_size = 50):
        params_grad = evaluate_gradient(loss_function ,data ,params)
        params = params - learning_rate * params_grad
told('mini-batch as printed')

# Stochastic
start()
for i in range(nb_epochs):
    np.random.shuffle(data)
    for example in data:
        params_grad = evaluate_gradient(loss_function ,example ,params)
        params = params - learning_rate * params_grad
told('stochastic')

# Mini-batch
start()
for i in range(nb_epochs):
    np.random.shuffle(data)
    for bacth in get_batches(data , batch_size = 50):
        params_grad = evaluate_gradient(loss_function ,bacth ,params)
        params = params - learning_rate * params_grad
told('mini-batch')

for batch_size in (len(points), 1, 50):
    # Keras shuffles by itself, so here are the batches of the loops above, epoch by epoch.
    np.random.seed(1)
    data = points.copy()
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, kernel_initializer='zeros')])
    model.compile(keras.optimizers.SGD(learning_rate), 'mse')
    for i in range(nb_epochs):
        if batch_size < len(points):
            np.random.shuffle(data)
        model.fit(data[:, :1], data[:, 1:], batch_size=batch_size, epochs=1, shuffle=False, verbose=0)
    kernel, bias = model.get_weights()
    print('fit', int(model.optimizer.iterations), [batch_size], [float(kernel[0, 0]), float(bias[0])])
