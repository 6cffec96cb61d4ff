"""Match edge, sharpness, grain, and compression to the scene."""
