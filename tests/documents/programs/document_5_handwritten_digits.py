"""Document 5, "Implementation of NN to recognize hand-written digits images using Keras".

Changed: line breaks and indentation, which the text has lost; keras is imported itself, not from
tensorflow; the images come from digits.py; the confusion matrix is scikit-learn's, and its heat map
matplotlib's, where the document has TensorFlow's and seaborn's; figures are drawn without a screen;
fit and predict print nothing; a seed.
"""
# Importing Modules
import matplotlib
matplotlib.use('Agg')
import keras
keras.utils.set_random_seed(1)
import matplotlib.pyplot as plt
import numpy as np
from sklearn.metrics import confusion_matrix
import digits

def heatmap(matrix):
    plt.imshow(matrix)
    for (row, column), count in np.ndenumerate(matrix):
        plt.text(column, row, count, ha='center', va='center')

(X_train, y_train),(X_test, y_test)=digits.load_data()
print("Number of records in training data:" , len(X_train))
print("Number of records in test data:" , len(X_test))
print("Size of image (in pixels):" , X_train[0].shape)

plt.matshow(X_train[1000])
print("Output to the given same data point i.e. 1000th data point:" , y_train[1000])

# Scaling and flattening of data
X_train = X_train / 255
X_test = X_test / 255
X_train_flatten = X_train.reshape(len(X_train), 28*28)
X_test_flatten = X_test.reshape(len(X_test), 28*28)

model = keras.Sequential([
keras.layers.Dense(10, input_shape=(784,), activation='sigmoid')])
model.compile(optimizer='adam',loss='sparse_categorical_crossentropy',metrics=['accuracy'])
history = model.fit(X_train_flatten, y_train, epochs=5, verbose=0)
print('parameters', model.count_params())
print('training accuracy', history.history['accuracy'])

print('test', model.evaluate(X_test_flatten, y_test, verbose=0))

plt.matshow(X_test[88])
y_predicted = model.predict(X_test_flatten, verbose=0)
y_predicted[88] # prediction for 88th image
print('scores', len(y_predicted[88]))
print('88th', np.argmax(y_predicted[88]), 'is', y_test[88])

y_predicted_labels = [np.argmax(i) for i in y_predicted]
confusionMatix = confusion_matrix(y_test, y_predicted_labels)
plt.figure(figsize = (10,7))
heatmap(confusionMatix)
plt.xlabel('Predicted')
plt.ylabel('Truth')
print('right', confusionMatix.trace(), 'of', confusionMatix.sum())

# Hidden layer with ReLU activation function and randomly chosen 100 neurons
model = keras.Sequential([
keras.layers.Dense(100, input_shape=(784,), activation='relu'),
keras.layers.Dense(10, activation='sigmoid')
])
model.compile(optimizer='adam',loss='sparse_categorical_crossentropy',metrics=['accuracy'])
history = model.fit(X_train_flatten, y_train, epochs=5, verbose=0)
print('parameters', [layer.count_params() for layer in model.layers])
print('training accuracy', history.history['accuracy'])
print('test', model.evaluate(X_test_flatten,y_test, verbose=0))
y_predicted = model.predict(X_test_flatten, verbose=0)
y_predicted_labels = [np.argmax(i) for i in y_predicted]
confusionMatix = confusion_matrix(y_test, y_predicted_labels)
plt.figure(figsize = (10,7))
heatmap(confusionMatix)
plt.xlabel('Predicted')
plt.ylabel('Truth')
print('right', confusionMatix.trace(), 'of', confusionMatix.sum())

model = keras.Sequential([keras.layers.Flatten(input_shape=(28, 28)),
keras.layers.Dense(100, activation='relu'),
keras.layers.Dense(10, activation='sigmoid')])
model.compile(optimizer='adam',loss='sparse_categorical_crossentropy',metrics=['accuracy'])
history = model.fit(X_train, y_train, epochs=10, verbose=0)
print('parameters', [layer.count_params() for layer in model.layers])
print('training accuracy', history.history['accuracy'])
print('test', model.evaluate(X_test,y_test, verbose=0))
