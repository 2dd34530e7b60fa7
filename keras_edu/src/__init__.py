"""The layout that Keras's pluggable backends have: ``KERAS_BACKEND=edu`` finds ``keras_edu.src``.

Planned in keras-team/keras#23523, merged into the branch ``pluggable_backend`` in #23543: what this
package exports is the backend, with the ops in `ops`; `layer`, `trainer`, `optimizer` and `export`
each hold one class of a fixed name. All of it is `keras_edu_backend` under other names. No released
Keras looks here yet; until one does, `keras_edu_backend.plugin` is the way in. What else of Keras a
new version has moved, ``python -m keras_edu_backend.keras_seam`` lists.
"""

from keras_edu.src import ops
from keras_edu_backend import backend
from keras_edu_backend.backend import *

__all__ = [*backend.__all__, "ops"]
