"""Document 2, "Step 5: Evaluate the model on test data": trained anew with epochs=100.

Changed: once for each of five seeds, because the document's result varies from run to run.
"""
import keras
from sklearn import datasets
from sklearn.model_selection import train_test_split
from keras.utils import to_categorical
from keras.models import Sequential
from keras.layers import Dense

iris = datasets.load_iris()
X = iris.data
y = iris.target
X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.2, stratify=y, random_state=1)
y_train_encoded = to_categorical(y_train)
y_test_encoded = to_categorical(y_test)

for seed in range(5):
    keras.utils.set_random_seed(seed)
    model = Sequential()
    model.add(Dense(4, input_dim=4, activation='relu'))
    model.add(Dense(128, activation='relu'))
    model.add(Dense(3, activation='softmax'))
    model.compile(optimizer='adam', loss='categorical_crossentropy', metrics=['accuracy'])
    model.fit(X_train, y_train_encoded, validation_split=0.1, epochs=100, verbose=0)
    test_loss, test_accuracy = model.evaluate(X_test, y_test_encoded, verbose=0)
    print("Test Loss:", test_loss)
    print("Test Accuracy:", test_accuracy)
