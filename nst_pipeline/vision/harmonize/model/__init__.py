"""The learned color model: features, calibration, prediction, and the gate."""
