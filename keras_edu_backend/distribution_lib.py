"""Devices, processes and layouts: what ``keras.distribution`` asks of a backend.

A Keras ``DeviceMesh`` is a JAX ``Mesh``; a Keras ``TensorLayout`` is a ``NamedSharding`` on it,
whose axis names say along which mesh axis each dimension of a tensor is cut.
"""

import jax
import jax.numpy as jnp
import numpy as np


def list_devices(device_type=None):
    """The names, such as ``"cpu:0"``, of all devices of all processes.

    Args:
        device_type: "cpu", "gpu" or "tpu"; None takes JAX's default kind.
    Source: ``keras.distribution.list_devices``.
    """
    return [f"{device.platform}:{device.id}" for device in jax.devices(_lower(device_type))]


def get_device_count(device_type=None):
    """How many devices ``list_devices(device_type)`` lists."""
    return jax.device_count(_lower(device_type))


def num_processes():
    """How many processes take part. Source: ``keras.distribution``."""
    return jax.process_count()


def process_id():
    """Which of the processes this one is, counted from 0. Source: ``keras.distribution``."""
    return jax.process_index()


def initialize(job_addresses, num_processes, process_id):
    """Join the processes of a training run.

    Args:
        job_addresses: the coordinator's address, or all processes' addresses joined by commas,
            the coordinator's first; None where JAX can find out by itself.
        num_processes: how many processes there are.
        process_id: which of them this one is, counted from 0.
    Raises:
        ValueError: the number of addresses is not the number of processes.
    Source: ``keras.distribution.initialize``.
    """
    addresses = job_addresses.split(",") if job_addresses else [None]
    if len(addresses) > 1 and num_processes not in (None, len(addresses)):
        raise ValueError(
            f"initialize: the provided job_addresses {job_addresses!r} has {len(addresses)} jobs, "
            f"but num_processes is {num_processes}"
        )
    jax.distributed.initialize(
        coordinator_address=addresses[0], num_processes=num_processes, process_id=process_id
    )
    initialize_rng()


def initialize_rng():
    """Let all processes draw the same random numbers: agree on a seed where the user set none.

    Each process proposes one; their sum, the same everywhere, is what all of them take.
    """
    from keras.src.random import seed_generator
    from keras.src.utils import rng_utils

    if rng_utils.get_random_seed() is not None:
        return
    proposal = np.uint32(seed_generator.make_default_seed())
    proposals = jnp.full(jax.local_device_count("cpu"), proposal, "uint32")
    add_up = jax.pmap(
        lambda seed: jax.lax.psum(seed, "processes"),
        axis_name="processes",
        devices=jax.devices("cpu"),
    )
    rng_utils.set_random_seed(add_up(proposals).item(0))


def to_jax_layout(layout):
    """The JAX sharding of a ``TensorLayout``; a sharding, or ``None``, as it is."""
    from keras.src.distribution import TensorLayout

    return layout.backend_layout if isinstance(layout, TensorLayout) else layout


def distribute_tensor(tensor, layout):
    """``tensor``, cut up over devices as ``layout`` says.

    Args:
        tensor: an array; inside a compiled function the layout becomes a constraint on it.
        layout: a ``TensorLayout`` or a JAX sharding or layout.
    Source: ``keras.distribution.distribute_tensor``.
    """
    layout = to_jax_layout(layout)
    if isinstance(tensor, jax.core.Tracer):
        return jax.lax.with_sharding_constraint(tensor, layout)
    return tensor if _lies_so_already(tensor, layout) else jax.device_put(tensor, layout)


def distribute_data_input(per_process_batch, layout, batch_dim_name):
    """The global batch whose part on this process is ``per_process_batch``.

    Args:
        per_process_batch: the rows that this process has read.
        layout: a ``TensorLayout`` or a JAX sharding of the whole batch.
        batch_dim_name: the name of the mesh axis along which batches are cut; the layout has it.
    """
    return jax.make_array_from_process_local_data(to_jax_layout(layout), per_process_batch)


def _lies_so_already(tensor, layout):
    if not isinstance(tensor, jax.Array):
        return False
    if isinstance(layout, jax.sharding.Sharding):
        return tensor.sharding.is_equivalent_to(layout, tensor.ndim)
    # JAX's own layouts say how the elements lie in memory as well; they carry one of these two.
    return any(
        hasattr(layout, kind) and getattr(tensor, kind, None) == layout
        for kind in ("layout", "format")
    )


def _lower(device_type):
    return device_type.lower() if device_type else None


def _to_backend_device(device_name):
    """``"gpu:1"`` → the JAX device; a device as it is."""
    if isinstance(device_name, jax.Device):
        return device_name
    platform, _, number = str(device_name).partition(":")
    for device in jax.devices(platform):
        if device.platform == platform and device.id == int(number or 0):
            return device
    raise ValueError(f"Device not found: {device_name}. There are {list_devices(platform)}.")


def _to_backend_mesh(device_mesh):
    """A Keras ``DeviceMesh`` as a JAX ``Mesh``."""
    devices = np.vectorize(_to_backend_device, otypes=[object])(device_mesh.devices)
    return jax.sharding.Mesh(devices, device_mesh.axis_names)


def _to_backend_layout(tensor_layout):
    """A Keras ``TensorLayout`` as a JAX ``NamedSharding``."""
    if tensor_layout.device_mesh is None:
        raise ValueError(
            "Cannot create sharding when device mesh is not set for TensorLayout. Set its "
            "`device_mesh`."
        )
    return jax.sharding.NamedSharding(
        tensor_layout.device_mesh.backend_mesh, jax.sharding.PartitionSpec(*tensor_layout.axes)
    )
