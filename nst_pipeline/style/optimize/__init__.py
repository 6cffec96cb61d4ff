"""Pixel optimization without a network: optimizers, coarse to fine, on numpy arrays."""
