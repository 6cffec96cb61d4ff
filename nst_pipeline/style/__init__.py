"""Neural style transfer on arrays. TensorFlow is imported inside functions."""
