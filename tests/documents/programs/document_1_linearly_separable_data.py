"""Document 1, "Linearly Separable Data": the model, its training and its curves, as printed.

Changed: the points, which the document does not give, are drawn by make_classification with a seed;
Sequential and Dense are imported; plot_loss_accuracy, "our custom function", is written out; figures
are drawn without a screen; a seed; what came out is printed.
"""
import matplotlib
matplotlib.use('Agg')
import keras
keras.utils.set_random_seed(1)
import matplotlib.pyplot as plt
from keras.layers import Dense
from keras.models import Sequential
from sklearn.datasets import make_classification
from sklearn.metrics import classification_report, confusion_matrix

X, y = make_classification(n_samples=1000, n_features=2, n_redundant=0, n_informative=2,
                           n_clusters_per_class=1, class_sep=2, random_state=8)

def plot_loss_accuracy(history):
    for name, values in history.history.items():
        plt.plot(values, label=name)
    plt.legend()
    plt.savefig('curves.png')

model = Sequential()
model.add(Dense(units=1, input_shape=(2,), activation='sigmoid'))
model.compile(optimizer='adam', loss='binary_crossentropy', metrics=['accuracy'])
history = model.fit(x=X, y=y, verbose=0, epochs=50)
plot_loss_accuracy(history)

model.summary()
for name, values in history.history.items():
    print(name, len(values), values[0], values[-1])
predicted = (model.predict(X, verbose=0) > 0.5).astype(int)
print(classification_report(y, predicted))
print(confusion_matrix(y, predicted).tolist())
