"""What Keras exports models with."""

from keras_edu_backend.export import JaxExportArchive as SavedModelExportArchive

__all__ = ["SavedModelExportArchive"]
