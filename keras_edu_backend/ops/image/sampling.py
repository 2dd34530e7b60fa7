"""Reading an image between its pixels."""

import jax

from keras_edu_backend.operation import operation
from keras_edu_backend.ops.image.layout import check_choice

__all__ = ["map_coordinates"]

# The degree of the polynomial between two pixels.
INTERPOLATION_ORDERS = {"nearest": 0, "bilinear": 1}
FILL_MODES = ("constant", "nearest", "wrap", "mirror", "reflect")


@operation(static=("order", "fill_mode", "fill_value"), lists=("coordinates",))
def map_coordinates(inputs, coordinates, order, fill_mode="constant", fill_value=0.0):
    """y[k] = x(coordinates[0, k], coordinates[1, k], …), between the elements interpolated.

    Args:
        inputs: array of rank n.
        coordinates: array (n, ...), or a list of n arrays: places, counted in elements.
        order: 0 takes the nearest element, 1 interpolates linearly between neighbours.
        fill_mode: what lies beyond the edges: "constant", ``fill_value``; "nearest", the edge;
            "wrap", the array again; "reflect" and "mirror", its mirror image, with and without the
            edge twice.
        fill_value: a number.
    Returns:
        Array of the shape of one of the coordinates and the dtype of ``inputs``.
    Raises:
        ValueError: the coordinates are not n, or are single numbers; or an unknown choice.
    Source: ``keras.ops.image.map_coordinates``.
    """
    if len(coordinates) != inputs.ndim:
        raise ValueError(
            "First dim of `coordinates` must be the same as the rank of `inputs`; map_coordinates "
            f"got {len(coordinates)} coordinates for inputs of shape {inputs.shape}"
        )
    if coordinates[0].ndim < 1:
        raise ValueError(
            "Invalid coordinates rank: expected at least rank 2; map_coordinates got one number "
            "for each axis"
        )
    check_choice("fill_mode", fill_mode, FILL_MODES)
    check_choice("order", order, (0, 1))
    return jax.scipy.ndimage.map_coordinates(inputs, coordinates, order, fill_mode, fill_value)


def sample(images, y, x, interpolation, fill_mode, fill_value):
    """A batch of images (batch, height, width, channels) read at places (batch, ...) of its own."""

    def read(plane, y, x):
        order = INTERPOLATION_ORDERS[interpolation]
        return jax.scipy.ndimage.map_coordinates(plane, [y, x], order, fill_mode, fill_value)

    read_channels = jax.vmap(read, in_axes=(-1, None, None), out_axes=-1)
    return jax.vmap(read_channels)(images, y, x)


def check_sampling(interpolation, fill_mode):
    """Raise ``ValueError`` unless both are known."""
    check_choice("interpolation", interpolation, INTERPOLATION_ORDERS)
    check_choice("fill_mode", fill_mode, FILL_MODES)
