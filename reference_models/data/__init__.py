"""The documents' data. Nothing is downloaded: it comes with scikit-learn or is generated."""
