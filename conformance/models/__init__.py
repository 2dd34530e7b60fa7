"""The Keras programs of the cases, one module each, one function for each style.

Only worker processes import these modules: importing Keras chooses a backend.
"""
