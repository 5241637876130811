"""Grids to a model: data, synthesis, training, evaluation, report."""
