"""The learned color model.

- `harmonizer`: the model as it is used and stored; `builtin.npz` ships with the package
- `features`, `seam`: describe an object and its surroundings numerically
- `color_model`: from features to a color change
- `gate`: the probability that a change helps
- `calibrate`: fit a model to photos; `distort` makes the errors that it learns to undo
- `kernel_ridge`, `linear_model`: the two kinds of regression; `arrays`: their array type
"""
