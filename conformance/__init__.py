"""Proof: the documents' networks on this backend, on plain JAX and on stock Keras.

``python -m conformance`` builds each network as a Sequential, a Functional and a subclassed model,
runs it on each backend in a process of its own, and compares outputs, gradients, parameter counts
and a training run. The comparing itself is `keras_edu_backend.compare`; what is compared is here:
a case in `cases`, its Keras models in `models`.
"""
