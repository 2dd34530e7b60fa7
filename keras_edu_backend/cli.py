"""``keras-edu``: one command for each question that this project answers.

A subcommand is one module, imported when it is called; so ``keras-edu --help`` loads neither Keras
nor JAX, and a program that only runs on the backend needs none of what the tools need.
"""

import importlib
import sys

# The module of each subcommand, which holds a click command called `command`, and its one line.
COMMANDS: dict[str, tuple[str, str]] = {
    "compare": (
        "keras_edu_backend.compare.model.command",
        "Do the backends agree on a model, and where do they part?",
    ),
    "trace": ("keras_edu_backend.trace.command", "What a model does in one step, as a tree."),
    "explain": (
        "keras_edu_backend.explain.command",
        "A formula, our code, Keras's, both with numbers.",
    ),
    "learn": (
        "keras_edu_backend.lessons.learn_command",
        "A course: claims, code and numbers of both sides, as pages.",
    ),
    "check": (
        "keras_edu_backend.lessons.check_command",
        "Is an answer to a lesson's exercise right, and if not, why?",
    ),
    "digits": (
        "keras_edu_backend.rounding.command",
        "Decimal digits that are not noise, layer by layer.",
    ),
    "run": ("keras_edu_backend.run", "Run a Keras program, unchanged, on the edu backend."),
    "doctor": ("keras_edu_backend.doctor", "Say whether KERAS_BACKEND=edu would work here."),
}

EXAMPLES = """
\b
Examples:
  keras-edu doctor                     would KERAS_BACKEND=edu work here?
  keras-edu run train.py --epochs 5    run train.py on edu, with its own arguments
  keras-edu compare model.keras        the same model on edu and stock JAX: where do they part?
  keras-edu trace model.py:build       layers, ops, gradients and updates of one step
  keras-edu explain relu               formula, our code, Keras's, the same numbers through both
  keras-edu learn --export course      the course as pages that open without a network
  keras-edu check losses answers.py    is this answer to a lesson's exercise right?
  keras-edu digits model.keras         how many digits are left in bfloat16, and what loses them
  keras-edu COMMAND --help             what a command takes, with examples

\b
Completion, for this shell (bash; also zsh_source, fish_source):
  eval "$(_KERAS_EDU_COMPLETE=bash_source keras-edu)"
"""


def main():
    """Entry point of ``keras-edu``; exits with status 2 where the command line makes no sense."""
    if sys.argv[1:2] == ["run"]:
        from keras_edu_backend import __main__

        return __main__.main(sys.argv[2:], called="keras-edu run")
    try:
        import click
    except ModuleNotFoundError:
        sys.exit('keras-edu needs a few packages more: pip install "keras-edu-backend[all]"')

    from click.shell_completion import CompletionItem

    class Lazily(click.Group):
        """A group whose commands are imported when they are asked for."""

        def list_commands(self, ctx):
            """Names in the order in which they are declared."""
            return list(COMMANDS)

        def get_command(self, ctx, cmd_name):
            """The click command of that name, or None."""
            if cmd_name not in COMMANDS:
                return None
            try:
                return importlib.import_module(COMMANDS[cmd_name][0]).command
            except ModuleNotFoundError as error:
                raise click.UsageError(
                    f"it needs {error.name}, which is not installed: "
                    'pip install "keras-edu-backend[all]"'
                ) from None

        def format_commands(self, ctx, formatter):
            """List the commands without importing them."""
            if COMMANDS:
                with formatter.section("Commands"):
                    formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])

        def shell_complete(self, ctx, incomplete):
            """Complete names without importing the commands."""
            return [
                CompletionItem(name, help=text)
                for name, (_, text) in COMMANDS.items()
                if name.startswith(incomplete)
            ] + click.Command.shell_complete(self, ctx, incomplete)

    group = Lazily(
        name="keras-edu",
        help="Set what Keras does beside code that a person can read.",
        epilog=EXAMPLES,
        context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    )
    return group(prog_name="keras-edu")


if __name__ == "__main__":
    main()
