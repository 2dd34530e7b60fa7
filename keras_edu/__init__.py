"""The name under which Keras will find this backend by itself; all of it is in `keras_edu.src`."""
