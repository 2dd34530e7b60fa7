"""Document 2, "Building a First Neural Network with TensorFlow Keras": the program as printed.

Changed: to_categorical comes from keras.utils (the document imports it from tensorflow.keras);
iris.target.shape is (150,), not (150, 0); a seed is set so that two runs can be compared.
"""
import keras
keras.utils.set_random_seed(1)

from sklearn import datasets

iris = datasets.load_iris()

# the independent variables
print(iris.data.shape)
#(150, 4)

# the dependent variables
print(iris.target.shape)
#(150,)

from sklearn.model_selection import train_test_split
from keras.utils import to_categorical

X = iris.data
y = iris.target

X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.2, stratify=y, random_state=1)

y_train_encoded = to_categorical(y_train)
y_test_encoded = to_categorical(y_test)

from keras.models import Sequential
from keras.layers import Dense

model = Sequential()

# Our input layer can have any number of perceptrons, we chose 4, however,
# the input dimension must match the number of features in the independent variable -- therefore, we set
# it to 4
model.add(Dense(4, input_dim=4, activation='relu'))

# we can add any number of hidden layers with any number of perceptrons; here we choose 1 layer with 128 perceptrons. The
# hidden layers should all use RELU
model.add(Dense(128, activation='relu'))

# softmax activation function is selected for multi-label classification problems; there are 3 perceptrons in this
# last layer because there are 3 target labels to predict (it matches the shape of y)
model.add(Dense(3, activation='softmax'))

model.compile(optimizer='adam', loss='categorical_crossentropy', metrics=['accuracy'])

model.summary()

model.fit(X_train, y_train_encoded, validation_split=0.1, epochs=20, verbose=2)

# Evaluate the model on the test set
test_loss, test_accuracy = model.evaluate(X_test, y_test_encoded, verbose=0)

print("Test Loss:", test_loss)
print("Test Accuracy:", test_accuracy)
