"""Measurements of speed and memory, this backend beside stock Keras; see README.md."""
