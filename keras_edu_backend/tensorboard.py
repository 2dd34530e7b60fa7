"""What Keras's ``TensorBoard`` callback asks of a backend: profiles of what ran."""

import jax


def start_trace(logdir):
    """Begin to record a profile into ``logdir``, if there is one."""
    if logdir:
        jax.profiler.start_trace(logdir)


def stop_trace(save):
    """End the recording and write it, if it was to be saved."""
    if save:
        jax.profiler.stop_trace()


def start_batch_trace(batch):
    """Mark, in the profile, where a batch begins. Returns what ``stop_batch_trace`` takes."""
    mark = jax.profiler.TraceAnnotation(f"Profiled batch {batch}")
    mark.__enter__()
    return mark


def stop_batch_trace(batch_trace_context):
    """Mark where the batch ends."""
    batch_trace_context.__exit__(None, None, None)
