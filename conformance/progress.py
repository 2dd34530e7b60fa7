"""What is seen while a comparison runs: a bar on a terminal, one line for each result elsewhere."""

import contextlib

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn


@contextlib.contextmanager
def shown(console, total):
    """Show progress as long as the context is open.

    Args:
        console: the `rich.console.Console` to write to.
        total: number of results to expect; what is run once more to explain a difference comes on
            top.

    Yields:
        Function of a subject's name, a dtype and an experiment's name, to be called with each
        result.
    """
    if console.is_terminal:
        columns = (
            TextColumn("{task.description}", justify="left"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
        )
        with Progress(*columns, console=console, transient=True) as progress:
            task = progress.add_task("starting the backends", total=total)

            def advance(subject, dtype, experiment):
                progress.update(task, description=f"{experiment}: {subject}, {dtype}", advance=1)
                done = progress.tasks[task].completed
                progress.update(task, total=max(total, done))

            yield advance
    else:
        done = 0

        def say(subject, dtype, experiment):
            nonlocal done
            done += 1
            console.print(
                f"[{done}/{max(total, done)}] {experiment}: {subject}, {dtype}",
                markup=False,
                soft_wrap=True,
            )

        yield say
