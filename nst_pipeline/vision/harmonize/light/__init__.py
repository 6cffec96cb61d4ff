"""Light: how the light of a scene differs from the light on an object, and the change that it asks.

- `regions`: an object and the scene around it, without the seam
- `description`: statistics of their colors
- `change`: a bounded change of light
- `reader`: the learned reading of a scene's light, and the change between two
- `judge`: the learned judgment whether the light on an object fits, where its photo is unknown
"""
