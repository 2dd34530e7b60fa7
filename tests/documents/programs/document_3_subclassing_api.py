"""Document 3, "Subclassing API", as printed; and the dynamic model that it says cannot be saved.

Changed: data, compile and training, which the document does not show here; the class is registered
with register_keras_serializable, so that Keras can find it again, and get_config tells how it was
made; the model is saved, loaded and cloned; a seed.
"""
import keras
import numpy as np

@keras.saving.register_keras_serializable()
class WideAndDeepModel(keras.models.Model):
    def __init__(self, units=30, activation="relu", **kwargs):
        super().__init__(**kwargs)
        self.units, self.activation = units, activation
        self.hidden1 = keras.layers.Dense(units, activation=activation)
        self.hidden2 = keras.layers.Dense(units, activation=activation)
        self.main_output = keras.layers.Dense(1)
        self.aux_output = keras.layers.Dense(1)

    def call(self, inputs):
        input_A, input_B = inputs
        hidden1 = self.hidden1(input_B)
        hidden2 = self.hidden2(hidden1)
        concat = keras.layers.concatenate([input_A, hidden2])
        main_output = self.main_output(concat)
        aux_output = self.aux_output(hidden2)
        return main_output, aux_output

    def get_config(self):
        return {**super().get_config(), 'units': self.units, 'activation': self.activation}

keras.utils.set_random_seed(1)
model = WideAndDeepModel(30, activation="relu")

random = np.random.default_rng(0)
x = [random.normal(size=(64, n)).astype('float32') for n in (5, 6)]
y = [random.normal(size=(64, 1)).astype('float32') for _ in range(2)]
model.compile(loss=['mse', 'mse'], loss_weights=[0.9, 0.1], optimizer='sgd')
history = model.fit(x, y, epochs=2, verbose=0).history
print([layer.count_params() for layer in model.layers])
print({name: history[name] for name in sorted(history)})

# "cannot save or clone it"
model.save('dynamic.keras')
loaded = keras.models.load_model('dynamic.keras')
same = [np.array_equal(a, b) for a, b in zip(model.predict(x, verbose=0), loaded.predict(x, verbose=0))]
print('saved and loaded:', same)
clone = keras.models.clone_model(model)
clone.build([(None, 5), (None, 6)])
print('cloned:', type(clone).__name__, clone.count_params() == model.count_params())
