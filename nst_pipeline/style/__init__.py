"""Neural style transfer on arrays, and the networks. Functions import TensorFlow when called."""
