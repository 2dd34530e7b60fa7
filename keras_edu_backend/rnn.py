"""Recurrent networks: a cell carried along a sequence, step by step.

``rnn`` is the loop, for any cell. ``gru`` writes one cell out, with the work that does not depend
on the state done for all steps at once. ``lstm`` and ``bidirectional_lstm`` hand the whole loop to
cuDNN, on a GPU. Where there is no faster way, ``NotImplementedError`` tells Keras's layers so, and
they run their cell through ``rnn``.

Everywhere ``kernel`` holds the weights of the input x and ``recurrent_kernel`` those of the state
h, one block of ``units`` columns for each gate.
"""

import contextlib
import functools

import jax
import jax.numpy as jnp
from keras.src import tree
from keras.src.backend.common.stateless_scope import StatelessScope, in_stateless_scope

from keras_edu_backend.operation import as_array

__all__ = ["bidirectional_gru", "bidirectional_lstm", "cudnn_ok", "gru", "lstm", "rnn"]


def rnn(
    step_function,
    inputs,
    initial_states,
    go_backwards=False,
    mask=None,
    constants=None,
    unroll=False,
    input_length=None,
    time_major=False,
    zero_output_for_mask=False,
    return_all_outputs=True,
):
    """Carry a state along a sequence: output_t, states_t = step_function(x_t, states_{t-1}).

    A masked step is skipped: it leaves the states as they were. What it outputs differs, as in
    stock Keras, between the two loops: the compiled one repeats the first state (which is the last
    output, for the cells that Keras has) or zeros if asked; the unrolled one repeats the last
    output, zeros at the beginning.

    Args:
        step_function: the cell: from the input of one step, (batch, ...), and the states, a list
            or tuple of arrays (batch, ...), to its output and the states that follow.
        inputs: array (batch, time, ...), or a structure of such arrays.
        initial_states: the states before the first step.
        go_backwards: begin at the last step; the outputs then come in that order too.
        mask: booleans (batch, time) or (batch, time, n), False at the steps to skip: those where
            all n are False. With ``time_major``, time comes first.
        constants: arrays to append to the states given to ``step_function``.
        unroll: write the steps out one by one, instead of one compiled loop (``jax.lax.scan``).
        input_length: the number of steps; the shape of ``inputs`` tells, so it is not needed.
        time_major: whether ``inputs`` and ``outputs`` have the axis of time first.
        zero_output_for_mask: output zeros at masked steps (compiled loop only).
        return_all_outputs: False keeps no output but the last, (batch, 1, ...), in the unrolled
            loop; the compiled one keeps them all either way.
    Returns:
        The last output (batch, ...); all outputs, (batch, time, ...); the last states.
    Raises:
        ValueError: ``unroll`` on a sequence whose length is unknown or 0.
    Source: ``keras.layers.RNN``; Elman, "Finding structure in time" (1990).
    """
    sequence = inputs if time_major else tree.map_structure(_swap_batch_and_time, inputs)
    masked = None
    if mask is not None:
        skipped = jnp.logical_not(as_array(mask).astype(bool))
        skipped = skipped if time_major else _swap_batch_and_time(skipped)
        masked = skipped if skipped.ndim == 2 else jnp.all(skipped, axis=-1)

    def step(x, states):
        if constants:
            states = (*states, *constants)
        return step_function(x, states)

    if unroll:
        outputs, states = _unrolled(
            step, sequence, initial_states, go_backwards, masked, return_all_outputs
        )
    else:
        outputs, states = _compiled(
            step, sequence, initial_states, go_backwards, masked, zero_output_for_mask
        )
    last_output = outputs[-1]
    return last_output, outputs if time_major else _swap_batch_and_time(outputs), states


def _compiled(step, sequence, states, go_backwards, masked, zero_output_for_mask):
    """All outputs, time first, and the last states, from one ``jax.lax.scan``."""

    def scan_step(states, at_this_step):
        x, skip = at_this_step
        output, following = step(x, states)
        if skip is None:
            return following, output
        if zero_output_for_mask:
            instead = jnp.zeros_like(output)
        else:
            # Cells stacked in one keep a list of states each; the output is the last one's.
            instead = states[-1][0] if tree.is_nested(states[0]) else states[0]
        return _where(skip, states, following), _where(skip, instead, output)

    # A variable that the cell writes to would keep a tracer of this loop, so it may not.
    scope = contextlib.nullcontext() if in_stateless_scope() else StatelessScope()
    with scope:
        states, outputs = jax.lax.scan(scan_step, states, (sequence, masked), reverse=go_backwards)
    return jnp.flip(outputs, axis=0) if go_backwards else outputs, states


def _unrolled(step, sequence, states, go_backwards, masked, return_all_outputs):
    """All outputs, time first, and the last states, from a Python loop."""
    length = tree.flatten(sequence)[0].shape[0]
    if not isinstance(length, int) or length == 0:
        raise ValueError(
            "rnn: `unroll=True` needs a sequence of known length, at least 1, since each step is "
            f"written out; got a length of {length}"
        )

    states = tuple(states)
    outputs = []
    for t in reversed(range(length)) if go_backwards else range(length):
        at_t = functools.partial(jax.lax.index_in_dim, index=t, keepdims=False)
        output, following = step(tree.map_structure(at_t, sequence), states)
        if masked is not None:
            skip = at_t(masked)
            output = _where(skip, outputs[-1] if outputs else jnp.zeros_like(output), output)
            following = _where(skip, tree.flatten(states), tree.flatten(following))
            following = tree.pack_sequence_as(states, following)
        states = following
        if not return_all_outputs:
            outputs.clear()
        outputs.append(output)
    return jnp.stack(outputs), states


def _swap_batch_and_time(x):
    return jnp.swapaxes(x, 0, 1)


def _where(condition, xs, ys):
    """``jnp.where``, example by example: the condition has shape (batch,), arrays (batch, ...)."""

    def choose(x, y):
        return jnp.where(jnp.reshape(condition, (-1,) + (1,) * (y.ndim - 1)), x, y)

    return tree.map_structure(choose, xs, ys)


def gru(
    inputs,
    initial_state,
    mask,
    kernel,
    recurrent_kernel,
    bias,
    activation,
    recurrent_activation,
    return_sequences=False,
    go_backwards=False,
    unroll=False,
    reset_after=True,
):
    """Gated recurrent unit: h_t = z_t h_{t-1} + (1 - z_t) c_t.

    With W, U the kernels and b, d the biases of each gate, and σ the recurrent activation:

    * update gate     z_t = σ(x_t W_z + b_z + h_{t-1} U_z + d_z)
    * reset gate      r_t = σ(x_t W_r + b_r + h_{t-1} U_r + d_r)
    * candidate       c_t = activation(x_t W_c + b_c + r_t (h_{t-1} U_c + d_c))

    Args:
        inputs: array (batch, time, features).
        initial_state: h_0, (batch, units).
        mask: must be None.
        kernel: W, (features, 3 units): update, reset, candidate.
        recurrent_kernel: U, (units, 3 units).
        bias: b and d, (2, 3 units), or None.
        activation: the candidate's.
        recurrent_activation: the gates'.
        return_sequences: return h_t of all the steps.
        go_backwards: begin at the last step.
        unroll: must be False.
        reset_after: must be True: the reset gate acts after the product with U, as above.
    Returns:
        h at the last step, (batch, units); h at all steps, (batch, time, units), or at the last
        alone, (batch, 1, units); and the last states, [h].
    Raises:
        NotImplementedError: masked, unrolled, or ``reset_after=False``; Keras then runs its cell
            through ``rnn``.
    Source: ``keras.layers.GRU``; Cho et al. (2014), arXiv:1406.1078.
    """
    if mask is not None or unroll or not reset_after:
        raise NotImplementedError(
            "gru: a mask, `unroll=True` and `reset_after=False` go through `rnn`"
        )
    x, h_0, kernel, recurrent_kernel = map(
        as_array, (inputs, initial_state, kernel, recurrent_kernel)
    )
    b, d = jnp.zeros((2, kernel.shape[1]), kernel.dtype) if bias is None else as_array(bias)
    if go_backwards:
        x = jnp.flip(x, axis=1)
    # The input's part of every gate at every step: one large product rather than many small ones.
    from_inputs = jnp.swapaxes(jnp.matmul(x, kernel) + b, 0, 1)

    def step(h, from_input):
        from_state = jnp.matmul(h, recurrent_kernel) + d
        x_z, x_r, x_c = jnp.split(from_input, 3, axis=-1)
        h_z, h_r, h_c = jnp.split(from_state, 3, axis=-1)
        z = recurrent_activation(x_z + h_z)
        r = recurrent_activation(x_r + h_r)
        c = activation(x_c + r * h_c)
        h = z * h + (1 - z) * c
        return h, h

    h, all_h = jax.lax.scan(step, h_0, from_inputs)
    return h, jnp.swapaxes(all_h, 0, 1) if return_sequences else h[:, None], [h]


def bidirectional_gru(*args, **kwargs):
    """Not in one piece: JAX offers no such loop, so Keras runs its two layers one after the other.

    Raises:
        NotImplementedError: always.
    Source: ``keras.layers.Bidirectional``.
    """
    raise NotImplementedError("bidirectional_gru: each direction goes through `gru`")


def cudnn_ok(activation, recurrent_activation, unroll, use_bias=True):
    """Whether cuDNN can run an LSTM: on a GPU, with biases, tanh and sigmoid, and not unrolled.

    Source: ``keras.layers.LSTM``, ``use_cudnn``.
    """
    from keras.src import activations, ops

    return (
        activation in (activations.tanh, ops.tanh, jnp.tanh)
        and recurrent_activation in (activations.sigmoid, ops.sigmoid)
        and use_bias
        and not unroll
        and jax.default_backend() == "gpu"
    )


def lstm(
    inputs,
    initial_state_h,
    initial_state_c,
    mask,
    kernel,
    recurrent_kernel,
    bias,
    activation,
    recurrent_activation,
    return_sequences=False,
    go_backwards=False,
    unroll=False,
):
    """Long short-term memory: c_t = f_t c_{t-1} + i_t g_t and h_t = o_t tanh(c_t), by cuDNN.

    With W, U the kernels and b the bias of each gate, and σ the sigmoid:

    * input gate      i_t = σ(x_t W_i + h_{t-1} U_i + b_i)
    * forget gate     f_t = σ(x_t W_f + h_{t-1} U_f + b_f)
    * candidate       g_t = tanh(x_t W_g + h_{t-1} U_g + b_g)
    * output gate     o_t = σ(x_t W_o + h_{t-1} U_o + b_o)

    Args:
        inputs: array (batch, time, features).
        initial_state_h: h_0, (batch, units).
        initial_state_c: c_0, (batch, units).
        mask: must be None.
        kernel: W, (features, 4 units): input, forget, candidate, output.
        recurrent_kernel: U, (units, 4 units).
        bias: b, (4 units,).
        activation: must be tanh.
        recurrent_activation: must be the sigmoid.
        return_sequences: return h_t of all the steps.
        go_backwards: begin at the last step; the outputs then come in that order, as from ``rnn``.
        unroll: must be False.
    Returns:
        h at the last step, (batch, units); h at all steps, (batch, time, units), or at the last
        alone, (batch, 1, units); and the last states, [h, c].
    Raises:
        NotImplementedError: there is no GPU, or cuDNN cannot do this; Keras then runs its cell,
            which has the same equations, through ``rnn``.
    Source: ``keras.layers.LSTM``; Hochreiter and Schmidhuber (1997), Gers et al. (2000).
    """
    _refuse_unless_cudnn(mask, activation, recurrent_activation, unroll, bias is not None)
    if go_backwards:
        inputs = jnp.flip(as_array(inputs), axis=1)
    y, (h,), (c,) = _cudnn_lstm(
        inputs, [initial_state_h], [initial_state_c], [(kernel, recurrent_kernel, bias)]
    )
    last = y[:, -1]
    return last, y if return_sequences else last[:, None], [h, c]


def bidirectional_lstm(
    inputs,
    fwd_initial_state_h,
    fwd_initial_state_c,
    bwd_initial_state_h,
    bwd_initial_state_c,
    mask,
    fwd_kernel,
    fwd_recurrent_kernel,
    fwd_bias,
    bwd_kernel,
    bwd_recurrent_kernel,
    bwd_bias,
    activation,
    recurrent_activation,
    return_sequences=False,
    unroll=False,
):
    """One LSTM reading forwards and one backwards, in a single run of cuDNN.

    Args:
        inputs: array (batch, time, features).
        fwd_initial_state_h: h_0 of the LSTM that reads forwards; see ``lstm`` for all of these.
        fwd_initial_state_c: its c_0.
        bwd_initial_state_h: h_0 of the one that reads backwards.
        bwd_initial_state_c: its c_0.
        mask: must be None.
        fwd_kernel: W, forwards.
        fwd_recurrent_kernel: U, forwards.
        fwd_bias: b, forwards.
        bwd_kernel: W, backwards.
        bwd_recurrent_kernel: U, backwards.
        bwd_bias: b, backwards.
        activation: must be tanh.
        recurrent_activation: must be the sigmoid.
        return_sequences: return h_t of all the steps.
        unroll: must be False.
    Returns:
        For each direction what ``lstm`` returns, except that the outputs of both stand in the
        order of ``inputs``.
    Raises:
        NotImplementedError: see ``lstm``; Keras then runs its two layers one after the other.
    Source: ``keras.layers.Bidirectional``; Schuster and Paliwal (1997).
    """
    use_bias = fwd_bias is not None and bwd_bias is not None
    _refuse_unless_cudnn(mask, activation, recurrent_activation, unroll, use_bias)
    y, h, c = _cudnn_lstm(
        inputs,
        [fwd_initial_state_h, bwd_initial_state_h],
        [fwd_initial_state_c, bwd_initial_state_c],
        [
            (fwd_kernel, fwd_recurrent_kernel, fwd_bias),
            (bwd_kernel, bwd_recurrent_kernel, bwd_bias),
        ],
    )

    def result(direction, last_step):
        outputs = jnp.split(y, 2, axis=-1)[direction]
        last = outputs[:, last_step]
        states = [h[direction], c[direction]]
        return last, outputs if return_sequences else last[:, None], states

    return result(0, last_step=-1), result(1, last_step=0)


def _refuse_unless_cudnn(mask, activation, recurrent_activation, unroll, use_bias):
    if mask is not None or not cudnn_ok(activation, recurrent_activation, unroll, use_bias):
        raise NotImplementedError(
            "lstm: cuDNN needs a GPU, tanh and sigmoid, biases, no mask and no unrolling; "
            "everything else goes through `rnn`"
        )


def _cudnn_lstm(inputs, h_0, c_0, directions):
    """Run cuDNN over one direction, or two at once.

    Args:
        inputs: array (batch, time, features).
        h_0: for each direction the initial h, (batch, units).
        c_0: for each direction the initial c, (batch, units).
        directions: for each direction the kernel, recurrent kernel and bias.
    Returns:
        Outputs (batch, time, directions x units); last h and c, (directions, batch, units).
    """
    from jax.experimental.rnn import lstm as cudnn_lstm

    inputs = as_array(inputs)
    batch, time, features = inputs.shape
    matrices, biases = [], []
    for parameters in directions:
        kernel, recurrent_kernel, bias = map(as_array, parameters)
        # cuDNN keeps a gate's weights in rows, and has a second bias, for the state.
        matrices += [kernel.T.ravel(), recurrent_kernel.T.ravel()]
        biases += [bias, jnp.zeros_like(bias)]
    try:
        return cudnn_lstm(
            inputs,
            jnp.stack([as_array(h) for h in h_0]),
            jnp.stack([as_array(c) for c in c_0]),
            jnp.concatenate(matrices + biases),
            jnp.full((batch,), time, dtype="int32"),
            input_size=features,
            hidden_size=recurrent_kernel.shape[0],
            num_layers=1,
            dropout=0.0,
            bidirectional=len(directions) == 2,
        )
    except (RuntimeError, TypeError, ValueError) as error:
        raise NotImplementedError(f"lstm: cuDNN refused: {error}") from error
