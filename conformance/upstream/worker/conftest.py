"""What Keras's tests import from the ``conftest`` of Keras's repository, which no wheel carries."""

import pytest


def skip_if_backend(given_backend, reason):
    """A mark that skips a test on the backend that `keras.backend.backend` calls by this name."""
    import keras

    return pytest.mark.skipif(keras.backend.backend() == given_backend, reason=reason)
