"""Compare one model, anybody's, across Keras backends: see `run`."""
