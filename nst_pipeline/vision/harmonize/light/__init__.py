"""Light: how the light of a scene differs from the light on an object, and the change that it asks.

- `regions`: the scene around an object, without the seam
- `description`: statistics of its colors
- `change`: a bounded change of light
- `reader`: the learned reading of a scene's light, and the change between two
"""
