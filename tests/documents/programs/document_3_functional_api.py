"""Document 3, "Functional API", as printed: wide and deep, with two inputs, with a second output.

Changed: data of the document's widths; each model is compiled with sgd and trained for an epoch, and
its loss printed; the second output's loss weighs 0.1; a seed.
"""
import keras
import numpy as np

random = np.random.default_rng(0)
X_train = random.normal(size=(128, 8)).astype('float32')
y_train = random.normal(size=(128, 1)).astype('float32')
# The first five features are the wide input, the last six the deep one: three are in both.
X_train_A, X_train_B = X_train[:, :5], X_train[:, 2:]

def train(model, x, y, **compilation):
    print([model.count_params(), *(layer.count_params() for layer in model.layers if layer.weights)])
    model.compile(optimizer='sgd', **compilation)
    history = model.fit(x, y, epochs=2, verbose=0).history
    print({name: history[name] for name in sorted(history)})

# wide&deep nn
keras.utils.set_random_seed(1)
input_ = keras.layers.Input(shape=X_train.shape[1:])
hidden1 = keras.layers.Dense(30, activation="relu")(input_)
hidden2 = keras.layers.Dense(30, activation="relu")(hidden1)
concat = keras.layers.concatenate([input_, hidden2])  # connect input and output directly
output = keras.layers.Dense(1)(concat)
model = keras.models.Model(inputs=[input_], outputs=[output])
train(model, X_train, y_train, loss='mse')

# multiple input
keras.utils.set_random_seed(1)
input_A = keras.layers.Input(shape=[5], name="wide_input")
input_B = keras.layers.Input(shape=[6], name="deep_input")
hidden1 = keras.layers.Dense(30, activation="relu")(input_B)
hidden2 = keras.layers.Dense(30, activation="relu")(hidden1)
concat = keras.layers.concatenate([input_A, hidden2])
output = keras.layers.Dense(1, name="output")(concat)
model = keras.models.Model(inputs=[input_A, input_B], outputs=[output])
train(model, [X_train_A, X_train_B], y_train, loss='mse')

# wide&deep nn and auxiliary output
keras.utils.set_random_seed(1)
input_A = keras.layers.Input(shape=[5], name="wide_input")
input_B = keras.layers.Input(shape=[6], name="deep_input")
hidden1 = keras.layers.Dense(30, activation="relu")(input_B)
hidden2 = keras.layers.Dense(30, activation="relu")(hidden1)
concat = keras.layers.concatenate([input_A, hidden2])
output = keras.layers.Dense(1, name="main_output")(concat)
aux_output = keras.layers.Dense(1, name="aux_output")(hidden2)
model = keras.models.Model(inputs=[input_A, input_B],
                           outputs=[output, aux_output])
train(model, [X_train_A, X_train_B], [y_train, y_train], loss=['mse', 'mse'], loss_weights=[0.9, 0.1])
