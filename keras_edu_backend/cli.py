"""``keras-edu``: one command for each question that this project answers.

A subcommand is one module, imported when it is called; so ``keras-edu --help`` loads neither Keras
nor JAX, and a program that only runs on the backend needs none of what the tools need.
"""

import importlib
import sys

# The module of each subcommand, which holds a click command called `command`, and its one line.
COMMANDS: dict[str, tuple[str, str]] = {
    "explain": (
        "keras_edu_backend.explain.command",
        "A formula, our code, Keras's, both with numbers.",
    ),
    "trace": ("keras_edu_backend.trace.command", "What a model does in one step, as a tree."),
}


def main():
    """Entry point of ``keras-edu``; exits with status 2 where the command line makes no sense."""
    try:
        import click
    except ModuleNotFoundError:
        sys.exit('keras-edu needs a few packages more: pip install "keras-edu-backend[all]"')

    class Lazily(click.Group):
        """A group whose commands are imported when they are asked for."""

        def list_commands(self, ctx):
            """Names in the order in which they are declared."""
            return list(COMMANDS)

        def get_command(self, ctx, cmd_name):
            """The click command of that name, or None."""
            if cmd_name not in COMMANDS:
                return None
            return importlib.import_module(COMMANDS[cmd_name][0]).command

        def format_commands(self, ctx, formatter):
            """List the commands without importing them."""
            with formatter.section("Commands"):
                formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])

    group = Lazily(
        name="keras-edu",
        help="Set what Keras does beside code that a person can read.",
        context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    )
    group(prog_name="keras-edu")


if __name__ == "__main__":
    main()
