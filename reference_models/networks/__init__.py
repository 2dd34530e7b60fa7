"""One module per network of the documents; `reference_models.catalog()` returns them by name."""
