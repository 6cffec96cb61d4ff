"""Make a pasted object look natural in its scene.

- `harmonize`: the entry point; previews the candidates, renders the best, matches edge and grain
- `candidates`: the registry of the ways to harmonize an object
- `color_fit`: how well each fits, which chooses among them
- `object_view`: an object and its surroundings, reduced for statistics
- `color_change`: LAB statistics and color changes
- `blacks`: keep an object's blacks
- `network_change`: transfer the color change of a style network, without its texture
- `tone`: recognize black-and-white, sepia and other toned scenes, and tone an object
- `painting`: recognize painted scenes, and fit a painted object to their palette
- `model/`: the learned color model
- `finish/`: match edge, sharpness, grain and compression
"""
