"""Document 3, "Sequential API", as printed: both ways of writing the model, trained.

Changed: keras is imported itself, not from tensorflow; the images come from digits.py; plot_model is
left to test_document_3_plot_model.py, for it needs Graphviz; save_fig, which the document does not
give, is written out; a seed.
"""
import matplotlib
matplotlib.use('Agg')
import keras
import matplotlib.pyplot as plt
import pandas as pd
import digits

(X_train, y_train), _ = digits.load_data()
X_train = X_train / 255.0
X_valid, X_train = X_train[:200], X_train[200:]
y_valid, y_train = y_train[:200], y_train[200:]

def save_fig(name):
    plt.savefig(name + '.png')

# method 1
keras.utils.set_random_seed(1)
model = keras.models.Sequential()
model.add(keras.layers.Flatten(input_shape=[28, 28]))
model.add(keras.layers.Dense(300, activation="relu"))
model.add(keras.layers.Dense(100, activation="relu"))
model.add(keras.layers.Dense(10, activation="softmax"))
method_1 = model

# method 2
keras.utils.set_random_seed(1)
model = keras.models.Sequential([
    keras.layers.Flatten(input_shape=[28, 28]),
    keras.layers.Dense(300, activation="relu"),
    keras.layers.Dense(100, activation="relu"),
    keras.layers.Dense(10, activation="softmax")
])
print('both ways predict the same:',
      bool((method_1.predict(X_valid, verbose=0) == model.predict(X_valid, verbose=0)).all()))
model.summary()

# compile model
model.compile(loss="sparse_categorical_crossentropy",optimizer="sgd",metrics=["accuracy"])

# fit model
history = model.fit(X_train, y_train, epochs=30,
                    validation_data=(X_valid, y_valid), verbose=0)

# plot learning curves
pd.DataFrame(history.history).plot(figsize=(8, 5))
plt.grid(True)
plt.gca().set_ylim(0, 1)
save_fig("keras_learning_curves_plot")
plt.show()
for name in sorted(history.history):
    print(name, len(history.history[name]), history.history[name][0], history.history[name][-1])
