"""Training, evaluating and predicting, to be read in this order: steps, data, state, trainer."""
