"""MNIST where it already lies in Keras's cache, else scikit-learn's digits in MNIST's shape."""
import os

import numpy as np


def load_data():
    """Returns:
        (train_images, train_labels), (test_images, test_labels) as keras.datasets.mnist gives them.
    """
    home = os.environ.get('KERAS_HOME', os.path.join(os.path.expanduser('~'), '.keras'))
    if os.path.exists(os.path.join(home, 'datasets', 'mnist.npz')):
        from keras.datasets import mnist
        return mnist.load_data()

    print("MNIST is not in Keras's cache: scikit-learn's 1797 digits, 8x8, stand in, resampled to 28x28.")
    from scipy.ndimage import zoom
    from sklearn.datasets import load_digits
    small, labels = load_digits(return_X_y=True)
    images = zoom(small.reshape(-1, 8, 8), (1, 3.5, 3.5), order=1)
    images = np.round(images * (255 / 16)).astype('uint8')
    labels = labels.astype('uint8')
    return (images[:1500], labels[:1500]), (images[1500:], labels[1500:])
