"""The recurrent loops, against the recurrences written out in NumPy and against their twin."""

import importlib

import jax
import jax.numpy as jnp
import keras
import numpy as np
import pytest
import twins

from keras_edu_backend import rnn

RANDOM = np.random.default_rng(0)
BATCH, TIME, FEATURES, UNITS = 3, 5, 2, 4

# Five steps of float32 against float64, in numbers of about 1.
CLOSE = {"rtol": 1e-5, "atol": 1e-5}


def normal(*shape):
    return RANDOM.normal(size=shape).astype("float32")


X, KERNEL = normal(BATCH, TIME, FEATURES), normal(FEATURES, UNITS)
RECURRENT, START = normal(UNITS, UNITS), normal(BATCH, UNITS)
MASK = np.array([[1, 1, 0, 1, 0], [0, 1, 1, 1, 1], [0, 0, 0, 0, 0]], bool)


def elman(x, states):
    """h_t = tanh(x_t W + h_{t-1} U)."""
    h = jnp.tanh(x @ KERNEL + states[0] @ RECURRENT)
    return h, [h]


def by_hand(x, mask, go_backwards, first_output, zeros=False):
    """The same, step by step in float64: outputs (batch, time, units) and the last state."""
    h, previous, outputs = START.astype("float64"), first_output, []
    for t in reversed(range(TIME)) if go_backwards else range(TIME):
        new = np.tanh(x[:, t].astype("float64") @ KERNEL + h @ RECURRENT)
        on = mask[:, t, None]
        previous = np.where(on, new, 0 if zeros else previous)
        h = np.where(on, new, h)
        outputs.append(previous)
    return np.stack(outputs, axis=1), h


@pytest.mark.parametrize("go_backwards", [False, True])
@pytest.mark.parametrize("time_major", [False, True])
@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("unroll", [False, True])
def test_each_step_follows_from_the_last(go_backwards, time_major, masked, unroll):
    mask = MASK if masked else np.ones_like(MASK)
    expected, last_state = by_hand(X, mask, go_backwards, 0 if unroll else START)
    turn = (lambda a: np.swapaxes(a, 0, 1)) if time_major else np.asarray
    last, outputs, states = rnn.rnn(
        elman,
        turn(X),
        [START],
        go_backwards=go_backwards,
        mask=turn(MASK) if masked else None,
        unroll=unroll,
        time_major=time_major,
    )
    np.testing.assert_allclose(turn(outputs), expected, **CLOSE)
    np.testing.assert_allclose(last, expected[:, -1], **CLOSE)
    np.testing.assert_allclose(states[0], last_state, **CLOSE)


def test_masked_steps_can_output_zeros():
    expected, last_state = by_hand(X, MASK, False, 0, zeros=True)
    _, outputs, states = rnn.rnn(elman, X, [START], mask=MASK, zero_output_for_mask=True)
    np.testing.assert_allclose(outputs, expected, **CLOSE)
    np.testing.assert_allclose(states[0], last_state, **CLOSE)


def test_unrolled_it_can_keep_the_last_output_alone():
    last, outputs, _ = rnn.rnn(elman, X, [START], unroll=True, return_all_outputs=False)
    np.testing.assert_array_equal(outputs, last[:, None])


@pytest.mark.parametrize("unroll", [False, True])
def test_constants_and_nested_inputs_reach_the_cell(unroll):
    def cell(inputs, states):
        total, constant = states
        total = total + inputs["a"] * inputs["b"] + constant
        return total, [total]

    a, b = normal(BATCH, TIME, 1), normal(BATCH, TIME, 1)
    last, _, _ = rnn.rnn(
        cell, {"a": a, "b": b}, [jnp.zeros((BATCH, 1))], constants=[2.0], unroll=unroll
    )
    np.testing.assert_allclose(last, (a * b).sum(axis=1) + 2 * TIME, **CLOSE)


@pytest.mark.parametrize("unroll", [False, True])
def test_a_mask_skips_whole_examples_whatever_the_rank_of_the_state(unroll):
    """Pictures as states, as wide as the batch is large: the mask is not one of columns."""

    def add(x, states):
        return states[0] + x, [states[0] + x]

    pictures = normal(BATCH, TIME, 2, BATCH, 1)
    _, _, (total,) = rnn.rnn(
        add, pictures, [jnp.zeros((BATCH, 2, BATCH, 1))], mask=MASK, unroll=unroll
    )
    np.testing.assert_allclose(total, (pictures * MASK[:, :, None, None, None]).sum(1), **CLOSE)


def test_nothing_to_unroll_is_an_error():
    with pytest.raises(ValueError, match="unroll"):
        rnn.rnn(elman, X[:, :0], [START], unroll=True)


def test_writing_to_a_variable_inside_the_loop_leaks_no_tracer():
    counter = keras.Variable(0.0)

    def cell(x, states):
        counter.assign(counter + 1)
        return x, states

    rnn.rnn(cell, X, [START])
    assert not isinstance(counter.value, jax.core.Tracer)


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


@pytest.mark.parametrize("go_backwards", [False, True])
@pytest.mark.parametrize("use_bias", [False, True])
def test_gru_is_its_equations(go_backwards, use_bias):
    kernel, recurrent = normal(FEATURES, 3 * UNITS), normal(UNITS, 3 * UNITS)
    bias = normal(2, 3 * UNITS) if use_bias else None
    b, d = np.zeros((2, 3 * UNITS)) if bias is None else bias.astype("float64")
    h, expected = START.astype("float64"), []
    for t in reversed(range(TIME)) if go_backwards else range(TIME):
        x_z, x_r, x_c = np.split(X[:, t].astype("float64") @ kernel + b, 3, axis=-1)
        h_z, h_r, h_c = np.split(h @ recurrent + d, 3, axis=-1)
        z, r = sigmoid(x_z + h_z), sigmoid(x_r + h_r)
        h = z * h + (1 - z) * np.tanh(x_c + r * h_c)
        expected.append(h)
    arguments = (X, START, None, kernel, recurrent, bias, jnp.tanh, keras.ops.sigmoid)
    last, outputs, states = rnn.gru(*arguments, return_sequences=True, go_backwards=go_backwards)
    np.testing.assert_allclose(outputs, np.stack(expected, axis=1), **CLOSE)
    np.testing.assert_allclose(last, h, **CLOSE)
    np.testing.assert_array_equal(states[0], last)
    _, only_last, _ = rnn.gru(*arguments, go_backwards=go_backwards)
    np.testing.assert_array_equal(only_last, outputs[:, -1:])


def test_what_there_is_no_fast_way_for_says_so():
    """Keras's layers catch exactly this, and run their cell through `rnn`."""
    cells = (normal(FEATURES, 12), normal(UNITS, 12), normal(2, 12), jnp.tanh, keras.ops.sigmoid)
    for wrong in ({"unroll": True}, {"reset_after": False}):
        with pytest.raises(NotImplementedError):
            rnn.gru(X, START, None, *cells, **wrong)
    with pytest.raises(NotImplementedError):
        rnn.gru(X, START, MASK, *cells)
    with pytest.raises(NotImplementedError):
        rnn.bidirectional_gru(X)


LSTM = tuple(normal(*shape) for shape in ((FEATURES, 4 * UNITS), (UNITS, 4 * UNITS), (4 * UNITS,)))


def lstm_by_hand(x, h, c, kernel, recurrent, bias):
    outputs = []
    for t in range(TIME):
        i, f, g, o = np.split(x[:, t].astype("float64") @ kernel + h @ recurrent + bias, 4, axis=-1)
        c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
        h = sigmoid(o) * np.tanh(c)
        outputs.append(h)
    return np.stack(outputs, axis=1), h, c


def on_a_gpu(monkeypatch):
    """Let the backend believe in a GPU, and JAX's own reference answer in cuDNN's place."""
    from jax.experimental import rnn as jax_rnn

    def reference(x, h_0, c_0, weights, lengths, **sizes):
        layout = {key: sizes[key] for key in ("input_size", "hidden_size", "num_layers")}
        unpacked = jax_rnn.unpack_lstm_weights(
            weights, **layout, bidirectional=sizes["bidirectional"]
        )
        return jax_rnn.lstm_ref(x, h_0, c_0, *unpacked, lengths, **sizes)

    monkeypatch.setattr(jax_rnn, "lstm", reference)
    monkeypatch.setattr(jax, "default_backend", lambda: "gpu")


@pytest.mark.parametrize("go_backwards", [False, True])
def test_lstm_hands_cudnn_its_equations(monkeypatch, go_backwards):
    on_a_gpu(monkeypatch)
    x = X[:, ::-1] if go_backwards else X
    expected, h, c = lstm_by_hand(x, START, 2 * START, *LSTM)
    arguments = (X, START, 2 * START, None, *LSTM, keras.ops.tanh, keras.ops.sigmoid)
    last, outputs, states = rnn.lstm(*arguments, return_sequences=True, go_backwards=go_backwards)
    np.testing.assert_allclose(outputs, expected, **CLOSE)
    np.testing.assert_allclose(last, h, **CLOSE)
    np.testing.assert_allclose(states[0], h, **CLOSE)
    np.testing.assert_allclose(states[1], c, **CLOSE)
    assert rnn.lstm(*arguments)[1].shape == (BATCH, 1, UNITS)


def test_both_directions_of_an_lstm_run_at_once(monkeypatch):
    on_a_gpu(monkeypatch)
    other = tuple(normal(*part.shape) for part in LSTM)
    functions = (keras.ops.tanh, keras.ops.sigmoid)
    forwards, backwards = rnn.bidirectional_lstm(
        X, START, START, -START, -START, None, *LSTM, *other, *functions, return_sequences=True
    )
    expected, h, c = lstm_by_hand(X, START, START, *LSTM)
    np.testing.assert_allclose(forwards[1], expected, **CLOSE)
    np.testing.assert_allclose(forwards[2], [h, c], **CLOSE)
    expected, h, c = lstm_by_hand(X[:, ::-1], -START, -START, *other)
    np.testing.assert_allclose(backwards[1], expected[:, ::-1], **CLOSE)
    np.testing.assert_allclose(backwards[0], h, **CLOSE)
    np.testing.assert_allclose(backwards[2], [h, c], **CLOSE)


def test_cudnn_needs_a_gpu_and_the_usual_functions(monkeypatch):
    usual = (keras.activations.tanh, keras.activations.sigmoid)
    if jax.default_backend() != "gpu":
        assert not rnn.cudnn_ok(*usual, unroll=False)
        with pytest.raises(NotImplementedError, match="GPU"):
            rnn.lstm(X, START, START, None, *LSTM, *usual)
    monkeypatch.setattr(jax, "default_backend", lambda: "gpu")
    assert rnn.cudnn_ok(*usual, unroll=False)
    assert not rnn.cudnn_ok(*usual, unroll=True)
    assert not rnn.cudnn_ok(*usual, unroll=False, use_bias=False)
    assert not rnn.cudnn_ok(keras.activations.relu, usual[1], unroll=False)


CASES = twins.Cases()
for backwards in (False, True):
    for masked in (None, MASK):
        for unrolled in (False, True):
            CASES.add(
                f"rnn, backwards {backwards}, masked {masked is not None}, unrolled {unrolled}",
                lambda m, x, h, b=backwards, k=masked, u=unrolled: m.rnn(
                    elman, x, [h], go_backwards=b, mask=k, unroll=u
                ),
                X,
                START,
                gradient=(0, 1),
                # Unrolled, what reaches a state from two sides is added in another order.
                ulp=1 if unrolled else 0,
            )
    CASES.add(
        f"gru, backwards {backwards}",
        lambda m, x, h, w, u, b=backwards: m.gru(
            x, h, None, w, u, GRU_BIAS, jnp.tanh, jax.lax.logistic, True, b
        ),
        *(X, START, normal(FEATURES, 3 * UNITS), normal(UNITS, 3 * UNITS)),
        gradient=(0, 1, 2, 3),
    )
GRU_BIAS = normal(2, 3 * UNITS)


@pytest.fixture(scope="module")
def found():
    return twins.differences(__file__)


@pytest.mark.parametrize("name", list(CASES))
def test_equals_stock_keras(found, name):
    assert found[name] == []


if __name__ == "__main__":
    # By its full name: the package has a function called `rnn` as well.
    CASES.report(rnn, importlib.import_module("keras.src.backend.jax.rnn"))
