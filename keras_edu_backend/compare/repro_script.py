"""One Keras model on two backends, whose numbers are farther apart than rounding explains.

Run it with no arguments, where Keras and both backends are installed. It exits with 1 while the
numbers differ and with 0 when they agree. A noise floor is how far rounding alone moves a number:
the root mean square over runs in which every rounding is drawn at random.
"""

import base64
import importlib
import json
import os
import subprocess
import sys
import tempfile
import zlib

import numpy as np

inf, nan = float("inf"), float("nan")

# <constants>
TITLE = ""
BACKENDS = ("jax", "tensorflow")
FIRST: dict = {}
DTYPE = "float32"
QUANTITY = "outputs"
FACTOR = 8
BATCHES: list = []
CONFIG: dict = {}
WEIGHTS: list | int = []
INPUTS: list = []
LABELS: list = []
SAMPLE_WEIGHT: list = []
FLOORS: dict | float = {}
# </constants>


def array(packed):
    """An array from its dtype and its numbers, or its dtype, shape and compressed bytes."""
    if len(packed) == 2:
        return np.array(packed[1], packed[0])
    dtype, shape, text = packed
    return np.frombuffer(zlib.decompress(base64.b85decode(text)), dtype).reshape(shape)


def compute(path):
    """Run the model on the backend of this process and keep its numbers in a file."""
    for module in FIRST.get(os.environ["KERAS_BACKEND"], []):
        importlib.import_module(module)
    import keras

    # <imports>
    keras.config.set_floatx(DTYPE)
    if DTYPE == "float64":
        # Keras turns float64 into float32 in places (keras-team/keras#23704); here it does not.
        from keras.src.backend.common import dtypes

        dtypes.BIT64_TO_BIT32_DTYPE["float64"] = "float64"
    model = keras.models.model_from_json(json.dumps(CONFIG))
    model.set_weights(weights(model))
    batch = [[array(packed) for packed in part] for part in (INPUTS, LABELS, SAMPLE_WEIGHT)]
    if QUANTITY == "training":
        found = training(model, batch)
    elif QUANTITY == "gradients":
        found = gradients(model, *map(joined, batch))
    else:
        outputs = model(joined(batch[0]), training=False)
        outputs = outputs if isinstance(outputs, list | tuple) else [outputs]
        found = {f"output {number}": output for number, output in enumerate(outputs, start=1)}
    found = {name: keras.ops.convert_to_numpy(value) for name, value in found.items()}
    # NumPy's files have no bfloat16.
    arrays: dict = {name: np.float64(value) for name, value in found.items()}
    np.savez(path, **arrays)


def weights(model):
    """The model's weights: given, or drawn from a seed."""
    if isinstance(WEIGHTS, list):
        return [array(packed) for packed in WEIGHTS]
    random = np.random.default_rng(WEIGHTS)
    drawn = []
    for variable in model.weights:
        value = random.normal(size=variable.shape)
        value /= max(1, np.prod(variable.shape[:-1])) ** 0.5
        drawn.append(np.abs(value) if "variance" in variable.path else value)
    return drawn


def joined(arrays):
    """One array by itself, several as a list; of none, None. Their tensors."""
    from keras import ops

    return single([ops.convert_to_tensor(each) for each in arrays])


def single(arrays):
    """One array by itself, several as a list; of none, None."""
    return arrays if len(arrays) > 1 else next(iter(arrays), None)


def training(model, batch):
    """The loss of every step, and the weights after the last."""
    losses = []
    for rows in BATCHES:
        of_step = [single([each[rows] for each in arrays]) for arrays in batch]
        logs = model.train_on_batch(*of_step, return_dict=True)
        losses.append(float(logs["loss"]))
    return {"losses": np.array(losses)} | {each.path: each.value for each in model.weights}


def gradients(model, x, y, sample_weight):
    """The loss and its derivative with respect to each weight, as the backend takes it."""
    import keras

    variables = model.trainable_variables
    told = {"training": True} if model._call_has_training_arg else {}

    def loss_of():
        y_pred = model(x, **told)
        # By name: a model's own method may order them otherwise.
        given = {"x": x, "y": y, "y_pred": y_pred, "sample_weight": sample_weight}
        return model.compute_loss(**given, training=True)

    if keras.backend.backend() == "jax":
        import jax

        def loss_at(values):
            with keras.StatelessScope(state_mapping=list(zip(variables, values, strict=True))):
                return loss_of()

        loss, found = jax.value_and_grad(loss_at)([each.value for each in variables])
    elif keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        with tf.GradientTape() as tape:
            loss = loss_of()
        found = tape.gradient(loss, [each.value for each in variables])
        # The gradient of an Embedding is a list of rows.
        found = [tf.convert_to_tensor(each) if each is not None else each for each in found]
    elif keras.backend.backend() == "torch":
        loss = loss_of()
        loss.backward()
        found = [each.value.grad for each in variables]
        loss = loss.detach()
    else:
        loss, found = kept_gradients(model, x, y, sample_weight)
    pairs = zip(variables, found, strict=True)
    return {"loss": loss} | {v.path: np.zeros(v.shape) if g is None else g for v, g in pairs}


def kept_gradients(model, x, y, sample_weight):
    """The same on a backend of which only Keras's own methods are known: a training step with an
    optimizer that keeps the gradients and changes no weight."""
    import keras

    class Keeper(keras.optimizers.Optimizer):
        def build(self, variables):
            super().build(variables)
            self.kept = [self.add_variable_from_reference(each, "kept") for each in variables]

        def update_step(self, gradient, variable, learning_rate):
            self.assign(self.kept[self._get_variable_index(variable)], gradient)

    model.optimizer = Keeper(learning_rate=0.0)
    logs = model.train_on_batch(x, y, sample_weight, return_dict=True)
    return logs["loss"], [each.value for each in model.optimizer.kept]


def started(backend, folder):
    """The numbers of one backend, computed in a process of its own."""
    path = os.path.join(folder, f"{backend}.npz")
    environment = os.environ | {
        "KERAS_BACKEND": backend,
        "JAX_ENABLE_X64": "1" if DTYPE == "float64" else "0",
        "TF_CPP_MIN_LOG_LEVEL": "3",
    }
    command = [sys.executable, os.path.abspath(__file__), path]
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{done.stderr}\nThe backend {backend} has not come to an end.")
    with np.load(path) as found:
        return dict(found)


def floor_of(place, value):
    """The noise floor of a place's numbers, and whether it was measured."""
    if isinstance(FLOORS, float):
        return FLOORS, True
    if place in FLOORS:
        return array(FLOORS[place]), True
    largest = np.abs(value[np.isfinite(value)]).max(initial=0.0)
    return max(largest * float(np.finfo(DTYPE).eps) / 2, float(np.finfo(DTYPE).tiny)), False


def main():
    """Print both backends' numbers where they are farthest apart."""
    with tempfile.TemporaryDirectory() as folder:
        left, right = (started(backend, folder) for backend in BACKENDS)
    print(TITLE)
    print(f"{'':32} {BACKENDS[0]:>16} {BACKENDS[1]:>16} {'difference':>12} {'noise floors':>12}")
    guessed, differ = False, False
    for place, one in left.items():
        other = right.get(place)
        if other is None or one.shape != other.shape:
            sys.exit(f"{place}: {BACKENDS[1]} has another shape, or no such number.")
        floor, measured = floor_of(place, one)
        guessed |= not measured
        with np.errstate(invalid="ignore", divide="ignore"):
            same = (one == other) | (np.isnan(one) & np.isnan(other))
            floors = np.where(same, 0.0, np.nan_to_num(np.abs(one - other) / floor, nan=np.inf))
        if not floors.size:
            continue
        worst = np.unravel_index(floors.argmax(), floors.shape)
        mark = "  *" if floors[worst] > FACTOR else ""
        differ |= bool(mark)
        name = f"{place}[{', '.join(map(str, worst))}]" if worst else place
        print(
            f"{name:32} {one[worst]:16.9g} {other[worst]:16.9g} "
            f"{abs(one[worst] - other[worst]):12.3g} {floors[worst]:12.3g}{mark}"
        )
    if guessed:
        print("Floors that were not measured are the unit roundoff of the place's largest number.")
    print(f"* Beyond {FACTOR} noise floors." if differ else f"All within {FACTOR} noise floors.")
    sys.exit(1 if differ else 0)


if __name__ == "__main__":
    compute(sys.argv[1]) if len(sys.argv) > 1 else main()
