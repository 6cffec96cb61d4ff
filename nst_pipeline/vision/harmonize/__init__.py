"""Make a pasted object look natural in its scene.

- `harmonize`: the entry point; previews the candidates, renders the best, matches edge and grain
- `candidates`: the registry of the ways to harmonize
- `realism`: the score that chooses among them
- `object_view`: an object and its surroundings, reduced for statistics
- `color_change`: LAB statistics and color changes
- `blacks`: keep an object's blacks
- `network_change`: take over the colors of a style network's result
- `painting`: recognize painted scenes, fit a painted object to their palette
- `model/`: the learned color model
- `finish/`: match edge, sharpness, grain and compression
"""
