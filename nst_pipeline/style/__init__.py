"""Neural style transfer on arrays: recipes, Magenta, VGG19. TensorFlow, imported inside functions."""
