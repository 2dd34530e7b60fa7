"""Document 4, "A Simple Example": its two listings as printed.

Changed: the images come from digits.py, so their number is not written out as 60000 and 10000; the
model is built (build_model stands in the listing) and saved, not downloaded; keras.utils.data_utils,
which is gone, is not imported; figures are drawn without a screen; a seed is set.
"""
import matplotlib
matplotlib.use('Agg')
import keras
keras.utils.set_random_seed(1)

import numpy as np
import matplotlib.pyplot as plt
from keras import models, layers
from keras import backend as K
from keras.utils import to_categorical

import digits
(train_images, train_labels), (test_images, test_labels) = digits.load_data()
print('training images:{}, test images:{}'.format(train_images.shape, test_images.shape))

def showimg(data):
    idx = 3
    span = 5
    if data=='train':
        images = train_images
        labels = train_labels
    if data=='test':
        images = test_images
        labels = test_labels
    plt.figure(figsize=(10,2))
    for i in range(5):
        plt.subplot(1, 5, i + 1)
        digit = images[idx+i]
        plt.imshow(digit, cmap=plt.cm.binary)
        plt.title('Index:{}, Label:{}'.format(idx+i, labels[idx+i]), fontsize = 12)
    plt.show()

showimg('train')
showimg('test')

def build_model():
    model = models.Sequential()
    model.add(layers.Dense(512, activation='relu', input_shape=(28 * 28,)))
    model.add(layers.Dense(10, activation='softmax'))
    model.compile(optimizer='rmsprop', loss='categorical_crossentropy', metrics=['acc'])
    model.fit(train_images_reshape, train_labels_cat, epochs=5, batch_size=128, verbose=2);
    model.save('mnist_simple.h5')
    return model

train_images_reshape = train_images.reshape((len(train_images), 28 * 28))
train_images_reshape = train_images_reshape.astype('float32') / 255
test_images_reshape = test_images.reshape((len(test_images), 28 * 28))
test_images_reshape = test_images_reshape.astype('float32') / 255
train_labels_cat = to_categorical(train_labels)
test_labels_cat = to_categorical(test_labels)

model = build_model()
print('{} updates'.format(int(model.optimizer.iterations)))
model = models.load_model('mnist_simple.h5')
model.summary()

test_loss, test_acc = model.evaluate(test_images_reshape, test_labels_cat, verbose=2)
predicted = np.argmax(model.predict(test_images_reshape, verbose=0), axis=-1)
result = abs(predicted.astype(int) - test_labels.astype(int))
misclassified = np.where(result>0)[0]
print('Test accuracy is {}%'.format(round(test_acc*100,2)))
print('Out of {} testing images, {} misclassified images.\n'.format(len(test_images), misclassified.shape[0]))
# # # # # # # # # # # # # # # # # # # # # # # #
# Get the weights of all layers
weights = [layer.get_weights() for layer in model.layers]
# Reshape the weights into 28x28 images
weight = np.reshape(weights[0][0], (28, 28, 512))
print('plot weights of the first layer as a heatmap')
fig, axs = plt.subplots(nrows=16, ncols=32, figsize=(32,16))
for i in range(16):
    for j in range(32):
        axs[i,j].imshow(weight[:,:,i*32+j], cmap='gray')
        axs[i,j].axis('off')
plt.show()

print('plot aggregated weights of both layers as a heatmap')
# Get aggregated weights and reshape
weight = (weights[0][0] @ weights[1][0]).reshape(28, 28, -1)
fig, axes = plt.subplots(nrows=1, ncols=10, figsize=(18,10))
for i, ax in enumerate(axes):
    ax.set_title(i)
    im = ax.imshow(weight[:,:,i], cmap='viridis')
    ax.axis('off')
fig.colorbar(im, ax=axes, fraction=0.006, pad=0.01)
plt.show()

index = 0
print('Examples of misclassified images {}-{}'.format(index, index+4))
plt.figure(figsize=(13,3))
for i in range(5):
    plt.subplot(1, 5, i + 1)
    idx = misclassified[i+index]
    digit = test_images[idx]
    plt.imshow(digit, cmap=plt.cm.binary)
    plt.title('Predicted:{}, Label:{}'.format(predicted[idx], test_labels[idx]), fontsize = 12)
plt.show()
