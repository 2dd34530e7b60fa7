"""What a user sees who hands these networks something wrong: one line for each mistake."""
import json

import keras
import numpy as np
from keras import layers

keras.utils.set_random_seed(0)
x = np.random.normal(size=(8, 4)).astype('float32')
y = np.eye(3)[np.arange(8) % 3]


def network():
    model = keras.Sequential([keras.Input((4,)), layers.Dense(3, activation='softmax')])
    model.compile('adam', 'categorical_crossentropy')
    return model


def nan_labels():
    return network().fit(x, np.full_like(y, np.nan), verbose=0).history['loss'][0]


mistakes = {
    'features': lambda: network().fit(x[:, :3], y, verbose=0),
    'features in predict': lambda: network().predict(x[:, :3], verbose=0),
    'classes': lambda: network().fit(x, y[:, :2], verbose=0),
    'samples': lambda: network().fit(x, y[:5], verbose=0),
    'words as data': lambda: network().fit(np.array([['a'] * 4] * 8), y, verbose=0),
    'objects as data': lambda: network().predict(np.array([[None] * 4] * 8), verbose=0),
    'nan labels': nan_labels,
    'activation': lambda: layers.Dense(3, activation='rellu'),
    'optimizer': lambda: network().compile('adamm', 'mse'),
    'loss': lambda: network().compile('adam', 'mean_squared_eror'),
    'units': lambda: layers.Dense(-1),
    'dtype': lambda: layers.Dense(3, dtype='float31'),
    'rate': lambda: layers.Dropout(1.5),
    'weights': lambda: network().set_weights([np.zeros((5, 3)), np.zeros(3)]),
    'rank': lambda: layers.Concatenate()([np.zeros((2, 3)), np.zeros((4, 3))]),
    'not compiled': lambda: keras.Sequential([keras.Input((4,)), layers.Dense(3)]).fit(x, y),
    'no data': lambda: network().fit(x[:0], y[:0], verbose=0),
}
for name, mistake in mistakes.items():
    try:
        print(json.dumps([name, 'no error', str(mistake())]))
    except Exception as error:
        print(json.dumps([name, type(error).__name__, str(error)]))
