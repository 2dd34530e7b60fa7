"""Images as arrays: which axes are space and which one holds the channels."""

from keras.src.backend.config import standardize_data_format


def spatial_axes(rank, data_format):
    """The axes of space of a batch: all but the batch axis, 0, and the channel axis."""
    return range(1, rank - 1) if channel_axis(data_format) == -1 else range(2, rank)


def channel_axis(data_format):
    """-1 for ``"channels_last"``, as in (batch, height, width, channels), else 1.

    Raises:
        ValueError: neither ``"channels_last"`` nor ``"channels_first"``.
    """
    return -1 if standardize_data_format(data_format) == "channels_last" else 1


def per_axis(value, count):
    """One number for each of ``count`` axes, where a single number stands for all."""
    return (value,) * count if isinstance(value, int) else tuple(value)
