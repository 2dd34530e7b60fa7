"""The project's start-up line, for workers and their children where the project is not installed.

Python imports this module at start-up when it finds it on the search path.
"""

import os

if os.environ.get("KERAS_BACKEND") == "edu":
    import keras_edu_backend

    keras_edu_backend.activate()
