"""Variables: the named places where a model keeps its weights and its state.

JAX arrays never change, so a Keras variable is a box that holds one and is given another. Inside a
``StatelessScope`` Keras keeps the box shut and hands the new value on instead; that is how a
training step with variables becomes a pure function.
"""

import inspect
import math

import jax
import numpy as np
from keras.src.backend.common import KerasVariable, global_state

from keras_edu_backend import distribution_lib
from keras_edu_backend.ops.core.conversion import convert_to_tensor

# Above this size a variable is created in its pieces, on the devices they belong to: first making
# it whole on one of them could exhaust that device's memory.
_CREATE_IN_PIECES_ABOVE_BYTES = 250 * 2**20


_value_in_box = KerasVariable.value.fget


class Variable(KerasVariable):
    """A value of fixed shape and dtype that a program may replace. Source: ``keras.Variable``."""

    # The training loop that has the variable in its care, while one has (see `training.state`).
    _loop = None

    @property
    def value(self):
        """The array in the box. While a loop holds it, the box is filled when it is opened."""
        loop = self._loop
        if loop is None:
            try:
                return _value_in_box(self)
            except TypeError:  # the box is empty, and there is no initializer to fill it
                loop = self._loop
                if loop is None:
                    raise
        # In one turn: a step of another thread would empty the box again.
        with loop.turn:
            if self._loop is not None:
                self._loop.fill_variables()
            return _value_in_box(self)

    def lend_to(self, loop):
        """Leave the box empty: from now on ``loop`` holds the value."""
        # In this order: whoever finds the box empty is to find out who has the value.
        self._loop = loop
        self._value = None

    def is_lent_to(self, loop):
        """Whether the variable is in the care of ``loop``."""
        return self._loop is loop

    def leave_loop(self):
        """Be in the care of no loop any more, once the box is filled."""
        self._loop = None

    def take_from_loop(self, value, loop=None):
        """Hold the value that a loop's compiled steps gave for this variable.

        Args:
            value: an array.
            loop: the loop, where it is to hear of whoever looks at the variable from now on.
        """
        if value.shape != self._shape:
            self._loop = None
            self.assign(value)  # says what is wrong
        # Not `assign`: in a `StatelessScope` that would leave the box empty. (Without x64, JAX has
        # float32 for a float64 variable, so its dtype is no sign of a wrong value.)
        if self._layout is not None or value.dtype != self._dtype:
            value = self._convert_to_tensor(value, dtype=self._dtype)
        self._put_in_box(value)
        self._loop = loop

    def _initialize(self, value):
        self._shape = self._validate_shape(value.shape)
        self._choose_layout()
        self._direct_assign(value)

    def _initialize_with_initializer(self, initializer):
        self._choose_layout()
        layout = distribution_lib.to_jax_layout(self._layout)
        if layout is None:
            if type(initializer).__name__ == "Zeros" and _is_keras(initializer):
                # Zeros need no program: a transfer will do, whatever the shape.
                self._initialize(jax.device_put(np.zeros(self._shape, self._dtype)))
            else:
                super()._initialize_with_initializer(initializer)
        elif "layout" in inspect.signature(initializer).parameters:
            self._value = _create_with_layout_argument(
                initializer, self._shape, self._dtype, layout
            )
        elif 4 * math.prod(self._shape) * layout.mesh.devices.size >= _CREATE_IN_PIECES_ABOVE_BYTES:
            create = jax.jit(
                lambda: initializer(self._shape, dtype=self._dtype), out_shardings=layout
            )
            self._value = create()
        else:
            super()._initialize_with_initializer(initializer)

    def _choose_layout(self):
        """The layout that the active distribution, if there is one, has for this variable."""
        distribution = global_state.get_global_attribute("distribution")
        if self._layout is None and distribution is not None:
            self._layout = distribution.get_variable_layout(self)

    def _direct_assign(self, value):
        loop = self._loop
        if loop is None:
            self._put_in_box(value)
            return
        with loop.turn:
            # The others must not fall behind: the loop begins again from what all of them hold.
            loop.fill_variables()
            self._put_in_box(value)

    def _put_in_box(self, value):
        if self._layout is not None:
            value = distribution_lib.distribute_tensor(value, self._layout)
        self._value = value

    def _convert_to_tensor(self, value, dtype=None):
        return convert_to_tensor(value, dtype=dtype, sparse=False)

    def __getstate__(self):
        """For copies and pickles: the value, and no loop that might hold it."""
        loop = self._loop
        if loop is None:
            return self.__dict__
        with loop.turn:
            loop.fill_variables()
            return {**self.__dict__, "_loop": None}

    def __jax_array__(self):
        return self.value

    def __array__(self, dtype=None, copy=None):
        return np.array(self.value, dtype, copy=copy)


def _is_keras(thing):
    return type(thing).__module__.startswith("keras.src.")


def _create_with_layout_argument(initializer, shape, dtype, layout):
    """Call an initialiser that places its own result; JAX listens to it only on explicit axes."""
    with jax.set_mesh(layout.mesh):

        @jax.sharding.explicit_axes
        def create():
            mesh = jax.sharding.get_abstract_mesh()
            return initializer(
                shape, dtype=dtype, layout=jax.sharding.NamedSharding(mesh, layout.spec)
            )

        return create(in_sharding=None)
